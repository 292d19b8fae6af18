#include "shortfall/timeline.h"

#include <stdlib.h>

#include "core/contract.h"
#include "core/must.h"
#include "shortfall/phrase.h"

enum { CAPACITY_FIRST = 64 };

/* The order in which things of one time are told. */
enum {
    RANK_FACT,     /* what the world said */
    RANK_SHORTAGE, /* what it means for the stock */
    RANK_CASE,     /* what the case made of it */
    RANK_DONE,     /* what was ordered */
    RANK_TOLD,     /* what people were told */
    RANK_ECHO,     /* what the stock made of that */
};

void timeline_init(struct timeline *timeline, struct arena *arena, const struct language *language)
{
    *timeline = (struct timeline){.arena = arena, .language = language};
}

void timeline_done(struct timeline *timeline)
{
    free(timeline->entries);
}

static struct text currency_of(enum topic topic, const void *record)
{
    if (topic == TOPIC_ORDER_PAID) {
        return ((const struct order_paid *)record)->currency;
    }
    if (topic == TOPIC_SHORTAGE) {
        return ((const struct shortage *)record)->currency;
    }
    return (struct text){0};
}

enum status timeline_add(struct timeline *timeline, const struct timeline_entry *entry,
                         struct error *error)
{
    for (size_t i = 0; i < timeline->count; i++) {
        struct timeline_entry *earlier = &timeline->entries[i];
        if (earlier->topic == entry->topic && text_equal(earlier->bytes, entry->bytes)) {
            earlier->times++;
            return OK;
        }
    }
    if (timeline->count == timeline->capacity) {
        size_t capacity = timeline->capacity ? 2 * timeline->capacity : CAPACITY_FIRST;
        struct timeline_entry *entries =
            realloc(timeline->entries, capacity * sizeof *timeline->entries);
        if (!entries) {
            return error_set(error, FATAL, "out of memory");
        }
        timeline->entries = entries;
        timeline->capacity = capacity;
    }
    timeline->entries[timeline->count] = *entry;
    timeline->entries[timeline->count].times = 1;
    timeline->count++;
    if (!text_is_set(timeline->currency) && entry->record) {
        timeline->currency = currency_of(entry->topic, entry->record);
    }
    return OK;
}

int64_t timeline_record_ms(enum topic topic, const void *record)
{
    switch (topic) {
    case TOPIC_ORDER_PAID:
        return ((const struct order_paid *)record)->paid_at_ms;
    case TOPIC_ORDER_CLOSED:
        return ((const struct order_closed *)record)->closed_at_ms;
    case TOPIC_BUYER_DECISION:
        return ((const struct buyer_decision *)record)->decided_at_ms;
    case TOPIC_SELLER_RESPONSE:
        return ((const struct seller_response *)record)->responded_at_ms;
    case TOPIC_PLATFORM_RULING:
        return ((const struct platform_ruling *)record)->ruled_at_ms;
    case TOPIC_REFUND_RESULT:
        return ((const struct refund_result *)record)->at_ms;
    case TOPIC_SHORTAGE:
        return ((const struct shortage *)record)->at_ms;
    case TOPIC_LINE_OUTCOME:
        return ((const struct line_outcome *)record)->at_ms;
    case TOPIC_NOTIFICATION:
        return ((const struct notification *)record)->at_ms;
    case TOPIC_REFUND_REQUEST:
        return ((const struct refund_request *)record)->at_ms;
    case TOPIC_FULFILMENT_PLAN:
        return ((const struct fulfilment_plan *)record)->at_ms;
    case TOPIC_COMPENSATION:
        return ((const struct compensation *)record)->at_ms;
    case TOPIC_CASE_EVENT:
        return ((const struct case_event *)record)->at_ms;
    default:
        break;
    }
    must(!"a topic of orders");
    return 0;
}

static int rank_of(const struct timeline_entry *entry)
{
    if (!entry->record) {
        return RANK_FACT;
    }
    if (entry->topic == TOPIC_SHORTAGE) {
        const struct shortage *shortage = entry->record;
        return shortage->kind == SHORTAGE_CLOSED ? RANK_ECHO : RANK_SHORTAGE;
    }
    if (entry->topic == TOPIC_CASE_EVENT) {
        return RANK_CASE;
    }
    if (entry->topic == TOPIC_FULFILMENT_PLAN || entry->topic == TOPIC_REFUND_REQUEST ||
        entry->topic == TOPIC_COMPENSATION) {
        return RANK_DONE;
    }
    return entry->topic == TOPIC_NOTIFICATION ? RANK_TOLD : RANK_FACT;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare(const void *a, const void *b)
{
    const struct timeline_entry *left = a;
    const struct timeline_entry *right = b;
    int order = compare_numbers(left->at_ms, right->at_ms);
    order = order ? order : compare_numbers(rank_of(left), rank_of(right));
    order = order ? order : compare_numbers(left->topic, right->topic);
    return order ? order : compare_numbers(left->offset, right->offset);
}

void timeline_sort(struct timeline *timeline)
{
    if (timeline->count > 0) {
        qsort(timeline->entries, timeline->count, sizeof *timeline->entries, compare);
    }
}

void timeline_words(const struct timeline *timeline, const struct timeline_entry *entry,
                    struct buffer *out)
{
    size_t before = out->size;
    if (entry->record) {
        language_record(out, timeline->language, entry->topic, entry->record, timeline->currency);
    } else {
        phrase(out, "%.*s", PHRASE_TEXT(entry->words));
    }
    if (entry->times > 1 && out->size > before) {
        timeline->language->repeated(out, entry->times);
    }
}

void timeline_write(const struct timeline *timeline, struct buffer *out)
{
    for (size_t i = 0; i < timeline->count; i++) {
        size_t before = out->size;
        phrase_time(out, timeline->entries[i].at_ms);
        phrase(out, "  ");
        size_t words = out->size;
        timeline_words(timeline, &timeline->entries[i], out);
        if (out->size == words) {
            out->size = before; /* nothing to tell */
        } else {
            phrase(out, "\n");
        }
        for (uint32_t j = 0; j < timeline->entries[i].cost_count; j++) {
            phrase(out, "    ");
            timeline->language->choice_cost(out, &timeline->entries[i].costs[j],
                                            timeline->currency);
            phrase(out, "\n");
        }
    }
}

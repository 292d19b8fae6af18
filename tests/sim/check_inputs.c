#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "core/must.h"
#include "story.h"
#include "transcript.h"

/* ---- Identities -------------------------------------------------------------------------------
 */

/* How long a case is remembered after its end. */
#define REMEMBERED_MS (INT64_C(90) * 24 * 60 * 60 * 1000)

static const enum topic outputs[] = {
    TOPIC_SHORTAGE,        TOPIC_LISTING_STATUS, TOPIC_NOTIFICATION, TOPIC_REFUND_REQUEST,
    TOPIC_FULFILMENT_PLAN, TOPIC_COMPENSATION,   TOPIC_CASE_EVENT,   TOPIC_LINE_OUTCOME};

enum { OUTPUT_COUNT = sizeof outputs / sizeof *outputs };

static int by_id(const void *a, const void *b)
{
    struct text x = ((const struct told *)a)->id;
    struct text y = ((const struct told *)b)->id;
    if (x.size != y.size) {
        return x.size < y.size ? -1 : 1;
    }
    return x.size ? memcmp(x.data, y.data, x.size) : 0;
}

/* Where there is no case (any more), nobody remembers that a fact was refused already. */
static bool is_of_no_case(enum topic topic, const struct told *told)
{
    return topic == TOPIC_CASE_EVENT && told->body && BODY(case_event, told)->sequence == 0;
}

/* One penalty a line and rule, whatever happens: if a case begins anew after it was forgotten, the
 * id says that the penalty was paid. */
static bool is_known_penalty(enum topic topic, const struct told *told)
{
    const struct compensation *one = told->body;
    const struct compensation *other = told[-1].body;
    return topic == TOPIC_COMPENSATION && one && other && one->kind == COMPENSATION_PENALTY &&
           llabs(one->at_ms - other->at_ms) > REMEMBERED_MS;
}

static void check_topic_ids(enum topic topic)
{
    const struct told_list *list = transcript_of(topic);
    struct told *sorted = calloc((size_t)list->count + 1, sizeof *sorted);
    must(sorted);
    memcpy(sorted, list->items, (size_t)list->count * sizeof *sorted);
    qsort(sorted, (size_t)list->count, sizeof *sorted, by_id);
    for (int i = 0; i < list->count; i++) {
        const struct told *told = &sorted[i];
        if (!told->body || !text_is_set(told->id)) {
            story_fail("outputs can be read and have an id", "%s %d/%lld", topic_info(topic)->name,
                       told->partition, (long long)told->record->offset);
        }
        if (i > 0 && by_id(told, told - 1) == 0) {
            bool same = text_equal(told->record->value, told[-1].record->value);
            if (same ? is_of_no_case(topic, told) : is_known_penalty(topic, told)) {
                continue;
            }
            story_fail("I7 one output an id", "%s %.*s %s: %d/%lld and %d/%lld",
                       topic_info(topic)->name, (int)told->id.size, told->id.data,
                       same ? "again" : "with another content", told[-1].partition,
                       (long long)told[-1].record->offset, told->partition,
                       (long long)told->record->offset);
        }
    }
    free(sorted);
}

void check_identities(void)
{
    for (int i = 0; i < OUTPUT_COUNT; i++) {
        check_topic_ids(outputs[i]);
    }
}

/* ---- The sequencer: at least once ---------------------------------------------------------------
 */

static bool is_dead_letter(const struct told *input, enum topic topic)
{
    char partition[16];
    char offset[24];
    (void)snprintf(partition, sizeof partition, "%d", input->partition);
    (void)snprintf(offset, sizeof offset, "%lld", (long long)input->record->offset);
    const struct told_list *letters = transcript_of(topic_info(topic)->dlq);
    for (int i = 0; i < letters->count; i++) {
        const struct record *letter = letters->items[i].record;
        if (text_equal(transcript_header(letter, "__connect.errors.partition"),
                       text_of(partition)) &&
            text_equal(transcript_header(letter, "__connect.errors.offset"), text_of(offset))) {
            bool whole = text_equal(letter->value, input->record->value) &&
                         text_equal(letter->key, input->record->key);
            if (!whole) {
                story_fail("I1 a dead letter has the bytes", "%s %s/%s", topic_info(topic)->name,
                           partition, offset);
            }
            return true;
        }
    }
    return false;
}

/* How many facts of it are in the logs. */
static int facts_of_source(const struct told *input, enum topic topic)
{
    const struct told_list *events = transcript_of(TOPIC_SKU_EVENT);
    struct text name = text_of(topic_info(topic)->name);
    int count = 0;
    for (int i = 0; i < events->count; i++) {
        const struct sku_event *event = BODY(sku_event, &events->items[i]);
        for (uint32_t f = 0; event && f < event->fact_count; f++) {
            const struct sku_fact *fact = &event->facts[f];
            count += fact->source_partition == input->partition &&
                     fact->source_offset == input->record->offset &&
                     text_equal(fact->source_topic, name);
        }
    }
    return count;
}

static int facts_wanted(const struct told *input, enum topic topic)
{
    switch (topic) {
    case TOPIC_ORDER_PAID:
        return (int)BODY(order_paid, input)->line_count;
    case TOPIC_SELLER_RESPONSE:
        return BODY(seller_response, input)->kind == RESPONSE_REPORT_NO_STOCK;
    case TOPIC_LINE_OUTCOME:
        return BODY(line_outcome, input)->replacement ? 2 : 1;
    default:
        return 1;
    }
}

static void check_sequenced(enum topic topic)
{
    const struct told_list *list = transcript_of(topic);
    for (int i = 0; i < list->count; i++) {
        const struct told *input = &list->items[i];
        int wanted = input->body ? facts_wanted(input, topic) : 0;
        int found = facts_of_source(input, topic);
        bool letter = found < wanted || !input->body ? is_dead_letter(input, topic) : false;
        if (!letter && (found < wanted || (!input->body && topic != TOPIC_SELLER_RESPONSE))) {
            story_fail("I1 each input fact is in the log or a dead letter",
                       "%s %d/%lld: %d facts of %d, no dead letter", topic_info(topic)->name,
                       input->partition, (long long)input->record->offset, found, wanted);
        }
    }
}

/* What was written and then aborted never happened. A change of the rules comes from a person. */
static void check_source(const struct sku_fact *fact)
{
    enum topic topic = topic_by_name(fact->source_topic);
    if (fact->kind == FACT_RULES) {
        return;
    }
    must(topic != TOPIC_NONE);
    const struct log *log = broker_log(topic, fact->source_partition);
    bool there = fact->source_offset >= 0 && fact->source_offset < log->count;
    if (!there || log->records[fact->source_offset].fate == FATE_ABORTED) {
        story_fail("I1 a fact comes from what was committed", "%s %d/%lld of %.*s",
                   topic_info(topic)->name, fact->source_partition, (long long)fact->source_offset,
                   (int)fact->sku.size, fact->sku.data);
    }
}

static void check_sources(void)
{
    const struct told_list *events = transcript_of(TOPIC_SKU_EVENT);
    for (int i = 0; i < events->count; i++) {
        const struct sku_event *event = BODY(sku_event, &events->items[i]);
        for (uint32_t f = 0; event && f < event->fact_count; f++) {
            check_source(&event->facts[f]);
        }
    }
}

/* ---- The caseworker: exactly once ---------------------------------------------------------------
 */

static int events_with(struct text topic, struct text bytes)
{
    const struct told_list *events = transcript_of(TOPIC_CASE_EVENT);
    int count = 0;
    for (int i = 0; i < events->count; i++) {
        const struct case_event *event = BODY(case_event, &events->items[i]);
        count += text_equal(event->fact, bytes) && text_equal(event->fact_topic, topic);
    }
    return count;
}

static int inputs_with(const struct told_list *list, struct text bytes, int *ret_first)
{
    int count = 0;
    *ret_first = -1;
    for (int i = 0; i < list->count; i++) {
        bool forwarded =
            text_is_set(transcript_header(list->items[i].record, "shortfall-forwarded"));
        if (text_equal(list->items[i].record->value, bytes) && !forwarded) {
            *ret_first = *ret_first < 0 ? i : *ret_first;
            count++;
        }
    }
    return count;
}

/* What came to a wrong partition is put once into the right one, and decided there. */
static void check_forwarded(enum topic topic, const struct told *input, struct text order)
{
    int32_t right = topic_partition_of(order, PARTITIONS);
    if (input->partition == right) {
        return;
    }
    const struct told_list *list = transcript_of(topic);
    for (int i = 0; i < list->count; i++) {
        const struct told *copy = &list->items[i];
        if (copy->partition == right && text_equal(copy->record->value, input->record->value) &&
            text_is_set(transcript_header(copy->record, "shortfall-forwarded")) &&
            text_equal(transcript_header(copy->record, "traceparent"),
                       transcript_header(input->record, "traceparent"))) {
            return;
        }
    }
    story_fail("I1 a misplaced fact goes where it belongs", "%s %d/%lld of %.*s",
               topic_info(topic)->name, input->partition, (long long)input->record->offset,
               (int)order.size, order.data);
}

static void check_decisions_forwarded(void)
{
    const struct told_list *list = transcript_of(TOPIC_BUYER_DECISION);
    for (int i = 0; i < list->count; i++) {
        if (list->items[i].body) {
            check_forwarded(TOPIC_BUYER_DECISION, &list->items[i],
                            BODY(buyer_decision, &list->items[i])->order_id);
        }
    }
}

static void check_judged(enum topic topic, bool always)
{
    const struct told_list *list = transcript_of(topic);
    for (int i = 0; i < list->count; i++) {
        const struct told *input = &list->items[i];
        int first;
        int inputs = inputs_with(list, input->record->value, &first);
        if (first != i) {
            continue;
        }
        struct text name = text_of(topic_info(topic)->name);
        int events = events_with(name, input->record->value);
        bool letter = events == 0 && is_dead_letter(input, topic);
        bool reported = input->body && topic == TOPIC_SELLER_RESPONSE &&
                        BODY(seller_response, input)->kind == RESPONSE_REPORT_NO_STOCK;
        if (events > inputs || (always && events == 0 && !letter && !reported)) {
            story_fail("I1 each input fact takes effect once, or is a dead letter",
                       "%s %d/%lld: %d times in, %d case events", topic_info(topic)->name,
                       input->partition, (long long)input->record->offset, inputs, events);
        }
    }
}

void check_inputs(void)
{
    check_sources();
    check_decisions_forwarded();
    check_sequenced(TOPIC_ORDER_PAID);
    check_sequenced(TOPIC_STOCK_LEVEL);
    check_sequenced(TOPIC_ORDER_CLOSED);
    check_sequenced(TOPIC_LINE_OUTCOME);
    check_sequenced(TOPIC_SELLER_RESPONSE);
    check_judged(TOPIC_BUYER_DECISION, true);
    check_judged(TOPIC_SELLER_RESPONSE, true);
    check_judged(TOPIC_PLATFORM_RULING, true);
    check_judged(TOPIC_REFUND_RESULT, false); /* one that is outdated: check_rules.c */
    check_judged(TOPIC_SHORTAGE, true);
}

/* The allocation against the plain model that tests/core holds the book against: what it says of
 * the committed log must be what was committed, each change once and in order. */
#include <inttypes.h>
#include <stdlib.h>

#include "book_model.h"
#include "checks.h"
#include "core/hash.h"
#include "core/must.h"
#include "story.h"
#include "transcript.h"

enum { FACTS_BITS = 12, TEXT_SIZE = 20000 };

static struct model model;

/* What was committed for one position of a partition's log, in words as the model has them. */
static void committed_at(int64_t revision, int32_t partition, char *out, size_t size)
{
    const struct told_list *list = transcript_of(TOPIC_SHORTAGE);
    size_t used = 0;
    out[0] = '\0';
    for (int p = 0, i = 0; p < 1; p++) {
        for (i = 0; i < list->count; i++) {
            const struct shortage *shortage = BODY(shortage, &list->items[i]);
            if (shortage->revision == revision &&
                topic_partition_of(shortage->sku, PARTITIONS) == partition) {
                used += (size_t)snprintf(out + used, size - used, "%s", used ? "; " : "");
                used += (size_t)print_shortage(out + used, size - used, shortage);
                must(used < size);
            }
        }
    }
}

static int count_parts(const char *text)
{
    int count = *text != '\0';
    for (const char *at = text; (at = strstr(at, "; ")) != NULL; at += 2) {
        count++;
    }
    return count;
}

/* The same parts, whatever their order: those of two orders lie in two partitions. */
static bool same_parts(const char *expected, const char *found)
{
    char part[512];
    if (count_parts(expected) != count_parts(found)) {
        return false;
    }
    for (const char *at = expected; *at;) {
        size_t size = strcspn(at, ";");
        must(size < sizeof part);
        memcpy(part, at, size);
        part[size] = '\0';
        if (!strstr(found, part)) {
            return false;
        }
        at += size + (at[size] ? 2 : 0);
    }
    return true;
}

/* Takes the listing's part off the end, which is in another topic. */
static void split_listing(char *told, char *ret_listing, size_t size)
{
    char *last = strrchr(told, ';');
    char *part = last ? last + 2 : told;
    ret_listing[0] = '\0';
    if (strncmp(part, "SOLD_OUT", 8) == 0 || strncmp(part, "AVAILABLE", 9) == 0) {
        (void)snprintf(ret_listing, size, "%.60s", part);
        *(last ? last : told) = '\0';
    }
}

/* The next committed status of a sku: they stand in one partition, in the log's order. */
static void check_listing(struct text sku, int number, const char *expected)
{
    const struct told_list *list = transcript_of(TOPIC_LISTING_STATUS);
    char found[64] = "nothing";
    int seen = 0;
    for (int i = 0; i < list->count; i++) {
        const struct listing_status *status = BODY(listing_status, &list->items[i]);
        if (text_equal(status->sku, sku) && seen++ == number) {
            (void)snprintf(found, sizeof found, "%s %" PRId64, listing_names[status->status],
                           status->quantity.value);
        }
    }
    if (strcmp(found, expected) != 0) {
        story_fail("I11 the same log gives the same listings", "%.*s number %d: %s, found %s",
                   (int)sku.size, sku.data, number, expected, found);
    }
}

static struct text short_facts(struct text facts, char out[16])
{
    uint64_t sum = 14695981039346656037u;
    for (uint32_t i = 0; i < facts.size; i++) {
        sum = (sum ^ (uint8_t)facts.data[i]) * 1099511628211u;
    }
    (void)snprintf(out, 16, "%015" PRIx64, sum >> 4);
    return facts.size ? text_of(out) : facts;
}

struct counted {
    int letters;
    int shortages;
    int listings[MODEL_SKUS];
    int listings_told;
};

static void check_fact(const struct sku_fact *fact, int32_t partition, int64_t revision,
                       int64_t log_ms, struct counted *counted)
{
    static char found[TEXT_SIZE];
    char listing[64];
    char facts[16];
    struct sku_fact plain = *fact;
    plain.order_facts = short_facts(fact->order_facts, facts);
    enum book_verdict verdict = model_apply(&model, &plain, log_ms);
    model_check(&model); /* I5 */
    counted->letters += verdict == BOOK_CONFLICT || verdict == BOOK_TOO_OLD;
    split_listing(model.told, listing, sizeof listing);
    committed_at(revision, partition, found, sizeof found);
    counted->shortages += count_parts(model.told);
    if (!same_parts(model.told, found)) {
        story_fail("I11 the same log gives the same shortages", "revision %lld: %s, found %s",
                   (long long)revision, model.told, found);
    }
    if (*listing) {
        int sku = (int)(model_sku(&model, fact->sku) - model.skus);
        check_listing(fact->sku, counted->listings[sku]++, listing);
        counted->listings_told++;
    }
}

static void check_log(int32_t partition, struct counted *counted)
{
    const struct told_list *events = transcript_of(TOPIC_SKU_EVENT);
    model_reset(&model);
    memset(counted->listings, 0, sizeof counted->listings);
    for (int i = 0; i < events->count; i++) {
        const struct sku_event *event = BODY(sku_event, &events->items[i]);
        if (events->items[i].partition != partition) {
            continue;
        }
        if (!event) {
            counted->letters++;
            continue;
        }
        for (uint32_t f = 0; f < event->fact_count; f++) {
            check_fact(&event->facts[f], partition,
                       events->items[i].record->offset << FACTS_BITS | (int64_t)f, event->log_ms,
                       counted);
        }
    }
}

static void check_count(const char *what, int expected, enum topic topic)
{
    int found = transcript_of(topic)->count;
    if (found != expected) {
        story_fail("I1 each fact takes effect exactly once", "%d %s instead of %d", found, what,
                   expected);
    }
}

/* Of one line they come in the order of the log. */
static void check_order(void)
{
    const struct told_list *list = transcript_of(TOPIC_SHORTAGE);
    for (int i = 0; i < list->count; i++) {
        const struct shortage *later = BODY(shortage, &list->items[i]);
        for (int j = 0; j < i; j++) {
            const struct shortage *earlier = BODY(shortage, &list->items[j]);
            if (earlier->line_no == later->line_no &&
                text_equal(earlier->order_id, later->order_id) &&
                earlier->revision >= later->revision) {
                story_fail("I11 revisions of a line grow", "%.*s/%d: %lld after %lld",
                           (int)later->order_id.size, later->order_id.data, later->line_no,
                           (long long)later->revision, (long long)earlier->revision);
            }
        }
    }
}

void check_stock(void)
{
    struct counted counted = {0};
    for (int32_t p = 0; p < PARTITIONS; p++) {
        check_log(p, &counted);
    }
    check_count("shortages", counted.shortages, TOPIC_SHORTAGE);
    check_count("listings", counted.listings_told, TOPIC_LISTING_STATUS);
    check_count("dead letters of the log", counted.letters, TOPIC_SKU_EVENT_DLQ);
    check_order();
}

/* Records as the caseworker writes them, made in memory: a case is played by the rules, and what
 * comes of each fact is encoded by the caseworker's own hand.
 *
 * Policies are written as files, so that the tests load them as everybody does. */
#ifndef SHORTFALL_TESTS_RECORDING_H
#define SHORTFALL_TESTS_RECORDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "caseworker/case_record.h"
#include "caseworker/effect_records.h"
#include "core/case.h"
#include "kit/outbox.h"
#include "kit/policy_file.h"
#include "kit/words.h"
#include "shortfall/timeline.h"

#define T0 INT64_C(1794355200000) /* 2026-11-11T00:00:00Z */
#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum { RECORDING_LINES = 128, RECORDING_PATH = 256 };

struct recording {
    struct codec *codec;
    struct words *words;
    struct case_effects *effects;
    struct outbox outbox; /* all that was recorded, in order */
    /* of the case at hand */
    const struct policy *policy;
    struct case_file file;
    struct case_line lines[RECORDING_LINES];
    char case_id[IDENTITY_SIZE];
    int64_t late_ms; /* by how much deadlines are late */
};

static struct error recording_error;

static inline void recording_init(struct recording *recording)
{
    struct error *error = &recording_error;
    *recording = (struct recording){.effects = calloc(1, sizeof *recording->effects)};
    assert_non_null(recording->effects);
    assert_int_equal(
        codec_new(SHORTFALL_SOURCE_DIR "/schemas", CODEC_LIMITS_DEFAULT, &recording->codec, error),
        OK);
    assert_int_equal(words_load(NULL, &recording->words, error), OK);
    assert_int_equal(outbox_init(&recording->outbox, recording->codec, "test", 16 << 20, error),
                     OK);
}

static inline void recording_done(struct recording *recording)
{
    outbox_done(&recording->outbox);
    words_free(recording->words);
    codec_free(recording->codec);
    free(recording->effects);
}

/* ---- policies ------------------------------------------------------------------------------ */

/* A folder with one policy "tmall@1": 5 % late at the promise, and what is given. */
static inline struct policy_set *recording_policies(const char *sections)
{
    char folder[RECORDING_PATH] = "/tmp/shortfall-test-XXXXXX";
    char path[RECORDING_PATH + 16];
    struct policy_set *set = NULL;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/tmall.ini", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fprintf(file,
                        "[policy]\nname = tmall\nversion = 1\neffective_from = "
                        "2026-01-01T00:00:00Z\nsource = a book of rules, page 7\nchecked = "
                        "2026-11-25\n[penalty.late]\nafter_promise = 0h\nrate_bp = 500\n"
                        "max_minor = 100000\n%s",
                        sections) > 0);
    assert_int_equal(fclose(file), 0);
    if (policy_set_load(folder, "default", &set, &recording_error) != OK) {
        fail_msg("%s", recording_error.text);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    return set;
}

/* ---- facts --------------------------------------------------------------------------------- */

static const struct substitute *recording_substitutes(const void *context, struct text sku)
{
    static struct substitute_offer offers[] = {
        {.sku = TEXT("B"), .price_minor = 2000, .ship_within_h = 48}};
    static const struct substitute substitute = {
        .sku = TEXT("A"), .substitutes = offers, .substitute_count = 1};
    (void)context;
    return text_equal(sku, TEXT("A")) ? &substitute : NULL;
}

static const struct listing_status *recording_listing(const void *context, struct text sku)
{
    static const struct listing_status listing = {.status = LISTING_AVAILABLE,
                                                  .quantity = {100, true}};
    (void)context;
    return text_equal(sku, TEXT("B")) ? &listing : NULL;
}

static inline void recording_judge(struct recording *recording, const struct case_fact *fact,
                                   enum topic topic, struct text bytes)
{
    static const struct catalogue catalogue = {.substitutes_of = recording_substitutes,
                                               .listing_of = recording_listing};
    struct judged_fact told = {
        .topic = topic == TOPIC_NONE ? TEXT("timer") : text_of(topic_info(topic)->name),
        .bytes = bytes,
        .at_ms = fact->at_ms,
    };
    case_apply(&recording->file, recording->policy, &catalogue, fact, recording->effects);
    if (recording->effects->verdict != VERDICT_UNKNOWN) {
        assert_int_equal(effect_records_add(&recording->outbox, 0, recording->case_id,
                                            &recording->file, recording->effects, &told,
                                            recording->words, &recording_error),
                         OK);
    }
}

/* All deadlines up to a moment, each as late as `late_ms` says. */
static inline void recording_watch(struct recording *recording, int64_t until_ms)
{
    for (;;) {
        int64_t due_ms = case_next_deadline(&recording->file);
        if (due_ms == INT64_MAX || due_ms + recording->late_ms > until_ms) {
            return;
        }
        struct case_fact timer = {.kind = CASE_FACT_TIMER, .at_ms = due_ms + recording->late_ms};
        recording_judge(recording, &timer, TOPIC_NONE, TEXT(""));
    }
}

static inline void recording_fact(struct recording *recording, enum topic topic, const void *record,
                                  struct case_fact fact)
{
    struct outgoing *item;
    struct text key = id_text(&recording->file.order_id);
    recording_watch(recording, fact.at_ms);
    assert_int_equal(outbox_add(&recording->outbox, topic, 0, key, topic_info(topic)->type, record,
                                TEXT("x"), fact.at_ms, &recording_error),
                     OK);
    item = &recording->outbox.items[recording->outbox.count - 1];
    recording_judge(recording, &fact, topic, item->value);
}

/* ---- an order of one line: 2 x A, CNY 100.00, paid at T0 ------------------------------------- */

static inline struct shortage recording_shortage(const char *order_id, enum shortage_kind kind,
                                                 int64_t revision, int64_t at_ms)
{
    return (struct shortage){
        .marketplace = TEXT("tmall"),
        .seller_id = TEXT("s1"),
        .at_ms = at_ms,
        .kind = kind,
        .order_id = text_of(order_id),
        .line_no = 1,
        .sku = TEXT("A"),
        .quantity = 2,
        .episode = 1,
        .revision = revision,
        .cause = CAUSE_OVERSOLD,
        .available = 1,
        .queue_place = 1,
        .stock_version = 7,
        .locale = TEXT("en"),
        .currency = TEXT("CNY"),
        .paid_minor = 10000,
        .paid_at_ms = T0,
        .ship_by_ms = {T0 + 2 * DAY, true},
    };
}

static inline void recording_stock(struct recording *recording, const struct shortage *shortage)
{
    recording_fact(recording, TOPIC_SHORTAGE, shortage,
                   (struct case_fact){
                       .kind = CASE_FACT_SHORTAGE, .at_ms = shortage->at_ms, .shortage = shortage});
}

/* Short at T0; expected_ms 0: no date. */
static inline void recording_open_of(struct recording *recording, const char *order_id,
                                     const struct policy_set *policies, int64_t expected_ms,
                                     struct text seller_id, struct text currency)
{
    struct shortage first = recording_shortage(order_id, SHORTAGE_UNFILLABLE, 1, T0);
    first.expected_at_ms = (struct optional_long){expected_ms, expected_ms != 0};
    first.seller_id = seller_id;
    first.currency = currency;
    recording->policy =
        policy_set_find(policies, first.marketplace, first.seller_id, first.paid_at_ms);
    recording->file =
        (struct case_file){.lines = recording->lines, .line_capacity = RECORDING_LINES};
    case_open(&recording->file, &first, recording->policy);
    case_id_of(first.order_id, recording->case_id);
    recording_stock(recording, &first);
}

static inline void recording_open(struct recording *recording, const char *order_id,
                                  const struct policy_set *policies, int64_t expected_ms)
{
    recording_open_of(recording, order_id, policies, expected_ms, TEXT("s1"), TEXT("CNY"));
}

static inline void recording_choose(struct recording *recording, enum choice choice, int64_t at_ms)
{
    char id[32];
    (void)snprintf(id, sizeof id, "d%lld", (long long)at_ms);
    recording_watch(recording, at_ms); /* the notice that it answers */
    struct buyer_decision decision = {
        .id = text_of(id),
        .order_id = id_text(&recording->file.order_id),
        .line_no = 1,
        .choice = choice,
        .notice = {recording->lines[0].notice, recording->lines[0].notice > 0},
        .sku = choice == CHOICE_SUBSTITUTE ? TEXT("B") : (struct text){0},
        .decided_at_ms = at_ms,
    };
    recording_fact(recording, TOPIC_BUYER_DECISION, &decision,
                   (struct case_fact){.kind = CASE_FACT_BUYER_DECISION,
                                      .at_ms = at_ms,
                                      .buyer_decision = &decision});
}

static inline void recording_pay_back(struct recording *recording, enum refund_purpose purpose,
                                      int64_t at_ms)
{
    char id[IDENTITY_SIZE];
    refund_id_of(recording->case_id, 1, purpose, id);
    struct refund_result result = {
        .refund_id = text_of(id),
        .order_id = id_text(&recording->file.order_id),
        .line_no = 1,
        .attempt = 1,
        .status = REFUND_SUCCEEDED,
        .retryable = true,
        .at_ms = at_ms,
    };
    recording_fact(recording, TOPIC_REFUND_RESULT, &result,
                   (struct case_fact){.kind = CASE_FACT_REFUND_RESULT,
                                      .at_ms = at_ms,
                                      .refund_result = &result,
                                      .purpose = purpose});
}

/* A record of the outbox, decoded. */
static inline const void *recording_record(const struct recording *recording, struct arena *arena,
                                           uint32_t index)
{
    const struct outgoing *item = &recording->outbox.items[index];
    const struct record_type *type = topic_info(item->topic)->type;
    void *record = arena_take(arena, type->size);
    assert_non_null(record);
    assert_int_equal(
        codec_decode(recording->codec, type, item->value, arena, record, &recording_error), OK);
    return record;
}

/* All that was recorded, as the command takes it: partition 3, offsets from 0 up. */
static inline void recording_timeline(const struct recording *recording, struct arena *arena,
                                      const struct language *language,
                                      struct timeline *ret_timeline)
{
    timeline_init(ret_timeline, arena, language);
    for (uint32_t i = 0; i < recording->outbox.count; i++) {
        const struct outgoing *item = &recording->outbox.items[i];
        if (item->topic == TOPIC_LINE_OUTCOME) {
            continue;
        }
        struct timeline_entry entry = {
            .topic = item->topic,
            .partition = 3,
            .offset = i,
            .record = recording_record(recording, arena, i),
            .bytes = item->value,
        };
        entry.at_ms = timeline_record_ms(entry.topic, entry.record);
        assert_int_equal(timeline_add(ret_timeline, &entry, &recording_error), OK);
    }
}

#endif

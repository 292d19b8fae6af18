/* A stage for stories about one case: acts go in with their times, and what comes out is written
 * down as lines of text, so that a test is two lists to read side by side.
 *
 * Times are offsets from T0, the day of the sale: "+2d2m10s". Before an act at t every deadline due
 * at or before t fires at its own time. An act that changes nothing leaves no line; a refused one
 * leaves "refused REASON". */
#ifndef SHORTFALL_TESTS_CASE_STAGE_H
#define SHORTFALL_TESTS_CASE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/case.h"
#include "core/case_table.h"

#define T0 INT64_C(1794355200000) /* 2026-11-11T00:00:00Z */
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum { STAGE_LINES_MAX = 32, STAGE_LOG_SIZE = 32768, STAGE_SUBSTITUTES_MAX = 4 };

enum act_kind {
    SHORT, /* UNFILLABLE */
    ETA,   /* ETA_CHANGED */
    BACK,  /* RECOVERED */
    SHIPPED,
    SHOP_CANCELLED,
    SHOP_REFUNDED, /* or the echo of our outcome */
    SUBSTITUTED,   /* the echo of our outcome */
    CHOOSE,
    RESPOND,
    RULE,
    MONEY_BACK, /* refund-result SUCCEEDED */
    MONEY_FAILED,
    WATCH, /* nothing but the deadlines up to then */
};

struct act {
    const char *at;
    enum act_kind kind;
    int32_t line; /* 1 where it is left out of a shortage; 0 elsewhere: the case */
    int32_t place;
    const char *eta;
    const char *ship_by;
    int64_t paid; /* 5900 where it is left out */
    int64_t quantity;
    bool reported;
    enum choice choice;
    int32_t notice;  /* 0: none named */
    const char *sku; /* of a shortage "A" where it is left out */
    const char *id;  /* made from the act's number where it is left out */
    const char *offer;
    enum response_kind response;
    enum ruling ruling;
    int64_t amount; /* 0: not set */
    enum instrument instrument;
    int32_t attempt;
    bool final;       /* not retryable */
    bool difference;  /* the refund is that of the difference to a substitute */
    int64_t revision; /* made from the act's number where it is left out */
};

struct stage {
    struct policy policy;
    struct case_file file;
    struct case_line lines[STAGE_LINES_MAX];
    struct catalogue catalogue;
    struct substitute_offer offers[STAGE_SUBSTITUTES_MAX];
    struct substitute substitute; /* of sku "A" */
    struct listing_status listings[STAGE_SUBSTITUTES_MAX];
    const char *currency;
    bool is_open;
    uint32_t acts;   /* so far */
    uint32_t timers; /* fired so far */
    char log[STAGE_LOG_SIZE];
    size_t log_size;
};

static struct case_effects stage_effects;

/* ---- Times -------------------------------------------------------------------------------- */

static inline int64_t stage_time(const char *offset)
{
    int64_t at = T0;
    assert_true(*offset == '+');
    for (char *end = (char *)(uintptr_t)offset + 1; *end; end++) {
        int64_t value = strtoll(end, &end, 10);
        int64_t unit = *end == 'd' ? DAY : *end == 'h' ? HOUR : *end == 'm' ? MINUTE : SECOND;
        at += value * unit;
    }
    return at;
}

static inline void stage_write(struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void stage_write(struct stage *stage, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t room = sizeof stage->log - stage->log_size;
    int written = vsnprintf(stage->log + stage->log_size, room, format, arguments);
    va_end(arguments);
    assert_true(written >= 0 && (size_t)written < room);
    stage->log_size += (size_t)written;
}

static inline void stage_write_time(struct stage *stage, int64_t at_ms)
{
    static const struct {
        int64_t span;
        char letter;
    } units[] = {{DAY, 'd'}, {HOUR, 'h'}, {MINUTE, 'm'}, {SECOND, 's'}};
    int64_t rest = at_ms - T0;
    stage_write(stage, "+");
    if (rest == 0) {
        stage_write(stage, "0s");
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (rest >= units[i].span) {
            stage_write(stage, "%lld%c", (long long)(rest / units[i].span), units[i].letter);
            rest %= units[i].span;
        }
    }
}

/* ---- Words -------------------------------------------------------------------------------- */

#define WORD(table, value) stage_word(table, sizeof(table) / sizeof(table)[0], (size_t)(value))

static inline const char *stage_word(const char *const *table, size_t count, size_t value)
{
    return value < count && table[value] ? table[value] : "?";
}

static const char *const audience_words[] = {"-", "BUYER", "SELLER", "SUPPORT"};
static const char *const kind_words[] = {"-",
                                         "SHORTAGE",
                                         "RENEWED",
                                         "WAIT_CONFIRMED",
                                         "SUBSTITUTE_CONFIRMED",
                                         "BACK_IN_STOCK",
                                         "REFUND_STARTED",
                                         "REFUND_DONE",
                                         "OFFER",
                                         "DECLINED",
                                         "SETTLED",
                                         "NEEDS_ACTION"};
static const char *const wording_words[] = {"-", "PLAIN", "NEUTRAL"};
static const char *const silence_words[] = {"-", "REFUND", "WAIT"};
static const char *const consent_words[] = {"-", "EXPRESS", "SILENCE"};
static const char *const refund_words[] = {
    "-", "BUYER_CANCELLED", "SILENCE", "DATE_PASSED", "RULING", "SUBSTITUTE_DIFFERENCE"};
static const char *const plan_words[] = {"-", "HOLD_FOR_RESTOCK", "RELEASE", "SHIP_SUBSTITUTE",
                                         "CANCEL"};
static const char *const close_words[] = {"-", "SHIPPED", "CANCELLED", "REFUNDED", "SUBSTITUTED"};
static const char *const compensation_words[] = {"-", "PENALTY", "GOODWILL", "RULING"};
static const char *const rule_words[] = {"-", "NO_STOCK", "LATE"};
static const char *const payer_words[] = {"-", "SELLER", "PLATFORM"};
static const char *const instrument_words[] = {"-", "CASH", "COUPON", "POINTS", "DISCOUNT"};
static const char *const refusal_words[] = {"-",
                                            "NO_CASE",
                                            "NO_SUCH_LINE",
                                            "NOT_OFFERED",
                                            "STALE_NOTICE",
                                            "NOT_OPEN",
                                            "MONEY_IN_MOTION",
                                            "SHIPPED",
                                            "CLOSED",
                                            "OVER_LIMIT",
                                            "NO_SUCH_OFFER",
                                            "ALREADY_CLAIMED",
                                            "ALREADY_SETTLED",
                                            "NOT_CLAIMED"};
static const char *const state_words[] = {
    "-",         "CONFIRMING",    "AWAITING_DECISION", "WAITING_RESTOCK", "SUBSTITUTING",
    "REFUNDING", "REFUND_FAILED", "RECOVERED",         "FILLED_LATE",     "SUBSTITUTED",
    "REFUNDED",  "WITHDRAWN"};

static inline void stage_write_text(struct stage *stage, const char *word, struct text text)
{
    if (text_is_set(text)) {
        stage_write(stage, " %s %.*s", word, (int)text.size, text.data);
    }
}

static inline void stage_write_moment(struct stage *stage, const char *word,
                                      struct optional_long moment)
{
    if (moment.set) {
        stage_write(stage, " %s ", word);
        stage_write_time(stage, moment.value);
    }
}

/* ---- Effects ------------------------------------------------------------------------------ */

static inline void stage_write_line(struct stage *stage, const struct notice_line *line)
{
    stage_write(stage, " {%d", line->line_no);
    for (uint32_t i = 0; i < line->choice_count; i++) {
        const struct notice_choice *choice = &line->choices[i];
        stage_write(stage, i ? ", " : ": ");
        if (choice->choice == CHOICE_WAIT) {
            stage_write(stage, "WAIT");
            assert_int_equal(choice->refund_minor, 0);
            assert_int_equal(choice->expected_at_ms.set, line->expected_at_ms.set);
        } else if (choice->choice == CHOICE_CANCEL) {
            stage_write(stage, "CANCEL=%lld", (long long)choice->refund_minor);
        } else {
            stage_write(stage, "SUBSTITUTE %.*s=%lld", (int)choice->sku.size, choice->sku.data,
                        (long long)choice->refund_minor);
        }
    }
    if (line->choice_count > 0) {
        assert_true(line->decide_by_ms.set);
        stage_write_moment(stage, "expected", line->expected_at_ms);
        stage_write_moment(stage, "by", line->decide_by_ms);
        stage_write(stage, " %s", WORD(silence_words, line->on_silence));
        if (line->queue_place.set) {
            stage_write(stage, " place %d", line->queue_place.value);
        }
    }
    stage_write(stage, "}");
}

static inline void stage_write_notification(struct stage *stage, const struct notification *told)
{
    stage_write(stage, "%s %s", WORD(audience_words, told->audience), WORD(kind_words, told->kind));
    if (told->notice.set) {
        stage_write(stage, " %d %s", told->notice.value, WORD(wording_words, told->wording));
    }
    for (uint32_t i = 0; i < told->line_count; i++) {
        stage_write_line(stage, &told->lines[i]);
    }
    stage_write_text(stage, "reason", told->reason);
    if (told->amount_minor.set) {
        stage_write(stage, " amount %lld", (long long)told->amount_minor.value);
        assert_true(text_is_set(told->currency));
    }
    if (told->instrument != INSTRUMENT_UNKNOWN) {
        stage_write(stage, " %s", WORD(instrument_words, told->instrument));
    }
    stage_write_text(stage, "offer", told->offer_id);
    stage_write_text(stage, "sku", told->sku);
    stage_write_moment(stage, "expected", told->expected_at_ms);
    stage_write_moment(stage, "due", told->due_by_ms);
    stage_write_moment(stage, "answer", told->answer_by_ms);
    if (told->consent != CONSENT_UNKNOWN) {
        stage_write(stage, " %s", WORD(consent_words, told->consent));
    }
}

static inline void stage_write_plan(struct stage *stage, const struct fulfilment_plan *plan)
{
    stage_write(stage, "plan %d %s", plan->line_no, WORD(plan_words, plan->action));
    stage_write_moment(stage, "until", plan->until_ms);
    stage_write_text(stage, "sku", plan->sku);
    if (plan->new_line_no.set) {
        stage_write(stage, " x%d new %d", plan->quantity.value, plan->new_line_no.value);
    }
    if (plan->seller_absorbs_minor.set) {
        stage_write(stage, " absorbs %lld", (long long)plan->seller_absorbs_minor.value);
    }
}

static inline void stage_write_outcome(struct stage *stage, const struct line_outcome *outcome)
{
    stage_write(stage, "outcome %d %.*s %s", outcome->line_no, (int)outcome->sku.size,
                outcome->sku.data, WORD(close_words, outcome->reason));
    if (outcome->replacement) {
        const struct replacement *new_line = outcome->replacement;
        stage_write(stage, " by %d %.*s x%lld paid %lld", new_line->line_no,
                    (int)new_line->sku.size, new_line->sku.data, (long long)new_line->quantity,
                    (long long)new_line->paid_minor);
        stage_write_moment(stage, "ship_by", new_line->ship_by_ms);
    }
}

static inline void stage_begin_line(struct stage *stage, int64_t at_ms)
{
    stage_write_time(stage, at_ms);
    stage_write(stage, " ");
}

static inline void stage_write_effects(struct stage *stage, int64_t at_ms)
{
    const struct case_effects *effects = &stage_effects;
    if (effects->verdict == VERDICT_REFUSED) {
        stage_begin_line(stage, at_ms);
        stage_write(stage, "refused %s\n", WORD(refusal_words, effects->reason));
    }
    for (uint32_t i = 0; i < effects->refund_request_count; i++) {
        const struct refund_request *request = &effects->refund_requests[i];
        stage_begin_line(stage, request->at_ms);
        stage_write(stage, "refund %d %lld %.*s %s attempt %d\n", request->line_no,
                    (long long)request->amount_minor, (int)request->currency.size,
                    request->currency.data, WORD(refund_words, request->reason), request->attempt);
    }
    for (uint32_t i = 0; i < effects->plan_count; i++) {
        stage_begin_line(stage, effects->plans[i].at_ms);
        stage_write_plan(stage, &effects->plans[i]);
        stage_write(stage, "\n");
    }
    for (uint32_t i = 0; i < effects->notification_count; i++) {
        stage_begin_line(stage, effects->notifications[i].at_ms);
        stage_write_notification(stage, &effects->notifications[i]);
        stage_write(stage, "\n");
    }
    for (uint32_t i = 0; i < effects->line_outcome_count; i++) {
        stage_begin_line(stage, effects->line_outcomes[i].at_ms);
        stage_write_outcome(stage, &effects->line_outcomes[i]);
        stage_write(stage, "\n");
    }
    for (uint32_t i = 0; i < effects->compensation_count; i++) {
        const struct compensation *given = &effects->compensations[i];
        stage_begin_line(stage, given->at_ms);
        stage_write(stage, "%s %d %s %lld %.*s %s %s\n", WORD(compensation_words, given->kind),
                    given->line_no, WORD(rule_words, given->rule), (long long)given->amount_minor,
                    (int)given->currency.size, given->currency.data,
                    WORD(payer_words, given->payer), WORD(instrument_words, given->instrument));
    }
}

/* ---- Policies: those of the acceptance cases ---------------------------------------------- */

static inline struct policy stage_taobao(void)
{
    return (struct policy){.name = "accept-taobao",
                           .id = "accept-taobao@1",
                           .ship_within_ms = 48 * HOUR,
                           .wording = WORDING_PLAIN,
                           .notice_grace_ms = 2 * MINUTE,
                           .notice_window_ms = 48 * HOUR,
                           .notice_silence = SILENCE_REFUND,
                           .notice_silence_with_eta = SILENCE_REFUND,
                           .renewed_grace_ms = 2 * MINUTE,
                           .renewed_window_ms = 24 * HOUR,
                           .renewed_silence = SILENCE_REFUND,
                           .without_eta = WITHOUT_ETA_HIDE,
                           .eta_within_ms = 30 * DAY,
                           .passed = DATE_PASSED_RENEW,
                           .dearer = DEARER_ABSORB,
                           .refund_due_ms = 24 * HOUR,
                           .refund_retry_ms = {5 * MINUTE, 30 * MINUTE, 2 * HOUR},
                           .refund_retry_count = 3,
                           .goodwill_max_rate_bp = 5000,
                           .goodwill_answer_ms = 48 * HOUR,
                           .claim_window_ms = 15 * DAY,
                           .seller_evidence_ms = 7 * DAY};
}

static inline struct policy stage_tmall(void)
{
    struct policy policy = stage_taobao();
    snprintf(policy.name, sizeof policy.name, "accept-tmall");
    snprintf(policy.id, sizeof policy.id, "accept-tmall@1");
    policy.penalties[0] = (struct penalty){.rule = PENALTY_NO_STOCK,
                                           .on_admission = true,
                                           .after_promise_ms = {.value = 72 * HOUR, .set = true},
                                           .rate_bp = 3000,
                                           .min_minor = 500,
                                           .max_minor = 50000};
    policy.penalties[1] = (struct penalty){.rule = PENALTY_LATE,
                                           .after_promise_ms = {.value = 0, .set = true},
                                           .rate_bp = 500,
                                           .min_minor = 500,
                                           .max_minor = 5000};
    policy.penalty_count = 2;
    policy.stack_cap_bp = 3500;
    policy.payer = PAYER_SELLER;
    policy.instrument = INSTRUMENT_CASH;
    return policy;
}

static inline struct policy stage_ftc(void)
{
    struct policy policy = stage_taobao();
    snprintf(policy.name, sizeof policy.name, "accept-us-ftc");
    snprintf(policy.id, sizeof policy.id, "accept-us-ftc@1");
    policy.ship_within_ms = 30 * DAY;
    policy.notice_window_ms = 7 * DAY;
    policy.notice_silence_with_eta = SILENCE_WAIT;
    policy.renewed_window_ms = 7 * DAY;
    policy.without_eta = WITHOUT_ETA_OFFER;
    policy.passed = DATE_PASSED_REFUND;
    policy.dearer = DEARER_HIDE;
    policy.refund_due_ms = 7 * DAY;
    policy.goodwill_max_rate_bp = 10000;
    policy.goodwill_answer_ms = 7 * DAY;
    policy.claim_window_ms = 30 * DAY;
    return policy;
}

/* ---- The play ----------------------------------------------------------------------------- */

static inline const struct substitute *stage_substitutes_of(const void *context, struct text sku)
{
    const struct stage *stage = context;
    return text_equal(sku, TEXT("A")) ? &stage->substitute : NULL;
}

static inline const struct listing_status *stage_listing_of(const void *context, struct text sku)
{
    const struct stage *stage = context;
    for (uint32_t i = 0; i < stage->substitute.substitute_count; i++) {
        if (text_equal(sku, stage->listings[i].sku)) {
            return &stage->listings[i];
        }
    }
    return NULL;
}

static inline void stage_init(struct stage *stage, struct policy policy)
{
    memset(stage, 0, sizeof *stage);
    stage->policy = policy;
    stage->currency = "CNY";
    stage->substitute.sku = TEXT("A");
    stage->substitute.substitutes = stage->offers;
    stage->catalogue = (struct catalogue){stage, stage_substitutes_of, stage_listing_of};
    stage->file.lines = stage->lines;
    stage->file.line_capacity = STAGE_LINES_MAX;
}

/* A substitute of sku "A" that is on sale, shipped within 24 h. */
static inline void stage_substitute(struct stage *stage, const char *sku, int64_t price,
                                    int64_t quantity)
{
    uint32_t at = stage->substitute.substitute_count++;
    assert_true(at < STAGE_SUBSTITUTES_MAX);
    stage->offers[at] = (struct substitute_offer){text_of(sku), price, 24};
    stage->listings[at] = (struct listing_status){
        text_of(sku), LISTING_AVAILABLE, {.value = quantity, .set = true}, T0};
}

static inline void stage_apply(struct stage *stage, const struct case_fact *fact)
{
    case_apply(&stage->file, &stage->policy, &stage->catalogue, fact, &stage_effects);
    stage_write_effects(stage, fact->at_ms);
}

static inline void stage_watch(struct stage *stage, int64_t until_ms)
{
    for (int64_t at = case_next_deadline(&stage->file); at <= until_ms && at != INT64_MAX;
         at = case_next_deadline(&stage->file)) {
        struct case_fact timer = {.kind = CASE_FACT_TIMER, .at_ms = at};
        assert_true(++stage->timers < 1000);
        stage_apply(stage, &timer);
        assert_int_equal(stage_effects.verdict, VERDICT_APPLIED);
        if (case_is_forgotten(&stage->file)) {
            return;
        }
    }
}

static inline struct shortage stage_shortage(const struct stage *stage, const struct act *act)
{
    static const enum shortage_kind kinds[] = {
        SHORTAGE_UNFILLABLE, SHORTAGE_ETA_CHANGED, SHORTAGE_RECOVERED, SHORTAGE_CLOSED,
        SHORTAGE_CLOSED,     SHORTAGE_CLOSED,      SHORTAGE_CLOSED};
    static const enum close_reason reasons[] = {CLOSE_UNKNOWN,    CLOSE_UNKNOWN,   CLOSE_UNKNOWN,
                                                CLOSE_SHIPPED,    CLOSE_CANCELLED, CLOSE_REFUNDED,
                                                CLOSE_SUBSTITUTED};
    return (struct shortage){
        .marketplace = text_of(stage->policy.name),
        .seller_id = TEXT("s1"),
        .at_ms = stage_time(act->at),
        .kind = kinds[act->kind],
        .order_id = TEXT("order-1"),
        .line_no = act->line ? act->line : 1,
        .sku = text_of(act->sku ? act->sku : "A"),
        .quantity = act->quantity ? act->quantity : 1,
        .episode = 1,
        .revision = act->revision ? act->revision : 100 + (int64_t)stage->acts,
        .cause = act->reported ? CAUSE_REPORTED : CAUSE_OVERSOLD,
        .queue_place = act->place,
        .expected_at_ms = {.value = act->eta ? stage_time(act->eta) : 0, .set = act->eta},
        .reason = reasons[act->kind],
        .buyer_id = TEXT("b1"),
        .locale = TEXT("zh-CN"),
        .currency = text_of(stage->currency),
        .paid_minor = act->paid ? act->paid : 5900,
        .paid_at_ms = T0 + 10 * SECOND,
        .ship_by_ms = {.value = act->ship_by ? stage_time(act->ship_by) : 0, .set = act->ship_by},
    };
}

static inline void stage_act_people(struct stage *stage, const struct act *act)
{
    static char made[16];
    snprintf(made, sizeof made, "id%u", stage->acts);
    struct text id = text_of(act->id ? act->id : made);
    int64_t at = stage_time(act->at);
    struct optional_long amount = {.value = act->amount, .set = act->amount != 0};
    struct buyer_decision decision = {.id = id,
                                      .order_id = TEXT("order-1"),
                                      .line_no = act->line,
                                      .choice = act->choice,
                                      .notice = {.value = act->notice, .set = act->notice},
                                      .sku = text_of(act->sku),
                                      .offer_id = text_of(act->offer),
                                      .decided_at_ms = at};
    struct seller_response response = {.id = id,
                                       .order_id = TEXT("order-1"),
                                       .line_no = act->line,
                                       .kind = act->response,
                                       .amount_minor = amount,
                                       .instrument = act->instrument,
                                       .responded_at_ms = at};
    struct platform_ruling ruling = {.id = id,
                                     .order_id = TEXT("order-1"),
                                     .line_no = act->line,
                                     .ruling = act->ruling,
                                     .amount_minor = amount,
                                     .ruled_at_ms = at};
    struct case_fact fact = {.kind = CASE_FACT_BUYER_DECISION, .at_ms = at};
    fact.buyer_decision = &decision;
    if (act->kind == RESPOND) {
        fact.kind = CASE_FACT_SELLER_RESPONSE;
        fact.seller_response = &response;
    } else if (act->kind == RULE) {
        fact.kind = CASE_FACT_PLATFORM_RULING;
        fact.platform_ruling = &ruling;
    }
    stage_apply(stage, &fact);
}

static inline void stage_act_money(struct stage *stage, const struct act *act)
{
    struct refund_result result = {
        .refund_id = act->difference ? TEXT("refund-difference") : TEXT("refund-line"),
        .order_id = TEXT("order-1"),
        .line_no = act->line,
        .attempt = act->attempt ? act->attempt : 1,
        .status = act->kind == MONEY_BACK ? REFUND_SUCCEEDED : REFUND_STATUS_FAILED,
        .retryable = !act->final,
        .at_ms = stage_time(act->at)};
    struct case_fact fact = {.kind = CASE_FACT_REFUND_RESULT,
                             .at_ms = result.at_ms,
                             .refund_result = &result,
                             .purpose = act->difference ? REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE
                                                        : REFUND_PURPOSE_LINE};
    stage_apply(stage, &fact);
}

/* Applies the fact of an act, without the deadlines before it. */
static inline void stage_act_alone(struct stage *stage, const struct act *act)
{
    stage->acts++;
    if (act->kind <= SUBSTITUTED) {
        struct shortage shortage = stage_shortage(stage, act);
        if (!stage->is_open) {
            case_open(&stage->file, &shortage, &stage->policy);
            stage->is_open = true;
        }
        struct case_fact fact = {
            .kind = CASE_FACT_SHORTAGE, .at_ms = shortage.at_ms, .shortage = &shortage};
        stage_apply(stage, &fact);
    } else if (act->kind == MONEY_BACK || act->kind == MONEY_FAILED) {
        stage_act_money(stage, act);
    } else if (act->kind != WATCH) {
        stage_act_people(stage, act);
    }
}

static inline void stage_act(struct stage *stage, const struct act *act)
{
    if (stage->is_open) {
        stage_watch(stage, stage_time(act->at));
    }
    stage_act_alone(stage, act);
}

static inline enum line_state stage_state(const struct stage *stage, int32_t line_no)
{
    const struct case_line *line = case_find_line(&stage->file, line_no);
    return line ? line->state : LINE_UNKNOWN;
}

#endif

/* An observer of a case that sees only what comes out of it, and keeps its own account of what was
 * promised, refunded and told. It fails the test where something does not hold that always must. */
#ifndef SHORTFALL_TESTS_CASE_OBSERVER_H
#define SHORTFALL_TESTS_CASE_OBSERVER_H

#include "case_stage.h"

enum { OBSERVED_LINES_MAX = 12, OBSERVED_TOLD_MAX = 2000 };

/* What the observer knows of a line. */
struct account {
    int32_t line_no;
    int64_t paid;
    int64_t refunded[REFUND_PURPOSE_COUNT];
    struct refund_request request[REFUND_PURPOSE_COUNT]; /* the newest attempt */
    int64_t retry_at[REFUND_PURPOSE_COUNT];              /* when the next attempt is due */
    struct optional_long decide_by;                      /* as the buyer was told */
    enum on_silence on_silence;
    struct optional_long agreed; /* as the buyer was told */
    int64_t penalties;
    uint32_t rules; /* bit: the rule was paid */
};

struct observer {
    struct policy policy;
    struct account accounts[OBSERVED_LINES_MAX];
    uint32_t account_count;
    uint32_t settled; /* compensations that were agreed or ruled */
    struct notification_identity told[OBSERVED_TOLD_MAX];
    uint32_t told_count;
};

static inline struct account *observer_account_of(struct observer *seen, int32_t line_no)
{
    for (uint32_t i = 0; i < seen->account_count; i++) {
        if (seen->accounts[i].line_no == line_no) {
            return &seen->accounts[i];
        }
    }
    assert_true(seen->account_count < OBSERVED_LINES_MAX);
    struct account *account = &seen->accounts[seen->account_count++];
    memset(account, 0, sizeof *account);
    account->line_no = line_no;
    return account;
}

static inline int64_t observer_refunded_of(const struct account *account)
{
    return account->refunded[REFUND_PURPOSE_LINE] +
           account->refunded[REFUND_PURPOSE_SUBSTITUTE_DIFFERENCE];
}

/* A line and the substitutes of it together never give back more than was paid for it. */
static inline void observer_check_sums(struct observer *seen)
{
    for (uint32_t i = 0; i < seen->account_count; i++) {
        const struct account *account = &seen->accounts[i];
        int64_t sum = observer_refunded_of(account);
        assert_true(sum <= account->paid);
        for (uint32_t j = 0; j < seen->account_count; j++) {
            int32_t other = seen->accounts[j].line_no;
            if (other > account->line_no &&
                (other - account->line_no) % SUBSTITUTE_LINE_BASE == 0) {
                sum += observer_refunded_of(&seen->accounts[j]);
            }
        }
        assert_true(sum <= account->paid);
    }
}

static inline void observer_check_request(struct observer *seen,
                                          const struct refund_request *request,
                                          const struct refund_identity *identity)
{
    struct account *account = observer_account_of(seen, request->line_no);
    enum refund_purpose purpose = identity->purpose;
    struct refund_request *known = &account->request[purpose];
    assert_int_equal(identity->line_no, request->line_no);
    assert_true(request->amount_minor > 0);
    if (request->attempt == 1) {
        assert_int_equal(known->attempt, 0); /* one refund a line and purpose */
        account->refunded[purpose] = request->amount_minor;
        assert_int_equal(request->due_by_ms, request->at_ms + seen->policy.refund_due_ms);
        if (request->reason == REFUND_FOR_SILENCE) {
            assert_int_equal(request->at_ms, account->decide_by.value);
            assert_int_equal(account->on_silence, SILENCE_REFUND);
        }
        if (request->reason == REFUND_FOR_DATE_PASSED) {
            assert_int_equal(seen->policy.passed, DATE_PASSED_REFUND);
            assert_true(account->agreed.set ? request->at_ms == account->agreed.value
                                            : request->at_ms == account->decide_by.value);
        }
    } else {
        assert_int_equal(request->attempt, known->attempt + 1);
        assert_true(request->amount_minor == known->amount_minor);
        assert_true(request->due_by_ms == known->due_by_ms);
        assert_int_equal(request->reason, known->reason);
        assert_int_equal(request->at_ms, account->retry_at[purpose]);
        account->retry_at[purpose] = 0;
    }
    *known = *request;
}

static inline void observer_check_notice(struct observer *seen, const struct notification *told)
{
    for (uint32_t i = 0; i < told->line_count; i++) {
        const struct notice_line *line = &told->lines[i];
        struct account *account = observer_account_of(seen, line->line_no);
        bool is_notice = told->kind == NOTICE_SHORTAGE || told->kind == NOTICE_RENEWED;
        if (!is_notice) {
            continue;
        }
        assert_true(line->choice_count > 0);
        assert_int_equal(line->choices[line->choice_count - 1].choice, CHOICE_CANCEL);
        assert_true(line->decide_by_ms.set);
        assert_false(line->expected_at_ms.set && line->expected_at_ms.value <= told->at_ms);
        /* A running deadline is not shortened, but to the agreed date. */
        bool to_agreed = account->agreed.set && line->decide_by_ms.value == account->agreed.value;
        assert_true(line->decide_by_ms.value >= told->at_ms);
        assert_true(!account->decide_by.set || to_agreed ||
                    line->decide_by_ms.value >= account->decide_by.value);
        account->decide_by = line->decide_by_ms;
        account->on_silence = line->on_silence;
        if (seen->policy.passed == DATE_PASSED_RENEW) {
            account->agreed.set = false;
        }
    }
}

static inline void observer_check_notification(struct observer *seen,
                                               const struct notification *told,
                                               const struct notification_identity *identity)
{
    for (uint32_t i = 0; i < seen->told_count; i++) {
        assert_true(memcmp(&seen->told[i], identity, sizeof *identity) != 0);
    }
    assert_true(seen->told_count < OBSERVED_TOLD_MAX);
    seen->told[seen->told_count++] = *identity;
    observer_check_notice(seen, told);
    if (told->line_count != 1) {
        return;
    }
    struct account *account = observer_account_of(seen, told->lines[0].line_no);
    if (told->kind == NOTICE_WAIT_CONFIRMED) {
        if (told->consent == CONSENT_SILENCE) {
            assert_int_equal(told->at_ms, account->decide_by.value);
            assert_int_equal(account->on_silence, SILENCE_WAIT);
        }
        account->agreed = told->expected_at_ms;
        account->decide_by.set = false;
    }
    if (told->kind == NOTICE_BACK_IN_STOCK) {
        account->agreed.set = false;
        account->decide_by.set = false;
    }
}

static inline void observer_check_compensation(struct observer *seen,
                                               const struct compensation *given)
{
    assert_true(given->amount_minor > 0);
    if (given->kind != COMPENSATION_PENALTY) {
        assert_int_equal(++seen->settled, 1);
        return;
    }
    struct account *account = observer_account_of(seen, given->line_no);
    assert_false(account->rules & UINT32_C(1) << given->rule); /* each rule once */
    account->rules |= UINT32_C(1) << given->rule;
    account->penalties += given->amount_minor;
    int64_t no_stock = account->paid * 30 / 100 + 1;
    int64_t late = account->paid * 5 / 100 + 1;
    no_stock = no_stock < 500 ? 500 : no_stock;
    late = late < 500 ? 500 : late;
    assert_true(account->penalties <= no_stock + late);
}

static inline void observer_check_effects(struct observer *seen)
{
    const struct case_effects *effects = &stage_effects;
    uint32_t cancelled = 0;
    uint32_t freed = 0;
    for (uint32_t i = 0; i < effects->notification_count; i++) {
        observer_check_notification(seen, &effects->notifications[i],
                                    &effects->notification_identities[i]);
    }
    for (uint32_t i = 0; i < effects->refund_request_count; i++) {
        observer_check_request(seen, &effects->refund_requests[i], &effects->refund_identities[i]);
    }
    for (uint32_t i = 0; i < effects->plan_count; i++) {
        cancelled += effects->plans[i].action == PLAN_CANCEL;
    }
    for (uint32_t i = 0; i < effects->line_outcome_count; i++) {
        freed += effects->line_outcomes[i].reason == CLOSE_REFUNDED;
    }
    assert_int_equal(cancelled, freed);
    for (uint32_t i = 0; i < effects->compensation_count; i++) {
        observer_check_compensation(seen, &effects->compensations[i]);
    }
    observer_check_sums(seen);
}

/* After the end there is nothing but what a person, the payment system, or goods that were shipped
 * all the same give reason for. */
static inline void observer_check_after_end(const struct case_file *file,
                                            const struct case_fact *fact)
{
    for (uint32_t i = 0; i < stage_effects.notification_count; i++) {
        const struct notification *told = &stage_effects.notifications[i];
        assert_true(fact->kind != CASE_FACT_TIMER);
        if (fact->kind == CASE_FACT_SHORTAGE && case_is_closed(file)) {
            assert_int_equal(told->audience, AUDIENCE_SUPPORT);
        }
        if (fact->kind == CASE_FACT_REFUND_RESULT) {
            assert_int_equal(told->kind, NOTICE_REFUND_DONE);
        }
    }
}

#endif

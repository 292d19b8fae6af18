/* A policy: what a platform, a law or a shop demands, as plain data.
 *
 * Policies are files (kit/policy_file.h reads them); the rules only ever see this struct. The
 * version in force at paid_at applies to a case and is frozen in it by its id, "tmall@2026-04".
 * Durations are milliseconds, rates basis points (1/10,000), money minor units. */
#ifndef SHORTFALL_CORE_POLICY_H
#define SHORTFALL_CORE_POLICY_H

#include "core/contract.h"

enum {
    POLICY_ID_SIZE = 2 * ID_SIZE_MAX + 2, /* "name@version" and a zero byte */
    REFUND_RETRIES_MAX = 8,
    PENALTIES_MAX = 4,
    GRACE_MAX_MS = 5 * 60 * 1000, /* "at once": a buyer never waits longer for the first word */
};

enum without_eta {
    WITHOUT_ETA_HIDE, /* waiting is a choice only where there is a date */
    WITHOUT_ETA_OFFER,
};

enum date_passed {
    DATE_PASSED_RENEW, /* a new notice at once */
    DATE_PASSED_REFUND,
};

enum dearer {
    DEARER_HIDE,   /* a dearer substitute is no choice */
    DEARER_ABSORB, /* the seller pays the difference */
};

struct penalty {
    enum penalty_rule rule; /* of [penalty.no_stock], [penalty.late], else its key `rule` */
    bool on_admission;      /* due when a PLAIN notice admits the shortage */
    struct optional_long after_promise_ms; /* due this long after the promised shipping */
    /* Only where the first promise (ship_by, or ship_within) is more than / at most this after
     * paid_at; not set: any promise. Two penalties of one rule never hold for the same promise, so
     * a rule is paid once a line. */
    struct optional_long promise_over_ms;
    struct optional_long promise_up_to_ms;
    int32_t rate_bp; /* of the line's paid_minor; 0 with min = max: a fixed sum */
    int64_t min_minor;
    int64_t max_minor;
};

struct policy {
    char name[ID_SIZE_MAX + 1];
    char id[POLICY_ID_SIZE]; /* name@version, with a seller's overlay name@version+name@version */
    int64_t effective_from_ms;

    int64_t ship_within_ms; /* the promise where an order has no ship_by */
    enum wording wording;

    int64_t notice_grace_ms;
    int64_t notice_window_ms;
    enum on_silence notice_silence;
    enum on_silence notice_silence_with_eta; /* where the date <= promise + eta_within_ms */
    int64_t renewed_grace_ms;
    int64_t renewed_window_ms;
    enum on_silence renewed_silence;

    enum without_eta without_eta;
    int64_t eta_within_ms;
    enum date_passed passed;
    enum dearer dearer;

    int64_t refund_due_ms;
    int64_t refund_retry_ms[REFUND_RETRIES_MAX]; /* wait before attempt 2, 3 … */
    uint32_t refund_retry_count;

    int32_t goodwill_max_rate_bp; /* of all that was paid for the case's lines */
    int64_t goodwill_answer_ms;
    int64_t claim_window_ms;            /* after the case's end */
    struct optional_long ask_within_ms; /* ASK_PLATFORM after a refusal; not set: any time */
    int64_t seller_evidence_ms;

    struct penalty penalties[PENALTIES_MAX];
    uint32_t penalty_count;
    int32_t stack_cap_bp; /* 0: no cap given, the largest single penalty counts */
    enum payer payer;
    enum instrument instrument;
};

#endif

/* What came of everything: sums over all that the topics hold, and whether they add up.
 *
 * Three kinds of evidence are counted apart and then held against each other: what was paid
 * (order-paid), what reached the stock log (sku-event), and what the cases did (shortage,
 * case-event and what follows). Things are counted by identity, so a record that came twice counts
 * once; where it must not come twice, that is counted too.
 *
 * Take the topics in the order of summary_topics. Pure: all memory is the arena's. */
#ifndef SHORTFALL_SHORTFALL_SUMMARY_H
#define SHORTFALL_SHORTFALL_SUMMARY_H

#include <stddef.h>
#include <stdint.h>

#include "core/contract.h"
#include "kit/arena.h"
#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/topics.h"
#include "shortfall/ledger.h"
#include "shortfall/letter.h"
#include "shortfall/lookup.h"

/* An order's line, as far as each kind of evidence goes. */
struct summary_line {
    bool paid;
    bool sequenced; /* in the stock log */
    bool dead;      /* in a dead letter of order-paid */
    bool too_old;   /* in a dead letter of sku-event: it was never allocated */
    bool cased;     /* a case has it */
    bool held;
    bool substituted;
    bool refund_seen[2];       /* asked for: of the line, of the difference to a substitute */
    enum shortage_cause cause; /* of its first shortage; UNKNOWN: never short */
    enum line_state state;
    int64_t paid_minor;
    int64_t refunded_minor; /* asked for */
    struct optional_long short_at_ms;
    struct optional_long told_at_ms; /* the buyer, first */
};

struct summary_money {
    int64_t asked_minor;
    int64_t succeeded_minor;
    int64_t compensated_minor;
};

struct summary_listing {
    enum listing_state status;
};

struct summary_count {
    int64_t count;
};

enum {
    SUMMARY_NOTICE_KINDS = NOTICE_NEEDS_ACTION + 1,
    SUMMARY_AUDIENCES = AUDIENCE_SUPPORT + 1,
    SUMMARY_CHOICES = CHOICE_ASK_PLATFORM + 1,
    SUMMARY_REFUSALS = REFUSAL_NOT_CLAIMED + 1,
};

struct summary {
    struct arena *arena;  /* borrowed */
    struct lookup *lines; /* owned; struct summary_line by order and line */
    struct ledger refunds;
    struct lookup *money;    /* owned; struct summary_money by currency */
    struct lookup *notices;  /* owned; struct summary_count by notification_id */
    struct lookup *cases;    /* owned; by case_id */
    struct lookup *listings; /* owned; struct summary_listing by sku */
    struct lookup *letters;  /* owned; struct summary_count by "TOPIC REASON" */

    int64_t notice_counts[SUMMARY_NOTICE_KINDS][SUMMARY_AUDIENCES];
    int64_t notices_twice;
    int64_t notices_without_case;
    int64_t choices[SUMMARY_CHOICES];
    int64_t silent_refunds;
    int64_t silent_waits;
    int64_t refunds_again; /* a second refund for one line and purpose */
    int64_t compensations;
    int64_t listings_closed;
    int64_t listings_reopened;
    int64_t refusals[SUMMARY_REFUSALS];
};

extern const enum topic summary_topics[];
extern const size_t summary_topic_count;

enum status summary_init(struct summary *summary, struct arena *arena,
                         struct error *error) must_check;
void summary_done(struct summary *summary);

/* A decoded record of one of the topics that are no dead letters. */
enum status summary_take(struct summary *summary, enum topic topic, const void *record,
                         struct error *error) must_check;

/* What a case took from a buyer, out of its event. */
void summary_take_choice(struct summary *summary, const struct buyer_decision *decision);

/* A dead letter of `origin`; record NULL: it can't be read. */
enum status summary_take_letter(struct summary *summary, enum topic origin,
                                const struct letter *letter, const void *record,
                                struct error *error) must_check;

/* The closing words. Returns whether all adds up. */
bool summary_write(const struct summary *summary, struct buffer *out);

#endif

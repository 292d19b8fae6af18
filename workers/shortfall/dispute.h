/* What buyer and seller argue about: the settlement of each case, folded from its events.
 *
 * The transitions are those of core/case_table.h, by which the caseworker decided, so this can't
 * drift from it. What is kept is who is to speak next: the seller after a claim, after a rejection
 * and after the platform asked for evidence; support for as long as the platform is asked. The time
 * to answer comes from the notification that asked. All memory is the arena's. */
#ifndef SHORTFALL_SHORTFALL_DISPUTE_H
#define SHORTFALL_SHORTFALL_DISPUTE_H

#include "core/case.h"
#include "kit/error.h"
#include "kit/topics.h"
#include "shortfall/lookup.h"

enum dispute_question {
    DISPUTE_NOTHING, /* the seller is not asked anything */
    DISPUTE_CLAIM,
    DISPUTE_REJECTION,
    DISPUTE_EVIDENCE,
};

struct dispute {
    struct text order_id;
    struct text seller_id;
    enum settlement_state state;
    enum dispute_question question; /* to the seller, and not answered */
    int64_t asked_at_ms;            /* of the question */
    struct optional_long answer_by_ms;
    int64_t escalated_at_ms; /* of ESCALATED */
};

struct disputes {
    struct arena *arena;     /* borrowed */
    struct lookup *by_order; /* owned; struct dispute */
};

enum status disputes_init(struct disputes *disputes, struct arena *arena,
                          struct error *error) must_check;
void disputes_done(struct disputes *disputes);

/* Whether the fact of the event is of the kinds that are folded here; of others it need not be
 * decoded. */
bool disputes_need(const struct case_event *event);

/* What a case took (an event APPLIED), decoded: records of buyer-decision, seller-response and
 * platform-ruling; others are no matter. */
enum status disputes_take_fact(struct disputes *disputes, const struct case_event *event,
                               enum topic topic, const void *fact, struct error *error) must_check;

/* After all events. */
void disputes_take_notification(struct disputes *disputes, const struct notification *notification);

size_t disputes_count(const struct disputes *disputes);
const struct dispute *disputes_at(const struct disputes *disputes, size_t number);

#endif

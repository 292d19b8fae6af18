/* What another set of policies would have made of the cases of a period.
 *
 * Each case is played twice at once from its recorded events (shortfall/replay.h): once as it was,
 * under the policy in force, and once as it would have been, under the other set's policy for the
 * same order. The facts are the recorded ones, in their order; deadlines fire in between at their
 * own times, and where a recorded deadline was late, ours of that time are as late. "As it was" is
 * counted from the records that went out, "would have been" from what the rules give; so with the
 * policies that were in force the two columns are equal, which is the check of it all.
 *
 * What the world would have done otherwise nobody knows, and it is not invented:
 *   - people answer what they answered; what answered that notice answers this one;
 *   - stock comes and goes as it did, also where a refund would have freed some;
 *   - the echo of our own refund or substitution, the shipping of a line and the shortage of a
 *     substitute count only where what they follow from came about;
 *   - a refund that was never asked for has no result;
 *   - substitutes are those that notices offered (shortfall/offers.h).
 *
 * A case of which records are missing, or that was being written while it was read, is left out of
 * both columns and counted apart. Memory is the arena's; take the topics in dry_run_topics' order.
 */
#ifndef SHORTFALL_SHORTFALL_DRY_RUN_H
#define SHORTFALL_SHORTFALL_DRY_RUN_H

#include "kit/policy_file.h"
#include "kit/topics.h"
#include "shortfall/lookup.h"
#include "shortfall/replay.h"
#include "shortfall/tally.h"

struct dry_run_case {
    bool open;       /* begun: both replays are in use */
    bool incomplete; /* records are missing, or can't be read */
    bool follows;    /* the replay under the policy in force is what was recorded */
    int64_t sequence;
    int64_t opened_at_ms;
    int64_t recorded; /* outputs of which we count that its events name … */
    int64_t seen;     /* … and that were in the topics */
    struct text marketplace;
    struct text seller_id;
    struct text currency;
    struct text policy; /* in force */
    struct replay as_it_was;
    struct replay other;
    struct tally was;
    struct tally would;
};

struct dry_run {
    struct arena *arena;               /* borrowed */
    struct codec *codec;               /* borrowed */
    const struct policy_set *in_force; /* borrowed; to follow the cases as they were */
    const struct policy_set *policies; /* borrowed; the other ones */
    struct lookup *cases;              /* owned; struct dry_run_case by case_id */
    struct offers *offers;             /* owned */
    struct case_effects *effects;      /* owned; of the last step of any replay */
    int64_t latest_ms;                 /* the latest time that any record told */
};

extern const enum topic dry_run_topics[];
extern const size_t dry_run_topic_count;

enum status dry_run_init(struct dry_run *dry_run, struct arena *arena, struct codec *codec,
                         const struct policy_set *in_force, const struct policy_set *policies,
                         struct error *error) must_check;
void dry_run_done(struct dry_run *dry_run);

/* Takes a decoded record of one of the topics. scratch: for decoding more, reset by the caller. */
enum status dry_run_take(struct dry_run *dry_run, enum topic topic, const void *record,
                         struct arena *scratch, struct error *error) must_check;

/* After the last record: fires what was due up to a moment. */
void dry_run_end(struct dry_run *dry_run, int64_t until_ms);

/* Whether a case counts; those that do not are left out of both columns. */
bool dry_run_case_is_whole(const struct dry_run_case *subject);

#endif

/* A case played again, from what its case events recorded, by the rules that made it.
 *
 * A case event holds its fact in full and when it was judged. Given in the order of their sequence
 * to core/case.h they make the same case again; under another policy they make the case that the
 * policy would have made of the same facts. Nothing is invented: what nobody said because another
 * notice was sent stays unsaid.
 *
 * The memory of a replay is the arena's and only ever grows. `effects` is what came of the last
 * fact or deadline; it is large, so one may serve many replays. */
#ifndef SHORTFALL_SHORTFALL_REPLAY_H
#define SHORTFALL_SHORTFALL_REPLAY_H

#include "caseworker/inputs.h"
#include "core/case.h"
#include "kit/arena.h"
#include "kit/codec.h"
#include "kit/error.h"
#include "shortfall/offers.h"

/* The fact of a case event. */
struct recorded_fact {
    bool timer;            /* a deadline: there is no input */
    struct case_fact fact; /* points into `input`; its time is that of the judgement */
    struct input input;
};

/* Texts live as long as the event's bytes and the arena. POISON: the fact can't be read. */
enum status recorded_fact_read(struct codec *codec, struct arena *arena,
                               const struct case_event *event, struct recorded_fact *ret_fact,
                               struct error *error) must_check;

struct replay {
    struct arena *arena;          /* borrowed, as all pointers */
    const struct offers *offers;  /* what may be offered */
    struct case_effects *effects; /* of the last step */
    const struct policy *policy;
    struct case_file file;
};

/* Begins the case of an order whose first shortage is `first`; judge that fact next. */
void replay_open(struct replay *replay, const struct shortage *first, const struct policy *policy);

/* Judges a fact that is no deadline. Deadlines before it are the caller's to fire. */
enum status replay_judge(struct replay *replay, const struct case_fact *fact,
                         struct error *error) must_check;

/* Fires the earliest deadline if it is at or before until_ms: at its own time, or at least_ms if
 * that is later. False: there is none. */
bool replay_fire(struct replay *replay, int64_t until_ms, int64_t least_ms);

/* Takes the fact or deadline of an event as it was judged. False in *ret_same: it came out
 * otherwise than the event says, so rules or policy are not those that made it. */
enum status replay_follow(struct replay *replay, const struct case_event *event,
                          const struct recorded_fact *fact, bool *ret_same,
                          struct error *error) must_check;

/* A copy that goes its own way, with lines of its own in the caller's memory, which has room for
 * those of the case. It takes no line more: judge no shortage in it. */
void replay_fork(const struct replay *replay, struct case_line *lines, struct replay *ret_fork);

#endif

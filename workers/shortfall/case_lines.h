/* The lines of cases as they stand, folded from what was written about them.
 *
 * Taken in the order of the topics (case_lines_topics): the newest word on each line wins. States
 * come from the case events, which are the record of what was done; dates from what people were
 * told and what was ordered. Everything is copied; the memory is the arena's. */
#ifndef SHORTFALL_SHORTFALL_CASE_LINES_H
#define SHORTFALL_SHORTFALL_CASE_LINES_H

#include <stddef.h>

#include "core/contract.h"
#include "kit/error.h"
#include "kit/topics.h"
#include "shortfall/lookup.h"

struct case_line_row {
    struct text order_id;
    int32_t line_no;
    enum line_state state; /* UNKNOWN: short, but no case has taken it up yet */
    struct text sku;
    struct text seller_id;
    struct text currency;
    int64_t quantity;
    int64_t paid_minor;
    int64_t short_at_ms; /* when it first became short; the case's first event if that is gone */
    int64_t since_ms;    /* when it came into its state */
    enum shortage_cause cause;           /* of its newest shortage */
    struct optional_long reported_at_ms; /* when the seller last said that it is missing */
    struct optional_long expected_at_ms; /* of its newest shortage */
    /* By when it is to be shipped, as far as records say: ship_by, or the later date that an
     * express wait agreed to. Not set: the policy alone says it. */
    struct optional_long promise_ms;
    bool told;                         /* its buyer got a notice of the shortage */
    struct optional_long decide_by_ms; /* of its newest notice */
    enum on_silence on_silence;
    struct optional_long
        held_until_ms; /* of its newest plan to hold, or the date confirmed since */
    struct optional_long refund_due_ms;        /* of its newest refund */
    int64_t refund_minor;                      /* likewise */
    struct optional_long shipped_after_all_ms; /* although the money, or a substitute, goes
                                                * out: when support was told of that */
};

struct case_lines {
    struct arena *arena;  /* borrowed */
    struct lookup *lines; /* owned; struct case_line_row by order and line */
    int64_t latest_ms;    /* the latest time that any record told */
};

extern const enum topic case_lines_topics[];
extern const size_t case_lines_topic_count;

enum status case_lines_init(struct case_lines *lines, struct arena *arena,
                            struct error *error) must_check;
void case_lines_done(struct case_lines *lines);

/* Takes a decoded record of one of the topics; others are no matter. */
enum status case_lines_take(struct case_lines *lines, enum topic topic, const void *record,
                            struct error *error) must_check;

/* What the line waits for at the latest, in its state. */
struct optional_long case_line_deadline(const struct case_line_row *row);
bool case_line_is_open(const struct case_line_row *row);

/* The n-th line, in the order in which they came. */
const struct case_line_row *case_lines_at(const struct case_lines *lines, size_t number);
size_t case_lines_count(const struct case_lines *lines);
/* NULL: nothing is known of it. */
const struct case_line_row *case_lines_find(const struct case_lines *lines, struct text order_id,
                                            int32_t line_no);

/* The key of a line in a lookup, in `key`. */
enum { LINE_KEY_SIZE = 512 };
struct text line_key(char key[LINE_KEY_SIZE], struct text order_id, int32_t line_no);

#endif

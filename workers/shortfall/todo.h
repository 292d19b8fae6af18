/* What awaits a person: who must do what, by when, and how much money is at risk.
 *
 * Most of a case goes by itself. What does not is here, a row for each thing to do:
 *
 *   SELLER   ANSWER_CLAIM      the buyer claims a compensation: offer one, or decline
 *            ANSWER_REJECTION  the buyer rejected the offer: make another, or decline
 *            SEND_EVIDENCE     the platform was asked and hears both sides
 *            COUNT_STOCK       reported missing, so sold out until a level counted after the report
 *            GIVE_DATE         short, and no restock is known: the buyer can only cancel, or waits
 *                              for nothing that was promised
 *            KEEP_DATE         the buyer waits until a date: the goods must be there by then
 *            SHIP              the goods are back, the buyer was told so, and they are not shipped
 *            SHIP_SUBSTITUTE   the buyer took another product, and it is not shipped
 *   SUPPORT  PAY_BY_HAND       the refund failed for good
 *            CHASE_REFUND      a refund is past the time that it was due by, and not answered
 *            FETCH_GOODS       shipped although the money goes back, or a substitute goes out
 *            MEDIATE           the platform was asked to rule
 *
 * Of a line's goods the seller has one thing to do at a time, the first of that order. What lies
 * with the buyer (a notice within its time to decide) or goes by itself (the grace, the next
 * attempt of a refund) is nobody's row.
 *
 * A row has a deadline where a record says one. Where none does (a policy alone gives the promise,
 * or nothing does), its place in the order is the time since which it waits. Rows are ordered by
 * that time to the hour, and within an hour and currency by money at risk: what was paid for the
 * line, the refund's amount, or for an argument what was paid for all of the case's lines.
 *
 * No record says that goods were fetched back, so FETCH_GOODS stays for as long as a closed case
 * does, 90 days. Levels and closings are kept for 30 days, so COUNT_STOCK and SHIP_SUBSTITUTE are
 * not told of what is older, where nobody could see that it was done.
 *
 * Take the topics in the order of todo_topics, then make the rows. Pure: all memory is the arena's.
 */
#ifndef SHORTFALL_SHORTFALL_TODO_H
#define SHORTFALL_SHORTFALL_TODO_H

#include "kit/buffer.h"
#include "shortfall/case_lines.h"
#include "shortfall/dispute.h"

enum todo_who {
    TODO_SELLER,
    TODO_SUPPORT,
};

enum todo_action {
    TODO_ANSWER_CLAIM,
    TODO_ANSWER_REJECTION,
    TODO_SEND_EVIDENCE,
    TODO_COUNT_STOCK,
    TODO_GIVE_DATE,
    TODO_KEEP_DATE,
    TODO_SHIP,
    TODO_SHIP_SUBSTITUTE,
    TODO_PAY_BY_HAND,
    TODO_CHASE_REFUND,
    TODO_FETCH_GOODS,
    TODO_MEDIATE,
    TODO_ACTION_COUNT, /* not an action */
};

struct todo_item {
    enum todo_action action;
    struct text order_id;
    int32_t line_no; /* 0: the whole case */
    struct text sku; /* data == NULL: of a whole case, or not known */
    struct text seller_id;
    struct text currency; /* may not be known any more */
    int64_t at_risk_minor;
    struct optional_long due_ms;
    int64_t since_ms;
};

struct todo {
    struct arena *arena;     /* borrowed */
    struct case_lines lines; /* its latest_ms is that of all the records here */
    struct disputes disputes;
    struct lookup *counts;      /* owned; when a sku was last counted */
    struct lookup *closed;      /* owned; substitutes' lines that the shop closed */
    struct lookup *substitutes; /* owned; substitutes' lines by order and line */
    struct todo_item *items;    /* owned; made by todo_make, in order */
    size_t count;
    size_t capacity;
};

extern const enum topic todo_topics[];
extern const size_t todo_topic_count;

enum status todo_init(struct todo *todo, struct arena *arena, struct error *error) must_check;
void todo_done(struct todo *todo);

/* A decoded record of one of the topics. */
enum status todo_take(struct todo *todo, enum topic topic, const void *record,
                      struct error *error) must_check;

/* The fact of a case event, decoded, after the event itself. */
enum status todo_take_fact(struct todo *todo, const struct case_event *event, enum topic topic,
                           const void *fact, struct error *error) must_check;

/* Once, after all was taken. */
enum status todo_make(struct todo *todo, int64_t now_ms, struct error *error) must_check;

enum todo_who todo_who(enum todo_action action);
const char *todo_who_name(enum todo_who who);
const char *todo_action_name(enum todo_action action);
bool todo_is_overdue(const struct todo_item *item, int64_t now_ms);

/* What to do, in words (words_todo.c), and the command that shows the order's story. */
void words_todo(struct buffer *out, const struct todo_item *item);
void words_todo_look(struct buffer *out, const struct todo_item *item);

#endif

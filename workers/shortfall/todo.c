#include "shortfall/todo.h"

#include <stdlib.h>

#include "core/case_table.h"
#include "core/must.h"

enum { CAPACITY_FIRST = 64, HOUR_MS = 60 * 60 * 1000 };

const enum topic todo_topics[] = {
    TOPIC_STOCK_LEVEL,  TOPIC_ORDER_CLOSED,    TOPIC_SHORTAGE,       TOPIC_CASE_EVENT,
    TOPIC_LINE_OUTCOME, TOPIC_FULFILMENT_PLAN, TOPIC_REFUND_REQUEST, TOPIC_NOTIFICATION,
};
const size_t todo_topic_count = sizeof todo_topics / sizeof *todo_topics;

static const struct {
    enum todo_who who;
    const char *name;
} actions[TODO_ACTION_COUNT] = {
    [TODO_ANSWER_CLAIM] = {TODO_SELLER, "ANSWER_CLAIM"},
    [TODO_ANSWER_REJECTION] = {TODO_SELLER, "ANSWER_REJECTION"},
    [TODO_SEND_EVIDENCE] = {TODO_SELLER, "SEND_EVIDENCE"},
    [TODO_COUNT_STOCK] = {TODO_SELLER, "COUNT_STOCK"},
    [TODO_GIVE_DATE] = {TODO_SELLER, "GIVE_DATE"},
    [TODO_KEEP_DATE] = {TODO_SELLER, "KEEP_DATE"},
    [TODO_SHIP] = {TODO_SELLER, "SHIP"},
    [TODO_SHIP_SUBSTITUTE] = {TODO_SELLER, "SHIP_SUBSTITUTE"},
    [TODO_PAY_BY_HAND] = {TODO_SUPPORT, "PAY_BY_HAND"},
    [TODO_CHASE_REFUND] = {TODO_SUPPORT, "CHASE_REFUND"},
    [TODO_FETCH_GOODS] = {TODO_SUPPORT, "FETCH_GOODS"},
    [TODO_MEDIATE] = {TODO_SUPPORT, "MEDIATE"},
};

struct count {
    int64_t counted_at_ms;
};

struct substitute_line {
    struct text order_id;
    struct text sku;
    struct text seller_id;
    int32_t line_no;
    int32_t origin_no;
    int64_t paid_minor;
    int64_t at_ms;
    struct optional_long ship_by_ms;
};

/* What is summed up over a case's lines, for its argument. */
struct case_sum {
    struct text currency;
    int64_t paid_minor;
    bool open;
    int64_t ended_at_ms;
};

enum todo_who todo_who(enum todo_action action)
{
    must(action < TODO_ACTION_COUNT);
    return actions[action].who;
}

const char *todo_who_name(enum todo_who who)
{
    return who == TODO_SELLER ? "SELLER" : "SUPPORT";
}

const char *todo_action_name(enum todo_action action)
{
    must(action < TODO_ACTION_COUNT);
    return actions[action].name;
}

static enum status full(struct error *error)
{
    return error_set(error, FATAL, "the topics hold more than this command has memory for");
}

enum status todo_init(struct todo *todo, struct arena *arena, struct error *error)
{
    *todo = (struct todo){
        .arena = arena,
        .counts = lookup_new(arena, sizeof(struct count)),
        .closed = lookup_new(arena, sizeof(bool)),
        .substitutes = lookup_new(arena, sizeof(struct substitute_line)),
    };
    if (!todo->counts || !todo->closed || !todo->substitutes) {
        return error_set(error, FATAL, "out of memory");
    }
    enum status status = case_lines_init(&todo->lines, arena, error);
    return status == OK ? disputes_init(&todo->disputes, arena, error) : status;
}

void todo_done(struct todo *todo)
{
    lookup_free(todo->counts);
    lookup_free(todo->closed);
    lookup_free(todo->substitutes);
    case_lines_done(&todo->lines);
    disputes_done(&todo->disputes);
    free(todo->items);
}

/* ---- Taking --------------------------------------------------------------------------------- */

static void see_time(struct todo *todo, int64_t at_ms)
{
    if (at_ms > todo->lines.latest_ms) {
        todo->lines.latest_ms = at_ms;
    }
}

static enum status take_level(struct todo *todo, const struct stock_level *level,
                              struct error *error)
{
    struct count *count = lookup_put(todo->counts, level->sku);
    see_time(todo, level->counted_at_ms);
    if (!count) {
        return full(error);
    }
    if (level->counted_at_ms > count->counted_at_ms) {
        count->counted_at_ms = level->counted_at_ms;
    }
    return OK;
}

static enum status take_closed(struct todo *todo, const struct order_closed *closed,
                               struct error *error)
{
    char key[LINE_KEY_SIZE];
    see_time(todo, closed->closed_at_ms);
    if (closed->line_no <= SUBSTITUTE_LINE_BASE) {
        return OK; /* the cases know of these what matters */
    }
    return lookup_put(todo->closed, line_key(key, closed->order_id, closed->line_no)) ? OK
                                                                                      : full(error);
}

static enum status take_outcome(struct todo *todo, const struct line_outcome *outcome,
                                struct error *error)
{
    char key[LINE_KEY_SIZE];
    const struct replacement *replacement = outcome->replacement;
    if (!replacement) {
        return OK;
    }
    struct substitute_line *line =
        lookup_put(todo->substitutes, line_key(key, outcome->order_id, replacement->line_no));
    if (!line) {
        return full(error);
    }
    *line = (struct substitute_line){
        .order_id = arena_text(todo->arena, outcome->order_id),
        .sku = arena_text(todo->arena, replacement->sku),
        .seller_id = arena_text(todo->arena, outcome->seller_id),
        .line_no = replacement->line_no,
        .origin_no = outcome->line_no,
        .paid_minor = replacement->paid_minor,
        .at_ms = outcome->at_ms,
        .ship_by_ms = replacement->ship_by_ms,
    };
    return text_is_set(line->seller_id) ? OK : full(error);
}

enum status todo_take(struct todo *todo, enum topic topic, const void *record, struct error *error)
{
    if (topic == TOPIC_STOCK_LEVEL) {
        return take_level(todo, record, error);
    }
    if (topic == TOPIC_ORDER_CLOSED) {
        return take_closed(todo, record, error);
    }
    if (topic == TOPIC_LINE_OUTCOME) {
        return take_outcome(todo, record, error);
    }
    if (topic == TOPIC_NOTIFICATION) {
        disputes_take_notification(&todo->disputes, record);
    }
    return case_lines_take(&todo->lines, topic, record, error);
}

enum status todo_take_fact(struct todo *todo, const struct case_event *event, enum topic topic,
                           const void *fact, struct error *error)
{
    return disputes_take_fact(&todo->disputes, event, topic, fact, error);
}

/* ---- Rows ----------------------------------------------------------------------------------- */

static enum status add(struct todo *todo, const struct todo_item *item, struct error *error)
{
    if (todo->count == todo->capacity) {
        size_t capacity = todo->capacity ? 2 * todo->capacity : CAPACITY_FIRST;
        struct todo_item *items = realloc(todo->items, capacity * sizeof *items);
        if (!items) {
            return error_set(error, FATAL, "out of memory");
        }
        todo->items = items;
        todo->capacity = capacity;
    }
    todo->items[todo->count++] = *item;
    return OK;
}

static struct todo_item item_of_line(const struct case_line_row *row, enum todo_action action,
                                     struct optional_long due_ms)
{
    return (struct todo_item){
        .action = action,
        .order_id = row->order_id,
        .line_no = row->line_no,
        .sku = row->sku,
        .seller_id = row->seller_id,
        .currency = row->currency,
        .at_risk_minor = todo_who(action) == TODO_SUPPORT ? row->refund_minor : row->paid_minor,
        .due_ms = due_ms,
        .since_ms = row->since_ms,
    };
}

/* How long after a fact its answer in a topic of facts is still there to be seen. */
static bool is_recent(enum topic topic, int64_t at_ms, int64_t now_ms)
{
    int64_t kept_ms = topic_info(topic)->retention_ms;
    return kept_ms < 0 || now_ms - at_ms < kept_ms;
}

/* The rule of the allocation: a level counted after the report lifts it. */
static bool must_count(const struct todo *todo, const struct case_line_row *row, int64_t now_ms)
{
    if (row->cause != CAUSE_REPORTED || !row->reported_at_ms.set ||
        !is_recent(TOPIC_STOCK_LEVEL, row->reported_at_ms.value, now_ms)) {
        return false;
    }
    const struct count *count = lookup_get(todo->counts, row->sku);
    return !count || count->counted_at_ms <= row->reported_at_ms.value;
}

/* What the seller must do for a line's goods; TODO_ACTION_COUNT: nothing. */
static enum todo_action action_for_goods(const struct todo *todo, const struct case_line_row *row,
                                         int64_t now_ms)
{
    bool awaits = row->state == LINE_AWAITING_DECISION;
    bool waits = row->state == LINE_WAITING_RESTOCK;
    if (row->state == LINE_RECOVERED) {
        return row->told ? TODO_SHIP : TODO_ACTION_COUNT;
    }
    if (!line_state_is_short(row->state) || (!awaits && !waits)) {
        return TODO_ACTION_COUNT;
    }
    if (must_count(todo, row, now_ms)) {
        return TODO_COUNT_STOCK;
    }
    if (!row->expected_at_ms.set) {
        return TODO_GIVE_DATE;
    }
    return waits ? TODO_KEEP_DATE : TODO_ACTION_COUNT;
}

static enum status add_goods(struct todo *todo, const struct case_line_row *row, int64_t now_ms,
                             struct error *error)
{
    enum todo_action action = action_for_goods(todo, row, now_ms);
    if (action == TODO_ACTION_COUNT) {
        return OK;
    }
    struct optional_long due_ms = case_line_deadline(row);
    struct todo_item item = item_of_line(row, action, due_ms.set ? due_ms : row->promise_ms);
    if (action == TODO_COUNT_STOCK) {
        item.since_ms = row->reported_at_ms.value;
    }
    return add(todo, &item, error);
}

static enum status add_refund(struct todo *todo, const struct case_line_row *row, int64_t now_ms,
                              struct error *error)
{
    bool runs = row->state == LINE_REFUNDING || row->state == LINE_SUBSTITUTING;
    bool overdue = row->refund_due_ms.set && now_ms > row->refund_due_ms.value;
    enum status status = OK;
    if (row->state == LINE_REFUND_FAILED || (runs && overdue)) {
        const struct todo_item item =
            item_of_line(row, runs ? TODO_CHASE_REFUND : TODO_PAY_BY_HAND, row->refund_due_ms);
        status = add(todo, &item, error);
    }
    if (status == OK && row->shipped_after_all_ms.set &&
        now_ms - row->shipped_after_all_ms.value < CASE_RETENTION_MS) {
        struct todo_item item = item_of_line(row, TODO_FETCH_GOODS, (struct optional_long){0});
        item.since_ms = row->shipped_after_all_ms.value;
        status = add(todo, &item, error);
    }
    return status;
}

static enum status add_substitute(struct todo *todo, const struct substitute_line *line,
                                  int64_t now_ms, struct error *error)
{
    char key[LINE_KEY_SIZE];
    const struct case_line_row *row = case_lines_find(&todo->lines, line->order_id, line->line_no);
    const struct case_line_row *origin =
        case_lines_find(&todo->lines, line->order_id, line->origin_no);
    /* Where it became short itself, and its buyer was told, its own line says what is to be done.
     */
    bool taken_up = row && (row->told || row->state != LINE_RECOVERED);
    if (taken_up || lookup_get(todo->closed, line_key(key, line->order_id, line->line_no)) ||
        !is_recent(TOPIC_ORDER_CLOSED, line->at_ms, now_ms)) {
        return OK;
    }
    const struct todo_item item = {
        .action = TODO_SHIP_SUBSTITUTE,
        .order_id = line->order_id,
        .line_no = line->line_no,
        .sku = line->sku,
        .seller_id = line->seller_id,
        .currency = origin ? origin->currency : (struct text){0},
        .at_risk_minor = line->paid_minor,
        .due_ms = line->ship_by_ms,
        .since_ms = line->at_ms,
    };
    return add(todo, &item, error);
}

static enum todo_action action_of(enum dispute_question question)
{
    switch (question) {
    case DISPUTE_CLAIM:
        return TODO_ANSWER_CLAIM;
    case DISPUTE_REJECTION:
        return TODO_ANSWER_REJECTION;
    case DISPUTE_EVIDENCE:
        return TODO_SEND_EVIDENCE;
    case DISPUTE_NOTHING:
        break;
    }
    return TODO_ACTION_COUNT;
}

static enum status add_dispute(struct todo *todo, const struct dispute *dispute,
                               const struct case_sum *sum, int64_t now_ms, struct error *error)
{
    struct todo_item item = {
        .action = action_of(dispute->question),
        .order_id = dispute->order_id,
        .seller_id = dispute->seller_id,
        .currency = sum ? sum->currency : (struct text){0},
        .at_risk_minor = sum ? sum->paid_minor : 0,
        .due_ms = dispute->answer_by_ms,
        .since_ms = dispute->asked_at_ms,
    };
    if (sum && !sum->open && now_ms - sum->ended_at_ms >= CASE_RETENTION_MS) {
        return OK; /* the case is forgotten: nothing can be answered any more */
    }
    enum status status = item.action == TODO_ACTION_COUNT ? OK : add(todo, &item, error);
    if (status == OK && dispute->state == SETTLEMENT_ESCALATED) {
        item.action = TODO_MEDIATE;
        item.due_ms = (struct optional_long){0};
        item.since_ms = dispute->escalated_at_ms;
        status = add(todo, &item, error);
    }
    return status;
}

/* What was paid for each case, by order; a substitute's line was paid with its origin. */
static enum status sum_up(const struct todo *todo, struct lookup *sums, struct error *error)
{
    for (size_t i = 0; i < case_lines_count(&todo->lines); i++) {
        const struct case_line_row *row = case_lines_at(&todo->lines, i);
        struct case_sum *sum = lookup_put(sums, row->order_id);
        if (!sum) {
            return full(error);
        }
        sum->paid_minor += row->line_no <= SUBSTITUTE_LINE_BASE ? row->paid_minor : 0;
        sum->currency = text_is_set(row->currency) ? row->currency : sum->currency;
        sum->open = sum->open || !line_state_is_end(row->state);
        sum->ended_at_ms = row->since_ms > sum->ended_at_ms ? row->since_ms : sum->ended_at_ms;
    }
    return OK;
}

static enum status add_disputes(struct todo *todo, int64_t now_ms, struct error *error)
{
    struct lookup *sums = lookup_new(todo->arena, sizeof(struct case_sum));
    enum status status = sums ? sum_up(todo, sums, error) : full(error);
    for (size_t i = 0; i < disputes_count(&todo->disputes) && status == OK; i++) {
        const struct dispute *dispute = disputes_at(&todo->disputes, i);
        status = add_dispute(todo, dispute, lookup_get(sums, dispute->order_id), now_ms, error);
    }
    lookup_free(sums);
    return status;
}

/* The hour that counts for the order. */
static int64_t hour_of(const struct todo_item *item)
{
    return (item->due_ms.set ? item->due_ms.value : item->since_ms) / HOUR_MS;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_items(const void *a, const void *b)
{
    const struct todo_item *left = a;
    const struct todo_item *right = b;
    int order = compare_numbers(hour_of(left), hour_of(right));
    order = order ? order : text_compare(left->currency, right->currency);
    order = order ? order : compare_numbers(right->at_risk_minor, left->at_risk_minor);
    order = order ? order : text_compare(left->order_id, right->order_id);
    order = order ? order : compare_numbers(left->line_no, right->line_no);
    return order ? order : compare_numbers(left->action, right->action);
}

enum status todo_make(struct todo *todo, int64_t now_ms, struct error *error)
{
    enum status status = add_disputes(todo, now_ms, error);
    for (size_t i = 0; i < case_lines_count(&todo->lines) && status == OK; i++) {
        const struct case_line_row *row = case_lines_at(&todo->lines, i);
        status = add_goods(todo, row, now_ms, error);
        status = status == OK ? add_refund(todo, row, now_ms, error) : status;
    }
    for (size_t i = 0; i < lookup_count(todo->substitutes) && status == OK; i++) {
        status = add_substitute(todo, lookup_at(todo->substitutes, i, NULL), now_ms, error);
    }
    if (status == OK && todo->count > 0) {
        qsort(todo->items, todo->count, sizeof *todo->items, compare_items);
    }
    return status;
}

bool todo_is_overdue(const struct todo_item *item, int64_t now_ms)
{
    return item->due_ms.set && now_ms > item->due_ms.value;
}

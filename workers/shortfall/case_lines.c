#include "shortfall/case_lines.h"

#include <stdio.h>

#include "core/must.h"

const enum topic case_lines_topics[] = {
    TOPIC_SHORTAGE,       TOPIC_CASE_EVENT,   TOPIC_FULFILMENT_PLAN,
    TOPIC_REFUND_REQUEST, TOPIC_NOTIFICATION,
};
const size_t case_lines_topic_count = sizeof case_lines_topics / sizeof *case_lines_topics;

struct text line_key(char key[LINE_KEY_SIZE], struct text order_id, int32_t line_no)
{
    int size = snprintf(key, LINE_KEY_SIZE, "%d/%.*s", line_no, (int)order_id.size,
                        order_id.size ? order_id.data : "");
    must(size > 0 && size < LINE_KEY_SIZE); /* the decoder has a limit for ids */
    return (struct text){key, (uint32_t)size};
}

enum status case_lines_init(struct case_lines *lines, struct arena *arena, struct error *error)
{
    *lines = (struct case_lines){.arena = arena,
                                 .lines = lookup_new(arena, sizeof(struct case_line_row))};
    return lines->lines ? OK : error_set(error, FATAL, "out of memory");
}

void case_lines_done(struct case_lines *lines)
{
    lookup_free(lines->lines);
}

static void see_time(struct case_lines *lines, int64_t at_ms)
{
    lines->latest_ms = at_ms > lines->latest_ms ? at_ms : lines->latest_ms;
}

static struct case_line_row *row_of(struct case_lines *lines, struct text order_id, int32_t line_no,
                                    int64_t at_ms)
{
    char key[LINE_KEY_SIZE];
    struct case_line_row *row = lookup_put(lines->lines, line_key(key, order_id, line_no));
    if (row && !text_is_set(row->order_id)) {
        row->order_id = arena_text(lines->arena, order_id);
        row->line_no = line_no;
        row->short_at_ms = at_ms;
    }
    see_time(lines, at_ms);
    return row;
}

static enum status full(struct error *error)
{
    return error_set(error, FATAL, "too many lines for the memory of this command");
}

static enum status take_shortage(struct case_lines *lines, const struct shortage *shortage,
                                 struct error *error)
{
    struct case_line_row *row =
        row_of(lines, shortage->order_id, shortage->line_no, shortage->at_ms);
    if (!row) {
        return full(error);
    }
    if (!text_is_set(row->sku)) {
        row->sku = arena_text(lines->arena, shortage->sku);
        row->seller_id = arena_text(lines->arena, shortage->seller_id);
        row->currency = arena_text(lines->arena, shortage->currency);
        row->quantity = shortage->quantity;
        row->paid_minor = shortage->paid_minor;
        row->promise_ms = shortage->ship_by_ms;
    }
    if (shortage->kind == SHORTAGE_UNFILLABLE || shortage->kind == SHORTAGE_ETA_CHANGED) {
        row->cause = shortage->cause;
        row->expected_at_ms = shortage->expected_at_ms;
    }
    if (shortage->kind == SHORTAGE_UNFILLABLE && shortage->cause == CAUSE_REPORTED) {
        row->reported_at_ms = (struct optional_long){shortage->at_ms, true};
    }
    return text_is_set(row->currency) ? OK : full(error);
}

static enum status take_event(struct case_lines *lines, const struct case_event *event,
                              struct error *error)
{
    see_time(lines, event->at_ms);
    for (uint32_t i = 0; i < event->line_count && event->verdict != VERDICT_REFUSED; i++) {
        struct case_line_row *row =
            row_of(lines, event->order_id, event->lines[i].line_no, event->at_ms);
        if (!row) {
            return full(error);
        }
        row->state = event->lines[i].after;
        row->since_ms = event->at_ms;
        if (!text_is_set(row->seller_id)) {
            row->seller_id = arena_text(lines->arena, event->seller_id);
        }
    }
    return OK;
}

static enum status take_plan(struct case_lines *lines, const struct fulfilment_plan *plan,
                             struct error *error)
{
    struct case_line_row *row = row_of(lines, plan->order_id, plan->line_no, plan->at_ms);
    if (!row) {
        return full(error);
    }
    if (plan->action == PLAN_HOLD_FOR_RESTOCK) {
        row->held_until_ms = plan->until_ms;
    }
    return OK;
}

static enum status take_refund(struct case_lines *lines, const struct refund_request *request,
                               struct error *error)
{
    struct case_line_row *row = row_of(lines, request->order_id, request->line_no, request->at_ms);
    if (!row) {
        return full(error);
    }
    row->refund_due_ms = (struct optional_long){request->due_by_ms, true};
    row->refund_minor = request->amount_minor;
    return OK;
}

/* What a notification says of one of its lines. */
static void note(struct case_line_row *row, const struct notification *notification,
                 const struct notice_line *line)
{
    if (notification->kind == NOTICE_SHORTAGE || notification->kind == NOTICE_RENEWED) {
        row->decide_by_ms = line->decide_by_ms;
        row->on_silence = line->on_silence;
        row->told = true;
        return;
    }
    if (notification->kind == NOTICE_WAIT_CONFIRMED) {
        struct optional_long date_ms = notification->expected_at_ms;
        bool moves = notification->consent == CONSENT_EXPRESS && date_ms.set &&
                     (!row->promise_ms.set || date_ms.value > row->promise_ms.value);
        row->held_until_ms = date_ms;
        row->promise_ms = moves ? date_ms : row->promise_ms;
        return;
    }
    if (notification->kind == NOTICE_NEEDS_ACTION && notification->audience == AUDIENCE_SUPPORT &&
        (text_equal(notification->reason, TEXT("SHIPPED_AFTER_REFUND")) ||
         text_equal(notification->reason, TEXT("SHIPPED_AFTER_SUBSTITUTE")))) {
        row->shipped_after_all_ms = (struct optional_long){notification->at_ms, true};
    }
}

static enum status take_notification(struct case_lines *lines,
                                     const struct notification *notification, struct error *error)
{
    see_time(lines, notification->at_ms);
    for (uint32_t i = 0; i < notification->line_count; i++) {
        struct case_line_row *row = row_of(lines, notification->order_id,
                                           notification->lines[i].line_no, notification->at_ms);
        if (!row) {
            return full(error);
        }
        note(row, notification, &notification->lines[i]);
    }
    return OK;
}

enum status case_lines_take(struct case_lines *lines, enum topic topic, const void *record,
                            struct error *error)
{
    if (topic == TOPIC_SHORTAGE) {
        return take_shortage(lines, record, error);
    }
    if (topic == TOPIC_CASE_EVENT) {
        return take_event(lines, record, error);
    }
    if (topic == TOPIC_FULFILMENT_PLAN) {
        return take_plan(lines, record, error);
    }
    if (topic == TOPIC_REFUND_REQUEST) {
        return take_refund(lines, record, error);
    }
    if (topic == TOPIC_NOTIFICATION) {
        return take_notification(lines, record, error);
    }
    return OK;
}

bool case_line_is_open(const struct case_line_row *row)
{
    switch (row->state) {
    case LINE_UNKNOWN:
    case LINE_CONFIRMING:
    case LINE_AWAITING_DECISION:
    case LINE_WAITING_RESTOCK:
    case LINE_SUBSTITUTING:
    case LINE_REFUNDING:
    case LINE_REFUND_FAILED:
        return true;
    case LINE_RECOVERED:
    case LINE_FILLED_LATE:
    case LINE_SUBSTITUTED:
    case LINE_REFUNDED:
    case LINE_WITHDRAWN:
    case LINE_STATE_COUNT:
        break;
    }
    return false;
}

struct optional_long case_line_deadline(const struct case_line_row *row)
{
    switch (row->state) {
    case LINE_AWAITING_DECISION:
        return row->decide_by_ms;
    case LINE_WAITING_RESTOCK:
        return row->held_until_ms;
    case LINE_SUBSTITUTING:
    case LINE_REFUNDING:
        return row->refund_due_ms;
    case LINE_UNKNOWN:
    case LINE_CONFIRMING:
    case LINE_REFUND_FAILED:
    case LINE_RECOVERED:
    case LINE_FILLED_LATE:
    case LINE_SUBSTITUTED:
    case LINE_REFUNDED:
    case LINE_WITHDRAWN:
    case LINE_STATE_COUNT:
        break;
    }
    return (struct optional_long){0};
}

const struct case_line_row *case_lines_at(const struct case_lines *lines, size_t number)
{
    return lookup_at(lines->lines, number, NULL);
}

size_t case_lines_count(const struct case_lines *lines)
{
    return lookup_count(lines->lines);
}

const struct case_line_row *case_lines_find(const struct case_lines *lines, struct text order_id,
                                            int32_t line_no)
{
    char key[LINE_KEY_SIZE];
    return lookup_get(lines->lines, line_key(key, order_id, line_no));
}

#include "producers/pending.h"

#include <stdlib.h>

#include "core/contract.h"
#include "core/policy.h"

enum { CAPACITY_FIRST = 256 };

static void sift_up(int64_t *heap, uint32_t i)
{
    while (i > 0 && heap[i] < heap[(i - 1) / 2]) {
        int64_t above = heap[(i - 1) / 2];
        heap[(i - 1) / 2] = heap[i];
        heap[i] = above;
        i = (i - 1) / 2;
    }
}

static void sift_down(int64_t *heap, uint32_t count)
{
    for (uint32_t i = 0;;) {
        uint32_t least = i;
        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++) {
            least = heap[child] < heap[least] ? child : least;
        }
        if (least == i) {
            return;
        }
        int64_t above = heap[i];
        heap[i] = heap[least];
        heap[least] = above;
        i = least;
    }
}

static enum status add_deadline(struct pending *pending, int64_t at_ms, struct error *error)
{
    if (pending->deadline_count == pending->deadline_capacity) {
        uint32_t capacity =
            pending->deadline_capacity ? 2 * pending->deadline_capacity : CAPACITY_FIRST;
        int64_t *deadlines = realloc(pending->deadlines, capacity * sizeof *deadlines);
        if (!deadlines) {
            return error_set(error, FATAL, "out of memory");
        }
        pending->deadlines = deadlines;
        pending->deadline_capacity = capacity;
    }
    pending->deadlines[pending->deadline_count] = at_ms;
    sift_up(pending->deadlines, pending->deadline_count++);
    return OK;
}

static enum status add_optional(struct pending *pending, struct optional_long at_ms,
                                struct error *error)
{
    return at_ms.set ? add_deadline(pending, at_ms.value, error) : OK;
}

/* A refund is waited for, but not a person's look at one that failed. */
static bool waits(enum line_state state)
{
    return state == LINE_CONFIRMING || state == LINE_AWAITING_DECISION ||
           state == LINE_WAITING_RESTOCK || state == LINE_SUBSTITUTING || state == LINE_REFUNDING;
}

static enum status take_case_event(struct pending *pending, const struct case_event *event,
                                   struct error *error)
{
    bool confirming = false;
    for (uint32_t i = 0; i < event->line_count; i++) {
        int64_t *waiting = line_map_at(&pending->lines, event->order_id, event->lines[i].line_no);
        if (!waiting) {
            return error_set(error, FATAL, "out of memory");
        }
        bool now = waits(event->lines[i].after);
        pending->open_count += (uint64_t)now - (uint64_t)*waiting;
        *waiting = now;
        confirming = confirming || event->lines[i].after == LINE_CONFIRMING;
    }
    /* No record names the end of a grace, but no policy has a longer one than this. */
    return confirming ? add_deadline(pending, event->at_ms + GRACE_MAX_MS, error) : OK;
}

static enum status take_notification(struct pending *pending, const struct notification *notice,
                                     struct error *error)
{
    enum status status = add_optional(pending, notice->answer_by_ms, error);
    if (status == OK && notice->kind == NOTICE_WAIT_CONFIRMED) {
        status = add_optional(pending, notice->expected_at_ms, error);
    }
    for (uint32_t i = 0; status == OK && i < notice->line_count; i++) {
        status = add_optional(pending, notice->lines[i].decide_by_ms, error);
    }
    return status;
}

enum status pending_take(struct pending *pending, enum topic topic, const void *record,
                         struct error *error)
{
    if (topic == TOPIC_CASE_EVENT) {
        return take_case_event(pending, record, error);
    }
    if (topic == TOPIC_NOTIFICATION) {
        return take_notification(pending, record, error);
    }
    return OK;
}

int64_t pending_next_ms(const struct pending *pending)
{
    return pending->deadline_count > 0 ? pending->deadlines[0] : INT64_MAX;
}

void pending_pass(struct pending *pending, int64_t at_ms)
{
    while (pending_next_ms(pending) <= at_ms) {
        pending->deadlines[0] = pending->deadlines[--pending->deadline_count];
        sift_down(pending->deadlines, pending->deadline_count);
    }
}

void pending_done(struct pending *pending)
{
    line_map_done(&pending->lines);
    free(pending->deadlines);
    *pending = (struct pending){0};
}

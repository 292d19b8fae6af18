#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "core/must.h"
#include "story.h"
#include "transcript.h"
#include "world.h"

static bool is_difference(const struct refund_request *request)
{
    return request->reason == REFUND_FOR_SUBSTITUTE_DIFFERENCE;
}

static bool same_line(const struct refund_request *a, const struct refund_request *b)
{
    return a->line_no == b->line_no && text_equal(a->order_id, b->order_id);
}

/* ---- I3: one refund a line and purpose
 * ----------------------------------------------------------- */

static void check_pair(const struct told *earlier, const struct told *later)
{
    const struct refund_request *a = BODY(refund_request, earlier);
    const struct refund_request *b = BODY(refund_request, later);
    bool same_id = text_equal(a->refund_id, b->refund_id);
    if (same_line(a, b) && is_difference(a) == is_difference(b) && !same_id) {
        story_fail("I3 one refund a line and purpose", "%.*s/%d: %.*s and %.*s",
                   (int)a->order_id.size, a->order_id.data, a->line_no, (int)a->refund_id.size,
                   a->refund_id.data, (int)b->refund_id.size, b->refund_id.data);
    }
    if (same_id && (b->attempt <= a->attempt || b->amount_minor != a->amount_minor)) {
        story_fail("I3 one content an attempt, and attempts grow",
                   "%.*s/%d: attempt %d of %lld "
                   "after attempt %d of %lld",
                   (int)a->order_id.size, a->order_id.data, a->line_no, b->attempt,
                   (long long)b->amount_minor, a->attempt, (long long)a->amount_minor);
    }
}

/* A further attempt has a reason: the one before it is known to have failed. */
static bool has_failed(const struct refund_request *request, int32_t attempt)
{
    const struct told_list *results = transcript_of(TOPIC_REFUND_RESULT);
    for (int i = 0; i < results->count; i++) {
        const struct refund_result *result = BODY(refund_result, &results->items[i]);
        if (result && result->status == REFUND_STATUS_FAILED && result->retryable &&
            result->attempt == attempt && text_equal(result->refund_id, request->refund_id)) {
            return true;
        }
    }
    return false;
}

static void check_refunds(void)
{
    const struct told_list *list = transcript_of(TOPIC_REFUND_REQUEST);
    for (int i = 0; i < list->count; i++) {
        const struct refund_request *request = BODY(refund_request, &list->items[i]);
        for (int j = 0; j < i; j++) {
            check_pair(&list->items[j], &list->items[i]);
        }
        if (request->attempt > 1 && !has_failed(request, request->attempt - 1)) {
            story_fail("I3 no attempt without a failure that may be mended", "%.*s/%d attempt %d",
                       (int)request->order_id.size, request->order_id.data, request->line_no,
                       request->attempt);
        }
    }
}

/* ---- I4: no more than was paid
 * ------------------------------------------------------------------- */

static int64_t refunded(struct text order, int32_t line_no)
{
    const struct told_list *list = transcript_of(TOPIC_REFUND_REQUEST);
    int64_t sum = 0;
    for (int i = 0; i < list->count; i++) {
        const struct refund_request *request = BODY(refund_request, &list->items[i]);
        if (request->attempt == 1 && request->line_no % SUBSTITUTE_LINE_BASE == line_no &&
            text_equal(request->order_id, order)) {
            sum += request->amount_minor;
        }
    }
    return sum;
}

static void check_sums(void)
{
    const struct told_list *list = transcript_of(TOPIC_REFUND_REQUEST);
    for (int i = 0; i < list->count; i++) {
        const struct refund_request *request = BODY(refund_request, &list->items[i]);
        int32_t line_no = request->line_no % SUBSTITUTE_LINE_BASE;
        const struct sold_line *line = world_line(request->order_id, line_no);
        int64_t sum = refunded(request->order_id, line_no);
        if (!line || sum > line->paid_minor) {
            story_fail("I4 no more is refunded than was paid", "%.*s/%d: %lld of %lld",
                       (int)request->order_id.size, request->order_id.data, line_no, (long long)sum,
                       line ? (long long)line->paid_minor : 0);
        }
        if (request->line_no == line_no && !is_difference(request) && sum != line->paid_minor) {
            story_fail("a refund is in full", "%.*s/%d: %lld of %lld", (int)request->order_id.size,
                       request->order_id.data, line_no, (long long)sum,
                       (long long)line->paid_minor);
        }
    }
}

void check_money(void)
{
    check_refunds();
    check_sums();
}

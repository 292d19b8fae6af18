#include "shortfall/span.h"

#include "kit/clock.h"
#include "shortfall/phrase.h"

static bool take_date(const struct call *call, const char *flag, int64_t *at_ms)
{
    const char *value = call_flag(call, flag);
    if (!value || time_parse(text_of(value), at_ms)) {
        return true;
    }
    (void)call_misused(call,
                       "--%s takes a date as 2026-11-11, or a time as 2026-11-11T08:00:00Z, "
                       "not '%s'",
                       flag, value);
    return false;
}

bool span_of_call(const struct call *call, struct span *ret_span)
{
    struct span span = {INT64_MIN, INT64_MAX};
    if (!take_date(call, "from", &span.from_ms) || !take_date(call, "to", &span.to_ms)) {
        return false;
    }
    if (span.from_ms >= span.to_ms) {
        (void)call_misused(call,
                           "nothing is from %s on and before %s: --to takes the first day that is "
                           "left out",
                           call_flag(call, "from"), call_flag(call, "to"));
        return false;
    }
    *ret_span = span;
    return true;
}

bool span_holds(const struct span *span, int64_t at_ms)
{
    return at_ms >= span->from_ms && at_ms < span->to_ms;
}

void span_phrase(struct buffer *out, const struct span *span)
{
    if (span->from_ms != INT64_MIN) {
        phrase(out, " from ");
        phrase_time(out, span->from_ms);
    }
    if (span->to_ms != INT64_MAX) {
        phrase(out, " before ");
        phrase_time(out, span->to_ms);
    }
}

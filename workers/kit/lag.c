#include "kit/lag.h"

int64_t lag_records(int64_t position, int64_t end)
{
    if (position < 0 || end < 0) {
        return -1;
    }
    return end > position ? end - position : 0;
}

double lag_look(struct lag *lag, int64_t records, int64_t now_ms)
{
    if (records == 0) {
        lag->seconds = 0;
    } else if (lag->applied_ms > 0) {
        int64_t age_ms = now_ms - lag->applied_ms;
        lag->seconds = age_ms > 0 ? (double)age_ms / 1000.0 : 0;
    } else if (lag->looked_ms > 0 && now_ms > lag->looked_ms) {
        lag->seconds += (double)(now_ms - lag->looked_ms) / 1000.0;
    }
    lag->applied_ms = 0;
    lag->looked_ms = now_ms;
    return lag->seconds;
}

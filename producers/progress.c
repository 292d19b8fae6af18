#include "producers/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kit/clock.h"

enum {
    BAR_WIDTH = 20,
    REDRAW_MS = 200,
    LINE_EVERY_MS = 10000,
    MEANINGFUL_PERCENT = 2, /* from here on a guess of the time left is worth showing */
};

void progress_begin(struct progress *progress)
{
    const char *kind = getenv("TERM");
    *progress = (struct progress){
        .terminal = isatty(STDERR_FILENO) && kind && *kind,
        .begin_ms = clock_monotonic_ms(),
    };
    progress->next_ms = progress->begin_ms + (progress->terminal ? 0 : LINE_EVERY_MS);
}

bool progress_is_due(const struct progress *progress)
{
    return clock_monotonic_ms() >= progress->next_ms;
}

int64_t progress_elapsed_ms(const struct progress *progress)
{
    return clock_monotonic_ms() - progress->begin_ms;
}

static void draw_bar(const struct progress *progress, int64_t done, int64_t size)
{
    if (size <= 0) {
        return;
    }
    int64_t percent = done < size ? 100 * done / size : 100;
    if (progress->terminal) {
        char bar[BAR_WIDTH + 1];
        for (int i = 0; i < BAR_WIDTH; i++) {
            bar[i] = i < percent * BAR_WIDTH / 100 ? '#' : '.';
        }
        bar[BAR_WIDTH] = '\0';
        (void)fprintf(stderr, "[%s] ", bar);
    }
    (void)fprintf(stderr, "%3d%% ", (int)percent);
    if (percent >= MEANINGFUL_PERCENT && percent < 100) {
        int64_t left_s = progress_elapsed_ms(progress) * (size - done) / done / 1000;
        (void)fprintf(stderr, "%d:%02d left ", (int)(left_s / 60), (int)(left_s % 60));
    }
}

void progress_draw(struct progress *progress, int64_t done, int64_t size, const char *words)
{
    if (progress->terminal) {
        (void)fputs("\r\033[K", stderr);
    }
    draw_bar(progress, done, size);
    (void)fputs(words, stderr);
    if (progress->terminal) {
        (void)fflush(stderr);
        progress->drawn = true;
    } else {
        (void)fputc('\n', stderr);
    }
    progress->next_ms = clock_monotonic_ms() + (progress->terminal ? REDRAW_MS : LINE_EVERY_MS);
}

void progress_end(struct progress *progress)
{
    if (progress->drawn) {
        (void)fputc('\n', stderr);
        progress->drawn = false;
    }
}

/* A story of the book: a log, each fact with its verdict and the changes that must come of it, in
 * order. */
#ifndef TESTS_CORE_BOOK_STORY_H
#define TESTS_CORE_BOOK_STORY_H

#include "book_fixture.h"

/* What a step does not give is zero. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct step {
    struct sku_fact fact;
    const char *changes;       /* joined by "; " */
    enum book_verdict verdict; /* BOOK_APPLIED where not given */
    int64_t log_ms;            /* of the fact's own time where not given */
};

static inline void play_on(struct book *book, int64_t *revision, const struct step *steps,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct step *step = &steps[i];
        char told[2000] = "";
        size_t used = 0;
        struct book_change change;
        assert_true(book_reserve(book, &step->fact));
        int64_t log_ms = step->log_ms ? step->log_ms : step->fact.at_ms;
        enum book_verdict verdict = book_apply(book, &step->fact, ++*revision, log_ms);
        while (book_next_change(book, &change)) {
            used += (size_t)snprintf(told + used, sizeof(told) - used, "%s", used ? "; " : "");
            used += (size_t)print_change(told + used, sizeof(told) - used, &change);
        }
        const char *expected = step->changes ? step->changes : "";
        if (verdict != step->verdict || strcmp(told, expected) != 0) {
            fail_msg("step %zu: verdict %d, \"%s\" instead of %d, \"%s\"", i + 1, verdict, told,
                     step->verdict, expected);
        }
    }
}

static inline void play(const struct step *steps, size_t count)
{
    struct heap heap;
    struct book *book = new_book(&heap);
    int64_t revision = 0;
    play_on(book, &revision, steps, count);
    drop_book(book, &heap);
}

#define PLAY(...)                                      \
    do {                                               \
        const struct step steps[] = {__VA_ARGS__};     \
        play(steps, sizeof(steps) / sizeof(steps[0])); \
    } while (0)

static struct restock restocks_5d_10[] = {{5 * DAY, 10}};

static inline struct sku_fact with_restocks(struct sku_fact fact, struct restock *restocks,
                                            uint32_t count)
{
    fact.restocks = restocks;
    fact.restock_count = count;
    return fact;
}

#endif

/* A page of docs/ that is made by a program: whether it still says what the program says. */
#ifndef SHORTFALL_TESTS_PAGE_H
#define SHORTFALL_TESTS_PAGE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* path: SHORTFALL_SOURCE_DIR "/docs/…". writes: the page is written anew first, as
 * SHORTFALL_WRITE_DOCS=1 asks. Include cmocka before. */
static inline void expect_page(const char *path, const char *text, bool writes)
{
    size_t room = strlen(text) + 2; /* one byte too many would be seen */
    char *page = malloc(room);
    assert_non_null(page);
    if (writes) {
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        assert_true(fputs(text, out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    page[fread(page, 1, room - 1, file)] = '\0';
    assert_int_equal(fclose(file), 0);
    assert_string_equal(page, text);
    free(page);
}

#endif

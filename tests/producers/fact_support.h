/* Files of facts for the tests, written into a folder of their own that goes at the end. */
#ifndef SHORTFALL_TESTS_PRODUCERS_FACT_SUPPORT_H
#define SHORTFALL_TESTS_PRODUCERS_FACT_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

enum { PATH_SIZE = 256 };

struct folder {
    char path[PATH_SIZE];
};

static inline int folder_make(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/shortfall-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    assert_int_equal(chdir(folder->path), 0);
    *state = folder;
    return 0;
}

static inline int folder_remove(void **state)
{
    struct folder *folder = *state;
    char command[PATH_SIZE + 16];
    (void)snprintf(command, sizeof command, "rm -r %s", folder->path);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(system(command), 0);
    free(folder);
    return 0;
}

/* In the test's folder, which is the current one. */
static inline void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static inline void write_gzip(const char *name, const char *text)
{
    gzFile file = gzopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
}

#endif

/* What the targets share. Each is a program of libFuzzer: tests/fuzz/run builds and runs them. */
#ifndef SHORTFALL_TESTS_FUZZ_FUZZ_H
#define SHORTFALL_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "kit/arena.h"
#include "kit/schema_store.h"

#define FUZZ_MEMORY ((size_t)64 << 20)

enum { FUZZ_DEPTH = 32 };

/* The schema folder; tests/fuzz/run names it. */
static inline const char *fuzz_schemas(void)
{
    const char *folder = getenv("SHORTFALL_SCHEMAS");
    return folder ? folder : "schemas";
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

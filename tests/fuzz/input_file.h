/* What the fuzzed bytes come in: a file that is only in memory, with a path to open it by. */
#ifndef SHORTFALL_TESTS_FUZZ_INPUT_FILE_H
#define SHORTFALL_TESTS_FUZZ_INPUT_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/must.h"

enum { INPUT_PATH_SIZE = 64 };

/* The descriptor, to be closed. */
static inline int input_file(const uint8_t *data, size_t size, char ret_path[INPUT_PATH_SIZE])
{
    int descriptor = memfd_create("input", 0);
    must(descriptor >= 0 && write(descriptor, data, size) == (ssize_t)size);
    (void)snprintf(ret_path, INPUT_PATH_SIZE, "/proc/self/fd/%d", descriptor);
    return descriptor;
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

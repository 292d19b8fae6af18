/* Whether two records say the same, and how to say in words what they say. */
#ifndef TESTS_SIM_RECORD_SAME_H
#define TESTS_SIM_RECORD_SAME_H

#include "kit/record_type.h"

bool record_same(const struct record_type *type, const void *a, const void *b);

/* As JSON, for a person; cut to fit. */
void record_words(const struct record_type *type, const void *record, char *ret_words, size_t size);

#endif

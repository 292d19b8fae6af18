/* What must always hold (docs/ARCHITECTURE.md, I1 to I13), checked by reading the topics alone. */
#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H

#include <stdbool.h>

/* Watches the committed offsets from here on. */
void check_begin(void);
/* What can be told in the middle: Redis holds what its mark says. */
void check_view(void);
/* Every input is read and every transaction is over. */
bool check_is_at_rest(void);
/* Everything, at rest. */
void check_all(void);

#endif

/* Those who answer what was committed: buyers, sellers, the payment system, the platform. */
#ifndef TESTS_SIM_WORLD_ANSWERS_H
#define TESTS_SIM_WORLD_ANSWERS_H

#include <stdbool.h>

#include "chance.h"
#include "core/contract.h"
#include "kit/topics.h"

void answers_reset(struct chance chance);
void answers_begin(void); /* reads what is committed from now on, every now and then */
void answers_calm(void);  /* only payments are answered from now on, and at once */
bool answers_wait(void);

/* world.c: writes a record as any client would. */
void world_write(enum topic topic, const char *key, const struct record_type *type,
                 const void *value);

#endif

/* The workers of a story: which run, restarted as an operator's supervisor would. */
#ifndef TESTS_SIM_FLEET_H
#define TESTS_SIM_FLEET_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"

struct process;
struct role;

enum { FLEET_KINDS = 3, FLEET_SLOTS = 3 };

void fleet_reset(struct chance chance);
void fleet_start(int kind, int slot); /* and keeps it alive */
/* One that claims the slot of another: a mistake of operators. */
void fleet_start_twin(int kind, int slot, int of);
void fleet_retire(int kind, int slot); /* asks it to stop, and lets it be */
/* One that runs, or NULL: by kind and slot. */
struct process *fleet_process(int kind, int slot);
void fleet_set_skew(int kind, int slot, int64_t ms); /* of its machine: a restart has it, too */
/* All of a kind are asked to stop, and start again: another version, or other policies. */
void fleet_upgrade(int kind);
/* All of a kind are asked to stop, and none starts; false: again as before. */
void fleet_hold(int kind, bool held);
/* All of a kind die, and none starts within `us`. */
void fleet_lose(int kind, int64_t us);
bool fleet_is_alive(int kind); /* any of it */
const struct role *fleet_role(int kind);
int fleet_kind(const struct process *process); /* -1: of none */
/* Was it started with the next versions of the policies, which others don't have yet? */
bool fleet_has_next_policies(const struct process *process);
void fleet_tend(void); /* starts again who ended */
/* One of each kind at least runs, and nobody stops of himself any more: what fails now, fails. */
void fleet_heal(void);

#endif

/* Simulated processes: each runs a production main on a stack of its own, on one thread.
 *
 * Whatever a process asks of the outside (Kafka, Redis, a clock that sleeps) is a *boundary*: there
 * it may lose the processor to another process, be paused, or die for good, as the plan of faults
 * has it. So a crash is possible between any two things that the outside can see.
 *
 *   READY <--> SLEEPING      PAUSED: gets no processor, as after SIGSTOP
 *     |            |         DEAD: as after SIGKILL; its memory is left behind
 *     +--> PAUSED, DEAD
 *
 * Time is simulated: it moves a little at every boundary, and far when all sleep. */
#ifndef TESTS_SIM_PROCESS_H
#define TESTS_SIM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "chance.h"

enum { PROCESSES_MAX = 256, EXIT_KILLED = 137 };

struct process;

/* Everything begins anew; `schedule` decides who runs when. */
void process_reset(struct chance schedule);

/* Starts one; `name` is copied. */
struct process *process_start(const char *name, int (*main)(void *context), void *context);

int64_t process_time_us(void);    /* monotonic, of all */
const char *process_name(void);   /* who runs; "-": none */
struct process *process_me(void); /* NULL: none */

/* Runs everything until `until_us`, or until done() says so; asked between two turns. */
void process_run(int64_t until_us, bool (*done)(void));

/* ---- For what the processes call --------------------------------------------------------------
 */

/* `what` names the call, for the story and the plan of faults. */
void process_boundary(const char *what);
void process_sleep(int64_t us);
void process_exit(int status) __attribute__((noreturn));

/* ---- For faults --------------------------------------------------------------------------------
 */

void process_kill(struct process *process);
void process_pause(struct process *process, int64_t us);
void process_ask_to_stop(struct process *process);
bool process_is_asked_to_stop(void); /* the one that runs */
bool process_lives(const struct process *process);
bool process_works(const struct process *process); /* lives and is not paused */
int process_exit_status(const struct process *process);

/* Its connections are cut, though it runs. */
void process_cut(struct process *process, int64_t us);
bool process_is_cut(const struct process *process);

/* Its wall clock differs from the others'. */
void process_set_skew(struct process *process, int64_t ms);
int64_t process_skew(const struct process *process); /* NULL: 0 */

/* Called at each boundary of a process; may kill or pause it. */
void process_set_boundary_hook(void (*hook)(struct process *process, const char *what));

/* ---- Events of the outside ------------------------------------------------------------------- */

/* `happen` is called at that time, outside of any process. */
void process_later(int64_t delay_us, void (*happen)(void *context, int64_t number), void *context,
                   int64_t number);

#endif

#include "fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "allocator/allocator.h"
#include "caseworker/caseworker.h"
#include "client.h"
#include "core/must.h"
#include "kit/worker.h"
#include "operator.h"
#include "process.h"
#include "sequencer/sequencer.h"
#include "story.h"
#include "world.h"

enum { RESTART_US_MAX = 1500000, ROLL_US_MAX = 15000000, DEATHS_MAX = 40 };

struct worker_of {
    int kind, slot;
    int claims; /* the slot that it says it has: a twin says another's */
    bool wanted;
    struct process *process; /* NULL: never started */
    int64_t start_us;        /* not before */
    int deaths;              /* of its own, without a fault */
    int64_t skew_ms;         /* of its machine's clock, which a restart does not mend */
    bool old_policies;       /* of the process: its machine lacks the next versions */
};

static const struct role *const roles[FLEET_KINDS] = {&sequencer_role, &allocator_role,
                                                      &caseworker_role};
static struct worker_of workers[FLEET_KINDS][FLEET_SLOTS];
static bool held[FLEET_KINDS];
static int64_t lost_until_us[FLEET_KINDS]; /* none of them starts before */
static struct chance chance;
static bool healed;
static bool lazy;    /* its workers commit seldom, so that much is to be done again */
static bool patient; /* this story's group waits longer for a silent member */
static bool differs; /* some lack the next versions of the policies, until all is healed */

/* The machines get other policies, or lose the new ones again: who has which is drawn at a start.
 */
static void roll_policies(void *context, int64_t number)
{
    (void)context, (void)number;
    enum { CASEWORKERS = 2 };
    if (differs) {
        fleet_upgrade(CASEWORKERS);
    }
}

void fleet_reset(struct chance drawn)
{
    chance = drawn;
    healed = false;
    patient = chance_hits(&chance, 1, 3);
    lazy = chance_hits(&chance, 1, 3);
    differs = chance_hits(&chance, 1, 3);
    memset(workers, 0, sizeof workers);
    memset(held, 0, sizeof held);
    memset(lost_until_us, 0, sizeof lost_until_us);
    if (differs) {
        process_later(chance_between(&chance, 2000000, ROLL_US_MAX), roll_policies, NULL, 0);
    }
}

static int run_worker(void *context)
{
    const struct worker_of *worker = context;
    char slot[16];
    (void)snprintf(slot, sizeof slot, "%d", worker->claims + 1);
    char *arguments[] = {(char *)"worker",
                         (char *)"--bootstrap",
                         (char *)"broker:9092",
                         (char *)"--slot",
                         slot,
                         (char *)"--transaction.timeout.ms",
                         (char *)"3000",
                         (char *)"--checkpoint.interval.ms",
                         (char *)(lazy ? "4000" : "700"),
                         (char *)"--idle.commit.ms",
                         (char *)(lazy ? "2000" : "100"),
                         (char *)"--clock",
                         (char *)(world_plays_records() ? "record" : "wall"),
                         (char *)"--http.listen",
                         (char *)"off",
                         (char *)"--memory.limit.mb",
                         (char *)"64",
                         (char *)"--drain.timeout.ms",
                         (char *)"2000",
                         (char *)"-X",
                         (char *)(patient ? "session.timeout.ms=7000" : "session.timeout.ms=2500"),
                         NULL};
    return worker_main(sizeof arguments / sizeof *arguments - 1, arguments, roles[worker->kind]);
}

static void start(struct worker_of *worker)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%s-%d", roles[worker->kind]->name, worker->slot + 1);
    worker->process = process_start(name, run_worker, worker);
    worker->old_policies = differs && chance_hits(&chance, 1, 2);
    process_set_skew(worker->process, worker->skew_ms);
    story_tell("%s starts", name);
}

void fleet_start(int kind, int slot)
{
    struct worker_of *worker = &workers[kind][slot];
    worker->kind = kind;
    worker->slot = slot;
    worker->claims = slot;
    worker->wanted = true;
    worker->start_us = process_time_us();
}

void fleet_start_twin(int kind, int slot, int of)
{
    fleet_start(kind, slot);
    workers[kind][slot].claims = of;
}

void fleet_retire(int kind, int slot)
{
    struct worker_of *worker = &workers[kind][slot];
    worker->wanted = false;
    if (worker->process) {
        process_ask_to_stop(worker->process);
    }
}

struct process *fleet_process(int kind, int slot)
{
    struct process *process = workers[kind][slot].process;
    return process && process_lives(process) ? process : NULL;
}

void fleet_set_skew(int kind, int slot, int64_t ms)
{
    workers[kind][slot].skew_ms = ms;
    if (fleet_process(kind, slot)) {
        process_set_skew(workers[kind][slot].process, ms);
    }
}

const struct role *fleet_role(int kind)
{
    return roles[kind];
}

int fleet_kind(const struct process *process)
{
    for (int kind = 0; process && kind < FLEET_KINDS; kind++) {
        for (int slot = 0; slot < FLEET_SLOTS; slot++) {
            if (workers[kind][slot].process == process) {
                return kind;
            }
        }
    }
    return -1;
}

bool fleet_has_next_policies(const struct process *process)
{
    int kind = fleet_kind(process);
    for (int slot = 0; kind >= 0 && slot < FLEET_SLOTS; slot++) {
        if (workers[kind][slot].process == process) {
            return !workers[kind][slot].old_policies;
        }
    }
    return true;
}

bool fleet_is_alive(int kind)
{
    bool any = false;
    for (int slot = 0; slot < FLEET_SLOTS; slot++) {
        any = any || fleet_process(kind, slot);
    }
    return any;
}

void fleet_upgrade(int kind)
{
    for (int slot = 0; slot < FLEET_SLOTS; slot++) {
        if (fleet_process(kind, slot)) {
            process_ask_to_stop(fleet_process(kind, slot));
        }
    }
}

void fleet_hold(int kind, bool hold)
{
    held[kind] = hold;
    if (hold) {
        fleet_upgrade(kind);
    }
}

void fleet_lose(int kind, int64_t us)
{
    lost_until_us[kind] = process_time_us() + us;
    for (int slot = 0; slot < FLEET_SLOTS; slot++) {
        if (fleet_process(kind, slot)) {
            process_kill(fleet_process(kind, slot));
        }
    }
}

/* Who lacks a policy says so and ends, until it is given to him; likewise who has a wrong offset. */
static bool is_explained(const struct worker_of *worker)
{
    return worker->old_policies || operator_knows_why(worker->kind);
}

static void bury(struct worker_of *worker)
{
    int status = process_exit_status(worker->process);
    client_owner_died(worker->process);
    worker->process = NULL;
    worker->start_us = process_time_us() + chance_below(&chance, RESTART_US_MAX);
    if (status == EXIT_FENCED) {
        /* No supervisor starts that again by itself; the operator does who took the twin away. */
        worker->wanted = worker->wanted && healed;
    } else if (status != EXIT_KILLED && status != 0 && !is_explained(worker)) {
        worker->deaths++;
    }
    if (status == SETTINGS_EXIT || worker->deaths > DEATHS_MAX ||
        (healed && status == 1 && !is_explained(worker))) {
        story_fail("workers go on", "%s-%d ended with %d, %d times so far",
                   roles[worker->kind]->name, worker->slot + 1, status, worker->deaths);
    }
}

static void bury_the_dead(void)
{
    for (int kind = 0; kind < FLEET_KINDS; kind++) {
        for (int slot = 0; slot < FLEET_SLOTS; slot++) {
            struct worker_of *worker = &workers[kind][slot];
            if (worker->process && !process_lives(worker->process)) {
                bury(worker);
            }
        }
    }
}

void fleet_tend(void)
{
    bury_the_dead();
    for (int kind = 0; kind < FLEET_KINDS; kind++) {
        for (int slot = 0; slot < FLEET_SLOTS; slot++) {
            struct worker_of *worker = &workers[kind][slot];
            bool may_start = !held[kind] && process_time_us() >= worker->start_us &&
                             process_time_us() >= lost_until_us[kind];
            if (worker->wanted && !worker->process && may_start) {
                start(worker);
            }
        }
    }
}

void fleet_heal(void)
{
    bury_the_dead(); /* who has ended by now died of what is healed now */
    healed = true;
    differs = false;
    memset(lost_until_us, 0, sizeof lost_until_us);
    for (int kind = 0; kind < FLEET_KINDS; kind++) {
        bool any = false;
        fleet_retire(kind, FLEET_SLOTS - 1); /* it may be a twin */
        for (int slot = 0; slot < FLEET_SLOTS; slot++) {
            struct process *process = fleet_process(kind, slot);
            any = any || workers[kind][slot].wanted;
            fleet_set_skew(kind, slot, 0);
            if (process && workers[kind][slot].old_policies) {
                process_ask_to_stop(process); /* to start again with those that all have */
            }
            if (process) {
                process_pause(process, 0);
                process_cut(process, 0);
            }
        }
        if (!any) {
            fleet_start(kind, 0);
        }
    }
}

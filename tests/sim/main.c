/* One story a seed: workers, world and faults; at its end all promises are checked. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "broker.h"
#include "check.h"
#include "client.h"
#include "core/must.h"
#include "faults.h"
#include "fleet.h"
#include "leaders.h"
#include "operator.h"
#include "outside.h"
#include "process.h"
#include "redis.h"
#include "story.h"
#include "world.h"

enum {
    TEND_US = 100000,
    REST_US_MAX = 120000000,
    SECOND_US = 1000000,
    STORY_SECONDS_MAX = 120,
    LOOK_US = 6500000,
    LARGE_ROOM = 256 * 1024 /* bytes */
};

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

_Noreturn void __real__exit(int status);

struct telling {
    uint64_t seed;
    uint32_t without; /* faults that are left out */
    int orders;       /* -1: as the seed has it */
    bool print;
};

/* ---- One story --------------------------------------------------------------------------------
 */

static void tend(void *context, int64_t number)
{
    (void)context;
    fleet_tend();
    clients_tend();
    if (number % 8 == 0) {
        check_view();
    }
    process_later(TEND_US, tend, NULL, number + 1);
}

static void run_for(int64_t us)
{
    process_run(process_time_us() + us, NULL);
}

static bool rests(void)
{
    return !world_is_busy() && !operator_is_at_work() && check_is_at_rest();
}

/* Asked seldom: it looks at everything. */
static bool rests_now_and_then(void)
{
    static int64_t next_us;
    if (process_time_us() < next_us && next_us < process_time_us() + TEND_US) {
        return false;
    }
    next_us = process_time_us() + TEND_US / 4;
    return operator_is_called() || rests();
}

static void run_until_rest(void)
{
    do {
        process_run(process_time_us() + REST_US_MAX, rests_now_and_then);
        run_for(SECOND_US); /* what rests may only have waited for its turn */
        process_run(process_time_us() + REST_US_MAX, rests_now_and_then);
    } while (operator_mends());
    if (!rests()) {
        story_fail("I12 lag drains to zero", "not within %d s after all was healed",
                   REST_US_MAX / SECOND_US);
    }
}

static void leap(int64_t ms)
{
    story_tell("%lld minutes pass", (long long)(ms / MINUTE_MS));
    broker_leap(ms);
    world_tick();
}

static void begin(const struct telling *telling)
{
    static const struct client_faults none;
    uint64_t seed = telling->seed;
    struct chance shape = chance_of(seed, 0);
    int orders = (int)chance_between(&shape, 2, 24);
    story_begin(seed, telling->print);
    process_reset(chance_of(seed, 1));
    broker_reset(chance_of(seed, 2));
    leaders_reset();
    operator_reset();
    groups_reset();
    clients_reset(chance_of(seed, 3), &none);
    redis_reset(chance_of(seed, 4));
    world_reset(chance_of(seed, 5), telling->orders >= 0 ? telling->orders : orders);
    fleet_reset(chance_of(seed, 6));
    check_begin();
    for (int kind = 0; kind < FLEET_KINDS; kind++) {
        int slots = (int)chance_between(&shape, 1, 2);
        for (int slot = 0; slot < slots; slot++) {
            fleet_start(kind, slot);
        }
    }
}

/* Until nothing is due any more but the forgetting of cases. */
static void let_end(void)
{
    for (int i = 0; i < 6; i++) {
        leap(i < 3 ? 3 * DAY_MS : 12 * DAY_MS);
        run_until_rest();
    }
}

/* Cases are forgotten 90 days after their end; whoever still waits for goods may become short again
 * later than that. */
static void live_on(void)
{
    for (int i = 0; i < 6; i++) {
        leap(16 * DAY_MS);
        run_until_rest();
    }
    world_empty_stock();
    run_until_rest();
    let_end();
}

static void tell(const struct telling *telling)
{
    static const int64_t leaps[] = {MINUTE_MS,    3 * MINUTE_MS, HOUR_MS,     25 * HOUR_MS,
                                    49 * HOUR_MS, 4 * DAY_MS,    11 * DAY_MS, 20 * DAY_MS};
    begin(telling);
    struct chance course = chance_of(telling->seed, 7);
    int acts = (int)chance_between(&course, 2, 7);
    faults_plan(chance_of(telling->seed, 8), acts * 3 * (int64_t)SECOND_US, telling->without);
    world_plan_flips(chance_of(telling->seed, 9), acts * 3 * (int64_t)SECOND_US);
    tend(NULL, 0);
    for (int act = 0; act < acts; act++) {
        world_plan(2 * SECOND_US);
        run_for(chance_between(&course, 1, 4) * SECOND_US);
        leap(leaps[chance_below(&course, sizeof leaps / sizeof *leaps)]);
        run_for(chance_below(&course, 2 * SECOND_US));
    }
    story_tell("all is healed");
    faults_heal();
    /* A clock that was wrong is looked at again after five. */
    run_for((faults_skewed() ? 8 : 1) * (int64_t)SECOND_US);
    clients_take_leisure();
    world_count_stock();
    run_until_rest();
    world_calm();
    let_end();
    if (chance_hits(&course, 1, 6)) {
        live_on();
    }
    run_for(LOOK_US); /* what Redis lost is seen by then */
    check_all();
}

/* ---- Many seeds -------------------------------------------------------------------------------
 */

/* Told in a process of its own; true: all promises were kept. */
static bool tell_apart(const struct telling *telling, bool silent)
{
    (void)fflush(stdout);
    pid_t child = fork();
    must(child >= 0);
    if (child == 0) {
        if (silent) {
            must(freopen("/dev/null", "w", stdout));
        }
        story_catch_signals();
        (void)alarm(STORY_SECONDS_MAX);
        tell(telling);
        (void)fflush(stdout);
        __real__exit(0);
    }
    int status;
    must(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Leaves out what isn't needed for the failure: faults first, then orders. */
static void shrink(struct telling *telling)
{
    for (int i = 0; i < FAULTS_MAX; i++) {
        struct telling fewer = *telling;
        fewer.without |= 1u << i;
        if (!tell_apart(&fewer, true)) {
            *telling = fewer;
        }
    }
    for (int orders = 1; orders < 8; orders++) {
        struct telling fewer = *telling;
        fewer.orders = orders;
        if (!tell_apart(&fewer, true)) {
            *telling = fewer;
            return;
        }
    }
}

static void report(struct telling telling)
{
    shrink(&telling);
    (void)printf("\n--- seed %llu, made shorter: --without %u --orders %d ---\n",
                 (unsigned long long)telling.seed, telling.without, telling.orders);
    (void)tell_apart(&telling, false);
}

static int usage(void)
{
    (void)fprintf(stderr, "sim --seed N [--without MASK] [--orders N] [--quiet] | "
                          "--seeds A..B [--keep-going | --first]\n");
    return 64;
}

int main(int argc, char **argv)
{
    struct telling telling = {.orders = -1, .print = true};
    uint64_t first = 1;
    uint64_t last = 0;
    bool keep_going = false;
    bool shrinks = true;
    for (int i = 1; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && has_value) {
            first = last = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--seeds") == 0 && has_value) {
            char *rest;
            first = strtoull(argv[++i], &rest, 10);
            last = strncmp(rest, "..", 2) == 0 ? strtoull(rest + 2, NULL, 10) : 0;
            telling.print = false;
        } else if (strcmp(argv[i], "--without") == 0 && has_value) {
            telling.without = (uint32_t)strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--orders") == 0 && has_value) {
            telling.orders = atoi(argv[++i]);
        } else if (strcmp(argv[i], "--quiet") == 0) {
            telling.print = false;
        } else if (strcmp(argv[i], "--first") == 0) {
            shrinks = false;
        } else if (strcmp(argv[i], "--keep-going") == 0) {
            keep_going = true;
        } else {
            return usage();
        }
    }
    if (last < first) {
        return usage();
    }
    /* Workers set much room aside that a story never needs. From the system it comes zeroed, and is
     * not touched; from what an ended worker gave back it would have to be cleared. */
    (void)mallopt(M_MMAP_THRESHOLD, LARGE_ROOM);
    outside_prepare();
    uint64_t failed = 0;
    for (telling.seed = first; telling.seed <= last; telling.seed++) {
        if (!tell_apart(&telling, false)) {
            failed++;
            if (!keep_going) {
                if (shrinks && !telling.print) {
                    report(telling);
                }
                return 1;
            }
        }
    }
    (void)printf("%llu seeds, %llu broke a promise\n", (unsigned long long)(last - first + 1),
                 (unsigned long long)failed);
    return failed ? 1 : 0;
}

#include "process.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "core/must.h"
#include "story.h"

enum {
    STACK_SIZE = 1 << 20,
    EVENTS_MAX = 1 << 16,
    NAME_SIZE = 32,
    BOUNDARY_US_MAX = 20, /* that a call takes */
    SWITCH_ONE_IN = 6,    /* boundaries at which another one gets its turn */
};

enum state { READY, SLEEPING, DEAD };

struct process {
    char name[NAME_SIZE];
    enum state state;
    int64_t wake_us;         /* SLEEPING until then */
    int64_t paused_until_us; /* 0: not paused */
    int64_t cut_until_us;
    int64_t skew_ms;
    bool asked_to_stop;
    int exit_status;
    int (*main)(void *context);
    void *context;
    void *stack;
    ucontext_t beginning;
    bool begun;
    jmp_buf place; /* where it goes on, once it has begun */
    void *kept;    /* the sanitizer's */
};

struct event {
    int64_t at_us;
    uint64_t order; /* of two at the same time, the older goes first */
    void (*happen)(void *context, int64_t number);
    void *context;
    int64_t number;
};

/* The sanitizer must know on which stack we are. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
static const void *scheduler_stack;
static size_t scheduler_stack_size;
static void leave_for(void **kept, const void *stack, size_t size)
{
    __sanitizer_start_switch_fiber(kept, stack, size);
}
static void arrive(void *kept)
{
    const void *from;
    size_t size;
    __sanitizer_finish_switch_fiber(kept, &from, &size);
    if (size != STACK_SIZE) {
        scheduler_stack = from;
        scheduler_stack_size = size;
    }
}
#else
static const void *const scheduler_stack = NULL;
static const size_t scheduler_stack_size = 0;
static void leave_for(void **kept, const void *stack, size_t size)
{
    (void)kept, (void)stack, (void)size;
}
static void arrive(void *kept)
{
    (void)kept;
}
#endif

static struct process processes[PROCESSES_MAX];
static int process_count;
static struct process *running;
static jmp_buf scheduler;
static struct chance schedule;
static int64_t time_us;
static struct event events[EVENTS_MAX]; /* a heap */
static int event_count;
static uint64_t event_order;
static void (*boundary_hook)(struct process *process, const char *what);

void process_reset(struct chance chance)
{
    process_count = 0;
    running = NULL;
    schedule = chance;
    time_us = 0;
    event_count = 0;
    event_order = 0;
    boundary_hook = NULL;
}

int64_t process_time_us(void)
{
    return time_us;
}

const char *process_name(void)
{
    return running ? running->name : "-";
}

struct process *process_me(void)
{
    return running;
}

/* ---- Events --------------------------------------------------------------------------------- */

static bool is_before(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap_events(int i, int j)
{
    struct event kept = events[i];
    events[i] = events[j];
    events[j] = kept;
}

void process_later(int64_t delay_us, void (*happen)(void *context, int64_t number), void *context,
                   int64_t number)
{
    must(event_count < EVENTS_MAX);
    int at = event_count++;
    events[at] = (struct event){time_us + delay_us, event_order++, happen, context, number};
    for (; at > 0 && is_before(&events[at], &events[(at - 1) / 2]); at = (at - 1) / 2) {
        swap_events(at, (at - 1) / 2);
    }
}

static struct event take_event(void)
{
    struct event first = events[0];
    events[0] = events[--event_count];
    for (int at = 0;;) {
        int least = at;
        for (int child = 2 * at + 1; child <= 2 * at + 2 && child < event_count; child++) {
            least = is_before(&events[child], &events[least]) ? child : least;
        }
        if (least == at) {
            return first;
        }
        swap_events(at, least);
        at = least;
    }
}

static void happen_all(void)
{
    while (event_count > 0 && events[0].at_us <= time_us) {
        struct event event = take_event();
        event.happen(event.context, event.number);
    }
}

/* ---- Turns ---------------------------------------------------------------------------------- */

static void begin(void)
{
    arrive(NULL);
    process_exit(running->main(running->context));
}

struct process *process_start(const char *name, int (*main)(void *context), void *context)
{
    must(process_count < PROCESSES_MAX);
    struct process *process = &processes[process_count++];
    void *stack = process->stack;
    *process = (struct process){.main = main, .context = context, .exit_status = -1};
    (void)snprintf(process->name, NAME_SIZE, "%s", name);
    process->stack = stack ? stack
                           : mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    must(process->stack != MAP_FAILED && getcontext(&process->beginning) == 0);
    process->beginning.uc_stack.ss_sp = process->stack;
    process->beginning.uc_stack.ss_size = STACK_SIZE;
    makecontext(&process->beginning, begin, 0);
    return process;
}

static bool may_run(const struct process *process)
{
    return process->state != DEAD && process->paused_until_us <= time_us &&
           (process->state == READY || process->wake_us <= time_us);
}

static struct process *choose(void)
{
    struct process *able[PROCESSES_MAX];
    int count = 0;
    for (int i = 0; i < process_count; i++) {
        if (may_run(&processes[i])) {
            able[count++] = &processes[i];
        }
    }
    return count ? able[chance_below(&schedule, count)] : NULL;
}

/* When anything can happen next. */
static int64_t next_time(int64_t until_us)
{
    int64_t next_us = until_us;
    if (event_count > 0 && events[0].at_us < next_us) {
        next_us = events[0].at_us;
    }
    for (int i = 0; i < process_count; i++) {
        const struct process *process = &processes[i];
        int64_t at_us = process->state == SLEEPING ? process->wake_us : time_us;
        at_us = process->paused_until_us > at_us ? process->paused_until_us : at_us;
        if (process->state != DEAD && at_us < next_us) {
            next_us = at_us;
        }
    }
    return next_us > time_us ? next_us : time_us;
}

/* Jumps, which leave the mask of signals alone: swapcontext asks the system for it each time. */
static void switch_to_running(void)
{
    static void *kept;
    if (_setjmp(scheduler) != 0) {
        arrive(kept);
        return;
    }
    leave_for(&kept, running->stack, STACK_SIZE);
    if (running->begun) {
        _longjmp(running->place, 1);
    }
    running->begun = true;
    (void)setcontext(&running->beginning);
}

void process_run(int64_t until_us, bool (*done)(void))
{
    while (time_us < until_us && !(done && done())) {
        happen_all();
        struct process *next = choose();
        if (!next) {
            time_us = next_time(until_us);
            continue;
        }
        next->state = READY;
        running = next;
        switch_to_running();
        running = NULL;
    }
}

static void yield(void)
{
    if (_setjmp(running->place) == 0) {
        leave_for(&running->kept, scheduler_stack, scheduler_stack_size);
        _longjmp(scheduler, 1);
    }
    arrive(running->kept);
}

void process_boundary(const char *what)
{
    if (!running) {
        return;
    }
    time_us += chance_between(&schedule, 1, BOUNDARY_US_MAX);
    if (boundary_hook) {
        boundary_hook(running, what);
    }
    if (running->state == DEAD || running->paused_until_us > time_us ||
        chance_hits(&schedule, 1, SWITCH_ONE_IN)) {
        yield();
    }
}

void process_sleep(int64_t us)
{
    if (!running) {
        time_us += us;
        return;
    }
    running->state = SLEEPING;
    running->wake_us = time_us + us;
    yield();
}

void process_exit(int status)
{
    story_tell("exits with %d", status);
    running->exit_status = status;
    running->state = DEAD;
    yield();
    abort();
}

/* ---- Faults --------------------------------------------------------------------------------- */

void process_kill(struct process *process)
{
    if (process->state != DEAD) {
        process->state = DEAD;
        process->exit_status = EXIT_KILLED;
    }
}

void process_pause(struct process *process, int64_t us)
{
    process->paused_until_us = time_us + us;
}

void process_ask_to_stop(struct process *process)
{
    process->asked_to_stop = true;
}

bool process_is_asked_to_stop(void)
{
    return running && running->asked_to_stop;
}

bool process_lives(const struct process *process)
{
    return process->state != DEAD;
}

bool process_works(const struct process *process)
{
    return process->state != DEAD && process->paused_until_us <= time_us;
}

int process_exit_status(const struct process *process)
{
    return process->exit_status;
}

void process_cut(struct process *process, int64_t us)
{
    process->cut_until_us = time_us + us;
}

bool process_is_cut(const struct process *process)
{
    return process->cut_until_us > time_us;
}

void process_set_skew(struct process *process, int64_t ms)
{
    process->skew_ms = ms;
}

int64_t process_skew(const struct process *process)
{
    return process ? process->skew_ms : 0;
}

void process_set_boundary_hook(void (*hook)(struct process *process, const char *what))
{
    boundary_hook = hook;
}

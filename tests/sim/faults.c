#include "faults.h"

#include <stdio.h>
#include <string.h>

#include "broker.h"
#include "checks.h"
#include "client.h"
#include "core/must.h"
#include "fleet.h"
#include "kit/worker.h"
#include "leaders.h"
#include "operator.h"
#include "process.h"
#include "redis.h"
#include "story.h"

enum kind {
    FAULT_KILL,
    FAULT_PAUSE,
    FAULT_STOP,
    FAULT_CUT,
    FAULT_SKEW,
    FAULT_SCALE,
    FAULT_RETIRE,
    FAULT_BROKER_AWAY,
    FAULT_REDIS_MOOD,
    FAULT_REDIS_FLUSH,
    FAULT_REDIS_OLD,
    FAULT_REDIS_FIELD,
    FAULT_REDIS_SPLIT,
    FAULT_LEADERS,     /* a broker goes: what it led, and perhaps coordinated, moves */
    FAULT_DEPOSED,     /* a leader does not know that it is none any more */
    FAULT_COORDINATOR, /* of the groups or of the transactions */
    FAULT_BY_HAND,     /* an operator sets an offset, or loses a mark */
    FAULT_LOST, /* all workers of a kind are away, longer than what they did not read is kept */
    FAULT_RETENTION,
    FAULT_UPGRADE,
    FAULT_COMPACT,
    FAULT_REQUESTS, /* commits fail, answers are lost, fetches are slow */
    FAULT_KINDS,
};

static const char *const names[] = {
    "kill",        "pause",       "stop",           "cut",         "skew",      "scale",
    "retire",      "broker away", "redis mood",     "redis flush", "redis old", "redis field",
    "redis split", "leaders",     "deposed leader", "coordinator", "by hand",   "all lost",
    "retention",   "upgrade",     "compact",        "requests",
};
_Static_assert(sizeof names / sizeof *names == FAULT_KINDS, "a name each");

struct fault {
    enum kind kind;
    int worker, slot;
    int64_t at_us;
    int64_t boundaries; /* until it strikes, from at_us on */
    bool at_work;       /* counts those only at which something is written or asked */
    int64_t us;         /* how long it lasts */
    int64_t number;     /* of its kind */
    bool left_out;
    bool armed; /* counts boundaries */
};

static struct fault plan[FAULTS_MAX];
static int count;
static bool skewed;

static bool is_of_a_process(enum kind kind)
{
    return kind <= FAULT_SKEW;
}

/* Strikes when a process has come to a certain point, even where it is not the process that fails.
 */
static bool waits_for_a_process(enum kind kind)
{
    return is_of_a_process(kind) || (kind >= FAULT_BROKER_AWAY && kind <= FAULT_COORDINATOR);
}

static void strike_outside(struct fault *fault);

/* ---- Striking ----------------------------------------------------------------------------------
 */

static void strike_process(const struct fault *fault, struct process *process, const char *what)
{
    story_tell("FAULT %s of %d-%d for %lld ms at '%s'", names[fault->kind], fault->worker,
               fault->slot + 1, (long long)fault->us / 1000, what);
    switch (fault->kind) {
    case FAULT_KILL:
        process_kill(process);
        break;
    case FAULT_PAUSE:
        process_pause(process, fault->us);
        break;
    case FAULT_STOP:
        process_ask_to_stop(process);
        break;
    case FAULT_CUT:
        process_cut(process, fault->us);
        break;
    default:
        must(fault->kind == FAULT_SKEW);
        fleet_set_skew(fault->worker, fault->slot, fault->number);
        break;
    }
}

/* Most of the time a process only waits for messages. */
static bool is_waiting(const char *what)
{
    return strcmp(what, "poll") == 0 || strcmp(what, "read batch") == 0 ||
           strcmp(what, "read") == 0;
}

static void on_boundary(struct process *process, const char *what)
{
    for (int i = 0; i < count; i++) {
        struct fault *fault = &plan[i];
        if (!fault->armed || (fault->at_work && is_waiting(what))) {
            continue;
        }
        if (fleet_process(fault->worker, fault->slot) == process && fault->boundaries-- <= 0) {
            fault->armed = false;
            if (is_of_a_process(fault->kind)) {
                strike_process(fault, process, what);
            } else {
                strike_outside(fault);
            }
        }
    }
}

/* What goes wrong with requests in the whole of the story; most of the time, nothing does. */
static struct client_faults usual;

static void set_requests(const struct fault *fault)
{
    struct client_faults faults = {.lost_commit = (int)(fault->number % 300),
                                   .failed_commit = (int)(fault->number / 300 % 200),
                                   .slow_fetch = (int)(fault->number / 60000 % 400),
                                   .failed_answer = (int)(fault->number / 24000000 % 60)};
    clients_set_faults(fault->us ? &faults : &usual);
}

static void over(void *context, int64_t number)
{
    (void)number;
    struct fault ended = *(const struct fault *)context;
    ended.us = 0;
    if (ended.kind == FAULT_REDIS_MOOD) {
        redis_set_mood(REDIS_WELL);
    } else if (ended.kind == FAULT_REDIS_SPLIT) {
        redis_join((int)(ended.number / 4 % 2));
    } else {
        set_requests(&ended);
    }
}

/* ---- Brokers that go ---------------------------------------------------------------------------
 */

enum { BEHIND_US_MAX = 500000 };

static void move_leaders(const struct fault *fault)
{
    for (int topic = 0; topic < TOPIC_ORDER_PAID_DLQ; topic++) {
        int32_t partition = (int32_t)(fault->number >> topic & 1);
        if (fault->number >> (20 + topic) & 1) {
            leader_move((enum topic)topic, partition, fault->us / 3, fault->number % BEHIND_US_MAX);
        }
    }
    if (fault->number % 2) {
        coordinator_move((enum coordinator)(fault->number / 2 % COORDINATORS), fault->us / 3);
    }
}

static void lose_a_worker(void *context, int64_t number)
{
    (void)number;
    const struct fault *fault = context;
    struct process *process = fleet_process(fault->worker, fault->slot);
    if (process && !fault->left_out) {
        story_tell("FAULT its worker %d-%d goes with it", fault->worker, fault->slot + 1);
        process_kill(process);
    }
}

/* Without the mark, which goes where an offset is set by hand, nothing tells whether a state is all
 * there: the two are not tried together. */
static bool has_mark(const struct role *role, int32_t partition)
{
    const struct committed *committed =
        &group_of(role->group)->committed[role->inputs[0]][partition];
    return committed->offset < 0 || committed->metadata[0];
}

/* Of a state, which others write on through the new leader; soon after, one has to read it. */
static void depose_leader(struct fault *fault)
{
    enum topic topic = fault->worker == 1 ? TOPIC_ALLOCATOR_STATE : TOPIC_CASE_STATE;
    for (int32_t p = 0; p < PARTITIONS; p++) {
        if (has_mark(fleet_role(topic == TOPIC_ALLOCATOR_STATE ? 1 : 2), p)) {
            leader_depose(topic, p, fault->us);
        }
    }
    process_later(fault->us / 4, lose_a_worker, fault, 0);
}

/* ---- What is not there any more ----------------------------------------------------------------
 */

/* What comes from outside, and can be sent again from there. A topic that two groups read would be
 * sent again for one of them, to the other it would come twice. */
static const enum topic expiring[] = {TOPIC_ORDER_PAID,      TOPIC_STOCK_LEVEL,
                                      TOPIC_ORDER_CLOSED,    TOPIC_BUYER_DECISION,
                                      TOPIC_PLATFORM_RULING, TOPIC_REFUND_RESULT};

enum { EXPIRING = sizeof expiring / sizeof *expiring, SEQUENCED = 3 };

/* Retention takes what there is. Before a group's first commit nothing tells what it has read. */
static void expire(void *context, int64_t number)
{
    (void)number;
    const struct fault *fault = context;
    int32_t partition = (int32_t)(fault->number % PARTITIONS);
    for (int i = 0; i < EXPIRING && !fault->left_out; i++) {
        const struct log *log = broker_log(expiring[i], partition);
        const struct group *group = group_of(fleet_role(i < SEQUENCED ? 0 : 2)->group);
        if (fault->number >> (8 + i) & 1 && group->committed[expiring[i]][partition].offset >= 0) {
            broker_delete_below(expiring[i], partition, log->stable);
        }
    }
}

/* Nothing tells the sequencer and the caseworker that an offset was set forward: not tried. */
static enum by_hand how_by_hand(const struct fault *fault)
{
    enum by_hand how = (enum by_hand)(fault->number / 8 % BY_HAND_KINDS);
    return how == BY_HAND_FORWARD && fault->worker != 1 ? BY_HAND_BACK : how;
}

/* ---- Redis -------------------------------------------------------------------------------------
 */

static void turn_redis(void *context, int64_t number)
{
    (void)context, (void)number;
    redis_turn();
}

static void split_redis(struct fault *fault)
{
    enum { TURNS = 3 };
    redis_split(fault->number % 2);
    for (int i = 1; i < TURNS; i++) {
        process_later(fault->us * i / TURNS, turn_redis, NULL, 0);
    }
    process_later(fault->us, over, fault, 0);
}

static void strike_outside(struct fault *fault)
{
    story_tell("FAULT %s for %lld ms (%lld)", names[fault->kind], (long long)fault->us / 1000,
               (long long)fault->number);
    switch (fault->kind) {
    case FAULT_SCALE:
        if (fault->number % 3 == 0) {
            fleet_start_twin(fault->worker, fault->slot, (int)(fault->number / 3 % 2));
        } else {
            fleet_start(fault->worker, fault->slot);
        }
        break;
    case FAULT_RETIRE:
        fleet_retire(fault->worker, fault->slot);
        break;
    case FAULT_BROKER_AWAY:
        broker_go_down(fault->us);
        break;
    case FAULT_REDIS_MOOD:
        redis_set_mood((enum redis_mood)(1 + fault->number % 4));
        process_later(fault->us, over, fault, 0);
        break;
    case FAULT_REDIS_FLUSH:
        redis_flush();
        break;
    case FAULT_REDIS_OLD:
        redis_restore_old();
        break;
    case FAULT_REDIS_FIELD:
        redis_lose_a_field();
        check_view_is_hurt();
        break;
    case FAULT_REDIS_SPLIT:
        split_redis(fault);
        break;
    case FAULT_LEADERS:
        move_leaders(fault);
        break;
    case FAULT_DEPOSED:
        depose_leader(fault);
        break;
    case FAULT_BY_HAND:
        operator_errs(fault->worker, how_by_hand(fault), fault->number);
        break;
    case FAULT_LOST:
        fleet_lose(fault->worker, fault->us);
        process_later(fault->us - 1, expire, fault, 0);
        break;
    case FAULT_RETENTION:
        expire(fault, 0);
        break;
    case FAULT_UPGRADE:
        fleet_upgrade(fault->number % 2 ? 2 : fault->worker);
        break;
    case FAULT_COORDINATOR:
        coordinator_move((enum coordinator)(fault->number % COORDINATORS), fault->us / 2);
        break;
    case FAULT_COMPACT:
        broker_compact(TOPIC_CASE_STATE);
        broker_compact(TOPIC_ALLOCATOR_STATE);
        broker_compact(TOPIC_LISTING_STATUS);
        break;
    default:
        must(fault->kind == FAULT_REQUESTS);
        set_requests(fault);
        process_later(fault->us, over, fault, 0);
        break;
    }
}

static void strike(void *context, int64_t number)
{
    (void)number;
    struct fault *fault = context;
    if (fault->left_out) {
        return;
    }
    if (waits_for_a_process(fault->kind)) {
        fault->armed = true;
    } else {
        strike_outside(fault);
    }
}

/* ---- The plan ----------------------------------------------------------------------------------
 */

static void dump_redis(void *context, int64_t number)
{
    (void)context, (void)number;
    redis_dump();
}

static struct fault draw(struct chance *chance, int64_t us)
{
    /* Processes die and sleep more often than the rest. */
    enum kind kind = chance_hits(chance, 1, 2)    ? (enum kind)chance_below(chance, 2)
                     : chance_hits(chance, 1, 16) ? FAULT_SKEW
                                                  : (enum kind)chance_below(chance, FAULT_KINDS);
    struct fault fault = {.kind = kind,
                          .worker = (int)chance_below(chance, FLEET_KINDS),
                          .slot = (int)chance_below(chance, 2),
                          .at_us = chance_below(chance, us),
                          .boundaries = chance_below(chance, chance_hits(chance, 1, 2) ? 12 : 400),
                          .at_work = chance_hits(chance, 3, 4),
                          .us = chance_between(chance, 10000, 6000000),
                          .number = (int64_t)(chance_next(chance) >> 1)};
    if (kind == FAULT_SCALE) {
        fault.slot = FLEET_SLOTS - 1;
    }
    if (kind == FAULT_SKEW) {
        int64_t most_ms = fault.number % 4 < 2 ? 3600000 : 5 * INT64_C(86400000);
        fault.number = (fault.number % 2 ? 1 : -1) * (fault.number / 4 % most_ms);
    }
    return fault;
}

void faults_plan(struct chance chance, int64_t us, uint32_t without)
{
    count = (int)chance_below(&chance, 9) + (chance_hits(&chance, 1, 4) ? 12 : 0);
    skewed = false;
    usual = (struct client_faults){0};
    if (chance_hits(&chance, 1, 3) && !(without >> (FAULTS_MAX - 1) & 1)) {
        usual = (struct client_faults){.lost_commit = (int)chance_below(&chance, 60),
                                       .failed_commit = (int)chance_below(&chance, 40),
                                       .cut_at_revoke = (int)chance_below(&chance, 400),
                                       .slow_group = (int)chance_below(&chance, 600),
                                       .join_anew = (int)chance_below(&chance, 900),
                                       .slow_fetch = (int)chance_below(&chance, 200),
                                       .failed_answer = (int)chance_below(&chance, 20)};
    }
    clients_set_faults(&usual);
    for (int i = 0; i < count; i++) {
        plan[i] = draw(&chance, us);
        plan[i].left_out = without >> i & 1;
        skewed = skewed || (plan[i].kind == FAULT_SKEW && !plan[i].left_out);
        process_later(plan[i].at_us, strike, &plan[i], 0);
    }
    process_later(us / 3, dump_redis, NULL, 0);
    process_set_boundary_hook(on_boundary);
}

int faults_count(void)
{
    return count;
}

bool faults_skewed(void)
{
    return skewed;
}

void faults_print(void)
{
    for (int i = 0; i < count; i++) {
        if (!plan[i].left_out) {
            (void)printf(
                "  fault %2d: %s of worker %d-%d at %.3f s and %lld boundaries, for %lld ms\n", i,
                names[plan[i].kind], plan[i].worker, plan[i].slot + 1, (double)plan[i].at_us / 1e6,
                (long long)plan[i].boundaries, (long long)plan[i].us / 1000);
        }
    }
}

void faults_heal(void)
{
    for (int i = 0; i < count; i++) {
        plan[i].left_out = true;
        plan[i].armed = false;
    }
    usual = (struct client_faults){0};
    clients_set_faults(&usual);
    redis_set_mood(REDIS_WELL);
    redis_join(0);
    leaders_heal();
    broker_go_down(0);
    fleet_heal();
}

#include "leaders.h"

#include <string.h>

#include "process.h"
#include "story.h"

struct leader {
    int64_t away_from_us;
    int64_t away_until_us;
    int64_t behind_until_us; /* it knows only the ends below, at most until then */
    bool deposed;            /* and answers all the same */
    int64_t end;
    int64_t stable;
};

static struct leader leaders[TOPIC_COUNT][PARTITIONS];
static int64_t coordinator_until_us[COORDINATORS];

void leaders_reset(void)
{
    memset(leaders, 0, sizeof leaders);
    memset(coordinator_until_us, 0, sizeof coordinator_until_us);
}

void leaders_heal(void)
{
    leaders_reset();
}

static struct leader leader_of_now(enum topic topic, int32_t partition)
{
    const struct log *log = broker_log(topic, partition);
    return (struct leader){.end = log->count, .stable = log->stable};
}

void leader_move(enum topic topic, int32_t partition, int64_t away_us, int64_t behind_us)
{
    struct leader *leader = &leaders[topic][partition];
    *leader = leader_of_now(topic, partition);
    leader->away_until_us = process_time_us() + away_us;
    leader->behind_until_us = leader->away_until_us + behind_us;
    story_tell("the leader of %s/%d moves", topic_info(topic)->name, partition);
}

void leader_depose(enum topic topic, int32_t partition, int64_t us)
{
    struct leader *leader = &leaders[topic][partition];
    *leader = leader_of_now(topic, partition);
    leader->behind_until_us = process_time_us() + us;
    leader->away_from_us = leader->behind_until_us;
    leader->away_until_us = leader->away_from_us + us / 4;
    leader->deposed = true;
    story_tell("the leader of %s/%d is deposed, and does not know it", topic_info(topic)->name,
               partition);
}

bool leader_is_there(enum topic topic, int32_t partition)
{
    const struct leader *leader = &leaders[topic][partition];
    int64_t now_us = process_time_us();
    return now_us < leader->away_from_us || leader->away_until_us <= now_us;
}

static bool is_behind(const struct leader *leader)
{
    return leader->behind_until_us > process_time_us();
}

int64_t leader_end(enum topic topic, int32_t partition, bool committed)
{
    const struct leader *leader = &leaders[topic][partition];
    const struct log *log = broker_log(topic, partition);
    if (is_behind(leader)) {
        return committed ? leader->stable : leader->end;
    }
    return committed ? log->stable : log->count;
}

bool leader_is_doubted(enum topic topic, int32_t partition)
{
    const struct leader *leader = &leaders[topic][partition];
    return leader->deposed && is_behind(leader);
}

bool leaders_are_behind(void)
{
    bool any = false;
    for (int i = 0; i < TOPIC_COUNT * PARTITIONS; i++) {
        any = any || is_behind(&leaders[i / PARTITIONS][i % PARTITIONS]);
    }
    return any;
}

bool leader_tells_end(enum topic topic, int32_t partition)
{
    const struct leader *leader = &leaders[topic][partition];
    return leader_is_there(topic, partition) && (leader->deposed || !is_behind(leader));
}

/* ---- Coordinators -----------------------------------------------------------------------------
 */

void coordinator_move(enum coordinator coordinator, int64_t us)
{
    coordinator_until_us[coordinator] = process_time_us() + us;
    story_tell("the coordinator of %s moves",
               coordinator == COORDINATOR_OF_GROUPS ? "groups" : "transactions");
}

int64_t coordinator_away_us(enum coordinator coordinator)
{
    int64_t left_us = coordinator_until_us[coordinator] - process_time_us();
    return left_us > 0 ? left_us : 0;
}

bool coordinator_is_there(enum coordinator coordinator)
{
    return coordinator_away_us(coordinator) == 0;
}

#include "operator.h"

#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "fleet.h"
#include "kit/worker.h"
#include "leaders.h"
#include "process.h"
#include "story.h"

enum { LOOK_EVERY_US = 100000, JOBS_MAX = 64 };

enum work {
    WORK_ERR,      /* sets an offset that is wrong */
    WORK_PUT_BACK, /* sets the offset that a worker says is right */
    WORK_GO_ON,    /* after a gap, which is written down and sent again */
};

/* An offset that is to be set. */
struct job {
    enum work work;
    enum by_hand how;
    enum topic topic;
    int32_t partition;
    int64_t number; /* WORK_ERR: by how many records it is off */
};

/* What a partition needs, as far as it was said. */
struct place {
    bool stopped; /* a worker said that it can't be read on */
    bool wrong;   /* it was set by hand, and nobody has put it right */
    bool doubted; /* a worker said that it may have been set by hand, and what is right */
    int64_t right_at;
};

static struct place places[FLEET_KINDS][TOPIC_COUNT][PARTITIONS];
static struct job jobs[FLEET_KINDS][JOBS_MAX]; /* of each kind, those that one stop is for */
static int job_count[FLEET_KINDS];

void operator_reset(void)
{
    memset(places, 0, sizeof places);
    memset(job_count, 0, sizeof job_count);
}

/* ---- What is said ------------------------------------------------------------------------------
 */

static const struct log_field *field_of(const struct log_field *fields, const char *name)
{
    for (; fields->kind != LOG_FIELD_END; fields++) {
        if (strcmp(fields->name, name) == 0) {
            return fields;
        }
    }
    return NULL;
}

/* "… of sku-event partition 1 …: set it to 7". What is to be done only if it is said again and
 * again is not done: here Kafka loses no offset. */
static void hear_of_offset(int kind, const struct log_field *words)
{
    static const char before_right[] = "et it to ";
    char text[ERROR_SIZE];
    long long right;
    if (!words || !words->text.data) {
        return;
    }
    (void)snprintf(text, sizeof text, "%.*s", (int)words->text.size, words->text.data);
    const char *at = strstr(text, before_right);
    if (!at || strstr(text, "again and again") ||
        sscanf(at + strlen(before_right), "%lld", &right) != 1) {
        return;
    }
    for (int i = 0; i < TOPIC_COUNT * PARTITIONS; i++) {
        char where[128];
        (void)snprintf(where, sizeof where, " of %s partition %d",
                       topic_info((enum topic)(i / PARTITIONS))->name, i % PARTITIONS);
        if (strstr(text, where)) {
            places[kind][i / PARTITIONS][i % PARTITIONS].doubted = true;
            places[kind][i / PARTITIONS][i % PARTITIONS].right_at = right;
        }
    }
}

void operator_hears(const char *event, const struct log_field *fields)
{
    int kind = fleet_kind(process_me());
    if (kind < 0) {
        return;
    }
    if (strcmp(event, "partition_stopped") == 0) {
        enum topic topic = topic_by_name(field_of(fields, "topic")->text);
        int64_t partition = field_of(fields, "partition")->number;
        must(topic != TOPIC_NONE && partition >= 0 && partition < PARTITIONS);
        places[kind][topic][partition].stopped = true;
    }
    hear_of_offset(kind, field_of(fields, "why"));
    hear_of_offset(kind, field_of(fields, "error"));
}

bool operator_knows_why(int kind)
{
    for (int i = 0; i < TOPIC_COUNT * PARTITIONS; i++) {
        if (places[kind][i / PARTITIONS][i % PARTITIONS].doubted) {
            return true;
        }
    }
    return false;
}

/* ---- Setting offsets ---------------------------------------------------------------------------
 */

static struct committed *committed_of(int kind, const struct job *job)
{
    return &group_of(fleet_role(kind)->group)->committed[job->topic][job->partition];
}

static void set_offset(int kind, const struct job *job, int64_t offset)
{
    struct committed *committed = committed_of(kind, job);
    story_tell("OPERATOR sets %s of %s/%d to %lld, it was %lld", fleet_role(kind)->group,
               topic_info(job->topic)->name, job->partition, (long long)offset,
               (long long)committed->offset);
    committed->offset = offset;
    memset(committed->metadata, 0, sizeof committed->metadata);
}

/* What the group has written lies behind its offset: then the mark says nothing that the offset
 * does not, and to lose it does no harm. So it is where the workers were stopped in order. */
static bool is_settled(int kind, const struct job *job)
{
    const struct committed *committed = committed_of(kind, job);
    long long offset;
    long long count;
    return fleet_role(kind)->clock_topic != TOPIC_NONE || !committed->metadata[0] ||
           (sscanf(committed->metadata, "%lld %lld", &offset, &count) == 2 &&
            offset == committed->offset && count == 0);
}

static void err(int kind, const struct job *job)
{
    const struct committed *committed = committed_of(kind, job);
    const struct log *log = broker_log(job->topic, job->partition);
    struct place *place = &places[kind][job->topic][job->partition];
    int64_t most =
        job->how == BY_HAND_BACK ? committed->offset - log->first : log->count - committed->offset;
    /* Nobody touches an offset while a broker is ill: the mark that would tell goes with it. */
    if (leaders_are_behind() || committed->offset < 0 || committed->pending || place->wrong ||
        !is_settled(kind, job) || (job->how != BY_HAND_SAME && most < 1)) {
        return;
    }
    int64_t by = job->how == BY_HAND_SAME ? 0 : 1 + job->number % most;
    place->wrong = by > 0;
    set_offset(kind, job, committed->offset + (job->how == BY_HAND_BACK ? -by : by));
}

/* The gap is written down, and the shop sends those records again: also what had been read before
 * the offset was set back by hand, for the gap does not tell. */
static void go_on(int kind, const struct job *job)
{
    struct log *log = broker_log(job->topic, job->partition);
    int64_t from = committed_of(kind, job)->offset;
    int64_t read_to = committed_of(kind, job)->read_to;
    int64_t to = log->first;
    for (int64_t i = from > 0 ? from : 0; i < to; i++) {
        struct record again = log->records[i];
        again.timestamp_ms = broker_wall_ms();
        log->records[i].lost = log->records[i].lost || i >= read_to;
        (void)broker_append(job->topic, topic_partition_of(again.key, PARTITIONS), &again);
    }
    set_offset(kind, job, to);
}

static void work_on(int kind, const struct job *job)
{
    struct place *place = &places[kind][job->topic][job->partition];
    switch (job->work) {
    case WORK_ERR:
        err(kind, job);
        break;
    case WORK_PUT_BACK:
        set_offset(kind, job, place->right_at);
        place->wrong = place->doubted = false;
        break;
    case WORK_GO_ON:
        go_on(kind, job);
        place->stopped = false;
        break;
    }
}

/* ---- Work --------------------------------------------------------------------------------------
 */

static void look(void *context, int64_t kind)
{
    if (fleet_is_alive((int)kind) || group_of(fleet_role((int)kind)->group)->member_count > 0) {
        process_later(LOOK_EVERY_US, look, context, kind);
        return;
    }
    for (int i = 0; i < job_count[kind]; i++) {
        work_on((int)kind, &jobs[kind][i]);
    }
    job_count[kind] = 0;
    fleet_hold((int)kind, false);
}

static void add_job(int kind, const struct job *job)
{
    must(job_count[kind] < JOBS_MAX);
    jobs[kind][job_count[kind]++] = *job;
    if (job_count[kind] == 1) {
        fleet_hold(kind, true);
        process_later(LOOK_EVERY_US, look, NULL, kind);
    }
}

void operator_errs(int kind, enum by_hand how, int64_t number)
{
    const struct role *role = fleet_role(kind);
    struct job job = {.work = WORK_ERR,
                      .how = how,
                      .topic = role->inputs[number / 2 % role->input_count],
                      .partition = (int32_t)(number % PARTITIONS),
                      .number = number / 64};
    if (job_count[kind] == 0) {
        add_job(kind, &job);
    }
}

static bool has_gap(int kind, enum topic topic, int32_t partition)
{
    return places[kind][topic][partition].stopped &&
           group_of(fleet_role(kind)->group)->committed[topic][partition].offset <
               broker_log(topic, partition)->first;
}

bool operator_is_at_work(void)
{
    int count = 0;
    for (int kind = 0; kind < FLEET_KINDS; kind++) {
        count += job_count[kind];
    }
    return count > 0;
}

static bool look_after(int kind, enum topic topic, int32_t partition, bool mends)
{
    struct place *place = &places[kind][topic][partition];
    struct job job = {.topic = topic, .partition = partition};
    if (place->doubted) {
        job.work = WORK_PUT_BACK;
    } else if (has_gap(kind, topic, partition)) {
        job.work = WORK_GO_ON;
    } else {
        return false;
    }
    if (mends) {
        add_job(kind, &job);
    }
    return true;
}

static bool look_after_all(bool mends)
{
    bool any = false;
    for (int kind = 0; kind < FLEET_KINDS; kind++) {
        for (int i = 0; i < TOPIC_COUNT * PARTITIONS; i++) {
            any = look_after(kind, (enum topic)(i / PARTITIONS), i % PARTITIONS, mends) || any;
        }
    }
    return any;
}

bool operator_is_called(void)
{
    return !operator_is_at_work() && look_after_all(false);
}

bool operator_mends(void)
{
    return !operator_is_at_work() && look_after_all(true);
}

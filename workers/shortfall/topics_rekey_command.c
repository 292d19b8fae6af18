/* shortfall topics rekey: moves everything to topics with another number of partitions; and
 * shortfall topics forward: carries over what still comes to the old inputs. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "kit/stop.h"
#include "shortfall/forward.h"

enum { FOLLOW_WAIT_MS = 500 };

/* Not as it must be: the operator's to mend, and nothing was changed. */
static int failed(const struct call *call, enum status status, const struct error *error)
{
    int exit_status = call_failed(call, status, error);
    return status == POISON ? EXIT_NOT_SO : exit_status;
}

static void print_counts(const int64_t counts[TOPIC_COUNT])
{
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        if (counts[topic] > 0) {
            (void)printf("carried over %s: %" PRId64 "\n", topic_info(topic)->name, counts[topic]);
        }
    }
    (void)fflush(stdout);
}

static int64_t sum_of(const int64_t counts[TOPIC_COUNT])
{
    int64_t sum = 0;
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        sum += counts[topic];
    }
    return sum;
}

/* One pass, or, to follow, one after the other until a signal asks for the end. */
static enum status carry_over(struct forward *forward, bool follow, int64_t *ret_sum,
                              struct error *error)
{
    enum status status = OK;
    *ret_sum = 0;
    do {
        int64_t counts[TOPIC_COUNT] = {0};
        status = forward_pass(forward, counts, error);
        print_counts(counts);
        *ret_sum += sum_of(counts);
        if (follow && status == OK && sum_of(counts) == 0) {
            (void)usleep(FOLLOW_WAIT_MS * 1000);
        }
    } while (status == OK && follow && !stop_is_asked());
    return status;
}

static int forward_all(struct call *call, bool follow)
{
    struct forward *forward = NULL;
    struct error error;
    int64_t sum;
    enum status status = forward_new(call->settings, call->codec, &forward, &error);
    if (status == OK) {
        status = carry_over(forward, follow, &sum, &error);
    }
    if (status == OK) {
        (void)printf("%" PRId64 " records of the inputs carried over to '%s'\n", sum,
                     forward_prefix(forward));
    }
    forward_free(forward);
    return status == OK ? EXIT_DONE : failed(call, status, &error);
}

static void report(const struct move *move)
{
    (void)printf("moved %" PRId64 " skus with %" PRId64 " open lines, %" PRId64
                 " of them short: %d partitions -> %d\n"
                 "moved %" PRId64 " cases: %d partitions -> %d\n"
                 "moved %" PRId64 " records of substitute and listing-status\n",
                 move->skus, move->open_lines, move->short_lines, move->from.sku_partition_count,
                 move->to.sku_partition_count, move->case_count, move->from.partition_count,
                 move->to.partition_count, move->table_records);
}

static int run_rekey(struct call *call)
{
    struct move move = {0};
    struct error error;
    const char *to = call_flag(call, "to-prefix");
    bool check = call_flag(call, "check");
    if (!to) {
        return call_misused(call, "say where to: --to-prefix PREFIX");
    }
    enum status status = call_open(call, &error);
    if (status == OK) {
        status = move_open(&move, call, to, &error);
    }
    if (status == OK) {
        status = move_check(&move, &error);
    }
    if (status == OK && check) {
        (void)printf("all is as it must be: nothing was moved%s\n",
                     move.again ? "; an earlier move was begun and will be begun anew" : "");
    } else if (status == OK) {
        status = move_all(&move, &error);
    }
    if (status == OK && !check) {
        report(&move);
    }
    move_done(&move);
    if (status != OK) {
        return failed(call, status, &error);
    }
    return check ? EXIT_DONE : forward_all(call, false);
}

static int run_forward(struct call *call)
{
    struct error error;
    enum status status = call_open(call, &error);
    if (status != OK) {
        return failed(call, status, &error);
    }
    bool follow = call_flag(call, "follow");
    if (follow) {
        stop_listen();
    }
    return forward_all(call, follow);
}

static const struct settings_flag flags_rekey[] = {
    {"to-prefix", "PREFIX", "topic.prefix of the new topics, which `topics create` has made"},
    {"check", NULL, "only look whether all is as it must be"},
    {0},
};

static const struct settings_flag flags_forward[] = {
    {"follow", NULL, "go on until SIGTERM, instead of once"},
    {0},
};

const struct command command_topics_rekey = {
    .name = "topics rekey",
    .arguments = "",
    .summary = "Moves stock and cases to topics with another number of partitions",
    .flags = flags_rekey,
    .run = run_rekey,
};

const struct command command_topics_forward = {
    .name = "topics forward",
    .arguments = "",
    .summary = "Carries over what still comes to the old inputs after a move",
    .flags = flags_forward,
    .run = run_forward,
};

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

/* The three things that the command does. */
enum deed {
    DEED_MOVE,
    DEED_CHECK,
    DEED_BACK,
};

static enum status check(struct move *move, struct error *error)
{
    enum status status = move_check(move, error);
    if (status == OK) {
        (void)printf("all is as it must be: nothing was moved%s\n",
                     move->again ? "; an earlier move was begun and will be begun anew" : "");
    }
    return status;
}

static enum status rekey(struct move *move, struct error *error)
{
    enum status status = move_check(move, error);
    if (status == OK) {
        status = move_all(move, error);
    }
    if (status == OK) {
        report(move);
    }
    return status;
}

static enum status back(struct move *move, struct error *error)
{
    enum status status = move_back(move, error);
    if (status == OK) {
        (void)printf("back to the prefix '%s': its workers may start\n",
                     settings_text(move->from.settings, "topic.prefix"));
    }
    return status;
}

static enum status with_move(struct call *call, const struct settings *to, enum deed deed,
                             struct error *error)
{
    struct move move = {0};
    enum status status = call_open(call, error);
    if (status == OK) {
        status = move_open(&move, call, to, error);
    }
    if (status == OK) {
        status = deed == DEED_CHECK  ? check(&move, error)
                 : deed == DEED_BACK ? back(&move, error)
                                     : rekey(&move, error);
    }
    move_done(&move);
    return status;
}

static int run_rekey(struct call *call)
{
    struct settings *to;
    struct error error;
    const char *prefix = call_flag(call, "to-prefix");
    enum deed deed = call_flag(call, "check")  ? DEED_CHECK
                     : call_flag(call, "back") ? DEED_BACK
                                               : DEED_MOVE;
    if (!prefix) {
        return call_misused(call, "say where to: --to-prefix PREFIX");
    }
    if (deed == DEED_CHECK && call_flag(call, "back")) {
        return call_misused(call, "--check and --back exclude each other");
    }
    if (settings_copy_with(call->settings, "topic.prefix", prefix, &to, &error) != OK) {
        return call_misused(call, "--to-prefix: %s", error.text);
    }
    enum status status = with_move(call, to, deed, &error);
    settings_free(to);
    if (status != OK) {
        return failed(call, status, &error);
    }
    return deed == DEED_MOVE ? forward_all(call, false) : EXIT_DONE;
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
    {"back", NULL, "take the move back, as long as nobody has worked on the new topics"},
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

/* shortfall rules show, use: which rules the allocation goes by, and other ones from here on. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "shortfall/rules.h"

static bool is_pending(const struct rules_partition *partition)
{
    return partition->asked != partition->in_force;
}

static void print_partition(int32_t number, const struct rules_partition *partition)
{
    (void)printf("partition %" PRId32 ": rules %" PRId32, number, partition->in_force);
    if (is_pending(partition)) {
        (void)printf(", pending: %" PRId32 " from offset %" PRId64 " on", partition->asked,
                     partition->asked_offset);
    }
    (void)putchar('\n');
}

static void print_client(const struct rules_client *client)
{
    if (client->knows > 0) {
        (void)printf("%s knows up to %" PRId32 "\n", client->name, client->knows);
    } else {
        (void)printf("%s does not say which it knows\n", client->name);
    }
}

/* All go by the same rules, and nothing else is asked for. */
static bool is_settled(const struct rules *rules)
{
    bool settled = true;
    for (int32_t i = 0; i < rules->partition_count; i++) {
        settled = settled && !is_pending(&rules->partitions[i]) &&
                  rules->partitions[i].in_force == rules->partitions[0].in_force;
    }
    return settled;
}

static int run_show(struct call *call)
{
    struct rules rules = {0};
    struct error error;
    enum status status = call_open(call, &error);
    if (status == OK) {
        status = rules_look(call, &rules, &error);
    }
    int exit_status = EXIT_DONE;
    if (status == OK) {
        for (int32_t i = 0; i < rules.partition_count; i++) {
            print_partition(i, &rules.partitions[i]);
        }
        for (uint32_t i = 0; i < rules.client_count; i++) {
            print_client(&rules.clients[i]);
        }
        exit_status = is_settled(&rules) ? EXIT_DONE : EXIT_NOT_SO;
    } else {
        exit_status = call_failed(call, status, &error);
    }
    rules_done(&rules);
    return exit_status;
}

/* Those that would stop at the flip, said one by one; true: there are some. */
static bool some_would_stop(const struct call *call, const struct rules *rules, int32_t version)
{
    bool some = false;
    for (uint32_t i = 0; i < rules->client_count; i++) {
        const struct rules_client *client = &rules->clients[i];
        if (version > BOOK_RULES_FIRST && client->knows < version) { /* the first ones all know */
            some = true;
            (void)fprintf(stderr, "shortfall %s: %s %s\n", call->command->name, client->name,
                          client->knows > 0 ? "does not know these rules"
                                            : "does not say which rules it knows");
        }
    }
    if (some) {
        (void)fprintf(stderr,
                      "shortfall %s: nothing was written: these allocators would stop at the flip; "
                      "upgrade them first (--unasked writes it all the same)\n",
                      call->command->name);
    }
    return some;
}

static bool all_were_asked(const struct rules *rules, int32_t version)
{
    bool all = true;
    for (int32_t i = 0; i < rules->partition_count; i++) {
        all = all && rules->partitions[i].asked == version;
    }
    return all;
}

static int use(struct call *call, const struct rules *rules, int32_t version)
{
    struct error error;
    if (all_were_asked(rules, version)) {
        (void)printf("rules %" PRId32 " were asked for before in all %" PRId32
                     " partitions: nothing was written\n",
                     version, rules->partition_count);
        return EXIT_DONE;
    }
    if (!call_flag(call, "unasked") && some_would_stop(call, rules, version)) {
        return EXIT_NOT_SO;
    }
    /* Where the records say what time it is, it is that of the log: the fact has none. */
    enum status status =
        rules_write(call, rules->partition_count, version, call_now_ms(call, 0), &error);
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    (void)printf("rules %" PRId32 " from here on, in all %" PRId32
                 " partitions; `shortfall rules show` says when they are in force\n",
                 version, rules->partition_count);
    if (rules->client_count == 0) {
        (void)printf("no allocator runs, so none was asked: one that does not know them will stop "
                     "and say so\n");
    }
    return EXIT_DONE;
}

static int run_use(struct call *call)
{
    char *end;
    struct rules rules = {0};
    struct error error;
    const char *word = call_argument(call, 0);
    long version = strtol(word, &end, 10);
    if (end == word || *end || version < BOOK_RULES_FIRST || version > BOOK_RULES_NEWEST) {
        return call_misused(call, "this release knows the rules %d to %d, not '%s'",
                            BOOK_RULES_FIRST, BOOK_RULES_NEWEST, word);
    }
    enum status status = call_open(call, &error);
    if (status == OK) {
        status = rules_look(call, &rules, &error);
    }
    int exit_status =
        status == OK ? use(call, &rules, (int32_t)version) : call_failed(call, status, &error);
    rules_done(&rules);
    return exit_status;
}

static const struct settings_flag flags_show[] = {
    {0},
};

static const struct settings_flag flags_use[] = {
    {"unasked", NULL,
     "whatever the running allocators say: one that does not know the rules stops at the flip"},
    {0},
};

const struct command command_rules_show = {
    .name = "rules show",
    .arguments = "",
    .summary = "Says which rules of allocation each partition goes by; exit 1 if a flip is pending",
    .flags = flags_show,
    .run = run_show,
};

const struct command command_rules_use = {
    .name = "rules use",
    .arguments = "N",
    .argument_count = 1,
    .summary = "Flips them: 1 lets small lines overtake, 2 serves in order; all allocators must "
               "know them first",
    .flags = flags_use,
    .run = run_use,
};

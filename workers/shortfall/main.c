/* The operator's command: looks at what Shortfall does, and helps where a person must. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kit/nearest.h"
#include "shortfall/command.h"

static const struct command *const commands[] = {
    /* what happened, and what is to be done */
    &command_case,
    &command_cases,
    &command_todo,
    /* what it all comes to */
    &command_summary,
    &command_report_money,
    &command_report_oversell,
    /* what is behind it */
    &command_tail,
    &command_dlq_list,
    &command_dlq_show,
    &command_dlq_replay,
    &command_topics_create,
    &command_topics_check,
    &command_topics_acl,
    &command_topics_rekey,
    &command_topics_forward,
    &command_rules_show,
    &command_rules_use,
    &command_policy_check,
    &command_policy_show,
    &command_policy_diff,
    &command_policy_dry_run,
    &command_schema_check,
    &command_schema_list,
    &command_schema_decode,
    &command_schema_register,
    NULL,
};

static void list(FILE *out)
{
    enum { WORDS_WIDTH = 38 }; /* the longest: policy diff with two versions */
    (void)fprintf(out, "shortfall COMMAND [ARGUMENT...] [OPTION...]\n\n");
    for (const struct command *const *command = commands; *command; command++) {
        char words[64];
        (void)snprintf(words, sizeof words, "%s %s", (*command)->name, (*command)->arguments);
        (void)fprintf(out, "  %-*s %s\n", WORDS_WIDTH, words, (*command)->summary);
    }
    (void)fprintf(out, "  %-*s %s\n", WORDS_WIDTH, "help COMMAND",
                  "Says what a command does, with its options");
    (void)fprintf(out, "\nA local instance's addresses come from its env: . .local/env\n");
}

/* Commands of two words whose first this is. */
static bool list_family(const char *word, FILE *out)
{
    size_t size = strlen(word);
    bool any = false;
    for (const struct command *const *command = commands; *command; command++) {
        if (strncmp((*command)->name, word, size) == 0 && (*command)->name[size] == ' ') {
            (void)fprintf(out, "%s%s", any ? ", " : "", (*command)->name);
            any = true;
        }
    }
    return any;
}

static int misused(const char *word)
{
    enum { COUNT = sizeof commands / sizeof *commands - 1, WORD_SIZE = 32 };
    char words[COUNT][WORD_SIZE];
    const char *names[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        (void)snprintf(words[i], WORD_SIZE, "%.*s", (int)strcspn(commands[i]->name, " "),
                       commands[i]->name);
        names[i] = words[i];
    }
    (void)fprintf(stderr, "shortfall: ");
    if (list_family(word, stderr)) {
        (void)fprintf(stderr, ": which of these");
    } else {
        const char *nearest = nearest_name(text_of(word), names, COUNT);
        (void)fprintf(stderr, "there is no command '%s'%s%s%s", word, nearest ? "; is '" : "",
                      nearest ? nearest : "", nearest ? "' meant?" : "");
    }
    (void)fprintf(stderr, " (`shortfall help` lists all)\n");
    return EXIT_MISUSE;
}

static int help(int argc, char **argv)
{
    int taken;
    if (argc == 0) {
        list(stdout);
        return EXIT_DONE;
    }
    const struct command *command = command_find(commands, argc, argv, &taken);
    if (!command) {
        return misused(argv[0]);
    }
    command_help(command, stdout);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    int taken;
    if (argc < 2) {
        list(stderr);
        return EXIT_MISUSE;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        return help(argc - 2, argv + 2);
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("shortfall %s\n", SHORTFALL_VERSION);
        return EXIT_DONE;
    }
    if (argv[1][0] == '-') {
        (void)fprintf(stderr, "shortfall: the command comes first, its options after it "
                              "(`shortfall help` lists all)\n");
        return EXIT_MISUSE;
    }
    const struct command *command = command_find(commands, argc - 1, argv + 1, &taken);
    return command ? command_run(command, argc - taken, argv + taken) : misused(argv[1]);
}

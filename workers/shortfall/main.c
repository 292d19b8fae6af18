/* The operator's command: looks at what Shortfall does, and helps where a person must. */
#include <stdio.h>
#include <string.h>

#include "kit/nearest.h"
#include "shortfall/command.h"

static const struct command *const commands[] = {
    &command_case,         &command_cases,
    &command_summary,      &command_tail,
    &command_dlq_list,     &command_dlq_show,
    &command_dlq_replay,   &command_topics_create,
    &command_topics_check, NULL,
};

static void list(FILE *out)
{
    (void)fprintf(out, "shortfall COMMAND [ARGUMENT...] [OPTION...]\n\n");
    for (const struct command *const *command = commands; *command; command++) {
        char words[64];
        (void)snprintf(words, sizeof words, "%s %s", (*command)->name, (*command)->arguments);
        (void)fprintf(out, "  %-24s %s\n", words, (*command)->summary);
    }
    (void)fprintf(out, "  %-24s %s\n", "help COMMAND", "what a command does, with its options");
    (void)fprintf(out, "\nA local instance's addresses come from its env: . .local/env\n");
}

static int misused(const char *word)
{
    enum { COUNT = sizeof commands / sizeof *commands - 1 };
    const char *names[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        names[i] = commands[i]->name;
    }
    const char *nearest = nearest_name(text_of(word), names, COUNT);
    (void)fprintf(stderr,
                  "shortfall: there is no command '%s'%s%s%s (`shortfall help` lists all)\n", word,
                  nearest ? "; is '" : "", nearest ? nearest : "", nearest ? "' meant?" : "");
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

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { WORDS_MAX = 8, OUTPUT_SIZE = 16384 };

/* Runs the program; nothing here may need a server, so the address is one where none can be. */
static int run(const char *const *words, int descriptor, char output[OUTPUT_SIZE])
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static char program[] = SHORTFALL_PROGRAM;
        char *arguments[WORDS_MAX + 2] = {program};
        for (size_t i = 0; i < WORDS_MAX && words[i]; i++) {
            arguments[i + 1] = (char *)(uintptr_t)words[i];
        }
        (void)clearenv();
        (void)setenv("SHORTFALL_BOOTSTRAP", "127.0.0.1:1", 1);
        (void)setenv("SHORTFALL_SCHEMAS", SHORTFALL_SOURCE_DIR "/schemas", 1);
        (void)setenv("SHORTFALL_POLICIES", SHORTFALL_SOURCE_DIR "/schemas", 1);
        (void)dup2(ends[1], descriptor);
        (void)close(ends[0]);
        (void)execv(program, arguments);
        _exit(127);
    }
    (void)close(ends[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(ends[0], output + size, OUTPUT_SIZE - 1 - size)) > 0) {
        size += (size_t)got;
    }
    output[size] = '\0';
    (void)close(ends[0]);
    int how;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    return WEXITSTATUS(how);
}

static void test_each_bad_use_says_what_is_wrong_and_how_to_go_on(void **state)
{
    static const struct {
        const char *words[WORDS_MAX];
        int exit_status;
        const char *said;
    } cases[] = {
        {{NULL}, 64, "shortfall COMMAND"},
        {{"topcs"},
         64,
         "shortfall: there is no command 'topcs'; is 'topics' meant? (`shortfall help` lists "
         "all)\n"},
        {{"topics"},
         64,
         "shortfall: topics create, topics check, topics acl, topics rekey, topics forward: which "
         "of these (`shortfall help` lists all)\n"},
        {{"--json", "cases"},
         64,
         "shortfall: the command comes first, its options after it (`shortfall help` lists all)\n"},
        {{"help", "nothing-like-it"}, 64, "there is no command 'nothing-like-it'"},
        {{"tail"}, 64, "shortfall tail: TOPIC is missing (`shortfall help tail` explains)\n"},
        {{"tail", "a", "b"}, 64, "shortfall tail: 'b' is one word too many"},
        {{"tail", "orderpaid"},
         64,
         "shortfall tail: there is no topic 'orderpaid'; is 'order-paid' meant?"},
        {{"tail", "order-paid", "--from", "x"},
         64,
         "--from takes 'beginning', 'end' or an offset, not 'x'"},
        {{"tail", "order-paid", "--limit", "0"}, 64, "--limit takes a number from 1 to "},
        {{"tail", "order-paid", "--limit", "1x"}, 64, "not '1x'"},
        {{"case"}, 64, "shortfall case: ORDER is missing"},
        {{"case", "O-1", "--lang", "zh-cn"},
         64,
         "shortfall case: there is no language 'zh-cn'; is 'zh-CN' meant?"},
        {{"case", "O-1", "--evidence", "--json"}, 64, "--evidence is a document of its own"},
        {{"case", "O-1", "--out", "file"}, 64, "--out is for --evidence"},
        {{"cases", "--state", "REFUNDD"}, 64, "there is no state 'REFUNDD'; is 'REFUNDED' meant?"},
        {{"cases", "--older-than", "old"}, 64, "--older-than takes a duration as 2d or 90m"},
        {{"dlq", "list", "--topic", "notification"},
         64,
         "nobody reads 'notification', so it has no dead letters"},
        {{"dlq", "show", "--topic", "order-paid"}, 64, "say which one: --topic TOPIC --offset N"},
        {{"dlq", "replay", "--topic", "order-paid"},
         64,
         "say which: --topic TOPIC and either --offset N or --all"},
        {{"dlq", "replay", "--all"}, 64, "say which: --topic TOPIC"},
        {{"topics", "create", "--partitions", "0"}, 64, "--partitions takes a number from 1 to"},
        {{"topics", "create", "--partition", "4"}, 78, "--partition"},
        {{"rules"}, 64, "rules show, rules use: which of these"},
        {{"rules", "use"}, 64, "shortfall rules use: N is missing"},
        {{"rules", "use", "3"}, 64, "this release knows the rules 1 to 2, not '3'"},
        {{"rules", "use", ""}, 64, "this release knows the rules 1 to 2, not ''"},
        {{"rules", "use", "2", "--unask"}, 78, "--unask"},
        {{"topics", "rekey"}, 64, "say where to: --to-prefix PREFIX"},
        {{"topics", "rekey", "--to-prefix", "b/"}, 64, "topic.prefix: 'b/' is not at most 100 "},
        {{"topics", "rekey", "--to-prefix", "b.", "--check", "--back"}, 64, "exclude each other"},
        {{"topics", "forward", "--to-prefix", "b."}, 78, "--to-prefix"},
        {{"policy", "dry-run", "--from", "yesterday"}, 64, "--from takes a time like 2026-11-11"},
        {{"policy", "dry-run", "--from", "2026-02-01", "--to", "2026-01-01"},
         64,
         "--from must be before --to"},
        {{"policy", "dry-run", "--policies", "no/such/folder"}, 78, "no/such/folder"},
        {{"policy", "dry-run", "--policies", SHORTFALL_SOURCE_DIR "/deploy/policies", "--in-force",
          "no/such/folder"},
         78,
         "no/such/folder"},
        {{"summary", "--bootstrap", ""}, 78, "bootstrap.servers"},
        {{"todo", "--seller", "s1", "--support"},
         64,
         "shortfall todo: --seller and --support exclude each other: say whose work (`shortfall "
         "help todo` explains)\n"},
        {{"todo", "--limit", "none"}, 64, "--limit takes a number from 1 to "},
        {{"todo", "--sellr", "s1"}, 78, "--sell"},
        {{"report"},
         64,
         "shortfall: report money, report oversell: which of these (`shortfall help` lists all)\n"},
        {{"report", "money", "--from", "yesterday"},
         64,
         "--from takes a date as 2026-11-11, or a time as 2026-11-11T08:00:00Z, not 'yesterday'"},
        {{"report", "money", "--to", "2026-02-30"}, 64, "--to takes a date as 2026-11-11"},
        {{"report", "oversell", "--from", "2026-11-11", "--to", "2026-11-11"},
         64,
         "nothing is from 2026-11-11 on and before 2026-11-11: --to takes the first day that is "
         "left out"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char output[OUTPUT_SIZE];
        assert_int_equal(run(cases[i].words, STDERR_FILENO, output), cases[i].exit_status);
        if (!strstr(output, cases[i].said)) {
            assert_string_equal(output, cases[i].said);
        }
    }
}

static void test_help_is_no_error(void **state)
{
    static const char *const cases[][WORDS_MAX] = {
        {"help"},
        {"--help"},
        {"help", "dlq", "replay"},
        {"dlq", "replay", "--help"},
        {"help", "report", "oversell"},
        {"help", "topics", "rekey"},
        {"--version"},
        {"cases", "--version"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char output[OUTPUT_SIZE];
        assert_int_equal(run(cases[i], STDOUT_FILENO, output), 0);
        assert_non_null(strstr(output, "shortfall"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_bad_use_says_what_is_wrong_and_how_to_go_on),
        cmocka_unit_test(test_help_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

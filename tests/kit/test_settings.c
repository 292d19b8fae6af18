#include "kit/settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

#include "../page.h"

enum { WORDS_MAX = 32, OUT_SIZE = 1 << 16 };

static char folder[] = "/tmp/shortfall-settings-XXXXXX";
static char file_path[128];
static struct settings *settings;
static struct error error;

/* ---- Scenery ------------------------------------------------------------------------------- */

static int set_up_folder(void **state)
{
    (void)state;
    clearenv();
    return mkdtemp(folder) && snprintf(file_path, sizeof file_path, "%s/s.conf", folder) <
                                  (int)sizeof file_path
               ? 0
               : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int clean(void **state)
{
    (void)state;
    settings_free(settings);
    settings = NULL;
    (void)unlink(file_path);
    return clearenv();
}

static void write_file(const char *text)
{
    FILE *file = fopen(file_path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Loads with the words of a line; "@" stands for the path of the file. */
static enum status load(enum settings_scope scope, const struct settings_flag *flags,
                        const char *line)
{
    static char words[4096];
    static char program[] = "program";
    static char empty[] = "";
    char *argv[WORDS_MAX] = {program};
    int argc = 1;
    settings_free(settings);
    settings = NULL;
    error.text[0] = '\0';
    assert_true(snprintf(words, sizeof words, "%s", line) < (int)sizeof words);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
        assert_true(argc < WORDS_MAX);
        argv[argc++] = strcmp(word, "@") == 0 ? file_path : strcmp(word, "''") == 0 ? empty : word;
    }
    return settings_load_with(scope, flags, argc, argv, &settings, &error);
}

static void load_worker(const char *line)
{
    if (load(SETTINGS_CASEWORKER, NULL, line) != OK) {
        fail_msg("'%s': %s", line, error.text);
    }
}

static void assert_refused(enum settings_scope scope, const char *line, const char *words)
{
    assert_int_equal(load(scope, NULL, line), FATAL);
    assert_null(settings);
    if (!strstr(error.text, words)) {
        fail_msg("'%s' is not in: %s", words, error.text);
    }
}

typedef void printer(FILE *out);

static void print_settings(FILE *out)
{
    settings_print(settings, out);
}

static char *printed(printer *print)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    print(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

/* ---- Precedence ----------------------------------------------------------------------------- */

static void test_defaults_hold_where_nothing_is_given(void **state)
{
    (void)state;
    load_worker("--bootstrap k:9092 --redis ''");
    assert_string_equal(settings_text(settings, "redis.url"), "");
    free(printed(print_settings));
    load_worker("--bootstrap k:9092");
    assert_int_equal(settings_action(settings), SETTINGS_RUN);
    assert_string_equal(settings_text(settings, "bootstrap.servers"), "k:9092");
    assert_string_equal(settings_text(settings, "topic.prefix"), "");
    assert_int_equal(settings_number(settings, "slot"), 1);
    assert_string_equal(settings_text(settings, "clock"), "wall");
    assert_string_equal(settings_text(settings, "schema.dir"), "schemas");
    assert_string_equal(settings_text(settings, "policy.dir"), "deploy/policies");
    assert_int_equal(settings_number(settings, "redis.timeout.ms"), 200);
    assert_int_equal(settings_number(settings, "batch.messages"), 10000);
    assert_string_equal(settings_text(settings, "http.listen"), "127.0.0.1:0");
}

static void test_a_flag_beats_environment_beats_file_beats_instance_beats_default(void **state)
{
    (void)state;
    static const struct {
        bool flag;
        bool environment;
        bool file;
        bool instance;
        const char *url;
    } rows[] = {
        {true, true, true, true, "redis://flag:1"},
        {false, true, true, true, "redis://environment:1"},
        {false, false, true, true, "redis://file:1"},
        {false, false, false, true, "redis://instance:1"},
        {false, false, false, false, "redis://127.0.0.1:6379"},
        {true, false, true, false, "redis://flag:1"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        clearenv();
        write_file(rows[i].file ? "redis.url = redis://file:1\n" : "");
        if (rows[i].environment) {
            setenv("SHORTFALL_REDIS_URL", "redis://environment:1", 1);
        }
        if (rows[i].instance) {
            setenv("SHORTFALL_REDIS", "redis://instance:1", 1);
        }
        load_worker(rows[i].flag ? "--bootstrap k:1 --config @ --redis.url redis://flag:1"
                                 : "--bootstrap k:1 --config @");
        assert_string_equal(settings_text(settings, "redis.url"), rows[i].url);
    }
}

static void test_flags_have_two_forms_and_short_names(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "--bootstrap.servers k:1 --redis.url redis://r:2 --slot 7",
        "--bootstrap.servers=k:1 --redis.url=redis://r:2 --slot=7",
        "--bootstrap=k:1 --redis redis://r:2 --slot 7",
        "--slot 3 --slot 7 --bootstrap k:1 -X bootstrap.servers=k:1 --redis redis://r:2",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        load_worker(lines[i]);
        assert_string_equal(settings_text(settings, "bootstrap.servers"), "k:1");
        assert_string_equal(settings_text(settings, "redis.url"), "redis://r:2");
        assert_int_equal(settings_number(settings, "slot"), 7);
    }
}

static void test_a_file_has_comments_blanks_and_values_with_anything(void **state)
{
    (void)state;
    write_file("# a comment\r\n"
               "\n"
               "   # another = one\n"
               "bootstrap.servers=a:1,b:2\r\n"
               "  redis.prefix \t = my=#prefix: \n"
               "topic.prefix =\n"
               "slot = 12");
    load_worker("--config @");
    assert_string_equal(settings_text(settings, "bootstrap.servers"), "a:1,b:2");
    assert_string_equal(settings_text(settings, "redis.prefix"), "my=#prefix:");
    assert_string_equal(settings_text(settings, "topic.prefix"), "");
    assert_int_equal(settings_number(settings, "slot"), 12);
}

static void test_the_file_may_be_named_by_the_environment(void **state)
{
    (void)state;
    write_file("bootstrap.servers = file:1\n");
    setenv("SHORTFALL_CONFIG", file_path, 1);
    load_worker("");
    assert_string_equal(settings_text(settings, "bootstrap.servers"), "file:1");
    setenv("SHORTFALL_CONFIG", "/nowhere", 1);
    load_worker("--config @");
    assert_refused(SETTINGS_CASEWORKER, "", "/nowhere: No such file");
}

static void test_what_scripts_and_kubernetes_set_is_no_error(void **state)
{
    (void)state;
    static const char *const names[] = {
        "SHORTFALL_STATE",
        "SHORTFALL_BUILD",
        "SHORTFALL_KAFKA_LIB",
        "SHORTFALL_HTTP_ALLOCATOR",
        "SHORTFALL_HTTP_SEQUENCER",
        "SHORTFALL_HTTP_CASEWORKER",
        "SHORTFALL_PORT",
        "SHORTFALL_CASEWORKER_SERVICE_HOST",
        "SHORTFALL_CASEWORKER_SERVICE_PORT_METRICS",
        "SHORTFALL_CASEWORKER_PORT_8080_TCP_ADDR",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv(names[i], "tcp://10.0.0.1:8080", 1);
    }
    setenv("SHORTFALL_BOOTSTRAP", "instance:1", 1);
    setenv("SHORTFALL_CLOCK", "record", 1);
    setenv("SHORTFALL_POLICIES", folder, 1);
    setenv("SHORTFALL_SCHEMAS", folder, 1);
    setenv("SHORTFALLEN", "x", 1);
    setenv("SHORTFALL_SLOT", "", 1);
    load_worker("");
    assert_string_equal(settings_text(settings, "bootstrap.servers"), "instance:1");
    assert_string_equal(settings_text(settings, "clock"), "record");
    assert_string_equal(settings_text(settings, "policy.dir"), folder);
    write_file("clock = wall\n");
    load_worker("--config @");
    assert_string_equal(settings_text(settings, "clock"), "wall");
}

static void test_a_setting_of_another_program_is_ignored_but_for_a_flag(void **state)
{
    (void)state;
    write_file("bootstrap.servers = k:1\nredis.url = rubbish\nredis.password_file = /nowhere\n");
    setenv("SHORTFALL_POLICY_DIR", "/nowhere", 1);
    assert_int_equal(load(SETTINGS_ALLOCATOR, NULL, "--config @"), OK);
    assert_refused(SETTINGS_ALLOCATOR, "--bootstrap k:1 --redis.url redis://r:1",
                   "--redis.url is not for this program, but for: caseworker, tools");
}

/* ---- Refusals ---------------------------------------------------------------------------------
 */

static void test_a_wrong_flag_says_what_and_what_to_do(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *words;
    } rows[] = {
        {"", "bootstrap.servers is not set: give --bootstrap VALUE, the variable "
             "SHORTFALL_BOOTSTRAP_SERVERS, or a line `bootstrap.servers = VALUE`"},
        {"--bootstrap", "--bootstrap needs a value"},
        {"--bootstap k:1", "there is no flag --bootstap; did you mean --bootstrap?"},
        {"--slott=3", "there is no flag --slott; did you mean --slot?"},
        {"--dryrun", "did you mean --dry-run?"},
        {"--completely-different-thing 1", "there is no flag --completely-different-thing"},
        {"--slot 0", "--slot: slot: '0' is not 1 to 999"},
        {"--slot 1000", "'1000' is not 1 to 999"},
        {"--slot -1", "'-1' is not 1 to 999"},
        {"--slot 1x", "'1x' is not 1 to 999"},
        {"--slot ''", "'' is not 1 to 999"},
        {"--slot 99999999999999999999", "is not 1 to 999"},
        {"--clock=sun", "'sun' is not wall or record"},
        {"--log.level loud", "'loud' is not error, warn, info or debug"},
        {"--http.listen 8080", "'8080' is not HOST:PORT or off"},
        {"--schema.dir /nowhere", "--schema.dir: schema.dir: can't read /nowhere: No such file"},
        {"--topic.prefix a/b", "'a/b' is not at most 100 letters"},
        {"--redis.url http://x", "--redis.url: redis.url: no address of a Redis"},
        {"--dry-run=yes", "--dry-run takes no value"},
        {"--session.timeout.ms 5", "--session.timeout.ms is librdkafka's: give it as -X "
                                   "session.timeout.ms=VALUE"},
        {"-b k:1", "there is no flag -b; --help lists them"},
        {"start", "unexpected 'start'"},
        {"-X", "-X needs property=value"},
        {"-X linger.ms", "-X needs property=value"},
        {"-X =5", "-X needs property=value"},
        {"-X lingr.ms=5", "-X: there is no setting 'lingr.ms'"},
        {"-X session.timout.ms=5", "did you mean session.timeout.ms?"},
        {"-X linger.ms=soon", "-X: linger.ms: librdkafka refuses"},
        {"-X security.protocol=tls", "-X: security.protocol: librdkafka refuses"},
        {"-X log_cb=1", "-X: log_cb: librdkafka refuses"},
        {"-X group.id=g", "-X: group.id can't be set: it follows from topic.prefix"},
        {"-X isolation.level=read_uncommitted", "exactly-once depends on it; take it out"},
        {"-X metadata.broker.list=k:1", "it is called bootstrap.servers"},
        {"-X sasl.password_file=/nowhere", "sasl.password: can't read /nowhere"},
        {"--config /nowhere", "can't read the configuration file /nowhere"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_refused(SETTINGS_CASEWORKER, rows[i].line, rows[i].words);
    }
}

static void test_a_wrong_line_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *words;
    } rows[] = {
        {"\n\nslot = 0\n", "s.conf:3: slot: '0' is not 1 to 999"},
        {"slot\n", "s.conf:1: this is no setting: write name = value"},
        {"= 3\n", "s.conf:1: this is no setting: write name = value"},
        {"[kafka]\n", "s.conf:1: this is no setting"},
        {"slot = 1\n# x\nslot = 1\n", "s.conf:3: slot is given in line 1 already"},
        {"linger.ms = 1\nlinger.ms = 2\n", "s.conf:2: linger.ms is given in line 1 already"},
        {"redis.ulr = x\n", "s.conf:1: there is no setting 'redis.ulr'; did you mean redis.url?"},
        {"config = x\n", "s.conf:1: there is no setting 'config'"},
        {"enable.auto.commit = true\n", "s.conf:1: enable.auto.commit can't be set"},
        {"fetch.min.bytes = many\n", "s.conf:1: fetch.min.bytes: librdkafka refuses"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_file(rows[i].text);
        assert_refused(SETTINGS_CASEWORKER, "--bootstrap k:1 --slot 5 --config @", rows[i].words);
    }
}

static void test_a_file_is_bounded(void **state)
{
    (void)state;
    static char text[16384];
    memset(text, 'x', sizeof text - 1);
    write_file(text);
    assert_refused(SETTINGS_CASEWORKER, "--config @", "s.conf:1: a line of more than 4094 bytes");
    memset(text, '\n', sizeof text - 1);
    write_file(text);
    assert_refused(SETTINGS_CASEWORKER, "--config @", "more than 1000 lines");
    assert_refused(SETTINGS_CASEWORKER, "--config /", "can't read");
}

static void test_a_wrong_variable_names_the_nearest(void **state)
{
    (void)state;
    setenv("SHORTFALL_REDIS_ULR", "redis://r:1", 1);
    assert_refused(SETTINGS_CASEWORKER, "--bootstrap k:1",
                   "SHORTFALL_REDIS_ULR: there is no such setting; did you mean "
                   "SHORTFALL_REDIS_URL?");
    clearenv();
    setenv("SHORTFALL_SLOT", "zero", 1);
    assert_refused(SETTINGS_CASEWORKER, "--bootstrap k:1",
                   "SHORTFALL_SLOT: slot: 'zero' is not 1 to 999");
}

/* ---- Kafka ------------------------------------------------------------------------------------
 */

static const char *kafka_value(rd_kafka_conf_t *conf, const char *name)
{
    static char value[256];
    size_t size = sizeof value;
    assert_int_equal(rd_kafka_conf_get(conf, name, value, &size), RD_KAFKA_CONF_OK);
    return value;
}

static void test_properties_of_librdkafka_pass_through(void **state)
{
    (void)state;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    write_file("bootstrap.servers = k:1\n"
               "session.timeout.ms = 6000\n"
               "linger.ms = 7\n"
               "client.id = from file\n");
    load_worker("--config @ -X client.id=flag -Xsocket.timeout.ms=5000 -X message.timeout.ms=9000");
    assert_int_equal(settings_kafka(settings, conf, &error), OK);
    assert_string_equal(kafka_value(conf, "bootstrap.servers"), "k:1");
    assert_string_equal(kafka_value(conf, "session.timeout.ms"), "6000");
    assert_string_equal(kafka_value(conf, "linger.ms"), "7");
    assert_string_equal(kafka_value(conf, "client.id"), "flag");
    assert_string_equal(kafka_value(conf, "socket.timeout.ms"), "5000");
    rd_kafka_conf_destroy(conf);
}

static void test_scram_is_warned_of_where_librdkafka_is_too_old_for_it(void **state)
{
    (void)state;
    bool old = rd_kafka_version() < 0x020601ff;
    load_worker("--bootstrap k:1 -X sasl.mechanism=PLAIN");
    assert_null(settings_kafka_warning(settings));
    load_worker("--bootstrap k:1 -X sasl.mechanisms=SCRAM-SHA-512");
    assert_int_equal(settings_kafka_warning(settings) != NULL, old);
    load_worker("--bootstrap k:1 -X sasl.mechanism=SCRAM-SHA-256");
    assert_int_equal(settings_kafka_warning(settings) != NULL, old);
}

static void test_a_secret_comes_by_a_file_and_is_masked(void **state)
{
    (void)state;
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char line[512];
    write_file("geheim!\nnot this\n");
    assert_true(snprintf(line, sizeof line,
                         "--bootstrap k:1 -X sasl.password_file=%s "
                         "-X ssl.key.password=hidden --redis redis://:s3%%40cr@r:1/2",
                         file_path) < (int)sizeof line);
    load_worker(line);
    assert_int_equal(settings_kafka(settings, conf, &error), OK);
    assert_string_equal(kafka_value(conf, "sasl.password"), "geheim!");
    rd_kafka_conf_destroy(conf);
    char *text = printed(print_settings);
    assert_null(strstr(text, "geheim"));
    assert_null(strstr(text, "hidden"));
    assert_null(strstr(text, "s3"));
    assert_non_null(strstr(text, "# -X\nsasl.password = ********\n"));
    assert_non_null(strstr(text, "redis.url = redis://r:1/2\n"));
    free(text);
}

static void test_a_path_in_a_file_may_begin_where_systemd_puts_secrets(void **state)
{
    (void)state;
    write_file("redis.password_file = ${CREDENTIALS_DIRECTORY}/s.conf\n");
    assert_int_equal(load(SETTINGS_CASEWORKER, NULL, "--config @ --bootstrap b:1"), FATAL);
    assert_non_null(strstr(error.text, "CREDENTIALS_DIRECTORY is not set"));
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(load(SETTINGS_CASEWORKER, NULL, "--config @ --bootstrap b:1"), OK);
    assert_string_equal(settings_text(settings, "redis.password_file"), file_path);
}

static void test_a_secret_is_not_repeated_in_an_error(void **state)
{
    (void)state;
    assert_refused(SETTINGS_CASEWORKER, "--bootstrap k:1 --redis redis://:geheim@", "no host");
    assert_null(strstr(error.text, "geheim"));
    write_file("");
    char line[256];
    assert_true(snprintf(line, sizeof line, "-X sasl.password_file=%s", file_path) > 0);
    assert_refused(SETTINGS_CASEWORKER, line, "must have the secret on its first line");
}

/* ---- Tools -------------------------------------------------------------------------------------
 */

static const struct settings_flag own_flags[] = {
    {"json", NULL, "As JSON."},
    {"since", "TIME", "From then on."},
    {NULL, NULL, NULL},
};

static void test_a_tool_has_flags_and_arguments_of_its_own(void **state)
{
    (void)state;
    size_t count = 0;
    assert_int_equal(
        load(SETTINGS_TOOL, own_flags, "case --json O1 --since=today -- --not-a-flag -"), OK);
    assert_string_equal(settings_flag(settings, "json"), "");
    assert_string_equal(settings_flag(settings, "since"), "today");
    char *const *rest = settings_rest(settings, &count);
    assert_int_equal(count, 4);
    assert_string_equal(rest[0], "case");
    assert_string_equal(rest[1], "O1");
    assert_string_equal(rest[2], "--not-a-flag");
    assert_string_equal(rest[3], "-");
    assert_int_equal(load(SETTINGS_TOOL, own_flags, ""), OK);
    assert_null(settings_flag(settings, "json"));
    assert_int_equal(load(SETTINGS_TOOL, own_flags, "--json=1"), FATAL);
    assert_string_equal(error.text, "--json takes no value");
    assert_int_equal(load(SETTINGS_TOOL, own_flags, "--sinse x"), FATAL);
    assert_non_null(strstr(error.text, "did you mean --since?"));
}

static void test_a_tool_needs_brokers_only_when_it_asks_for_them(void **state)
{
    (void)state;
    assert_int_equal(load(SETTINGS_TOOL, NULL, "policy check"), OK);
    assert_int_equal(settings_require(settings, "bootstrap.servers", &error), FATAL);
    assert_non_null(strstr(error.text, "--bootstrap"));
    assert_int_equal(load(SETTINGS_TOOL, NULL, "--bootstrap k:1 case"), OK);
    assert_int_equal(settings_require(settings, "bootstrap.servers", &error), OK);
}

/* ---- Actions and texts --------------------------------------------------------------------------
 */

static void test_help_and_version_win_over_everything(void **state)
{
    (void)state;
    setenv("SHORTFALL_RUBBISH", "x", 1);
    assert_int_equal(load(SETTINGS_CASEWORKER, NULL, "--rubbish --help"), OK);
    assert_int_equal(settings_action(settings), SETTINGS_HELP);
    assert_int_equal(load(SETTINGS_CASEWORKER, NULL, "-h"), OK);
    assert_int_equal(settings_action(settings), SETTINGS_HELP);
    assert_int_equal(load(SETTINGS_CASEWORKER, NULL, "--config /nowhere --version"), OK);
    assert_int_equal(settings_action(settings), SETTINGS_VERSION);
    clearenv();
    assert_int_equal(load(SETTINGS_TOOL, NULL, "-- --help"), OK);
    assert_int_equal(settings_action(settings), SETTINGS_RUN);
}

static void test_a_dry_run_checks_everything(void **state)
{
    (void)state;
    load_worker("validate --bootstrap k:1");
    assert_int_equal(settings_action(settings), SETTINGS_DRY_RUN);
    load_worker("--dry-run --bootstrap k:1");
    assert_int_equal(settings_action(settings), SETTINGS_DRY_RUN);
    assert_refused(SETTINGS_CASEWORKER, "validate --bootstrap k:1 --slot 0", "'0' is not");
}

static void test_what_is_printed_can_be_used_as_a_file(void **state)
{
    (void)state;
    setenv("SHORTFALL_SLOT", "12", 1);
    load_worker("--bootstrap k:1 -X linger.ms=9 --log.format json --schema.dir / --policy.dir /");
    char *first = printed(print_settings);
    assert_non_null(strstr(first, "# --bootstrap\nbootstrap.servers = k:1\n"));
    assert_non_null(strstr(first, "# SHORTFALL_SLOT\nslot = 12\n"));
    assert_non_null(strstr(first, "\n# defaults\ntopic.prefix =\n"));
    clearenv();
    write_file(first);
    load_worker("--config @");
    assert_int_equal(settings_number(settings, "slot"), 12);
    assert_string_equal(settings_text(settings, "log.format"), "json");
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    assert_int_equal(settings_kafka(settings, conf, &error), OK);
    assert_string_equal(kafka_value(conf, "linger.ms"), "9");
    rd_kafka_conf_destroy(conf);
    free(first);
}

static void print_help(FILE *out)
{
    settings_help(SETTINGS_SEQUENCER, own_flags, out);
}

static void test_help_lists_what_the_program_has(void **state)
{
    (void)state;
    char *text = printed(print_help);
    assert_non_null(strstr(text, "--slot"));
    assert_non_null(strstr(text, "--bootstrap.servers, --bootstrap"));
    assert_non_null(strstr(text, "--since TIME"));
    assert_non_null(strstr(text, "(1 to 999; default: 1)"));
    assert_null(strstr(text, "redis"));
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        assert_true(strlen(line) <= 100);
    }
    free(text);
}

/* Set SHORTFALL_WRITE_DOCS=1 to write the page anew. */
static void test_the_page_of_settings_is_the_table(void **state)
{
    (void)state;
    char *text = printed(settings_markdown);
    expect_page(SHORTFALL_SOURCE_DIR "/docs/CONFIG.md", text, *state);
    free(text);
}

int main(void)
{
    static char write_docs[] = "yes";
    void *docs = getenv("SHORTFALL_WRITE_DOCS") ? write_docs : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_defaults_hold_where_nothing_is_given, clean),
        cmocka_unit_test_teardown(
            test_a_flag_beats_environment_beats_file_beats_instance_beats_default, clean),
        cmocka_unit_test_teardown(test_flags_have_two_forms_and_short_names, clean),
        cmocka_unit_test_teardown(test_a_file_has_comments_blanks_and_values_with_anything, clean),
        cmocka_unit_test_teardown(test_the_file_may_be_named_by_the_environment, clean),
        cmocka_unit_test_teardown(test_what_scripts_and_kubernetes_set_is_no_error, clean),
        cmocka_unit_test_teardown(test_a_setting_of_another_program_is_ignored_but_for_a_flag,
                                  clean),
        cmocka_unit_test_teardown(test_a_wrong_flag_says_what_and_what_to_do, clean),
        cmocka_unit_test_teardown(test_a_wrong_line_says_where, clean),
        cmocka_unit_test_teardown(test_a_file_is_bounded, clean),
        cmocka_unit_test_teardown(test_a_wrong_variable_names_the_nearest, clean),
        cmocka_unit_test_teardown(test_properties_of_librdkafka_pass_through, clean),
        cmocka_unit_test_teardown(test_scram_is_warned_of_where_librdkafka_is_too_old_for_it,
                                  clean),
        cmocka_unit_test_teardown(test_a_secret_comes_by_a_file_and_is_masked, clean),
        cmocka_unit_test_teardown(test_a_path_in_a_file_may_begin_where_systemd_puts_secrets,
                                  clean),
        cmocka_unit_test_teardown(test_a_secret_is_not_repeated_in_an_error, clean),
        cmocka_unit_test_teardown(test_a_tool_has_flags_and_arguments_of_its_own, clean),
        cmocka_unit_test_teardown(test_a_tool_needs_brokers_only_when_it_asks_for_them, clean),
        cmocka_unit_test_teardown(test_help_and_version_win_over_everything, clean),
        cmocka_unit_test_teardown(test_a_dry_run_checks_everything, clean),
        cmocka_unit_test_teardown(test_what_is_printed_can_be_used_as_a_file, clean),
        cmocka_unit_test_teardown(test_help_lists_what_the_program_has, clean),
        cmocka_unit_test_prestate_setup_teardown(test_the_page_of_settings_is_the_table, NULL, NULL,
                                                 docs),
    };
    return cmocka_run_group_tests(tests, set_up_folder, remove_folder);
}

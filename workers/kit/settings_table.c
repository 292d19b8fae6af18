#include "kit/settings_table.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/contract.h"
#include "core/must.h"

#define WORKERS (SETTINGS_SEQUENCER | SETTINGS_ALLOCATOR | SETTINGS_CASEWORKER)
#define ALL (WORKERS | SETTINGS_TOOL)
#define CASES (SETTINGS_CASEWORKER | SETTINGS_TOOL)

const struct setting_info setting_table[] = {
    {.name = "bootstrap.servers",
     .scope = ALL,
     .type = SETTING_TEXT,
     .default_value = "",
     .alias = "bootstrap",
     .instance = "SHORTFALL_BOOTSTRAP",
     .help = "Kafka brokers to begin with, HOST:PORT, several with commas between. "
             "A worker needs it."},
    {.name = "topic.prefix",
     .scope = ALL,
     .type = SETTING_PREFIX,
     .default_value = "",
     .help = "Stands before the name of every topic, consumer group and transactional id, so that "
             "several Shortfalls can share a Kafka."},
    {.name = "slot",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "1",
     .min = 1,
     .max = 999,
     .help = "Which of the workers of its kind this one is. Two with the same slot fence each "
             "other; the same slot after a restart takes its predecessor's place at once."},
    {.name = "clock",
     .scope = ALL,
     .type = SETTING_CHOICE,
     .default_value = "wall",
     .choices = {"wall", "record"},
     .instance = "SHORTFALL_CLOCK",
     .help = "Whose time it is: ours, or that of the records, to play old orders and tests. All "
             "workers must have the same."},
    {.name = "schema.dir",
     .scope = ALL,
     .type = SETTING_FILE,
     .default_value = "schemas",
     .installed = "share/shortfall/schemas",
     .alias = "schemas",
     .instance = "SHORTFALL_SCHEMAS",
     .help = "Folder of the Avro schemas."},
    {.name = "policy.dir",
     .scope = CASES,
     .type = SETTING_FILE,
     .default_value = "deploy/policies",
     .installed = "etc/shortfall/policies",
     .alias = "policies",
     .instance = "SHORTFALL_POLICIES",
     .help = "Folder of the policies; every *.ini below it is read."},
    {.name = "policy.default",
     .scope = CASES,
     .type = SETTING_TEXT,
     .default_value = "default",
     .help = "Name of the policy for marketplaces that have none of their own."},
    {.name = "words.dir",
     .scope = CASES,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "Folder of the words of the messages, with a folder for each locale. Where it is "
             "empty: `words` in policy.dir, and without that the words compiled in."},
    {.name = "write.version",
     .scope = ALL,
     .type = SETTING_TEXT,
     .default_value = "",
     .help = "Versions of the schemas to write, `order-paid=1,shortage=1`; the newest where it "
             "says nothing. For an upgrade while old readers still run."},
    {.name = "write.framing",
     .scope = ALL,
     .type = SETTING_CHOICE,
     .default_value = "single-object",
     .choices = {"single-object", "confluent"},
     .help = "What stands before each record that others read: the schema's fingerprint, or its id "
             "in the registry, where it must have been registered. Both are always read."},
    {.name = "schema.registry.url",
     .scope = ALL,
     .type = SETTING_TEXT,
     .default_value = "",
     .help = "Where the schemas of records with an id come from, Confluent's API: "
             "`https://registry:8081`. Where it is empty, such records are dead letters."},
    {.name = "schema.registry.username",
     .scope = ALL,
     .type = SETTING_TEXT,
     .default_value = "",
     .help = "Name for HTTP basic authentication at the registry."},
    {.name = "schema.registry.password_file",
     .scope = ALL,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "File with the password for it, on its first line; read again at each request."},
    {.name = "schema.registry.ca.file",
     .scope = ALL,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "Certificates (PEM) that the registry's must go back to; the system's where it is "
             "empty."},
    {.name = "schema.registry.certificate.file",
     .scope = ALL,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "Our certificate (PEM) for the registry, if it wants one."},
    {.name = "schema.registry.key.file",
     .scope = ALL,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "The key (PEM) of our certificate."},
    {.name = "schema.registry.timeout.ms",
     .scope = ALL,
     .type = SETTING_NUMBER,
     .default_value = "3000",
     .min = 100,
     .max = 60000,
     .help = "The longest that one request to the registry may take. Workers do not wait for it: "
             "the partition whose record needs a schema does."},
    {.name = "redis.url",
     .scope = CASES,
     .type = SETTING_REDIS,
     .secret = true,
     .default_value = "redis://127.0.0.1:6379",
     .alias = "redis",
     .instance = "SHORTFALL_REDIS",
     .help = "Redis that shows the cases: `redis://HOST:PORT/DATABASE`, `rediss://` for TLS (where "
             "hiredis has it), or `unix:///SOCKET`. Without it, or where it is empty, work goes "
             "on; restarts take longer and look-ups "
             "find nothing."},
    {.name = "redis.password_file",
     .scope = CASES,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "File with the password of Redis, on its first line."},
    {.name = "redis.ca.file",
     .scope = CASES,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "With `rediss://`: certificates (PEM) that the one of Redis must go back to; the "
             "system's where it is empty. It must also be for the host of `redis.url`."},
    {.name = "redis.certificate.file",
     .scope = CASES,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "Our certificate (PEM) for Redis, if it wants one."},
    {.name = "redis.key.file",
     .scope = CASES,
     .type = SETTING_FILE,
     .default_value = "",
     .help = "The key (PEM) of our certificate for Redis."},
    {.name = "redis.prefix",
     .scope = CASES,
     .type = SETTING_TEXT,
     .default_value = "shortfall:",
     .help = "Stands before every key in Redis."},
    {.name = "redis.timeout.ms",
     .scope = CASES,
     .type = SETTING_NUMBER,
     .default_value = "200",
     .min = 10,
     .max = 10000,
     .help = "The longest that one command to Redis may take, the connection included."},
    {.name = "http.listen",
     .scope = WORKERS,
     .type = SETTING_ADDRESS,
     .default_value = "127.0.0.1:0",
     .help = "Where /livez, /readyz and /metrics answer. Port 0 is any free one, told in the log; "
             "`off` is none. There is no authentication: beyond this machine only in a network "
             "that is trusted."},
    {.name = "log.format",
     .scope = ALL,
     .type = SETTING_CHOICE,
     .default_value = "logfmt",
     .choices = {"logfmt", "json"},
     .help = "Form of the log lines on standard error."},
    {.name = "log.level",
     .scope = ALL,
     .type = SETTING_CHOICE,
     .default_value = "info",
     .choices = {"error", "warn", "info", "debug"},
     .help = "The least important events that are logged."},
    {.name = "batch.messages",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "10000",
     .min = 1,
     .max = 100000,
     .help = "The most messages that one round takes up, and one commit then covers: more is "
             "faster where there is a lag, and costs memory."},
    {.name = "batch.linger.ms",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "5",
     .min = 0,
     .max = 1000,
     .help = "How long a round waits for more messages after its first one: what comes together is "
             "written together, which spares the broker; each worker on the way adds it to the "
             "delay."},
    {.name = "order.lines.max",
     .scope = SETTINGS_SEQUENCER,
     .type = SETTING_NUMBER,
     .default_value = "2000",
     .min = 1,
     .max = LINES_PER_ORDER_MAX,
     .help = "The most lines of an order; one with more is a dead letter."},
    {.name = "timers.step.max",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "100",
     .min = 1,
     .max = 100000,
     .help = "The most deadlines that one step lets fire, so that input is never held up by many."},
    {.name = "checkpoint.interval.ms",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "5000",
     .min = 100,
     .max = 600000,
     .help = "How often the position and changed state of a busy worker are committed: the most "
             "that a restart reads again."},
    {.name = "idle.commit.ms",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "100",
     .min = 1,
     .max = 60000,
     .help = "After so long without input everything is committed, so that tools see a lag of "
             "zero."},
    {.name = "memory.limit.mb",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "2048",
     .min = 64,
     .max = 1048576,
     .help = "The most memory for the state of its partitions, in MiB; a worker that would need "
             "more stops and says so."},
    {.name = "drain.timeout.ms",
     .scope = WORKERS,
     .type = SETTING_NUMBER,
     .default_value = "10000",
     .min = 100,
     .max = 600000,
     .help = "How long a worker may take to finish its work after SIGTERM."},
    {.name = "transaction.timeout.ms",
     .scope = ALL,
     .type = SETTING_NUMBER,
     .default_value = "10000",
     .min = 1000,
     .max = 900000,
     .help = "When Kafka gives up the transaction of a dead worker; until then it holds readers "
             "back."},
};

const size_t setting_count = sizeof setting_table / sizeof *setting_table;

static const struct {
    enum settings_scope scope;
    const char *name;
} programs[] = {
    {SETTINGS_SEQUENCER, "sequencer"},
    {SETTINGS_ALLOCATOR, "allocator"},
    {SETTINGS_CASEWORKER, "caseworker"},
    {SETTINGS_TOOL, "tools"},
};

enum { PROGRAM_COUNT = sizeof programs / sizeof *programs };

size_t setting_index(struct text name)
{
    size_t index = 0;
    while (index < setting_count && !text_equal(text_of(setting_table[index].name), name)) {
        index++;
    }
    return index;
}

const char *setting_variable(const struct setting_info *info,
                             char ret_variable[SETTING_VARIABLE_SIZE])
{
    int size = snprintf(ret_variable, SETTING_VARIABLE_SIZE, "SHORTFALL_%s", info->name);
    must(size > 0 && size < SETTING_VARIABLE_SIZE);
    for (char *at = ret_variable; *at; at++) {
        *at = (char)(*at == '.' ? '_' : toupper((unsigned char)*at));
    }
    return ret_variable;
}

/* Appends to words of SETTING_WORDS_SIZE; all that is appended is in the tables above. */
static void append(char *words, const char *more)
{
    size_t used = strlen(words);
    int size = snprintf(words + used, SETTING_WORDS_SIZE - used, "%s", more);
    must(size >= 0 && (size_t)size < SETTING_WORDS_SIZE - used);
}

static void append_choices(char *words, const char *const *choices)
{
    for (size_t i = 0; choices[i]; i++) {
        append(words, i == 0 ? "" : choices[i + 1] ? ", " : " or ");
        append(words, choices[i]);
    }
}

const char *setting_values(const struct setting_info *info, char ret_words[SETTING_WORDS_SIZE])
{
    char numbers[64];
    ret_words[0] = '\0';
    switch (info->type) {
    case SETTING_TEXT:
        append(ret_words, "text");
        break;
    case SETTING_NUMBER:
        must(snprintf(numbers, sizeof numbers, "%" PRId64 " to %" PRId64, info->min, info->max) <
             (int)sizeof numbers);
        append(ret_words, numbers);
        break;
    case SETTING_CHOICE:
        append_choices(ret_words, info->choices);
        break;
    case SETTING_FILE:
        append(ret_words, info->installed ? "a folder" : "a file");
        break;
    case SETTING_ADDRESS:
        append(ret_words, "HOST:PORT or off");
        break;
    case SETTING_REDIS:
        append(ret_words, "redis://HOST:PORT/DATABASE, rediss:// or unix:///SOCKET");
        break;
    case SETTING_PREFIX:
        append(ret_words, "at most 100 letters, digits, dots, dashes and underscores");
        break;
    }
    return ret_words;
}

const char *setting_programs(unsigned scope, char ret_words[SETTING_WORDS_SIZE])
{
    ret_words[0] = '\0';
    for (size_t i = 0; i < PROGRAM_COUNT; i++) {
        if (scope & programs[i].scope) {
            append(ret_words, *ret_words ? ", " : "");
            append(ret_words, programs[i].name);
        }
    }
    return ret_words;
}

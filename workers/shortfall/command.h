/* The commands of `shortfall`, one table (main.c), one file a command.
 *
 * A command is found by the words it begins with, "topics create"; its flags, its usage line and
 * its help come from its entry. It gets its call: the settings, and on demand a reader and a
 * codec. It writes what was asked for to standard output and everything else to standard error, and
 * returns the exit status of the process. */
#ifndef SHORTFALL_SHORTFALL_COMMAND_H
#define SHORTFALL_SHORTFALL_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "kit/codec.h"
#include "kit/error.h"
#include "kit/message.h"
#include "kit/reader.h"
#include "kit/settings.h"

enum exit_status {
    EXIT_DONE = 0,
    EXIT_NOT_SO = 1,       /* looked, and it is not as it should be, or not there */
    EXIT_MISUSE = 64,      /* EX_USAGE: called wrongly */
    EXIT_UNAVAILABLE = 69, /* EX_UNAVAILABLE: Kafka does not answer; again later */
    EXIT_BROKEN = 70,      /* EX_SOFTWARE: what was read cannot be, or the machine is at its end */
    /* SETTINGS_EXIT = 78: a bad configuration */
};

struct call;

struct command {
    const char *name;      /* "topics create" */
    const char *arguments; /* as the usage shows them, "ORDER"; "" for none */
    size_t argument_count; /* exactly so many */
    const char *summary;   /* one line, for the list */
    const struct settings_flag *flags;
    bool offline; /* it asks nothing of Kafka */
    int (*run)(struct call *call);
};

extern const struct command command_topics_create;
extern const struct command command_topics_check;
extern const struct command command_topics_acl;
extern const struct command command_topics_rekey;
extern const struct command command_topics_forward;
extern const struct command command_tail;
extern const struct command command_case;
extern const struct command command_cases;
extern const struct command command_dlq_list;
extern const struct command command_dlq_show;
extern const struct command command_dlq_replay;
extern const struct command command_todo;
extern const struct command command_summary;
extern const struct command command_report_money;
extern const struct command command_report_oversell;
extern const struct command command_rules_show;
extern const struct command command_rules_use;
extern const struct command command_policy_check;
extern const struct command command_policy_show;
extern const struct command command_policy_diff;
extern const struct command command_policy_dry_run;
extern const struct command command_schema_check;
extern const struct command command_schema_list;
extern const struct command command_schema_decode;
extern const struct command command_schema_register;

struct call {
    const struct command *command;
    struct settings *settings; /* owned */
    struct reader *reader;     /* owned; NULL before call_open */
    struct codec *codec;       /* owned; likewise */
    struct arena *arena;       /* owned; likewise. For one record: the caller resets it */
};

/* Opens reader (read_committed), codec and arena. */
enum status call_open(struct call *call, struct error *error) must_check;
/* The codec and the arena alone, for a command that asks nothing of Kafka. */
enum status call_open_schemas(struct call *call, struct error *error) must_check;
void call_done(struct call *call);

/* The n-th argument that is no option and not the command's own words. */
const char *call_argument(const struct call *call, size_t n);

/* Writes what went wrong to standard error, and gives the exit status for it. */
int call_failed(const struct call *call, enum status status, const struct error *error);
/* The command was called wrongly: says how, and gives EXIT_MISUSE. */
int call_misused(const struct call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for a word that is none of `names`: with the nearest of them. */
int call_misused_name(const struct call *call, const char *what, const char *name,
                      const char *const *names, size_t count);

/* A flag's value, "" where it takes none; NULL where it was not given or the command has no such
 * flag. */
const char *call_flag(const struct call *call, const char *name);

/* A whole number as the value of a flag; `value` NULL leaves *number as it is. False: it is none,
 * or not between min and max, and that has been said. */
bool call_number(const struct call *call, const char *flag, int64_t min, int64_t max,
                 int64_t *number);

/* A topic by its name, the prefix of the settings left out or not. TOPIC_NONE: there is none, and
 * that has been said with the nearest name. */
enum topic call_topic(const struct call *call, const char *name);

/* Decodes into memory of the call's arena. */
enum status call_decode(struct call *call, const struct record_type *type, struct text bytes,
                        const void **ret_record, struct error *error) must_check;

/* What time it is for ages: ours, or with clock = record the latest that the records told. */
int64_t call_now_ms(const struct call *call, int64_t latest_ms);

/* ---- for main.c ---- */

/* The command that the words begin with; how many words that are. NULL: there is none. */
const struct command *command_find(const struct command *const *commands, int word_count,
                                   char *const *words, int *ret_taken);

/* Settings, help, arguments, run: the whole life of a command. `argv` begins with its last word. */
int command_run(const struct command *command, int argc, char **argv);

void command_help(const struct command *command, FILE *out);

#endif

/* Configuration: one table of settings, from which parser, ranges, help and docs/CONFIG.md follow.
 *
 * A setting comes from the first of these that names it:
 *   1. a flag             --redis.url redis://cache:6379, --redis.url=…, or a short one:
 * --bootstrap
 *   2. the environment    SHORTFALL_REDIS_URL=…
 *   3. a file             --config FILE with lines `redis.url = …`; `#` starts a comment line
 *   4. a local instance   SHORTFALL_BOOTSTRAP and its like, which deploy/local writes into its
 * `env`
 *   5. the default
 * Whatever the table doesn't know but librdkafka does is passed on to librdkafka: in the file, or
 * by
 * `-X property=value`. An unknown name is an error that names the nearest known one; a setting of
 * another program is ignored in a file or the environment, since programs may share these, and is
 * an error as a flag. All is checked when it is loaded, so that a program that starts has a
 * configuration that is right. Every error says what, where, and what to do; callers exit with
 * SETTINGS_EXIT.
 *
 * Nothing changes after settings_load; texts live as long as the settings. Any thread may read. */
#ifndef SHORTFALL_KIT_SETTINGS_H
#define SHORTFALL_KIT_SETTINGS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "kit/error.h"

enum { SETTINGS_EXIT = 78 /* EX_CONFIG of sysexits.h: a restart will not help */ };

/* The programs, as bits: the table says for each setting which of them have it. */
enum settings_scope {
    SETTINGS_SEQUENCER = 1,
    SETTINGS_ALLOCATOR = 2,
    SETTINGS_CASEWORKER = 4,
    SETTINGS_TOOL = 8, /* the operator's command and the producers */
};

/* What the command line asks for. --help and --version win over everything else on the line. */
enum settings_action {
    SETTINGS_RUN,
    SETTINGS_DRY_RUN, /* --dry-run, or of a worker the word `validate`: check, print, exit 0 */
    SETTINGS_HELP,
    SETTINGS_VERSION,
};

struct settings;

/* A flag of one tool alone, which has no place in a file or the environment. */
struct settings_flag {
    const char *name;  /* without dashes: "json" */
    const char *value; /* what the help calls its value, "FILE"; NULL: it takes none */
    const char *help;
};

/* argv[0] is skipped. FATAL with what, where and what to do. *ret_settings is owned by the caller;
 * it keeps pointers into argv. A worker needs bootstrap.servers; a tool may do without. */
enum status settings_load(enum settings_scope scope, int argc, char **argv,
                          struct settings **ret_settings, struct error *error) must_check;

/* The same with flags of the program's own; `flags` ends with a name of NULL and is borrowed. */
enum status settings_load_with(enum settings_scope scope, const struct settings_flag *flags,
                               int argc, char **argv, struct settings **ret_settings,
                               struct error *error) must_check;
void settings_free(struct settings *settings); /* accepts NULL */

/* The same settings but for one text, as if a flag had given it; FATAL where its value is wrong.
 * For a tool that looks at two instances. The copy borrows from `settings`, which must outlive it.
 */
enum status settings_copy_with(const struct settings *settings, const char *name, const char *value,
                               struct settings **ret_settings, struct error *error) must_check;

enum settings_action settings_action(const struct settings *settings);

/* The value; never NULL, "" where there is none. A name that is not in the table, not of this
 * program or of the other type is a bug (must). A choice is a text. */
const char *settings_text(const struct settings *settings, const char *name);
int64_t settings_number(const struct settings *settings, const char *name);

/* FATAL if the setting is empty, in words that say how to give it. */
enum status settings_require(const struct settings *settings, const char *name,
                             struct error *error) must_check;

/* A flag of the program's own: its value, "" where it takes none, NULL where it was not given. */
const char *settings_flag(const struct settings *settings, const char *name);

/* The arguments that are no options, in order; all after `--` count as such. */
char *const *settings_rest(const struct settings *settings, size_t *ret_count);

/* Sets bootstrap.servers and all that is passed on to librdkafka. Call it first: what a program
 * must have otherwise (isolation.level, group.id …) is refused at the load, and set after it.
 * transaction.timeout.ms is a setting of ours: set it on the producer. */
enum status settings_kafka(const struct settings *settings, rd_kafka_conf_t *conf,
                           struct error *error) must_check;

/* What is right by itself and yet will hardly do with the librdkafka at hand, in words for people;
 * NULL: nothing. */
const char *settings_kafka_warning(const struct settings *settings);

/* `name = value` lines with where each came from, secrets masked; it can be used as a file. */
void settings_print(const struct settings *settings, FILE *out);
/* What --help prints of the settings of a program. */
void settings_help(enum settings_scope scope, const struct settings_flag *flags, FILE *out);
/* docs/CONFIG.md. */
void settings_markdown(FILE *out);

#endif

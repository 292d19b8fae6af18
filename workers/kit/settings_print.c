#include <string.h>

#include "core/must.h"
#include "kit/redis_url.h"
#include "kit/settings_store.h"

enum { HELP_COLUMN = 28, HELP_WIDTH = 96, URL_SIZE = 1024 };

static const char mask[] = "********";

static const char intro[] =
    "# Settings\n"
    "\n"
    "Every program takes its settings from the same table. The first of these that names a "
    "setting\n"
    "gives its value:\n"
    "\n"
    "1. a flag: `--redis.url redis://cache:6379`, `--redis.url=…`, for some a short one: "
    "`--bootstrap`\n"
    "2. the environment: `SHORTFALL_REDIS_URL=…`; an empty variable is as good as none\n"
    "3. a file, `--config FILE` or `SHORTFALL_CONFIG`: lines `name = value`; a line that begins "
    "with `#`\n"
    "   is a comment\n"
    "4. the `env` of a local instance, which `deploy/local/up` writes\n"
    "5. the default\n"
    "\n"
    "A wrong name or value is an error that says what is wrong, where, and what to do; the "
    "program\n"
    "ends with 78, and a restart will not help. `--dry-run` (of a worker also the word "
    "`validate`)\n"
    "checks all and prints what holds and where it comes from, secrets masked. A setting of "
    "another\n"
    "program is ignored in a file and in the environment, so that all can share them.\n"
    "\n"
    "## Kafka\n"
    "\n"
    "Every [property of librdkafka](https://github.com/confluentinc/librdkafka/blob/v2.0.2/"
    "CONFIGURATION.md)\n"
    "passes through, as a line of the file or by `-X property=value`: `security.protocol`,\n"
    "`session.timeout.ms`, `compression.type` … Secrets can come by a file:\n"
    "`sasl.password_file = /run/secrets/kafka`. Those on which exactly-once or the naming of "
    "clients\n"
    "depends are refused, and the error says why.\n"
    "\n"
    "In a file a value may begin with `${CREDENTIALS_DIRECTORY}`, where systemd puts the secrets "
    "of "
    "a unit.\n"
    "\n"
    "## All settings\n";

/* ---- What holds ------------------------------------------------------------------------------ */

static void print_line(FILE *out, const char *where, const char *name, const char *value,
                       bool with_where)
{
    if (with_where) {
        (void)fprintf(out, "# %s\n", where);
    }
    (void)fprintf(out, "%s =%s%s\n", name, *value ? " " : "", value);
}

static const char *shown(const struct setting_info *info, const char *text, char ret_url[URL_SIZE])
{
    struct redis_url url;
    struct error error;
    if (info->type != SETTING_REDIS || !*text) {
        return info->secret && *text ? mask : text;
    }
    must(redis_url_parse(text, &url, &error) == OK);
    if (!url.password[0]) {
        return text;
    }
    redis_url_print(&url, ret_url, URL_SIZE);
    return ret_url;
}

static void print_values(const struct settings *settings, FILE *out, bool defaults)
{
    char url[URL_SIZE];
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_value *value = &settings->values[i];
        bool is_default = value->source == SOURCE_DEFAULT;
        if (value->text && is_default == defaults) {
            print_line(out, value->where, setting_table[i].name,
                       shown(&setting_table[i], value->text, url), !defaults);
        }
    }
}

void settings_print(const struct settings *settings, FILE *out)
{
    print_values(settings, out, false);
    for (size_t i = 0; i < settings->property_count; i++) {
        const struct kafka_property *property = &settings->properties[i];
        print_line(out, property->where, property->name, property->secret ? mask : property->value,
                   true);
    }
    (void)fputs("# defaults\n", out);
    print_values(settings, out, true);
}

/* ---- Help ------------------------------------------------------------------------------------ */

/* Words in lines from HELP_COLUMN to HELP_WIDTH; `column` is where the first line stands. */
static void print_wrapped(FILE *out, int column, const char *words)
{
    if (column >= HELP_COLUMN - 1) {
        (void)fputc('\n', out);
        column = 0;
    }
    while (*words) {
        int size = (int)strcspn(words, " ");
        if (column + 1 + size > HELP_WIDTH) {
            (void)fputc('\n', out);
            column = 0;
        }
        int gap = column < HELP_COLUMN ? HELP_COLUMN - column : 1;
        (void)fprintf(out, "%*s%.*s", gap, "", size, words);
        column += gap + size;
        words += size;
        words += *words == ' ';
    }
    (void)fputc('\n', out);
}

static void help_line(FILE *out, const char *name, const char *value, const char *help)
{
    int column = fprintf(out, "  --%s%s%s", name, value ? " " : "", value ? value : "");
    print_wrapped(out, column, help);
}

static void help_setting(FILE *out, const struct setting_info *info)
{
    char values[SETTING_WORDS_SIZE];
    int column = fprintf(out, "  --%s", info->name);
    if (info->alias) {
        column += fprintf(out, ", --%s", info->alias);
    }
    print_wrapped(out, column, info->help);
    (void)fprintf(out, "%*s(%s", HELP_COLUMN, "", setting_values(info, values));
    if (*info->default_value) {
        (void)fprintf(out, "; default: %s", info->default_value);
    }
    (void)fputs(")\n", out);
}

void settings_help(enum settings_scope scope, const struct settings_flag *flags, FILE *out)
{
    for (const struct settings_flag *flag = flags; flag && flag->name; flag++) {
        help_line(out, flag->name, flag->value, flag->help);
    }
    help_line(out, "config", "FILE", "Lines `name = value` of the settings below.");
    help_line(out, "dry-run", NULL, "Check everything, print what holds, and end.");
    help_line(out, "help", NULL, "This.");
    help_line(out, "version", NULL, "The version.");
    int column = fprintf(out, "  -X PROPERTY=VALUE");
    print_wrapped(out, column, "A property of librdkafka.");
    (void)fputs("\nSettings, also as SHORTFALL_NAME in the environment (dots are underscores):\n",
                out);
    for (size_t i = 0; i < setting_count; i++) {
        if (setting_table[i].scope & scope) {
            help_setting(out, &setting_table[i]);
        }
    }
}

/* ---- docs/CONFIG.md -------------------------------------------------------------------------- */

void settings_markdown(FILE *out)
{
    (void)fputs(intro, out);
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting_info *info = &setting_table[i];
        char words[SETTING_WORDS_SIZE];
        char variable[SETTING_VARIABLE_SIZE];
        (void)fprintf(out, "\n### %s\n\n%s\n\n", info->name, info->help);
        (void)fprintf(out, "- values: %s\n", setting_values(info, words));
        if (*info->default_value) {
            (void)fprintf(out, "- default: `%s`", info->default_value);
            if (info->installed) {
                (void)fprintf(out, ", once installed `PREFIX/%s`", info->installed);
            }
            (void)fputc('\n', out);
        }
        if (info->alias) {
            (void)fprintf(out, "- short flag: `--%s`\n", info->alias);
        }
        (void)setting_variable(info, variable);
        bool weak = info->instance && strcmp(info->instance, variable) == 0;
        (void)fprintf(out, "- variable: `%s`%s\n", variable,
                      weak ? ", weaker than a file, since a local instance sets it" : "");
        (void)fprintf(out, "- programs: %s\n", setting_programs(info->scope, words));
    }
}

#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/nearest.h"
#include "kit/settings_kafka.h"
#include "kit/settings_read.h"

enum { NAMES_MAX = 256 };

/* The command line while it is read, word by word. */
struct command_line {
    struct settings *settings;
    int argc;
    char **argv;
    int at; /* the next word */
    const char *file;
    bool options_ended; /* by `--` */
};

/* `--name=value` in its parts. */
struct option {
    struct text name;
    const char *value; /* NULL: the next word, if it takes one */
    char shown[64];    /* "--name", for errors */
};

static const char *const common_flags[] = {"config", "dry-run", "help", "version"};

enum { COMMON_COUNT = sizeof common_flags / sizeof *common_flags };

static struct option option_of(const char *word)
{
    const char *equals = strchr(word, '=');
    struct option option = {.name = text_of(word + 2), .value = NULL};
    if (equals) {
        option.name.size = (uint32_t)(equals - word - 2);
        option.value = equals + 1;
    }
    int size = snprintf(option.shown, sizeof option.shown, "--%.*s", (int)option.name.size,
                        option.name.data);
    must(size >= 0); /* one that does not fit is cut */
    return option;
}

static enum status take_value(struct command_line *line, struct option *option, struct error *error)
{
    if (!option->value && line->at == line->argc) {
        return error_set(error, FATAL, "%s needs a value behind it", option->shown);
    }
    if (!option->value) {
        option->value = line->argv[line->at++];
    }
    return OK;
}

static enum status refuse_value(const struct option *option, struct error *error)
{
    return option->value ? error_set(error, FATAL, "%s takes no value", option->shown) : OK;
}

/* ---- The flags that every program has ------------------------------------------------------ */

static enum status take_common(struct command_line *line, struct option *option, bool *ret_taken,
                               struct error *error)
{
    *ret_taken = true;
    if (text_equal(option->name, TEXT("config"))) {
        enum status status = take_value(line, option, error);
        line->file = status == OK ? option->value : NULL;
        return status;
    }
    if (text_equal(option->name, TEXT("dry-run"))) {
        line->settings->action = SETTINGS_DRY_RUN;
        return refuse_value(option, error);
    }
    *ret_taken = false;
    return OK;
}

static const struct settings_flag *own_flag(const struct settings *settings, struct text name)
{
    const struct settings_flag *flag = settings->flags;
    while (flag && flag->name && !text_equal(text_of(flag->name), name)) {
        flag++;
    }
    return flag && flag->name ? flag : NULL;
}

static enum status take_own(struct command_line *line, const struct settings_flag *flag,
                            struct option *option, struct error *error)
{
    enum status status =
        flag->value ? take_value(line, option, error) : refuse_value(option, error);
    if (status == OK) {
        line->settings->flag_values[flag - line->settings->flags] =
            flag->value ? option->value : "";
    }
    return status;
}

/* ---- Settings by flag ---------------------------------------------------------------------- */

static size_t index_of(struct text name)
{
    size_t index = 0;
    while (index < setting_count) {
        const struct setting_info *info = &setting_table[index];
        if (text_equal(text_of(info->name), name) ||
            (info->alias && text_equal(text_of(info->alias), name))) {
            break;
        }
        index++;
    }
    return index;
}

static enum status refuse_unknown(struct settings *settings, const struct option *option,
                                  struct error *error)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    if (settings_kafka_name(settings, option->name) != KAFKA_NAME_UNKNOWN) {
        return error_set(error, FATAL, "%s is librdkafka's: give it as -X %.*s=VALUE",
                         option->shown, (int)option->name.size, option->name.data);
    }
    for (const struct settings_flag *flag = settings->flags; flag && flag->name; flag++) {
        names[count++] = flag->name;
    }
    for (size_t i = 0; i < COMMON_COUNT; i++) {
        names[count++] = common_flags[i];
    }
    for (size_t i = 0; i < setting_count; i++) {
        if (setting_table[i].scope & settings->scope) {
            names[count++] = setting_table[i].name;
        }
        if ((setting_table[i].scope & settings->scope) && setting_table[i].alias) {
            names[count++] = setting_table[i].alias;
        }
    }
    const char *nearest = nearest_name(option->name, names, count);
    return nearest
               ? error_set(error, FATAL, "there is no flag %s; did you mean --%s?", option->shown,
                           nearest)
               : error_set(error, FATAL, "there is no flag %s; --help lists them", option->shown);
}

static enum status take_setting(struct command_line *line, struct option *option,
                                struct error *error)
{
    char words[SETTING_WORDS_SIZE];
    size_t index = index_of(option->name);
    if (index == setting_count) {
        return refuse_unknown(line->settings, option, error);
    }
    if (!(setting_table[index].scope & line->settings->scope)) {
        return error_set(error, FATAL, "%s is not for this program, but for: %s", option->shown,
                         setting_programs(setting_table[index].scope, words));
    }
    enum status status = take_value(line, option, error);
    if (status != OK) {
        return status;
    }
    return settings_put(line->settings, index, SOURCE_FLAG, option->shown, text_of(option->value),
                        error);
}

/* -X property=value, also without the space. */
static enum status take_property(struct command_line *line, const char *word, struct error *error)
{
    if (*word == '\0' && line->at < line->argc) {
        word = line->argv[line->at++];
    }
    const char *equals = strchr(word, '=');
    if (!equals || equals == word) {
        return error_set(error, FATAL, "-X needs property=value behind it");
    }
    struct text name = {word, (uint32_t)(equals - word)};
    return settings_put_named(line->settings, name, SOURCE_FLAG, "-X", text_of(equals + 1), error);
}

/* ---- Words --------------------------------------------------------------------------------- */

static enum status take_option(struct command_line *line, const char *word, struct error *error)
{
    struct option option = option_of(word);
    const struct settings_flag *flag = own_flag(line->settings, option.name);
    bool taken = false;
    if (flag) {
        return take_own(line, flag, &option, error);
    }
    enum status status = take_common(line, &option, &taken, error);
    return taken ? status : take_setting(line, &option, error);
}

static enum status take_argument(struct command_line *line, char *word, struct error *error)
{
    struct settings *settings = line->settings;
    if (settings->scope == SETTINGS_TOOL) {
        settings->rest[settings->rest_count++] = word;
        return OK;
    }
    if (strcmp(word, "validate") == 0) {
        settings->action = SETTINGS_DRY_RUN;
        return OK;
    }
    return error_set(error, FATAL, "unexpected '%s': a worker takes flags, and the word validate",
                     word);
}

static enum status take_word(struct command_line *line, struct error *error)
{
    char *word = line->argv[line->at++];
    if (line->options_ended || word[0] != '-' || word[1] == '\0') {
        return take_argument(line, word, error);
    }
    if (strcmp(word, "--") == 0) {
        line->options_ended = true;
        return OK;
    }
    if (word[1] == 'X') {
        return take_property(line, word + 2, error);
    }
    if (word[1] == '-') {
        return take_option(line, word, error);
    }
    return error_set(error, FATAL, "there is no flag %s; --help lists them", word);
}

/* Whoever asks for help gets it, whatever else is wrong with the line. */
static enum settings_action action_asked(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return SETTINGS_HELP;
        }
        if (strcmp(argv[i], "--version") == 0) {
            return SETTINGS_VERSION;
        }
    }
    return SETTINGS_RUN;
}

static void check_own_flags(const struct settings *settings)
{
    size_t count = 0;
    for (const struct settings_flag *flag = settings->flags; flag && flag->name; flag++) {
        must(++count <= SETTINGS_FLAGS_MAX && index_of(text_of(flag->name)) == setting_count);
    }
}

enum status settings_read_flags(struct settings *settings, int argc, char **argv,
                                const char **ret_file, struct error *error)
{
    struct command_line line = {.settings = settings, .argc = argc, .argv = argv, .at = 1};
    enum status status = OK;
    check_own_flags(settings);
    settings->action = action_asked(argc, argv);
    if (settings->action != SETTINGS_RUN) {
        return OK;
    }
    settings->rest = calloc((size_t)argc + 1, sizeof *settings->rest);
    if (!settings->rest) {
        return error_set(error, FATAL, "no memory for the settings");
    }
    while (status == OK && line.at < line.argc) {
        status = take_word(&line, error);
    }
    *ret_file = line.file;
    return status;
}

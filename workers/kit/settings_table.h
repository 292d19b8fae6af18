/* The one table of settings. Everything else about them is derived from it. */
#ifndef SHORTFALL_KIT_SETTINGS_TABLE_H
#define SHORTFALL_KIT_SETTINGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/text.h"
#include "kit/settings.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_NUMBER,  /* whole, from min to max */
    SETTING_CHOICE,  /* one of `choices` */
    SETTING_FILE,    /* a file or folder that can be read */
    SETTING_ADDRESS, /* HOST:PORT, or off */
    SETTING_REDIS,   /* kit/redis_url.h */
    SETTING_PREFIX,  /* letters that a topic's name may begin with */
};

enum { SETTING_CHOICES_MAX = 4, SETTING_VARIABLE_SIZE = 64 };

struct setting_info {
    const char *name;
    unsigned scope; /* bits of settings_scope */
    enum setting_type type;
    const char *default_value; /* of a folder: where nothing is installed */
    int64_t min;
    int64_t max;
    const char *choices[SETTING_CHOICES_MAX + 1]; /* NULL at the end */
    bool secret;                                  /* printed masked, not repeated in errors */
    const char *alias;                            /* a short flag; NULL: none */
    const char *instance;  /* the variable of a local instance that fills it in; NULL: none */
    const char *installed; /* of a folder: where it is below the installation's prefix */
    const char *help;      /* one sentence, for help and docs/CONFIG.md */
};

extern const struct setting_info setting_table[];
extern const size_t setting_count;

/* The index in the table; setting_count if there is none. */
size_t setting_index(struct text name);

/* "redis.url" -> "SHORTFALL_REDIS_URL". */
const char *setting_variable(const struct setting_info *info,
                             char ret_variable[SETTING_VARIABLE_SIZE]);

/* "text", "10 to 20", "wall or record" …: what a value may be, in words. */
enum { SETTING_WORDS_SIZE = 128 };
const char *setting_values(const struct setting_info *info, char ret_words[SETTING_WORDS_SIZE]);

/* "sequencer, caseworker": the programs that have it. */
const char *setting_programs(unsigned scope, char ret_words[SETTING_WORDS_SIZE]);

#endif

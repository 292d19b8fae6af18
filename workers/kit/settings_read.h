/* Where settings come from: the command line, the environment, a file. */
#ifndef SHORTFALL_KIT_SETTINGS_READ_H
#define SHORTFALL_KIT_SETTINGS_READ_H

#include "kit/settings_store.h"

/* *ret_file is the file of --config, NULL where there is none. Sets the action; where that is help
 * or version, nothing else is looked at. */
enum status settings_read_flags(struct settings *settings, int argc, char **argv,
                                const char **ret_file, struct error *error) must_check;

/* Variables that begin with SHORTFALL_; an empty one is as good as none. *ret_file is set from
 * SHORTFALL_CONFIG, if it is there. */
enum status settings_read_environment(struct settings *settings, char *const *environment,
                                      const char **ret_file, struct error *error) must_check;

enum status settings_read_file(struct settings *settings, const char *path,
                               struct error *error) must_check;

#endif

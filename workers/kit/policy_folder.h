/* All files *.ini below a folder, in the order of their paths. Names that begin with a dot are left
 * out, as editors and Kubernetes make them; links are followed. */
#ifndef SHORTFALL_KIT_POLICY_FOLDER_H
#define SHORTFALL_KIT_POLICY_FOLDER_H

#include <stddef.h>

#include "kit/error.h"

struct policy_paths {
    char **paths; /* owned, each too */
    size_t count;
};

enum status policy_folder_read(const char *dir, struct policy_paths *ret_paths,
                               struct error *error) must_check;
void policy_paths_done(struct policy_paths *paths);

#endif

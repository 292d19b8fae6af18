/* Where words come from: the files of a folder, or those compiled in, as one list. */
#ifndef SHORTFALL_KIT_WORDS_SOURCE_H
#define SHORTFALL_KIT_WORDS_SOURCE_H

#include <stddef.h>

#include "kit/arena.h"
#include "kit/error.h"

enum {
    WORDS_LOCALE_SIZE_MAX = 15, /* as a case keeps it */
    WORDS_FILES_MAX = 2048,
};

struct words_file {
    struct text locale; /* the folder: "zh-CN" */
    struct text name;   /* the file without ".txt": "buyer-offer" */
    struct text text;   /* what is in it */
    const char *path;   /* for errors */
};

struct words_files {
    struct words_file *files;
    size_t count;
};

/* All LOCALE/NAME.txt of the folder, by locale and name. Names that begin with a dot are left out,
 * and so is whatever is neither a folder in the folder nor a *.txt in that. All in the arena. */
enum status words_folder_read(const char *dir, struct arena *arena, struct words_files *ret_files,
                              struct error *error) must_check;

/* Those compiled in. */
enum status words_built_in_read(struct arena *arena, struct words_files *ret_files,
                                struct error *error) must_check;

/* What workers/kit/words_built_in.cmake makes of deploy/policies/words. */
struct words_built_in {
    const char *path; /* "zh-CN/buyer-offer.txt" */
    const unsigned char *bytes;
    size_t size;
};

extern const struct words_built_in words_built_in[];
extern const size_t words_built_in_count;

#endif

#include "kit/moved.h"

#include <stdio.h>
#include <string.h>

#include "core/must.h"

#define MOVED_TO "moved to:" /* the prefix may be empty */

void moved_to_text(const char *prefix, char ret_text[COMMIT_METADATA_SIZE])
{
    int size = snprintf(ret_text, COMMIT_METADATA_SIZE, MOVED_TO "%s", prefix);
    must(size > 0 && size < COMMIT_METADATA_SIZE);
}

const char *moved_to(const char *metadata)
{
    size_t size = strlen(MOVED_TO);
    return strncmp(metadata, MOVED_TO, size) == 0 ? metadata + size : NULL;
}

enum status moved_check(const char *metadata, struct error *error)
{
    const char *prefix = moved_to(metadata);
    if (prefix) {
        return error_set(error, POISON,
                         "all of it was moved to the topics with the prefix '%s': start with "
                         "topic.prefix = %s (docs/OPERATING.md, More partitions)",
                         prefix, prefix);
    }
    if (strcmp(metadata, MOVED_UNFINISHED) == 0) {
        return error_set(
            error, POISON,
            "the move into these topics has not come to its end: run `shortfall topics "
            "rekey` again, then start (docs/OPERATING.md, More partitions)");
    }
    return OK;
}

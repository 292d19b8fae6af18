#include "kit/moved.h"

#include <stdio.h>
#include <string.h>

#include "core/must.h"

#define MOVED_TO \
    "moved to:" /* PREFIX, a blank, the mark; a prefix has no blanks and may be empty */

void moved_to_text(const char *prefix, const char *before, char ret_text[COMMIT_METADATA_SIZE])
{
    int size = snprintf(ret_text, COMMIT_METADATA_SIZE, MOVED_TO "%s %s", prefix, before);
    must(size > 0 && size < COMMIT_METADATA_SIZE);
}

bool moved_to_read(const char *metadata, char ret_prefix[MOVED_PREFIX_SIZE],
                   const char **ret_before)
{
    if (strncmp(metadata, MOVED_TO, strlen(MOVED_TO)) != 0) {
        return false;
    }
    const char *prefix = metadata + strlen(MOVED_TO);
    size_t size = strcspn(prefix, " ");
    if (size >= MOVED_PREFIX_SIZE || prefix[size] != ' ') {
        return false;
    }
    memcpy(ret_prefix, prefix, size);
    ret_prefix[size] = '\0';
    *ret_before = prefix + size + 1;
    return true;
}

enum status moved_check(const char *metadata, struct error *error)
{
    char prefix[MOVED_PREFIX_SIZE];
    const char *before;
    if (moved_to_read(metadata, prefix, &before)) {
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

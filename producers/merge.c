#include "producers/merge.h"

#include <inttypes.h>

#include "core/must.h"
#include "kit/clock.h"

static void find_first(struct merge *merge)
{
    merge->first = merge->count;
    for (uint32_t i = 0; i < merge->count; i++) {
        if (merge->sources[i].more &&
            (merge->first == merge->count ||
             fact_compare(&merge->sources[i].next, &merge->sources[merge->first].next) < 0)) {
            merge->first = i;
        }
    }
}

static enum status read_next(struct merge_source *source, struct error *error)
{
    enum status status = fact_file_next(source->file, &source->next, &source->more, error);
    if (status != OK || !source->more) {
        return status;
    }
    if (source->next.at_ms < source->last_at_ms) {
        char earlier[TIME_TEXT_SIZE];
        char later[TIME_TEXT_SIZE];
        const char *field = fact_time_field(source->next.topic);
        return error_set(error, POISON,
                         "%s:%" PRIu64 ": %s: %s is before %s of the line above; sort the file by "
                         "it",
                         line_reader_name(fact_file_lines(source->file)),
                         line_reader_number(fact_file_lines(source->file)), field ? field : "at",
                         time_format(source->next.at_ms, earlier),
                         time_format(source->last_at_ms, later));
    }
    source->last_at_ms = source->next.at_ms;
    return OK;
}

enum status merge_add(struct merge *merge, struct fact_file *file, struct error *error)
{
    must(merge->count < MERGE_FILES_MAX);
    struct merge_source *source = &merge->sources[merge->count++];
    *source = (struct merge_source){.file = file, .last_at_ms = INT64_MIN};
    enum status status = read_next(source, error);
    find_first(merge);
    return status;
}

void merge_done(struct merge *merge)
{
    for (uint32_t i = 0; i < merge->count; i++) {
        fact_file_free(merge->sources[i].file);
    }
    *merge = (struct merge){0};
}

const struct fact *merge_first(const struct merge *merge)
{
    return merge->first < merge->count ? &merge->sources[merge->first].next : NULL;
}

enum status merge_step(struct merge *merge, struct error *error)
{
    must(merge->first < merge->count);
    enum status status = read_next(&merge->sources[merge->first], error);
    find_first(merge);
    return status;
}

void merge_progress(const struct merge *merge, int64_t *ret_done, int64_t *ret_size)
{
    bool known = true;
    *ret_done = 0;
    *ret_size = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        int64_t done, size;
        line_reader_progress(fact_file_lines(merge->sources[i].file), &done, &size);
        *ret_done += done;
        *ret_size += size;
        known = known && size > 0;
    }
    if (!known) {
        *ret_size = 0;
    }
}

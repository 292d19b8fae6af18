#include "caseworker/input_marks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/must.h"
#include "kit/log.h"
#include "kit/reader.h"

static void number_to_text(const struct mark *mark, char ret_text[MARK_TEXT_SIZE])
{
    int written = snprintf(ret_text, MARK_TEXT_SIZE, "%" PRId64, mark->n);
    must(written > 0 && written < MARK_TEXT_SIZE);
}

void input_mark_to_text(const struct mark *mark, enum topic topic, char ret_text[MARK_TEXT_SIZE])
{
    if (topic == TOPIC_SHORTAGE) {
        mark_to_text(mark, ret_text);
    } else {
        number_to_text(mark, ret_text);
    }
}

static bool any_has_number(const struct commit_point *committed, uint32_t input_count)
{
    for (uint32_t i = 1; i < input_count; i++) {
        if (committed[i].offset >= 0 && committed[i].metadata[0]) {
            return true;
        }
    }
    return false;
}

bool input_mark_is_ours(const struct commit_point *committed, uint32_t input_count, uint32_t input)
{
    const struct commit_point *point = &committed[input];
    struct mark mark;
    char number[MARK_TEXT_SIZE];
    bool has_mark =
        committed[0].offset >= 0 && mark_from_text(text_of(committed[0].metadata), &mark);
    if (point->offset < 0) {
        return true;
    }
    if (input == 0) {
        return has_mark;
    }
    if (!has_mark) {
        return point->metadata[0] != '\0'; /* nothing to compare it with */
    }
    number_to_text(&mark, number);
    return point->metadata[0] ? strcmp(point->metadata, number) == 0
                              : !any_has_number(committed, input_count);
}

static enum status check_beginning(struct reader *reader, enum topic topic, int32_t partition,
                                   int64_t offset, struct error *error)
{
    int64_t first, end;
    enum status status = reader_ends(reader, topic, partition, &first, &end, error);
    if (status == OK && offset > first) {
        return error_set(error, FATAL,
                         "the committed offset %" PRId64 " of %s partition %" PRId32
                         " was set by hand (it bears no mark of ours), and nobody knows what it "
                         "leaves out: set it to %" PRId64
                         ", the earliest, where nothing is left out, and what was judged before "
                         "is known",
                         offset, topic_info(topic)->name, partition, first);
    }
    if (status == OK) {
        log_event(LOG_WARN, "offset_set_by_hand", log_string("topic", topic_info(topic)->name),
                  log_number("partition", partition), log_number("offset", offset));
    }
    return status;
}

enum status input_marks_check(const struct settings *settings, const struct role *role,
                              int32_t partition, const struct commit_point *committed,
                              struct error *error)
{
    struct reader *reader = NULL; /* hardly ever needed */
    enum status status = OK;
    for (uint32_t i = 0; i < role->input_count && status == OK; i++) {
        if (input_mark_is_ours(committed, role->input_count, i)) {
            continue;
        }
        if (!reader) {
            status = reader_new(settings, false, &reader, error);
        }
        if (status == OK) {
            status =
                check_beginning(reader, role->inputs[i], partition, committed[i].offset, error);
        }
    }
    reader_free(reader);
    return status;
}

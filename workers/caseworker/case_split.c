#include "caseworker/case_split.h"

static enum status copy_lines(struct cases *cases, struct case_entry *copy,
                              const struct case_file *from, struct error *error)
{
    for (uint32_t i = 0; i < from->line_count; i++) {
        if (!cases_reserve_line(cases, copy)) {
            return error_set(error, FATAL, "out of memory for the cases");
        }
        struct case_line *line = &copy->file.lines[copy->file.line_count++];
        *line = from->lines[i];
        line->kept_hash = 0;
    }
    return OK;
}

static enum status copy_entry(struct cases *cases, const struct case_entry *entry,
                              struct error *error)
{
    if (cases_find(cases, entry->case_id)) {
        return error_set(error, FATAL, "case %s is in two partitions", entry->case_id);
    }
    struct case_entry *copy = cases_add(cases, entry->case_id);
    if (!copy) {
        return error_set(error, FATAL, "out of memory for the cases");
    }
    struct case_line *lines = copy->file.lines;
    uint32_t capacity = copy->file.line_capacity;
    copy->file = entry->file;
    copy->file.lines = lines;
    copy->file.line_count = 0;
    copy->file.line_capacity = capacity;
    copy->has_head = true;
    enum status status = copy_lines(cases, copy, &entry->file, error);
    cases_touch(cases, copy);
    return status;
}

enum status case_split_move(const struct case_state *from, uint32_t *cursor, uint32_t limit,
                            struct case_state *const *to, int32_t to_count, uint32_t *ret_moved,
                            struct error *error)
{
    enum status status = OK;
    *ret_moved = 0;
    for (; *cursor < from->cases.slot_count && *ret_moved < limit && status == OK; (*cursor)++) {
        const struct case_entry *entry = from->cases.slots[*cursor];
        if (entry) {
            int32_t place = topic_partition_of(id_text(&entry->file.order_id), to_count);
            status = copy_entry(&to[place]->cases, entry, error);
            (*ret_moved)++;
        }
    }
    return status;
}

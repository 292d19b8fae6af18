/* What the plain model (book_model.h) knows: lists of everything, and what is asked of them. */
#ifndef TESTS_CORE_BOOK_MODEL_STATE_H
#define TESTS_CORE_BOOK_MODEL_STATE_H

#include <limits.h>

#include "book_fixture.h"

enum {
    MODEL_LINES = 1000,
    MODEL_WAREHOUSES = 6,
    MODEL_SKUS = 4,
    MODEL_REPORTS = 200,
    MODEL_TOLD = 100000,
};

enum model_state {
    MODEL_OPEN,
    MODEL_CLOSED, /* and remembered */
    MODEL_UNPAID, /* only its closing is known */
    MODEL_FORGOTTEN,
};

struct model_line {
    char order[ID_SIZE_MAX + 1];
    int line_no;
    int number; /* of all lines of the log, in its order */
    enum model_state state;
    bool covered;
    bool blocked;
    int64_t reported_at_ms;
    int64_t quantity;
    int64_t paid_at_ms;
    char facts[16];
    int32_t episode;
    enum shortage_cause cause;
    enum close_reason reason;
    int64_t closed_log_ms;
    /* Goods that left and were not counted out. */
    bool counting;
    char from[ID_SIZE_MAX + 1];
    int64_t closed_at_ms;
    /* Before the fact. */
    bool was_open;
    bool was_short;
    struct optional_long told_ms;
};

struct model_warehouse {
    char id[ID_SIZE_MAX + 1];
    struct sku_fact level;
    int64_t counted_out_ms;
    struct restock restocks[RESTOCKS_MAX];
};

struct model_report {
    char id[ID_SIZE_MAX + 1];
    int64_t log_ms;
};

struct model_sku {
    char id[ID_SIZE_MAX + 1];
    struct model_line lines[MODEL_LINES];
    int line_count;
    struct model_warehouse warehouses[MODEL_WAREHOUSES];
    int warehouse_count;
    struct model_report reports[MODEL_REPORTS];
    int report_count;
    bool reported;
    int64_t reported_at_ms;
    bool has_forgotten;
    int64_t forgotten_paid_at_ms;
    struct listing_status told;
};

struct model {
    struct model_sku skus[MODEL_SKUS];
    int sku_count;
    int line_count;
    int32_t rules;
    int64_t log_ms;
    char told[MODEL_TOLD]; /* what came of the last fact */
};

static inline bool model_text_is(const char *string, struct text text)
{
    return text_equal(text_of(string), text);
}

static inline void model_copy(char *out, size_t size, struct text text)
{
    assert_true(text.size < size);
    memset(out, 0, size);
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
}

static inline bool model_is_short(const struct model_line *line)
{
    return line->state == MODEL_OPEN && !line->covered;
}

static inline int64_t model_positive(int64_t value)
{
    return value > 0 ? value : 0;
}

static inline int64_t model_available(const struct model_sku *sku)
{
    int64_t sum = 0;
    for (int i = 0; i < sku->warehouse_count; i++) {
        sum += model_positive(sku->warehouses[i].level.on_hand);
    }
    return sum;
}

static inline int64_t model_reserved(const struct model_sku *sku)
{
    int64_t sum = 0;
    for (int i = 0; i < sku->line_count; i++) {
        const struct model_line *line = &sku->lines[i];
        if ((line->state == MODEL_OPEN && line->covered) || line->counting) {
            sum += line->quantity;
        }
    }
    return sum;
}

static inline struct model_warehouse *model_warehouse(struct model_sku *sku, struct text id)
{
    for (int i = 0; i < sku->warehouse_count; i++) {
        if (model_text_is(sku->warehouses[i].id, id)) {
            return &sku->warehouses[i];
        }
    }
    return NULL;
}

static inline bool model_counted_out(struct model_sku *sku, const struct model_line *line)
{
    const struct model_warehouse *from = model_warehouse(sku, text_of(line->from));
    if (from) {
        return from->counted_out_ms >= line->closed_at_ms;
    }
    for (int i = 0; i < sku->warehouse_count; i++) {
        if (sku->warehouses[i].counted_out_ms < line->closed_at_ms) {
            return false;
        }
    }
    return sku->warehouse_count > 0;
}

static inline struct model_line *model_line(struct model_sku *sku, struct text order, int line_no)
{
    for (int i = 0; i < sku->line_count; i++) {
        struct model_line *line = &sku->lines[i];
        if (line->state != MODEL_FORGOTTEN && line->line_no == line_no &&
            model_text_is(line->order, order)) {
            return line;
        }
    }
    return NULL;
}

static inline struct model_line *model_new_line(struct model *model, struct model_sku *sku,
                                                const struct sku_fact *fact)
{
    assert_true(sku->line_count < MODEL_LINES);
    struct model_line *line = &sku->lines[sku->line_count++];
    *line = (struct model_line){.line_no = fact->line_no, .paid_at_ms = fact->at_ms};
    line->number = model->line_count++;
    model_copy(line->order, sizeof(line->order), fact->order_id);
    return line;
}

#endif

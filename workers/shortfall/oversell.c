#include "shortfall/oversell.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/must.h"
#include "shortfall/case_lines.h"
#include "shortfall/rank.h"

/* Lists in the order of coming, the last one first. */
struct found {
    struct found *next;
    enum shortage_cause cause;
    int64_t at_ms;
    int64_t stock_version;
};

struct level {
    struct level *next;
    int64_t version;
    int64_t counted_at_ms;
    int64_t arrived_ms;
    bool in_span;
};

struct sale {
    struct sale *next;
    int64_t paid_at_ms;
    int64_t quantity;
};

struct sku_story {
    struct text sku;
    struct text seller_id;
    int64_t lines;
    int64_t units;
    int64_t causes[CAUSE_REPORTED + 1];
    struct found *found;
    struct level *levels;
    size_t level_count;
    struct sale *sales;
    size_t sale_count;
    int64_t safety_stock;
};

/* A sku's place in one warehouse, by its newest level. */
struct shelf {
    struct sku_story *story; /* NULL: no level yet */
    int64_t version;
    int64_t safety_stock;
};

static enum status full(struct error *error)
{
    return error_set(error, FATAL, "the topics hold more than this command has memory for");
}

enum status oversell_init(struct oversell *oversell, struct arena *arena, const struct span *span,
                          struct error *error)
{
    *oversell = (struct oversell){
        .arena = arena,
        .span = *span,
        .skus = lookup_new(arena, sizeof(struct sku_story)),
        .lines = lookup_new(arena, sizeof(bool)),
        .sales = lookup_new(arena, sizeof(bool)),
        .shelves = lookup_new(arena, sizeof(struct shelf)),
    };
    bool whole = oversell->skus && oversell->lines && oversell->sales && oversell->shelves;
    return whole ? OK : error_set(error, FATAL, "out of memory");
}

void oversell_done(struct oversell *oversell)
{
    lookup_free(oversell->skus);
    lookup_free(oversell->lines);
    lookup_free(oversell->sales);
    lookup_free(oversell->shelves);
    free(oversell->rows);
}

/* ---- Taking --------------------------------------------------------------------------------- */

/* Puts the line into the set. False: there is no memory. */
static bool put_line(struct lookup *set, struct text order_id, int32_t line_no, bool *ret_new)
{
    char key[LINE_KEY_SIZE];
    bool *known = lookup_put(set, line_key(key, order_id, line_no));
    *ret_new = known && !*known;
    if (known) {
        *known = true;
    }
    return known;
}

enum status oversell_take_shortage(struct oversell *oversell, const struct shortage *shortage,
                                   struct error *error)
{
    bool is_new;
    if (shortage->kind != SHORTAGE_UNFILLABLE || !span_holds(&oversell->span, shortage->at_ms)) {
        return OK;
    }
    struct sku_story *story = lookup_put(oversell->skus, shortage->sku);
    if (!story || !put_line(oversell->lines, shortage->order_id, shortage->line_no, &is_new)) {
        return full(error);
    }
    if (!is_new) {
        return OK; /* short once more */
    }
    struct found *found = arena_take(oversell->arena, sizeof *found);
    if (!text_is_set(story->sku)) {
        story->sku = arena_text(oversell->arena, shortage->sku);
        story->seller_id = arena_text(oversell->arena, shortage->seller_id);
    }
    if (!found || !text_is_set(story->sku) || !text_is_set(story->seller_id)) {
        return full(error);
    }
    must(shortage->cause <= CAUSE_REPORTED);
    *found = (struct found){
        .next = story->found,
        .cause = shortage->cause,
        .at_ms = shortage->at_ms,
        .stock_version = shortage->stock_version,
    };
    story->found = found;
    story->lines++;
    story->units += shortage->quantity;
    story->causes[shortage->cause]++;
    return OK;
}

static enum status take_sale(struct oversell *oversell, struct sku_story *story,
                             const struct sku_fact *fact, struct error *error)
{
    bool is_new;
    if (!put_line(oversell->sales, fact->order_id, fact->line_no, &is_new)) {
        return full(error);
    }
    if (!is_new) {
        return OK;
    }
    struct sale *sale = arena_take(oversell->arena, sizeof *sale);
    if (!sale) {
        return full(error);
    }
    *sale = (struct sale){story->sales, fact->at_ms, fact->quantity};
    story->sales = sale;
    story->sale_count++;
    return OK;
}

static struct shelf *shelf_of(struct oversell *oversell, const struct sku_fact *fact)
{
    char key[LINE_KEY_SIZE];
    int size = snprintf(key, sizeof key, "%u/%.*s/%.*s", fact->sku.size, (int)fact->sku.size,
                        fact->sku.data, (int)fact->warehouse_id.size,
                        fact->warehouse_id.size ? fact->warehouse_id.data : "");
    must(size > 0 && size < LINE_KEY_SIZE); /* the decoder has a limit for ids */
    return lookup_put(oversell->shelves, (struct text){key, (uint32_t)size});
}

/* A level that is not newer is dropped, as the allocation does. */
static enum status take_level(struct oversell *oversell, struct sku_story *story,
                              const struct sku_fact *fact, int64_t log_ms, struct error *error)
{
    struct shelf *shelf = shelf_of(oversell, fact);
    if (!shelf) {
        return full(error);
    }
    if (shelf->story && fact->version <= shelf->version) {
        return OK;
    }
    *shelf = (struct shelf){story, fact->version, fact->safety_stock};
    struct level *level = arena_take(oversell->arena, sizeof *level);
    if (!level) {
        return full(error);
    }
    *level = (struct level){
        .next = story->levels,
        .version = fact->version,
        .counted_at_ms = fact->at_ms,
        .arrived_ms = log_ms > fact->at_ms ? log_ms : fact->at_ms, /* clocks may differ a little */
        .in_span = span_holds(&oversell->span, fact->at_ms),
    };
    story->levels = level;
    story->level_count++;
    return OK;
}

enum status oversell_take_log(struct oversell *oversell, const struct sku_event *event,
                              struct error *error)
{
    enum status status = OK;
    for (uint32_t i = 0; i < event->fact_count && status == OK; i++) {
        const struct sku_fact *fact = &event->facts[i];
        struct sku_story *story = lookup_get(oversell->skus, fact->sku);
        if (story && fact->kind == FACT_PAID) {
            status = take_sale(oversell, story, fact, error);
        } else if (story && fact->kind == FACT_LEVEL) {
            status = take_level(oversell, story, fact, event->log_ms, error);
        }
    }
    return status;
}

/* ---- Rows ----------------------------------------------------------------------------------- */

/* A sku's records in order, for looking things up. */
struct sorted {
    struct sale *sales;   /* owned; by time */
    int64_t *sold_before; /* owned; units of the sales before each, and of all */
    size_t sale_count;
    struct level *levels; /* owned; by version */
    size_t level_count;
    int64_t *numbers; /* owned; room for as many as there are levels or lines */
};

static void sorted_done(struct sorted *sorted)
{
    free(sorted->sales);
    free(sorted->sold_before);
    free(sorted->levels);
    free(sorted->numbers);
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_sales(const void *a, const void *b)
{
    return compare_numbers(((const struct sale *)a)->paid_at_ms,
                           ((const struct sale *)b)->paid_at_ms);
}

static int compare_levels(const void *a, const void *b)
{
    const struct level *left = a;
    const struct level *right = b;
    int order = compare_numbers(left->version, right->version);
    return order ? order : compare_numbers(left->counted_at_ms, right->counted_at_ms);
}

static enum status sort(const struct sku_story *story, struct sorted *sorted, struct error *error)
{
    size_t numbers = story->level_count + (size_t)story->lines;
    *sorted = (struct sorted){
        .sales = calloc(story->sale_count + 1, sizeof *sorted->sales),
        .sold_before = calloc(story->sale_count + 1, sizeof *sorted->sold_before),
        .levels = calloc(story->level_count + 1, sizeof *sorted->levels),
        .numbers = calloc(numbers + 1, sizeof *sorted->numbers),
    };
    if (!sorted->sales || !sorted->sold_before || !sorted->levels || !sorted->numbers) {
        return error_set(error, FATAL, "out of memory");
    }
    for (const struct sale *sale = story->sales; sale; sale = sale->next) {
        sorted->sales[sorted->sale_count++] = *sale;
    }
    for (const struct level *level = story->levels; level; level = level->next) {
        sorted->levels[sorted->level_count++] = *level;
    }
    qsort(sorted->sales, sorted->sale_count, sizeof *sorted->sales, compare_sales);
    qsort(sorted->levels, sorted->level_count, sizeof *sorted->levels, compare_levels);
    for (size_t i = 0; i < sorted->sale_count; i++) {
        sorted->sold_before[i + 1] = sorted->sold_before[i] + sorted->sales[i].quantity;
    }
    return OK;
}

/* Units paid up to that time. */
static int64_t sold_until(const struct sorted *sorted, int64_t at_ms)
{
    size_t first = 0;
    size_t end = sorted->sale_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (sorted->sales[middle].paid_at_ms <= at_ms) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return sorted->sold_before[first];
}

/* Of several warehouses' levels of that version the one counted last; NULL: none is in the log. */
static const struct level *level_of(const struct sorted *sorted, int64_t version)
{
    size_t first = 0;
    size_t end = sorted->level_count;
    while (first < end) {
        size_t middle = first + (end - first) / 2;
        if (sorted->levels[middle].version <= version) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    const struct level *level = first > 0 ? &sorted->levels[first - 1] : NULL;
    return level && level->version == version ? level : NULL;
}

static struct oversell_spread spread_of(int64_t *numbers, size_t count)
{
    if (count == 0) {
        return (struct oversell_spread){0};
    }
    rank_sort(numbers, count);
    return (struct oversell_spread){
        .count = count,
        .half = rank_of(numbers, count, 50),
        .high = rank_of(numbers, count, OVERSELL_PERCENT),
        .most = rank_of(numbers, count, 100),
    };
}

static int64_t delay_of(const struct sorted *sorted, const struct level *level)
{
    (void)sorted;
    return level->arrived_ms - level->counted_at_ms;
}

static int64_t sold_in_delay_of(const struct sorted *sorted, const struct level *level)
{
    return sold_until(sorted, level->arrived_ms) - sold_until(sorted, level->counted_at_ms);
}

static struct oversell_spread spread_of_levels(const struct sorted *sorted,
                                               int64_t (*number_of)(const struct sorted *,
                                                                    const struct level *))
{
    size_t count = 0;
    for (size_t i = 0; i < sorted->level_count; i++) {
        if (sorted->levels[i].in_span) {
            sorted->numbers[count++] = number_of(sorted, &sorted->levels[i]);
        }
    }
    return spread_of(sorted->numbers, count);
}

static struct oversell_spread spread_of_behind(const struct sku_story *story,
                                               const struct sorted *sorted)
{
    size_t count = 0;
    for (const struct found *found = story->found; found; found = found->next) {
        const struct level *level = level_of(sorted, found->stock_version);
        if (!level) {
            continue;
        }
        int64_t found_ms = found->cause == CAUSE_COUNT_FELL ? level->arrived_ms : found->at_ms;
        int64_t behind_ms = found_ms - level->counted_at_ms;
        sorted->numbers[count++] = behind_ms > 0 ? behind_ms : 0;
    }
    return spread_of(sorted->numbers, count);
}

static enum oversell_advice advice_of(const struct oversell_spread *sold)
{
    if (sold->count < OVERSELL_LEVELS_MIN) {
        return OVERSELL_TOO_LITTLE;
    }
    return sold->high > 0 ? OVERSELL_KEEP_BACK : OVERSELL_NO_DELAY;
}

static enum status make_row(const struct sku_story *story, struct oversell_row *row,
                            struct error *error)
{
    struct sorted sorted;
    enum status status = sort(story, &sorted, error);
    if (status == OK) {
        *row = (struct oversell_row){
            .sku = story->sku,
            .seller_id = story->seller_id,
            .lines = story->lines,
            .units = story->units,
            .delay_ms = spread_of_levels(&sorted, delay_of),
            .behind_ms = spread_of_behind(story, &sorted),
            .sold = spread_of_levels(&sorted, sold_in_delay_of),
            .safety_stock = story->safety_stock,
        };
        memcpy(row->causes, story->causes, sizeof row->causes);
        row->advice = advice_of(&row->sold);
    }
    sorted_done(&sorted);
    return status;
}

static int compare_rows(const void *a, const void *b)
{
    const struct oversell_row *left = a;
    const struct oversell_row *right = b;
    int order = compare_numbers(right->units, left->units);
    order = order ? order : compare_numbers(right->lines, left->lines);
    return order ? order : text_compare(left->sku, right->sku);
}

enum status oversell_make(struct oversell *oversell, struct error *error)
{
    size_t count = lookup_count(oversell->skus);
    enum status status = OK;
    for (size_t i = 0; i < lookup_count(oversell->shelves); i++) {
        const struct shelf *shelf = lookup_at(oversell->shelves, i, NULL);
        shelf->story->safety_stock += shelf->safety_stock;
    }
    oversell->rows = calloc(count + 1, sizeof *oversell->rows);
    if (!oversell->rows) {
        return error_set(error, FATAL, "out of memory");
    }
    for (size_t i = 0; i < count && status == OK; i++) {
        status = make_row(lookup_at(oversell->skus, i, NULL), &oversell->rows[i], error);
    }
    oversell->row_count = count;
    if (status == OK && count > 0) {
        qsort(oversell->rows, count, sizeof *oversell->rows, compare_rows);
    }
    return status;
}

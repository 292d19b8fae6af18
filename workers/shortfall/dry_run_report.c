#include "shortfall/dry_run_report.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kit/clock.h"
#include "kit/money.h"
#include "shortfall/phrase.h"

enum { KEY_SIZE = 512 };

static struct text key_of(char key[KEY_SIZE], struct text a, struct text b, struct text c)
{
    int size = snprintf(key, KEY_SIZE, "%u/%u/%.*s%.*s%.*s", (unsigned int)a.size,
                        (unsigned int)b.size, PHRASE_TEXT(a), PHRASE_TEXT(b), PHRASE_TEXT(c));
    must(size > 0 && size < KEY_SIZE); /* the decoder has a limit for ids */
    return (struct text){key, (uint32_t)size};
}

/* The row of those names; NULL: no memory. */
static struct dry_run_row *row_of(struct lookup *rows, struct text marketplace,
                                  struct text seller_id, struct text currency)
{
    char key[KEY_SIZE];
    struct dry_run_row *row = lookup_put(rows, key_of(key, marketplace, seller_id, currency));
    if (row) {
        row->marketplace = marketplace;
        row->seller_id = seller_id;
        row->currency = currency;
    }
    return row;
}

static void add(struct dry_run_row *sum, const struct dry_run_row *part)
{
    sum->parts++;
    sum->cases += part->cases;
    tally_add(&sum->was, &part->was);
    tally_add(&sum->would, &part->would);
}

static bool add_case(struct dry_run_report *report, const struct dry_run_case *subject)
{
    char key[KEY_SIZE];
    const char *other = subject->other.policy->id;
    struct dry_run_row *row =
        row_of(report->rows, subject->marketplace, subject->seller_id, subject->currency);
    struct dry_run_pair *pair =
        lookup_put(report->pairs, key_of(key, subject->policy, text_of(other), (struct text){0}));
    if (!row || !pair) {
        return false;
    }
    const struct dry_run_row one = {.cases = 1, .was = subject->was, .would = subject->would};
    add(row, &one);
    pair->policy = subject->policy;
    pair->other = other;
    pair->cases++;
    report->cases++;
    report->unreproduced += !subject->follows;
    return true;
}

/* Amounts of different currencies are never added. */
static bool add_totals(struct dry_run_report *report)
{
    const struct text none = {0};
    for (size_t i = 0; i < lookup_count(report->rows); i++) {
        const struct dry_run_row *row = lookup_at(report->rows, i, NULL);
        struct dry_run_row *of_marketplace =
            row_of(report->totals, row->marketplace, none, row->currency);
        struct dry_run_row *of_all = row_of(report->totals, none, none, row->currency);
        if (!of_marketplace || !of_all) {
            return false;
        }
        add(of_marketplace, row);
        add(of_all, row);
    }
    return true;
}

enum status dry_run_report_init(struct dry_run_report *report, const struct dry_run *dry_run,
                                int64_t from_ms, int64_t to_ms, int64_t until_ms,
                                struct error *error)
{
    *report = (struct dry_run_report){
        .from_ms = from_ms,
        .to_ms = to_ms,
        .until_ms = until_ms,
        .rows = lookup_new(dry_run->arena, sizeof(struct dry_run_row)),
        .totals = lookup_new(dry_run->arena, sizeof(struct dry_run_row)),
        .pairs = lookup_new(dry_run->arena, sizeof(struct dry_run_pair)),
    };
    bool whole = report->rows && report->totals && report->pairs;
    for (size_t i = 0; i < lookup_count(dry_run->cases) && whole; i++) {
        const struct dry_run_case *subject = lookup_at(dry_run->cases, i, NULL);
        if (!dry_run_case_is_whole(subject)) {
            report->left_out++;
        } else if (subject->opened_at_ms >= from_ms && subject->opened_at_ms < to_ms) {
            whole = add_case(report, subject);
        }
    }
    whole = whole && add_totals(report);
    return whole ? OK : error_set(error, FATAL, "out of memory");
}

void dry_run_report_done(struct dry_run_report *report)
{
    lookup_free(report->rows);
    lookup_free(report->totals);
    lookup_free(report->pairs);
}

static int compare_rows(const void *a, const void *b)
{
    const struct dry_run_row *left = *(const struct dry_run_row *const *)a;
    const struct dry_run_row *right = *(const struct dry_run_row *const *)b;
    int order = text_compare(left->marketplace, right->marketplace);
    order = order ? order : text_compare(left->seller_id, right->seller_id);
    return order ? order : text_compare(left->currency, right->currency);
}

/* In the order of their names; the caller's to free. NULL when there is no memory. */
static const struct dry_run_row **sorted(const struct lookup *rows)
{
    size_t count = lookup_count(rows);
    const struct dry_run_row **list = calloc(count + 1, sizeof *list);
    for (size_t i = 0; i < count && list; i++) {
        list[i] = lookup_at(rows, i, NULL);
    }
    if (list) {
        qsort(list, count, sizeof *list, compare_rows);
    }
    return list;
}

/* ---- for people ------------------------------------------------------------------------------ */

static void write_value(struct buffer *out, const struct tally_row *row, int64_t value,
                        struct text currency, bool with_sign)
{
    char text[MONEY_TEXT_SIZE + 2];
    char money[MONEY_TEXT_SIZE];
    const char *sign = with_sign && value > 0 ? "+" : "";
    if (row->money) {
        (void)snprintf(text, sizeof text, "%s%s", sign, money_text(value, currency, money));
    } else {
        (void)snprintf(text, sizeof text, "%s%" PRId64, sign, value);
    }
    phrase(out, " %18s", text);
}

static void write_name(struct buffer *out, const struct dry_run_row *row)
{
    if (text_is_set(row->marketplace)) {
        phrase(out, "\n%.*s, ", PHRASE_TEXT(row->marketplace));
    } else {
        phrase(out, "\nAll marketplaces, ");
    }
    if (text_is_set(row->seller_id)) {
        phrase(out, "seller %.*s, ", PHRASE_TEXT(row->seller_id));
    } else {
        phrase(out, "all sellers, ");
    }
    phrase(out, "%.*s; cases: %" PRId64 "\n", PHRASE_TEXT(row->currency), row->cases);
}

static void write_row(struct buffer *out, const struct dry_run_row *row)
{
    write_name(out, row);
    phrase(out, "  %-26s %18s %18s %18s\n", "", "as it was", "would have been", "difference");
    for (size_t i = 0; i < tally_row_count; i++) {
        int64_t was = tally_value(&row->was, &tally_rows[i]);
        int64_t would = tally_value(&row->would, &tally_rows[i]);
        phrase(out, "  %-26s", tally_rows[i].words);
        write_value(out, &tally_rows[i], was, row->currency, false);
        write_value(out, &tally_rows[i], would, row->currency, false);
        write_value(out, &tally_rows[i], would - was, row->currency, true);
        phrase(out, "\n");
    }
}

/* Those of at least so many parts. */
static void write_rows(struct buffer *out, const struct lookup *rows, int64_t parts)
{
    const struct dry_run_row **list = sorted(rows);
    out->failed |= !list;
    for (size_t i = 0; i < lookup_count(rows) && list; i++) {
        if (list[i]->parts >= parts) {
            write_row(out, list[i]);
        }
    }
    free(list);
}

static void write_period(const struct dry_run_report *report, struct buffer *out)
{
    phrase(out, "Cases opened");
    if (report->from_ms != INT64_MIN) {
        phrase(out, " from ");
        phrase_time(out, report->from_ms);
    }
    if (report->to_ms != INT64_MAX) {
        phrase(out, " to before ");
        phrase_time(out, report->to_ms);
    }
    phrase(out, ": %" PRId64 ", with all that came of them until ", report->cases);
    phrase_time(out, report->until_ms);
    phrase(out, "\n");
    if (report->left_out > 0) {
        phrase(out,
               "Left out: %" PRId64 ", of which some records are not in the topics, or can't be "
               "read\n",
               report->left_out);
    }
    if (report->unreproduced > 0) {
        phrase(out,
               "Not reproduced: %" PRId64
               ", for which the policies in force (--in-force) are not at hand or, by the rules of "
               "today, do not give what was recorded; their numbers may be off where deadlines "
               "were late\n",
               report->unreproduced);
    } else if (report->cases > 0) {
        phrase(out, "Every one is reproduced, event by event, by the policies in force\n");
    }
}

void dry_run_report_write(const struct dry_run_report *report, struct buffer *out)
{
    write_period(report, out);
    phrase(out, "\nPolicies: in force -> tried\n");
    for (size_t i = 0; i < lookup_count(report->pairs); i++) {
        const struct dry_run_pair *pair = lookup_at(report->pairs, i, NULL);
        phrase(out, "  %.*s -> %s, cases: %" PRId64 "\n", PHRASE_TEXT(pair->policy), pair->other,
               pair->cases);
    }
    write_rows(out, report->totals, 2); /* of one row it would say the same */
    write_rows(out, report->rows, 0);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static json_t *tally_json(const struct tally *tally, const struct tally *less)
{
    json_t *json = json_object();
    for (size_t i = 0; i < tally_row_count && json; i++) {
        int64_t value = tally_value(tally, &tally_rows[i]);
        value -= less ? tally_value(less, &tally_rows[i]) : 0;
        if (json_object_set_new(json, tally_rows[i].name, json_integer(value))) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

/* NULL, and so left out, where it is not set. */
static json_t *name_json(struct text name)
{
    return text_is_set(name) ? json_stringn(name.data, name.size) : NULL;
}

static json_t *row_json(const struct dry_run_row *row)
{
    return json_pack(
        "{s:o*, s:o*, s:o, s:I, s:o, s:o, s:o}", "marketplace", name_json(row->marketplace),
        "seller_id", name_json(row->seller_id), "currency", name_json(row->currency), "cases",
        (json_int_t)row->cases, "as_it_was", tally_json(&row->was, NULL), "would_have_been",
        tally_json(&row->would, NULL), "difference", tally_json(&row->would, &row->was));
}

static json_t *rows_json(const struct lookup *rows)
{
    const struct dry_run_row **list = sorted(rows);
    json_t *json = list ? json_array() : NULL;
    for (size_t i = 0; i < lookup_count(rows) && json; i++) {
        if (json_array_append_new(json, row_json(list[i]))) {
            json_decref(json);
            json = NULL;
        }
    }
    free(list);
    return json;
}

static json_t *pairs_json(const struct dry_run_report *report)
{
    json_t *json = json_array();
    for (size_t i = 0; i < lookup_count(report->pairs) && json; i++) {
        const struct dry_run_pair *pair = lookup_at(report->pairs, i, NULL);
        if (json_array_append_new(json, json_pack("{s:s%, s:s, s:I}", "in_force", pair->policy.data,
                                                  (size_t)pair->policy.size, "tried", pair->other,
                                                  "cases", (json_int_t)pair->cases))) {
            json_decref(json);
            return NULL;
        }
    }
    return json;
}

json_t *dry_run_report_json(const struct dry_run_report *report)
{
    bool from = report->from_ms != INT64_MIN;
    bool to = report->to_ms != INT64_MAX;
    return json_pack(
        "{s:o*, s:o*, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "from",
        from ? json_integer(report->from_ms) : NULL, "to", to ? json_integer(report->to_ms) : NULL,
        "until", (json_int_t)report->until_ms, "cases", (json_int_t)report->cases, "left_out",
        (json_int_t)report->left_out, "unreproduced", (json_int_t)report->unreproduced, "policies",
        pairs_json(report), "totals", rows_json(report->totals), "rows", rows_json(report->rows));
}

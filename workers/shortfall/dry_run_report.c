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

static bool add_case(struct dry_run_report *report, const struct dry_run_case *subject)
{
    char key[KEY_SIZE];
    struct text other = text_of(subject->other.policy->id);
    struct dry_run_row *row = lookup_put(
        report->rows, key_of(key, subject->marketplace, subject->seller_id, subject->currency));
    struct dry_run_pair *pair =
        lookup_put(report->pairs, key_of(key, subject->policy, other, (struct text){0}));
    if (!row || !pair) {
        return false;
    }
    row->marketplace = subject->marketplace;
    row->seller_id = subject->seller_id;
    row->currency = subject->currency;
    row->cases++;
    tally_add(&row->was, &subject->was);
    tally_add(&row->would, &subject->would);
    pair->policy = subject->policy;
    pair->other = subject->other.policy->id;
    pair->cases++;
    report->cases++;
    report->unreproduced += !subject->follows;
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
        .pairs = lookup_new(dry_run->arena, sizeof(struct dry_run_pair)),
    };
    bool whole = report->rows && report->pairs;
    for (size_t i = 0; i < lookup_count(dry_run->cases) && whole; i++) {
        const struct dry_run_case *subject = lookup_at(dry_run->cases, i, NULL);
        if (!dry_run_case_is_whole(subject)) {
            report->left_out++;
        } else if (subject->opened_at_ms >= from_ms && subject->opened_at_ms < to_ms) {
            whole = add_case(report, subject);
        }
    }
    return whole ? OK : error_set(error, FATAL, "out of memory");
}

void dry_run_report_done(struct dry_run_report *report)
{
    lookup_free(report->rows);
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
static const struct dry_run_row **sorted(const struct dry_run_report *report)
{
    size_t count = lookup_count(report->rows);
    const struct dry_run_row **rows = calloc(count + 1, sizeof *rows);
    for (size_t i = 0; i < count && rows; i++) {
        rows[i] = lookup_at(report->rows, i, NULL);
    }
    if (rows) {
        qsort(rows, count, sizeof *rows, compare_rows);
    }
    return rows;
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

static void write_row(struct buffer *out, const struct dry_run_row *row)
{
    phrase(out, "\n%.*s, seller %.*s, %.*s; cases: %" PRId64 "\n", PHRASE_TEXT(row->marketplace),
           PHRASE_TEXT(row->seller_id), PHRASE_TEXT(row->currency), row->cases);
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
               ", for which the policies in force (--in-force) are not at hand or do not give what "
               "was recorded; their numbers may be off where deadlines were late\n",
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
    const struct dry_run_row **rows = sorted(report);
    out->failed |= !rows;
    for (size_t i = 0; i < lookup_count(report->rows) && rows; i++) {
        write_row(out, rows[i]);
    }
    free(rows);
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

static json_t *row_json(const struct dry_run_row *row)
{
    return json_pack("{s:s%, s:s%, s:s%, s:I, s:o, s:o, s:o}", "marketplace", row->marketplace.data,
                     (size_t)row->marketplace.size, "seller_id", row->seller_id.data,
                     (size_t)row->seller_id.size, "currency", row->currency.data,
                     (size_t)row->currency.size, "cases", (json_int_t)row->cases, "as_it_was",
                     tally_json(&row->was, NULL), "would_have_been", tally_json(&row->would, NULL),
                     "difference", tally_json(&row->would, &row->was));
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
    const struct dry_run_row **rows = sorted(report);
    json_t *list = rows ? json_array() : NULL;
    bool whole = list;
    for (size_t i = 0; i < lookup_count(report->rows) && whole; i++) {
        whole = !json_array_append_new(list, row_json(rows[i]));
    }
    free(rows);
    if (!whole) {
        json_decref(list);
        return NULL;
    }
    bool from = report->from_ms != INT64_MIN;
    bool to = report->to_ms != INT64_MAX;
    return json_pack("{s:o*, s:o*, s:I, s:I, s:I, s:I, s:o, s:o}", "from",
                     from ? json_integer(report->from_ms) : NULL, "to",
                     to ? json_integer(report->to_ms) : NULL, "until", (json_int_t)report->until_ms,
                     "cases", (json_int_t)report->cases, "left_out", (json_int_t)report->left_out,
                     "unreproduced", (json_int_t)report->unreproduced, "policies",
                     pairs_json(report), "rows", list);
}

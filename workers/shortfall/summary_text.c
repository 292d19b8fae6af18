#include <inttypes.h>
#include <stdlib.h>

#include "core/must.h"
#include "kit/clock.h"
#include "kit/record_type.h"
#include "shortfall/case_lines.h"
#include "shortfall/phrase.h"
#include "shortfall/rank.h"
#include "shortfall/summary.h"

/* Counts over all lines, made once for the words. */
struct totals {
    int64_t paid;
    int64_t never_short;
    int64_t cased;       /* of paid lines */
    int64_t cased_other; /* substitutes, and lines whose payment is no longer in the topic */
    int64_t dead;
    int64_t short_without_case;
    int64_t lost; /* paid, but neither in the stock log nor a dead letter */
    int64_t overpaid;
    int64_t held;
    int64_t substituted;
    int64_t causes[CAUSE_REPORTED + 1];
    int64_t states[LINE_STATE_COUNT];
};

/* Which of the sets a paid line is in; each is in exactly one. */
static void count_paid(struct totals *totals, const struct summary_line *line)
{
    if (line->cased) {
        totals->cased++;
    } else if (line->short_at_ms.set) {
        totals->short_without_case++;
    } else if (line->too_old) {
        totals->dead++;
    } else if (line->sequenced) {
        totals->never_short++;
    } else if (line->dead) {
        totals->dead++;
    } else {
        totals->lost++;
    }
}

static struct totals total(const struct summary *summary)
{
    struct totals totals = {0};
    for (size_t i = 0; i < lookup_count(summary->lines); i++) {
        const struct summary_line *line = lookup_at(summary->lines, i, NULL);
        if (line->paid) {
            totals.paid++;
            count_paid(&totals, line);
        } else {
            totals.cased_other += line->cased;
        }
        totals.held += line->held;
        totals.substituted += line->substituted;
        totals.overpaid += line->refunded_minor > line->paid_minor;
        totals.causes[line->cause] += line->short_at_ms.set;
        totals.states[line->state] += line->cased;
    }
    return totals;
}

/* "NAME COUNT, NAME COUNT" of the counts above 0, "none" where there are none. */
static void write_counts(struct buffer *out, const struct record_type *type, const char *field,
                         const int64_t *counts, unsigned int count)
{
    bool any = false;
    for (unsigned int i = 0; i < count; i++) {
        if (counts[i] > 0) {
            phrase(out, "%s%s %" PRId64, any ? ", " : "", symbol_of(type, field, i), counts[i]);
            any = true;
        }
    }
    phrase(out, "%s\n", any ? "" : "none");
}

/* "CNY 12.00, USD 3.00" of what `offset` points to in struct summary_money. */
static void write_money(struct buffer *out, const struct summary *summary, size_t offset)
{
    bool any = false;
    for (size_t i = 0; i < lookup_count(summary->money); i++) {
        struct text currency;
        const char *money = lookup_at(summary->money, i, &currency);
        int64_t amount_minor;
        memcpy(&amount_minor, money + offset, sizeof amount_minor);
        if (amount_minor != 0) {
            phrase(out, "%s", any ? ", " : "  ");
            phrase_money(out, amount_minor, currency);
            any = true;
        }
    }
}

/* How long it took from a line's shortage to the first word to its buyer. */
static void write_waits(struct buffer *out, const struct summary *summary)
{
    size_t count = 0;
    int64_t *waits = calloc(lookup_count(summary->lines) + 1, sizeof *waits);
    if (!waits) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < lookup_count(summary->lines); i++) {
        const struct summary_line *line = lookup_at(summary->lines, i, NULL);
        if (line->short_at_ms.set && line->told_at_ms.set) {
            waits[count++] = line->told_at_ms.value - line->short_at_ms.value;
        }
    }
    if (count > 0) {
        char half[TIME_TEXT_SIZE];
        char most[TIME_TEXT_SIZE];
        char all[TIME_TEXT_SIZE];
        rank_sort(waits, count);
        phrase(out,
               "  first word to the buyer: half within %s, 95 of 100 within %s, the last within "
               "%s\n",
               duration_format(rank_of(waits, count, 50), half),
               duration_format(rank_of(waits, count, 95), most),
               duration_format(rank_of(waits, count, 100), all));
    }
    free(waits);
}

static void write_told(struct buffer *out, const struct summary *summary)
{
    phrase(out, "\nTold\n");
    for (unsigned int kind = 0; kind < SUMMARY_NOTICE_KINDS; kind++) {
        int64_t sum = 0;
        for (unsigned int who = 0; who < SUMMARY_AUDIENCES; who++) {
            sum += summary->notice_counts[kind][who];
        }
        if (sum > 0) {
            phrase(out, "  %-22s %8" PRId64 "  ", symbol_of(&type_notification, "kind", kind), sum);
            write_counts(out, &type_notification, "audience", summary->notice_counts[kind],
                         SUMMARY_AUDIENCES);
        }
    }
    write_waits(out, summary);
}

static void write_done(struct buffer *out, const struct summary *summary,
                       const struct totals *totals)
{
    int64_t succeeded = 0;
    for (size_t i = 0; i < ledger_count(&summary->refunds); i++) {
        succeeded += ledger_at(&summary->refunds, i)->succeeded_attempt > 0;
    }
    phrase(out, "\nDone\n  held for restock       %8" PRId64 "\n", totals->held);
    phrase(out, "  sent another product   %8" PRId64 "\n", totals->substituted);
    phrase(out, "  refunds asked for      %8zu", ledger_count(&summary->refunds));
    write_money(out, summary, offsetof(struct summary_money, asked_minor));
    phrase(out, "\n  refunds succeeded      %8" PRId64, succeeded);
    write_money(out, summary, offsetof(struct summary_money, succeeded_minor));
    phrase(out, "\n  compensations          %8" PRId64, summary->compensations);
    write_money(out, summary, offsetof(struct summary_money, compensated_minor));
    phrase(out, "\n  listings closed        %8" PRId64 "\n", summary->listings_closed);
    phrase(out, "  listings reopened      %8" PRId64 "\n", summary->listings_reopened);
}

static void write_letters(struct buffer *out, const struct summary *summary)
{
    phrase(out, "\nDead letters\n");
    for (size_t i = 0; i < lookup_count(summary->letters); i++) {
        struct text name;
        const struct summary_count *known = lookup_at(summary->letters, i, &name);
        phrase(out, "  %-30.*s %8" PRId64 "\n", PHRASE_TEXT(name), known->count);
    }
    if (lookup_count(summary->letters) == 0) {
        phrase(out, "  none\n");
    }
}

static bool write_lines_check(struct buffer *out, const struct totals *totals)
{
    bool holds = totals->short_without_case == 0 && totals->lost == 0;
    phrase(out,
           "  %s paid lines %" PRId64 " = never short %" PRId64 " + in cases %" PRId64
           " + dead letters %" PRId64,
           phrase_mark(holds), totals->paid, totals->never_short, totals->cased, totals->dead);
    if (!holds) {
        phrase(out, " + short without a case %" PRId64 " + not in the stock log %" PRId64,
               totals->short_without_case, totals->lost);
    }
    phrase(out, "\n");
    return holds;
}

static enum line_state line_state_of(const struct summary *summary,
                                     const struct ledger_refund *refund)
{
    char key[LINE_KEY_SIZE];
    const struct summary_line *line =
        lookup_get(summary->lines, line_key(key, refund->order_id, refund->line_no));
    must(line); /* taken with the refund */
    return line->state;
}

static bool write_refunds_check(struct buffer *out, const struct summary *summary,
                                const struct totals *totals)
{
    int64_t once = 0, open = 0, with_person = 0, twice = summary->refunds_again;
    for (size_t i = 0; i < ledger_count(&summary->refunds); i++) {
        const struct ledger_refund *refund = ledger_at(&summary->refunds, i);
        enum refund_outcome outcome = ledger_outcome(refund, line_state_of(summary, refund));
        once += outcome == REFUND_HAS_SUCCEEDED && !refund->twice;
        twice += refund->twice;
        with_person += outcome == REFUND_HAS_FAILED;
        open += outcome == REFUND_IS_OUTSTANDING;
    }
    bool holds = open == 0 && twice == 0;
    phrase(out,
           "  %s every refund succeeded exactly once, or a person was asked: %" PRId64
           " of %zu, with a person %" PRId64 ", open %" PRId64 ", twice %" PRId64 "\n",
           phrase_mark(holds), once, ledger_count(&summary->refunds), with_person, open, twice);
    bool within = totals->overpaid == 0;
    phrase(out, "  %s nobody got back more than was paid", phrase_mark(within));
    if (!within) {
        phrase(out, ": %" PRId64 " lines did", totals->overpaid);
    }
    phrase(out, "\n");
    return holds && within;
}

static bool write_notices_check(struct buffer *out, const struct summary *summary)
{
    bool holds = summary->notices_without_case == 0 && summary->notices_twice == 0;
    phrase(out, "  %s every notice has its case, and was given once: %zu", phrase_mark(holds),
           lookup_count(summary->notices));
    if (!holds) {
        phrase(out, ", without a case %" PRId64 ", given again %" PRId64,
               summary->notices_without_case, summary->notices_twice);
    }
    phrase(out, "\n");
    return holds;
}

bool summary_write(const struct summary *summary, struct buffer *out)
{
    struct totals totals = total(summary);
    int64_t short_lines = 0;
    for (size_t i = 0; i < sizeof totals.causes / sizeof *totals.causes; i++) {
        short_lines += totals.causes[i];
    }
    phrase(out, "Orders\n  paid lines             %8" PRId64 "\n", totals.paid);
    phrase(out, "  could not be filled    %8" PRId64 "  ", short_lines);
    write_counts(out, &type_shortage, "cause", totals.causes, CAUSE_REPORTED + 1);
    write_told(out, summary);
    phrase(out, "\nChosen\n  by the buyer: ");
    write_counts(out, &type_buyer_decision, "choice", summary->choices, SUMMARY_CHOICES);
    phrase(out, "  by silence: refund %" PRId64 ", wait %" PRId64 "\n", summary->silent_refunds,
           summary->silent_waits);
    write_done(out, summary, &totals);
    phrase(out, "\nRefused: ");
    write_counts(out, &type_case_event, "reason", summary->refusals, SUMMARY_REFUSALS);
    write_letters(out, summary);
    phrase(out, "\nHow the lines of the cases stand\n");
    for (enum line_state state = 0; state < LINE_STATE_COUNT; state++) {
        if (totals.states[state] > 0) {
            phrase(out, "  %-22s %8" PRId64 "\n", line_state_name(state), totals.states[state]);
        }
    }
    if (totals.cased_other > 0) {
        phrase(out, "  (%" PRId64 " of them substitutes, or paid before order-paid begins)\n",
               totals.cased_other);
    }
    phrase(out, "\nDoes it add up?\n");
    bool lines_hold = write_lines_check(out, &totals);
    bool refunds_hold = write_refunds_check(out, summary, &totals);
    bool notices_hold = write_notices_check(out, summary);
    return lines_hold && refunds_hold && notices_hold;
}

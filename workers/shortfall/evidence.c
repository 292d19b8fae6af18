#include "shortfall/evidence.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "kit/record_json.h"
#include "shortfall/evidence_words.h"
#include "shortfall/phrase.h"

/* What is being written, handed from section to section. */
struct writing {
    const struct evidence *evidence;
    const struct language *language;
    const struct evidence_words *words;
    struct buffer *out;
};

/* ---- parts of a table ------------------------------------------------------------------------ */

/* A text from outside as it may stand in a line of Markdown. */
static void escape(struct buffer *out, struct text text)
{
    for (uint32_t i = 0; i < text.size; i++) {
        char byte = text.data[i];
        if (byte != '\0' && strchr("\\`*[]<>|&", byte)) {
            buffer_append_byte(out, '\\');
        }
        buffer_append_byte(out, (uint8_t)((unsigned char)byte < ' ' ? ' ' : byte));
    }
}

static void cell_text(struct buffer *out, struct text text)
{
    phrase(out, "| ");
    escape(out, text);
    phrase(out, " ");
}

static void cell_time(struct buffer *out, struct optional_long time_ms)
{
    phrase(out, "| ");
    if (time_ms.set) {
        phrase_time(out, time_ms.value);
    }
    phrase(out, " ");
}

static void cell_at(struct buffer *out, int64_t time_ms)
{
    cell_time(out, (struct optional_long){time_ms, true});
}

static void cell_number(struct buffer *out, int64_t number)
{
    phrase(out, "| %" PRId64 " ", number);
}

static void cell_proof(struct buffer *out, size_t index)
{
    phrase(out, "| R%zu |\n", index + 1);
}

static void heading(const struct writing *writing, const char *title)
{
    phrase(writing->out, "\n## %s\n\n", title);
}

static const struct timeline_entry *entry_at(const struct writing *writing, size_t index)
{
    return &writing->evidence->timeline->entries[index];
}

/* The record at a place of the timeline if it is one of that topic, else NULL. */
static const void *record_at(const struct writing *writing, size_t index, enum topic topic)
{
    const struct timeline_entry *entry = entry_at(writing, index);
    return entry->topic == topic ? entry->record : NULL;
}

static size_t count_of(const struct writing *writing)
{
    return writing->evidence->timeline->count;
}

/* The columns above the first row. */
static void begin_row(const struct writing *writing, bool *any, const char *columns)
{
    if (!*any) {
        phrase(writing->out, "%s", columns);
    }
    *any = true;
}

static void end_rows(const struct writing *writing, bool any)
{
    if (!any) {
        phrase(writing->out, "%s\n", writing->words->none);
    }
}

/* ---- the order ------------------------------------------------------------------------------- */

static void write_paid(const struct writing *writing, const struct order_paid *order, size_t index)
{
    struct buffer *out = writing->out;
    escape(out, order->marketplace);
    phrase(out, ", %s ", writing->words->seller);
    escape(out, order->seller_id);
    phrase(out, ", %s ", writing->words->paid_at);
    phrase_time(out, order->paid_at_ms);
    if (order->ship_by_ms.set) {
        phrase(out, ", %s ", writing->words->ship_by);
        phrase_time(out, order->ship_by_ms.value);
    }
    phrase(out, " (R%zu)\n\n%s", index + 1, writing->words->order_columns);
    for (uint32_t i = 0; i < order->line_count; i++) {
        const struct order_line *line = &order->lines[i];
        cell_number(out, line->line_no);
        cell_text(out, line->sku);
        cell_number(out, line->quantity);
        phrase(out, "| ");
        phrase_money(out, line->paid_minor, order->currency);
        phrase(out, " |\n");
    }
}

static void write_order(const struct writing *writing)
{
    struct buffer *out = writing->out;
    const struct case_lines *lines = writing->evidence->lines;
    heading(writing, writing->words->order);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct order_paid *order = record_at(writing, i, TOPIC_ORDER_PAID);
        if (order) {
            write_paid(writing, order, i);
            return;
        }
    }
    phrase(out, "%s\n\n%s", writing->words->not_paid_here, writing->words->order_columns);
    for (size_t i = 0; i < case_lines_count(lines); i++) {
        const struct case_line_row *row = case_lines_at(lines, i);
        cell_number(out, row->line_no);
        cell_text(out, row->sku);
        cell_number(out, row->quantity);
        phrase(out, "| ");
        phrase_money(out, row->paid_minor, row->currency);
        phrase(out, " |\n");
    }
}

static void write_stands(const struct writing *writing)
{
    struct buffer *out = writing->out;
    const struct case_lines *lines = writing->evidence->lines;
    bool any = false;
    heading(writing, writing->words->stands);
    for (size_t i = 0; i < case_lines_count(lines); i++) {
        const struct case_line_row *row = case_lines_at(lines, i);
        begin_row(writing, &any, writing->words->stands_columns);
        cell_number(out, row->line_no);
        cell_text(out, row->sku);
        phrase(out, "| %s | %s |\n", line_state_name(row->state),
               writing->language->line_state(row->state));
    }
    end_rows(writing, any);
}

/* ---- the policy ------------------------------------------------------------------------------ */

static void write_said(const struct writing *writing, const char *label, const char *said)
{
    if (said && *said) {
        phrase(writing->out, "- %s: ", label);
        escape(writing->out, text_of(said));
        phrase(writing->out, "\n");
    }
}

static void write_policy(const struct writing *writing)
{
    struct buffer *out = writing->out;
    const struct evidence_words *words = writing->words;
    heading(writing, words->policy);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct case_event *event = record_at(writing, i, TOPIC_CASE_EVENT);
        if (!event || event->sequence == 0) {
            continue;
        }
        const struct policy_entry *entry =
            writing->evidence->policies
                ? policy_set_entry(writing->evidence->policies, event->policy)
                : NULL;
        escape(out, event->policy);
        phrase(out, " (R%zu)\n\n", i + 1);
        if (!entry) {
            phrase(out, "%s\n", words->policy_missing);
            return;
        }
        write_said(writing, words->policy_source, entry->source);
        write_said(writing, words->policy_checked, entry->checked);
        write_said(writing, words->policy_confidence, entry->confidence);
        phrase(out, "- %s: ", words->policy_from);
        phrase_time(out, entry->policy.effective_from_ms);
        phrase(out, "\n");
        return;
    }
    phrase(out, "%s\n", words->policy_none);
}

/* ---- the stock ------------------------------------------------------------------------------- */

static void write_stock(const struct writing *writing)
{
    struct buffer *out = writing->out;
    bool any = false;
    heading(writing, writing->words->stock);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct shortage *shortage = record_at(writing, i, TOPIC_SHORTAGE);
        if (!shortage) {
            continue;
        }
        begin_row(writing, &any, writing->words->stock_columns);
        cell_at(out, shortage->at_ms);
        cell_number(out, shortage->line_no);
        phrase(out, "| %s ", symbol_of(&type_shortage, "kind", shortage->kind));
        phrase(out, "| %s ", symbol_of(&type_shortage, "cause", shortage->cause));
        cell_number(out, shortage->stock_version);
        cell_number(out, shortage->available);
        cell_number(out, shortage->reserved);
        cell_number(out, shortage->queue_place);
        cell_number(out, shortage->ahead_quantity);
        cell_time(out, shortage->expected_at_ms);
        cell_proof(out, i);
    }
    end_rows(writing, any);
}

/* ---- what was said --------------------------------------------------------------------------- */

/* As a block of code, so that whatever it says is only shown. */
static void write_block(struct buffer *out, struct text text)
{
    phrase(out, "    ");
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\n') {
            phrase(out, "\n    ");
        } else if ((unsigned char)text.data[i] >= ' ') {
            buffer_append_byte(out, (uint8_t)text.data[i]);
        }
    }
    phrase(out, "\n");
}

static void write_notices(const struct writing *writing)
{
    struct buffer *out = writing->out;
    const struct timeline *timeline = writing->evidence->timeline;
    bool any = false;
    heading(writing, writing->words->notices);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct notification *said = record_at(writing, i, TOPIC_NOTIFICATION);
        if (!said) {
            continue;
        }
        any = true;
        phrase(out, "### ");
        phrase_time(out, said->at_ms);
        phrase(out, " %s %s (R%zu)\n\n", symbol_of(&type_notification, "audience", said->audience),
               symbol_of(&type_notification, "kind", said->kind), i + 1);
        struct buffer words = {0};
        timeline_words(timeline, entry_at(writing, i), &words);
        escape(out, (struct text){(const char *)words.data, (uint32_t)words.size});
        buffer_done(&words);
        phrase(out, "\n\n");
        if (said->subject.size > 0 || said->body.size > 0) {
            write_block(out, said->subject);
            phrase(out, "    \n");
            write_block(out, said->body);
            phrase(out, "\n");
        }
        const struct timeline_entry *entry = entry_at(writing, i);
        phrase(out, "%s%s", entry->cost_count > 0 ? writing->words->costs : "",
               entry->cost_count > 0 ? "\n\n" : "");
        for (uint32_t j = 0; j < entry->cost_count; j++) {
            phrase(out, "- ");
            writing->language->choice_cost(out, &entry->costs[j], timeline->currency);
            phrase(out, "\n%s", j + 1 == entry->cost_count ? "\n" : "");
        }
    }
    end_rows(writing, any);
    if (text_is_set(writing->evidence->why_no_costs)) {
        phrase(out, "%s", writing->language->costs_unknown);
        escape(out, writing->evidence->why_no_costs);
        phrase(out, "\n");
    }
}

/* ---- deadlines ------------------------------------------------------------------------------- */

static void deadline(const struct writing *writing, bool *any, struct optional_long by_ms,
                     int32_t line_no, const char *what, const char *whom, size_t index)
{
    if (by_ms.set) {
        begin_row(writing, any, writing->words->deadlines_columns);
        cell_at(writing->out, by_ms.value);
        if (line_no > 0) {
            cell_number(writing->out, line_no);
        } else {
            phrase(writing->out, "| ");
        }
        phrase(writing->out, "| %s%s%s ", what, *whom ? " " : "", whom);
        cell_proof(writing->out, index);
    }
}

static void write_deadlines(const struct writing *writing)
{
    const struct evidence_words *words = writing->words;
    bool any = false;
    heading(writing, words->deadlines);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct notification *said = record_at(writing, i, TOPIC_NOTIFICATION);
        const struct refund_request *refund = record_at(writing, i, TOPIC_REFUND_REQUEST);
        const struct fulfilment_plan *plan = record_at(writing, i, TOPIC_FULFILMENT_PLAN);
        for (uint32_t j = 0; said && j < said->line_count; j++) {
            const struct notice_line *line = &said->lines[j];
            deadline(writing, &any, line->decide_by_ms, line->line_no, words->answer, "", i);
        }
        if (said) {
            deadline(writing, &any, said->answer_by_ms, 0, words->act_by,
                     symbol_of(&type_notification, "audience", said->audience), i);
        }
        if (refund && refund->attempt == 1) {
            deadline(writing, &any, (struct optional_long){refund->due_by_ms, true},
                     refund->line_no, words->refund_due, "", i);
        }
        if (plan && plan->action == PLAN_HOLD_FOR_RESTOCK) {
            deadline(writing, &any, plan->until_ms, plan->line_no, words->held_until, "", i);
        }
    }
    end_rows(writing, any);
}

/* ---- decisions ------------------------------------------------------------------------------- */

/* Whether the case judged that very fact; *ret_event: its place in the timeline. */
static bool find_event(const struct writing *writing, const struct timeline_entry *fact,
                       size_t *ret_event)
{
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct case_event *event = record_at(writing, i, TOPIC_CASE_EVENT);
        if (event && text_equal(event->fact_topic, text_of(topic_info(fact->topic)->name)) &&
            text_equal(event->fact, fact->bytes)) {
            *ret_event = i;
            return true;
        }
    }
    return false;
}

static bool is_decision(enum topic topic)
{
    return topic == TOPIC_BUYER_DECISION || topic == TOPIC_SELLER_RESPONSE ||
           topic == TOPIC_PLATFORM_RULING || topic == TOPIC_ORDER_CLOSED;
}

static void write_decisions(const struct writing *writing)
{
    struct buffer *out = writing->out;
    const struct timeline *timeline = writing->evidence->timeline;
    bool any = false;
    heading(writing, writing->words->decisions);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct timeline_entry *entry = entry_at(writing, i);
        size_t judged;
        if (!is_decision(entry->topic) || !entry->record) {
            continue;
        }
        begin_row(writing, &any, writing->words->decisions_columns);
        cell_at(out, entry->at_ms);
        struct buffer words = {0};
        timeline_words(timeline, entry, &words);
        cell_text(out, (struct text){(const char *)words.data, (uint32_t)words.size});
        buffer_done(&words);
        if (!find_event(writing, entry, &judged)) {
            phrase(out, "| %s | R%zu |\n",
                   entry->topic == TOPIC_ORDER_CLOSED ? "" : writing->words->unjudged, i + 1);
            continue;
        }
        const struct case_event *event = entry_at(writing, judged)->record;
        bool refused = event->verdict == VERDICT_REFUSED;
        phrase(out, "| %s%s%s | R%zu, R%zu |\n",
               symbol_of(&type_case_event, "verdict", event->verdict), refused ? " " : "",
               refused ? symbol_of(&type_case_event, "reason", event->reason) : "", i + 1,
               judged + 1);
    }
    end_rows(writing, any);
}

/* ---- money ----------------------------------------------------------------------------------- */

static void write_results(const struct writing *writing, const struct refund_request *request,
                          size_t index)
{
    struct buffer *out = writing->out;
    bool any = false;
    struct buffer proofs = {0};
    phrase(&proofs, "R%zu", index + 1);
    phrase(out, "| ");
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct refund_result *result = record_at(writing, i, TOPIC_REFUND_RESULT);
        if (!result || !text_equal(result->refund_id, request->refund_id) ||
            result->attempt != request->attempt) {
            continue;
        }
        phrase(out, "%s%s ", any ? "; " : "",
               symbol_of(&type_refund_result, "status", result->status));
        escape(out, result->failure_code);
        phrase(out, "%s", result->failure_code.size > 0 ? " " : "");
        phrase_time(out, result->at_ms);
        phrase(&proofs, ", R%zu", i + 1);
        any = true;
    }
    phrase(out, "%s | %.*s |\n", any ? "" : writing->words->no_result, (int)proofs.size,
           proofs.data ? (const char *)proofs.data : "");
    buffer_done(&proofs);
}

static void write_refunds(const struct writing *writing)
{
    struct buffer *out = writing->out;
    bool any = false;
    heading(writing, writing->words->refunds);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct refund_request *request = record_at(writing, i, TOPIC_REFUND_REQUEST);
        if (!request) {
            continue;
        }
        begin_row(writing, &any, writing->words->refunds_columns);
        cell_at(out, request->at_ms);
        cell_number(out, request->line_no);
        phrase(out, "| ");
        phrase_money(out, request->amount_minor, request->currency);
        phrase(out, " | %s ", symbol_of(&type_refund_request, "reason", request->reason));
        cell_number(out, request->attempt);
        cell_at(out, request->due_by_ms);
        write_results(writing, request, i);
    }
    end_rows(writing, any);
}

static void write_compensations(const struct writing *writing)
{
    struct buffer *out = writing->out;
    bool any = false;
    heading(writing, writing->words->compensations);
    for (size_t i = 0; i < count_of(writing); i++) {
        if (!record_at(writing, i, TOPIC_COMPENSATION)) {
            continue;
        }
        struct buffer words = {0};
        any = true;
        timeline_words(writing->evidence->timeline, entry_at(writing, i), &words);
        phrase(out, "- ");
        phrase_time(out, entry_at(writing, i)->at_ms);
        phrase(out, " ");
        escape(out, (struct text){(const char *)words.data, (uint32_t)words.size});
        phrase(out, " (R%zu)\n", i + 1);
        buffer_done(&words);
    }
    end_rows(writing, any);
}

/* ---- the records ----------------------------------------------------------------------------- */

static void write_json(struct buffer *out, const struct timeline_entry *entry)
{
    json_t *json = record_to_json(topic_info(entry->topic)->type, entry->record);
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    if (text) {
        phrase(out, "```json\n%s\n```\n\n", text);
    } else {
        out->failed = true;
    }
    free(text);
    json_decref(json);
}

static void write_records(const struct writing *writing)
{
    struct buffer *out = writing->out;
    heading(writing, writing->words->records);
    phrase(out, "%s\n\n%s", writing->words->records_sentence, writing->words->records_columns);
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct timeline_entry *entry = entry_at(writing, i);
        phrase(out, "| R%zu | %s | %" PRId32 " | %" PRId64 " ", i + 1,
               topic_info(entry->topic)->name, entry->partition, entry->offset);
        cell_at(out, entry->at_ms);
        phrase(out, "|\n");
    }
    phrase(out, "\n");
    for (size_t i = 0; i < count_of(writing); i++) {
        const struct timeline_entry *entry = entry_at(writing, i);
        phrase(out, "R%zu: %s, %" PRId32 ", %" PRId64 "\n\n", i + 1, topic_info(entry->topic)->name,
               entry->partition, entry->offset);
        if (entry->record) {
            write_json(out, entry);
        } else {
            escape(out, entry->words);
            phrase(out, "\n\n");
        }
    }
}

void evidence_write(const struct evidence *evidence, struct buffer *out)
{
    const struct writing writing = {
        .evidence = evidence,
        .language = evidence->timeline->language,
        .words = evidence_words_of(evidence->timeline->language->tag),
        .out = out,
    };
    phrase(out, "# %s", writing.words->title);
    escape(out, text_of(evidence->order_id));
    phrase(out, "\n\n%s", writing.words->what_this_is);
    write_order(&writing);
    write_stands(&writing);
    write_policy(&writing);
    write_stock(&writing);
    write_notices(&writing);
    write_deadlines(&writing);
    write_decisions(&writing);
    write_refunds(&writing);
    write_compensations(&writing);
    write_records(&writing);
}

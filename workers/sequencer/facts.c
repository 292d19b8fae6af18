#include "sequencer/facts.h"

#include <stdio.h>

#include "core/must.h"
#include "kit/traceparent.h"
#include "kit/utf8.h"

/* ---- guards: one for each rule that a record may break ------------------------------------- */

static enum status need_id(struct text id, const char *name, struct error *error)
{
    return id.size ? OK : error_set(error, POISON, "%s: must not be empty", name);
}

static enum status need_amount(int64_t amount, const char *name, struct error *error)
{
    return amount >= 0 && amount <= AMOUNT_MAX
               ? OK
               : error_set(error, POISON, "%s: %lld is not between 0 and %lld", name,
                           (long long)amount, (long long)AMOUNT_MAX);
}

static enum status need_line_no(int32_t line_no, const char *name, struct error *error)
{
    return line_no >= 1 ? OK : error_set(error, POISON, "%s: %d is not 1 or above", name, line_no);
}

static enum status check_line(const struct order_line *line, struct error *error)
{
    enum status status = need_line_no(line->line_no, "line_no", error);
    status = status ? status : need_id(line->sku, "sku", error);
    status = status ? status : need_amount(line->paid_minor, "paid_minor", error);
    if (status == OK && line->quantity <= 0) {
        return error_set(error, POISON, "quantity: %d is not above 0", line->quantity);
    }
    return status;
}

static enum status check_order(const struct order_paid *order, struct error *error)
{
    enum status status = need_id(order->order_id, "order_id", error);
    status = status ? status : need_id(order->seller_id, "seller_id", error);
    status = status ? status : need_id(order->currency, "currency", error);
    if (status == OK && order->line_count == 0) {
        return error_set(error, POISON, "lines: an order has at least one");
    }
    for (uint32_t i = 0; i < order->line_count && status == OK; i++) {
        const struct order_line *line = &order->lines[i];
        if (check_line(line, error) != OK) {
            return error_prefix(error, POISON, "lines[%u].", i);
        }
        for (uint32_t other = 0; other < i && status == OK; other++) {
            if (order->lines[other].line_no == line->line_no) {
                status = error_set(error, POISON, "lines[%u].line_no: %d is there twice", i,
                                   line->line_no);
            }
        }
    }
    return status;
}

static bool restock_is_sound(const struct restock *restock)
{
    return restock->quantity > 0 && restock->quantity <= AMOUNT_MAX;
}

static enum status check_level(const struct stock_level *level, struct error *error)
{
    enum status status = need_id(level->sku, "sku", error);
    status = status ? status : need_id(level->warehouse_id, "warehouse_id", error);
    status = status ? status : need_amount(level->safety_stock, "safety_stock", error);
    if (status == OK && (level->on_hand > AMOUNT_MAX || level->on_hand < -AMOUNT_MAX)) {
        return error_set(error, POISON, "on_hand: %lld is out of range", (long long)level->on_hand);
    }
    if (status == OK && level->restock && !restock_is_sound(level->restock)) {
        return error_set(error, POISON, "restock.quantity: %lld is not above 0",
                         (long long)level->restock->quantity);
    }
    for (uint32_t i = 0; i < level->restock_count && status == OK; i++) {
        if (!restock_is_sound(&level->restocks[i])) {
            status = error_set(error, POISON, "restocks[%u].quantity: %lld is not above 0", i,
                               (long long)level->restocks[i].quantity);
        }
    }
    return status;
}

static enum status check_closed(const struct order_closed *closed, struct error *error)
{
    enum status status = need_id(closed->order_id, "order_id", error);
    status = status ? status : need_line_no(closed->line_no, "line_no", error);
    status = status ? status : need_id(closed->sku, "sku", error);
    if (status == OK && closed->reason != CLOSE_SHIPPED && closed->reason != CLOSE_CANCELLED &&
        closed->reason != CLOSE_REFUNDED) {
        return error_set(error, POISON, "reason: SHIPPED, CANCELLED or REFUNDED is needed");
    }
    return status;
}

static enum status check_outcome(const struct line_outcome *outcome, struct error *error)
{
    enum status status = need_id(outcome->order_id, "order_id", error);
    status = status ? status : need_line_no(outcome->line_no, "line_no", error);
    status = status ? status : need_id(outcome->sku, "sku", error);
    if (status == OK && outcome->reason != CLOSE_REFUNDED && outcome->reason != CLOSE_SUBSTITUTED) {
        return error_set(error, POISON, "reason: REFUNDED or SUBSTITUTED is needed");
    }
    if (status == OK && outcome->replacement) {
        status = need_id(outcome->replacement->sku, "replacement.sku", error);
        if (status == OK && outcome->replacement->quantity <= 0) {
            status = error_set(error, POISON, "replacement.quantity: %lld is not above 0",
                               (long long)outcome->replacement->quantity);
        }
    }
    return status;
}

static enum status check_report(const struct seller_response *response, struct error *error)
{
    enum status status = need_id(response->id, "id", error);
    status = status ? status : need_id(response->order_id, "order_id", error);
    return status ? status : need_id(response->sku, "sku (of REPORT_NO_STOCK)", error);
}

/* ---- facts --------------------------------------------------------------------------------- */

/* What a line must carry of its order, as bytes that the allocation does not look into. */
static enum status encode_facts(const struct facts_env *env, const struct order_facts *facts,
                                struct arena *arena, struct text *ret_bytes, struct error *error)
{
    struct buffer *scratch = env->scratch;
    buffer_clear(scratch);
    enum status status = codec_encode(env->codec, &type_order_facts, facts, scratch, error);
    if (status == OK && (scratch->failed || scratch->size > ORDER_FACTS_SIZE_MAX)) {
        return error_set(error, POISON, "the order's facts are over %d bytes",
                         ORDER_FACTS_SIZE_MAX);
    }
    if (status == OK) {
        struct text bytes = {(const char *)scratch->data, (uint32_t)scratch->size};
        *ret_bytes = arena_text(arena, bytes);
        if (!text_is_set(*ret_bytes)) {
            return error_set(error, FATAL, "the step's memory is full");
        }
    }
    return status;
}

/* A title is words for people: one that is too long is cut between two letters. */
static struct text title_kept(struct text title)
{
    if (title.size == 0) {
        return (struct text){0};
    }
    return (struct text){title.data,
                         utf8_fit((const uint8_t *)title.data, title.size, TITLE_KEPT_MAX)};
}

static struct sku_fact *add(struct facts *facts, const struct message *message,
                            enum sku_fact_kind kind, struct text sku, int64_t at_ms)
{
    must(facts->count < FACTS_PER_MESSAGE_MAX);
    struct sku_fact *fact = &facts->items[facts->count++];
    *fact = (struct sku_fact){
        .kind = kind,
        .sku = sku,
        .at_ms = at_ms,
        .source_topic = text_of(topic_info(message->topic)->name),
        .source_partition = message->partition,
        .source_offset = message->offset,
    };
    return fact;
}

static enum status take_order(const struct facts_env *env, const struct message *message,
                              struct arena *arena, struct facts *facts, int64_t *ret_at_ms,
                              struct error *error)
{
    struct order_paid order;
    enum status status =
        codec_decode(env->codec, &type_order_paid, message->value, arena, &order, error);
    facts->readable = status == OK;
    if (status == OK && order.line_count > env->lines_max) {
        return error_set(error, POISON, "lines: %u, more than order.lines.max = %u",
                         order.line_count, env->lines_max);
    }
    status = status ? status : check_order(&order, error);
    const struct trace trace = traceparent_of_message(message);
    for (uint32_t i = 0; i < order.line_count && status == OK; i++) {
        const struct order_line *line = &order.lines[i];
        struct sku_fact *fact = add(facts, message, FACT_PAID, line->sku, order.paid_at_ms);
        fact->order_id = order.order_id;
        fact->line_no = line->line_no;
        fact->quantity = line->quantity;
        struct order_facts carried = {
            .marketplace = order.marketplace,
            .seller_id = order.seller_id,
            .buyer_id = order.buyer_id,
            .locale = order.locale,
            .currency = order.currency,
            .paid_minor = line->paid_minor,
            .paid_at_ms = order.paid_at_ms,
            .ship_by_ms = order.ship_by_ms,
            .title = title_kept(line->title),
            .channel = order.channel,
            .trace = trace_text(&trace),
        };
        status = encode_facts(env, &carried, arena, &fact->order_facts, error);
    }
    *ret_at_ms = status == OK ? order.paid_at_ms : 0;
    return status;
}

static enum status take_level(const struct facts_env *env, const struct message *message,
                              struct arena *arena, struct facts *facts, int64_t *ret_at_ms,
                              struct error *error)
{
    struct stock_level level;
    enum status status =
        codec_decode(env->codec, &type_stock_level, message->value, arena, &level, error);
    facts->readable = status == OK;
    status = status ? status : check_level(&level, error);
    if (status != OK) {
        return status;
    }
    struct sku_fact *fact = add(facts, message, FACT_LEVEL, level.sku, level.counted_at_ms);
    fact->warehouse_id = level.warehouse_id;
    fact->on_hand = level.on_hand;
    fact->safety_stock = level.safety_stock;
    fact->version = level.version;
    fact->restocks = level.restock_count ? level.restocks : level.restock;
    fact->restock_count = level.restock_count ? level.restock_count : level.restock != NULL;
    *ret_at_ms = level.counted_at_ms;
    return OK;
}

static enum status take_closed(const struct facts_env *env, const struct message *message,
                               struct arena *arena, struct facts *facts, int64_t *ret_at_ms,
                               struct error *error)
{
    struct order_closed closed;
    enum status status =
        codec_decode(env->codec, &type_order_closed, message->value, arena, &closed, error);
    facts->readable = status == OK;
    status = status ? status : check_closed(&closed, error);
    if (status != OK) {
        return status;
    }
    struct sku_fact *fact = add(facts, message, FACT_CLOSED, closed.sku, closed.closed_at_ms);
    fact->order_id = closed.order_id;
    fact->line_no = closed.line_no;
    fact->reason = closed.reason;
    fact->warehouse_id = closed.warehouse_id;
    *ret_at_ms = closed.closed_at_ms;
    return OK;
}

/* A substitute's line is a paid line like any other from here on, so that its stock is reserved. */
static enum status take_replacement(const struct facts_env *env, const struct message *message,
                                    const struct line_outcome *outcome, struct arena *arena,
                                    struct facts *facts, struct error *error)
{
    const struct replacement *replacement = outcome->replacement;
    const struct trace trace = traceparent_of_message(message);
    struct sku_fact *fact = add(facts, message, FACT_PAID, replacement->sku, outcome->at_ms);
    fact->order_id = outcome->order_id;
    fact->line_no = replacement->line_no;
    fact->quantity = replacement->quantity;
    struct order_facts carried = {
        .marketplace = outcome->marketplace,
        .seller_id = outcome->seller_id,
        .buyer_id = outcome->buyer_id,
        .locale = outcome->locale,
        .currency = outcome->currency,
        .paid_minor = replacement->paid_minor,
        .paid_at_ms = outcome->at_ms,
        .ship_by_ms = replacement->ship_by_ms,
        .trace = trace_text(&trace),
    };
    return encode_facts(env, &carried, arena, &fact->order_facts, error);
}

static enum status take_outcome(const struct facts_env *env, const struct message *message,
                                struct arena *arena, struct facts *facts, int64_t *ret_at_ms,
                                struct error *error)
{
    struct line_outcome outcome;
    enum status status =
        codec_decode(env->codec, &type_line_outcome, message->value, arena, &outcome, error);
    facts->readable = status == OK;
    status = status ? status : check_outcome(&outcome, error);
    if (status != OK) {
        return status;
    }
    struct sku_fact *fact = add(facts, message, FACT_CLOSED, outcome.sku, outcome.at_ms);
    fact->order_id = outcome.order_id;
    fact->line_no = outcome.line_no;
    fact->reason = outcome.reason;
    *ret_at_ms = outcome.at_ms;
    return outcome.replacement ? take_replacement(env, message, &outcome, arena, facts, error) : OK;
}

/* The caseworker reads this topic too and dead-letters what can't be read at all, so that a record
 * has one dead letter; here only a report that lacks what a report needs is one. */
static enum status take_response(const struct facts_env *env, const struct message *message,
                                 struct arena *arena, struct facts *facts, int64_t *ret_at_ms,
                                 struct error *error)
{
    struct seller_response response;
    enum status status =
        codec_decode(env->codec, &type_seller_response, message->value, arena, &response, error);
    *ret_at_ms = INT64_MIN;
    if (status == POISON || (status == OK && response.kind != RESPONSE_REPORT_NO_STOCK)) {
        return OK;
    }
    facts->readable = true;
    status = status ? status : check_report(&response, error);
    if (status != OK) {
        return status;
    }
    struct sku_fact *fact =
        add(facts, message, FACT_REPORT, response.sku, response.responded_at_ms);
    fact->id = response.id;
    fact->order_id = response.order_id;
    fact->line_no = response.line_no;
    *ret_at_ms = response.responded_at_ms;
    return OK;
}

static enum status take(const struct facts_env *env, const struct message *message,
                        struct arena *arena, struct facts *facts, int64_t *ret_at_ms,
                        struct error *error)
{
    if (message->topic == TOPIC_ORDER_PAID) {
        return take_order(env, message, arena, facts, ret_at_ms, error);
    }
    if (message->topic == TOPIC_STOCK_LEVEL) {
        return take_level(env, message, arena, facts, ret_at_ms, error);
    }
    if (message->topic == TOPIC_ORDER_CLOSED) {
        return take_closed(env, message, arena, facts, ret_at_ms, error);
    }
    if (message->topic == TOPIC_LINE_OUTCOME) {
        return take_outcome(env, message, arena, facts, ret_at_ms, error);
    }
    must(message->topic == TOPIC_SELLER_RESPONSE);
    return take_response(env, message, arena, facts, ret_at_ms, error);
}

/* Ours, and the money is on its way: what was refunded must be freed, however wrong the clock was
 * of whoever wrote it. */
static void take_back_to(struct facts *facts, int64_t at_ms)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        if (facts->items[i].at_ms > at_ms) {
            facts->items[i].at_ms = at_ms;
        }
    }
}

enum status facts_of(const struct facts_env *env, const struct message *message,
                     struct arena *arena, struct facts *ret_facts, const char **ret_reason,
                     struct error *error)
{
    int64_t at_ms = 0;
    ret_facts->count = 0;
    ret_facts->readable = false;
    *ret_reason = "MALFORMED";
    if (!text_is_set(message->value)) {
        return error_set(error, POISON, "a record without a value");
    }
    enum status status = take(env, message, arena, ret_facts, &at_ms, error);
    if (ret_facts->readable) {
        *ret_reason = "INVALID";
    }
    if (status != OK) {
        ret_facts->count = 0;
        return status;
    }
    bool ahead = !env->record_clock && message->timestamp_ms >= 0 &&
                 at_ms > message->timestamp_ms + FACT_AHEAD_MAX_MS;
    if (ahead && message->topic == TOPIC_LINE_OUTCOME) {
        take_back_to(ret_facts, message->timestamp_ms);
    } else if (ahead) {
        ret_facts->count = 0;
        *ret_reason = "TIME_AHEAD";
        return error_set(error, POISON,
                         "its time, %lld, is more than 1 h after its message's timestamp, %lld",
                         (long long)at_ms, (long long)message->timestamp_ms);
    }
    return OK;
}

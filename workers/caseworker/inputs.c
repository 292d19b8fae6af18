#include "caseworker/inputs.h"

#include "core/must.h"

static enum status need_id(struct text id, const char *name, struct error *error)
{
    return id.size ? OK : error_set(error, POISON, "%s: must not be empty", name);
}

static enum status need_line(int32_t line_no, int32_t least, struct error *error)
{
    return line_no >= least ? OK
                            : error_set(error, POISON, "line_no: %d is below %d", line_no, least);
}

static enum status need_amount(struct optional_long amount, const char *name, struct error *error)
{
    if (amount.set && (amount.value < 0 || amount.value > AMOUNT_MAX)) {
        return error_set(error, POISON, "%s: %lld is not between 0 and %lld", name,
                         (long long)amount.value, (long long)AMOUNT_MAX);
    }
    return OK;
}

static enum status take_shortage(struct input *input, struct error *error)
{
    const struct shortage *shortage = &input->record.shortage;
    enum status status = need_id(shortage->order_id, "order_id", error);
    status = status ? status : need_line(shortage->line_no, 1, error);
    status = status ? status : need_id(shortage->sku, "sku", error);
    if (status == OK && (shortage->kind == SHORTAGE_UNKNOWN || shortage->quantity <= 0 ||
                         shortage->paid_minor < 0 || shortage->paid_minor > AMOUNT_MAX)) {
        status = error_set(error, POISON, "kind, quantity or paid_minor is none that we wrote");
    }
    input->order_id = shortage->order_id;
    input->fact = (struct case_fact){
        .kind = CASE_FACT_SHORTAGE, .at_ms = shortage->at_ms, .shortage = shortage};
    return status;
}

static enum status take_decision(struct input *input, struct error *error)
{
    const struct buyer_decision *decision = &input->record.buyer_decision;
    enum status status = need_id(decision->id, "id", error);
    status = status ? status : need_id(decision->order_id, "order_id", error);
    status = status ? status : need_line(decision->line_no, 0, error);
    if (status == OK && decision->choice == CHOICE_UNKNOWN) {
        status = error_set(error, POISON, "choice: none that we know");
    }
    input->order_id = decision->order_id;
    input->id = decision->id;
    input->fact = (struct case_fact){.kind = CASE_FACT_BUYER_DECISION,
                                     .at_ms = decision->decided_at_ms,
                                     .buyer_decision = decision};
    return status;
}

static enum status take_response(struct input *input, struct error *error)
{
    const struct seller_response *response = &input->record.seller_response;
    enum status status = need_id(response->id, "id", error);
    status = status ? status : need_id(response->order_id, "order_id", error);
    status = status ? status : need_line(response->line_no, 0, error);
    status = status ? status : need_amount(response->amount_minor, "amount_minor", error);
    if (status == OK && response->kind == RESPONSE_UNKNOWN) {
        status = error_set(error, POISON, "kind: none that we know");
    }
    if (status == OK && response->kind == RESPONSE_OFFER_COMPENSATION &&
        !response->amount_minor.set) {
        status = error_set(error, POISON, "amount_minor: an offer needs one");
    }
    input->order_id = response->order_id;
    input->id = response->id;
    input->ignored = response->kind == RESPONSE_REPORT_NO_STOCK; /* the sequencer's */
    input->fact = (struct case_fact){.kind = CASE_FACT_SELLER_RESPONSE,
                                     .at_ms = response->responded_at_ms,
                                     .seller_response = response};
    return status;
}

static enum status take_ruling(struct input *input, struct error *error)
{
    const struct platform_ruling *ruling = &input->record.platform_ruling;
    enum status status = need_id(ruling->id, "id", error);
    status = status ? status : need_id(ruling->order_id, "order_id", error);
    status = status ? status : need_line(ruling->line_no, 0, error);
    status = status ? status : need_amount(ruling->amount_minor, "amount_minor", error);
    if (status == OK && ruling->ruling == RULING_UNKNOWN) {
        status = error_set(error, POISON, "ruling: none that we know");
    }
    if (status == OK && ruling->ruling == RULING_COMPENSATE && !ruling->amount_minor.set) {
        status = error_set(error, POISON, "amount_minor: COMPENSATE needs one");
    }
    input->order_id = ruling->order_id;
    input->id = ruling->id;
    input->fact = (struct case_fact){
        .kind = CASE_FACT_PLATFORM_RULING, .at_ms = ruling->ruled_at_ms, .platform_ruling = ruling};
    return status;
}

static enum status take_result(struct input *input, struct error *error)
{
    const struct refund_result *result = &input->record.refund_result;
    enum status status = need_id(result->refund_id, "refund_id", error);
    status = status ? status : need_id(result->order_id, "order_id", error);
    status = status ? status : need_line(result->line_no, 1, error);
    if (status == OK && (result->status == REFUND_UNKNOWN || result->attempt < 1)) {
        status = error_set(error, POISON, "status SUCCEEDED or FAILED and an attempt are needed");
    }
    input->order_id = result->order_id;
    input->id = result->refund_id;
    input->fact = (struct case_fact){
        .kind = CASE_FACT_REFUND_RESULT, .at_ms = result->at_ms, .refund_result = result};
    return status;
}

enum status input_read(struct codec *codec, const struct message *message, struct arena *arena,
                       struct input *ret_input, const char **ret_reason, struct error *error)
{
    const struct record_type *type = topic_info(message->topic)->type;
    must(type && type->size <= sizeof ret_input->record);
    *ret_input = (struct input){0};
    *ret_reason = "MALFORMED";
    if (!text_is_set(message->value)) {
        return error_set(error, POISON, "a record without a value");
    }
    enum status status =
        codec_decode(codec, type, message->value, arena, &ret_input->record, error);
    if (status != OK) {
        return status;
    }
    *ret_reason = "INVALID";
    if (message->topic == TOPIC_SHORTAGE) {
        return take_shortage(ret_input, error);
    }
    if (message->topic == TOPIC_BUYER_DECISION) {
        return take_decision(ret_input, error);
    }
    if (message->topic == TOPIC_SELLER_RESPONSE) {
        return take_response(ret_input, error);
    }
    if (message->topic == TOPIC_PLATFORM_RULING) {
        return take_ruling(ret_input, error);
    }
    if (message->topic == TOPIC_REFUND_RESULT) {
        return take_result(ret_input, error);
    }
    must(message->topic == TOPIC_CLOCK);
    ret_input->fact.at_ms = ret_input->record.clock_tick.at_ms;
    return OK;
}

#include "core/must.h"
#include "model_inside.h"

static void drop_offer(struct model_case *model)
{
    model->offer_id = (struct text){0};
}

static bool offer_stands(const struct model_case *model)
{
    return model->offer_id.size > 0;
}

static void ask_seller(struct model_work *work, struct text reason, int64_t within_ms)
{
    struct notification *told = model_tell(work, AUDIENCE_SELLER, NOTICE_NEEDS_ACTION);
    told->reason = reason;
    told->answer_by_ms = (struct optional_long){work->at_ms + within_ms, true};
}

static struct notification *tell_settled(struct model_work *work, struct text reason,
                                         int64_t amount_minor)
{
    struct notification *told = model_tell(work, AUDIENCE_BUYER, NOTICE_SETTLED);
    told->reason = reason;
    model_tell_amount(told, amount_minor);
    return told;
}

/* ---- The buyer --------------------------------------------------------------------------------
 */

static void claim(struct model_work *work)
{
    struct model_case *model = work->model;
    if (model->settlement == MODEL_SETTLED) {
        model_refuse(work, REFUSAL_ALREADY_SETTLED);
    } else if (model->settlement != MODEL_QUIET) {
        model_refuse(work, REFUSAL_ALREADY_CLAIMED);
    } else if (model->ended.known && !model->buyer_knows) {
        model_refuse(work, REFUSAL_NOT_OPEN);
    } else if (model->ended.known &&
               work->at_ms >= model->ended.ms + model->policy->claim_window_ms) {
        model_refuse(work, REFUSAL_CLOSED);
    } else {
        model->settlement = MODEL_CLAIMED;
        ask_seller(work, TEXT("CLAIM"), model->policy->goodwill_answer_ms);
    }
}

static void accept(struct model_work *work)
{
    struct model_case *model = work->model;
    struct text offer_id = work->fact->decision->offer_id;
    if (model->settlement == MODEL_SETTLED) {
        model_refuse(work, REFUSAL_ALREADY_SETTLED);
    } else if (!offer_stands(model) || !text_equal(model->offer_id, offer_id)) {
        model_refuse(work, REFUSAL_NO_SUCH_OFFER);
    } else {
        model->settlement = MODEL_SETTLED;
        model_compensate(work, COMPENSATION_GOODWILL, 0, model->offer_minor)->instrument =
            model->offer_instrument;
        struct notification *told = tell_settled(work, TEXT("AGREED"), model->offer_minor);
        told->instrument = model->offer_instrument;
        told->offer_id = offer_id;
        drop_offer(model);
    }
}

static void reject(struct model_work *work)
{
    struct model_case *model = work->model;
    struct text offer_id = work->fact->decision->offer_id;
    if (model->settlement == MODEL_SETTLED) {
        model_refuse(work, REFUSAL_ALREADY_SETTLED);
    } else if (!offer_stands(model) || (offer_id.data && !text_equal(model->offer_id, offer_id))) {
        model_refuse(work, REFUSAL_NO_SUCH_OFFER);
    } else {
        if (model->settlement == MODEL_OFFERED) {
            model->settlement = MODEL_CLAIMED;
        }
        drop_offer(model);
        ask_seller(work, TEXT("REJECTED"), model->policy->goodwill_answer_ms);
    }
}

static void ask_platform(struct model_work *work)
{
    struct model_case *model = work->model;
    struct optional_long within = model->policy->ask_within_ms;
    if (model->settlement == MODEL_SETTLED) {
        model_refuse(work, REFUSAL_ALREADY_SETTLED);
    } else if (model->settlement == MODEL_QUIET) {
        model_refuse(work, REFUSAL_NOT_CLAIMED);
    } else if (model->settlement == MODEL_ASKED_PLATFORM) {
        model_refuse(work, REFUSAL_ALREADY_CLAIMED);
    } else if (model->settlement == MODEL_DECLINED && within.set &&
               work->at_ms >= model->declined_ms + within.value) {
        model_refuse(work, REFUSAL_NOT_OPEN);
    } else {
        model->settlement = MODEL_ASKED_PLATFORM;
        ask_seller(work, TEXT("EVIDENCE"), model->policy->seller_evidence_ms);
        model_tell(work, AUDIENCE_SUPPORT, NOTICE_NEEDS_ACTION)->reason = TEXT("MEDIATE");
    }
}

void model_take_claim(struct model_work *work)
{
    switch (work->fact->decision->choice) {
    case CHOICE_CLAIM:
        claim(work);
        break;
    case CHOICE_ACCEPT:
        accept(work);
        break;
    case CHOICE_REJECT:
        reject(work);
        break;
    default:
        must(work->fact->decision->choice == CHOICE_ASK_PLATFORM);
        ask_platform(work);
    }
}

/* ---- The seller -------------------------------------------------------------------------------
 */

/* A line and its substitute count once. */
static int64_t paid_for_the_case(struct model_case *model)
{
    int64_t paid = 0;
    for (int i = 0; i < model->line_count; i++) {
        const struct model_line *line = &model->lines[i];
        const struct model_line *replaced =
            model_line_of(model, line->line_no - SUBSTITUTE_LINE_BASE);
        bool is_substitute = replaced && text_equal(replaced->replaced_by, line->sku);
        paid += is_substitute ? 0 : line->paid_minor;
    }
    return paid;
}

static void offer(struct model_work *work)
{
    struct model_case *model = work->model;
    const struct seller_response *response = work->fact->response;
    int64_t amount = response->amount_minor.value;
    int64_t limit = paid_for_the_case(model) * model->policy->goodwill_max_rate_bp / 10000;
    if (model->settlement == MODEL_SETTLED) {
        model_refuse(work, REFUSAL_ALREADY_SETTLED);
    } else if (amount <= 0) { /* an offer of nothing is none */
        model_refuse(work, REFUSAL_NO_SUCH_OFFER);
    } else if (amount > limit) {
        model_refuse(work, REFUSAL_OVER_LIMIT);
    } else {
        if (model->settlement != MODEL_ASKED_PLATFORM) {
            model->settlement = MODEL_OFFERED;
        }
        model->offer_id = response->id;
        model->offer_minor = amount;
        model->offer_instrument = response->instrument ? response->instrument : INSTRUMENT_CASH;
        struct notification *told = model_tell(work, AUDIENCE_BUYER, NOTICE_OFFER);
        model_tell_amount(told, amount);
        told->instrument = model->offer_instrument;
        told->offer_id = response->id;
    }
}

/* To the platform it is the seller's evidence, of which the buyer is not told. */
static void decline(struct model_work *work)
{
    struct model_case *model = work->model;
    if (model->settlement == MODEL_SETTLED) {
        model_refuse(work, REFUSAL_ALREADY_SETTLED);
    } else if (model->settlement == MODEL_CLAIMED) {
        model->settlement = MODEL_DECLINED;
        model->declined_ms = work->at_ms;
        (void)model_tell(work, AUDIENCE_BUYER, NOTICE_DECLINED);
    } else if (model->settlement != MODEL_ASKED_PLATFORM) {
        model_refuse(work, REFUSAL_NOT_CLAIMED);
    }
}

void model_take_response(struct model_work *work)
{
    if (work->fact->response->kind == RESPONSE_OFFER_COMPENSATION) {
        offer(work);
    } else {
        decline(work);
    }
}

/* ---- The platform -----------------------------------------------------------------------------
 */

/* COMPENSATE counts without a claim too, DISMISS does not. */
void model_take_compensation_ruling(struct model_work *work)
{
    struct model_case *model = work->model;
    const struct platform_ruling *ruling = work->fact->ruling;
    bool compensates = ruling->ruling == RULING_COMPENSATE;
    int64_t amount = compensates ? ruling->amount_minor.value : 0;
    if (model->settlement == MODEL_SETTLED) {
        model_refuse(work, REFUSAL_ALREADY_SETTLED);
    } else if (!compensates && model->settlement == MODEL_QUIET) {
        model_refuse(work, REFUSAL_NOT_CLAIMED);
    } else if (ruling->line_no != 0 && !model_line_of(model, ruling->line_no)) {
        model_refuse(work, REFUSAL_NO_SUCH_LINE);
    } else {
        model->settlement = MODEL_SETTLED;
        drop_offer(model);
        if (amount > 0) {
            (void)model_compensate(work, COMPENSATION_RULING, ruling->line_no, amount);
        }
        struct notification *told =
            tell_settled(work, compensates ? TEXT("RULED") : TEXT("DISMISSED"), amount);
        told->instrument = compensates ? INSTRUMENT_CASH : INSTRUMENT_UNKNOWN;
    }
}

/* It settles the claim if the platform was asked. */
void model_refund_was_ruled(struct model_work *work)
{
    if (work->model->settlement == MODEL_ASKED_PLATFORM) {
        work->model->settlement = MODEL_SETTLED;
        drop_offer(work->model);
    }
}

#include "core/must.h"
#include "model_inside.h"

struct notification *model_tell(struct model_work *work, enum audience audience,
                                enum notice_kind kind)
{
    struct model_case *model = work->model;
    must(work->said->notice_count < MODEL_SAID_MAX);
    struct notification *told = &work->said->notices[work->said->notice_count++];
    *told = (struct notification){.audience = audience,
                                  .kind = kind,
                                  .locale = model->first.locale,
                                  .currency = model->first.currency,
                                  .lines = &work->said->lines[work->said->line_count]};
    if (audience == AUDIENCE_BUYER) {
        told->recipient_id = model->first.buyer_id;
        model->buyer_knows = true;
    } else if (audience == AUDIENCE_SELLER) {
        told->recipient_id = model->first.seller_id;
    }
    return told;
}

static struct notice_line *add_line(struct model_work *work, struct notification *told,
                                    const struct model_line *line)
{
    must(work->said->line_count < MODEL_SAID_MAX);
    struct notice_line *added = &work->said->lines[work->said->line_count++];
    *added = (struct notice_line){.line_no = line->line_no,
                                  .sku = line->sku,
                                  .title = line->title,
                                  .quantity = line->quantity,
                                  .paid_minor = line->paid_minor,
                                  .choices = &work->said->choices[work->said->choice_count]};
    told->line_count++;
    return added;
}

struct notification *model_tell_of(struct model_work *work, enum audience audience,
                                   enum notice_kind kind, const struct model_line *line)
{
    struct notification *told = model_tell(work, audience, kind);
    (void)add_line(work, told, line);
    return told;
}

void model_tell_amount(struct notification *told, int64_t amount_minor)
{
    told->amount_minor = (struct optional_long){amount_minor, true};
}

/* ---- Choices ----------------------------------------------------------------------------------
 */

const struct model_offer *model_offer_of(const struct model_line *line, struct text sku)
{
    for (int i = 0; i < line->offer_count; i++) {
        if (text_equal(line->offers[i].sku, sku)) {
            return &line->offers[i];
        }
    }
    return NULL;
}

/* The buyer never pays more, and gets back what a substitute is cheaper. */
int64_t model_cheaper_by(const struct model_line *line, const struct model_offer *offer)
{
    int64_t price = offer->price_minor * line->quantity;
    return price < line->paid_minor ? line->paid_minor - price : 0;
}

static struct notice_choice *add_choice(struct model_work *work, struct notice_line *told,
                                        enum choice choice)
{
    must(work->said->choice_count < MODEL_CHOICES_MAX);
    struct notice_choice *added = &work->said->choices[work->said->choice_count++];
    *added = (struct notice_choice){.choice = choice};
    told->choice_count++;
    return added;
}

static void add_choices(struct model_work *work, struct notice_line *told, struct model_line *line)
{
    const struct model_fact *fact = work->fact;
    if (line->may_wait) {
        add_choice(work, told, CHOICE_WAIT)->expected_at_ms = moment_told(line->told);
    }
    line->offer_count = 0;
    for (int i = 0; i < fact->offer_count; i++) {
        const struct model_offer *offer = &fact->offers[i];
        if (offer->line_no != line->line_no) {
            continue;
        }
        must(line->offer_count < MODEL_OFFERS_MAX);
        line->offers[line->offer_count++] = *offer;
        struct notice_choice *choice = add_choice(work, told, CHOICE_SUBSTITUTE);
        choice->sku = offer->sku;
        choice->expected_at_ms = moment_told(moment_at(work->at_ms + offer->ship_within_ms));
        choice->refund_minor = model_cheaper_by(line, offer);
    }
    add_choice(work, told, CHOICE_CANCEL)->refund_minor = model_left(line);
}

/* ---- The notice -------------------------------------------------------------------------------
 */

bool model_is_pending(const struct model_line *line)
{
    return line->state == LINE_CONFIRMING || line->worse;
}

static enum on_silence silence_of(const struct policy *policy, const struct model_line *line)
{
    if (line->notice > 0) {
        return policy->renewed_silence;
    }
    bool near = line->told.known && line->told.ms <= line->promise_ms + policy->eta_within_ms;
    return near ? policy->notice_silence_with_eta : policy->notice_silence;
}

/* A new notice never shortens a running deadline, except to the agreed date itself where
 * `passed = refund`. */
static int64_t answer_by(const struct model_work *work, const struct model_line *line)
{
    const struct policy *policy = work->model->policy;
    if (line->notice > 0 && policy->passed == DATE_PASSED_REFUND && line->agreed.known &&
        line->agreed.ms > work->at_ms) {
        return line->agreed.ms;
    }
    int64_t by_ms =
        work->at_ms + (line->notice ? policy->renewed_window_ms : policy->notice_window_ms);
    return line->answer_by.known && line->answer_by.ms > by_ms ? line->answer_by.ms : by_ms;
}

static void notify(struct model_work *work, struct notification *told, struct model_line *line)
{
    const struct policy *policy = work->model->policy;
    line->told = moment_is_due(line->date, work->at_ms) ? never : line->date; /* no past date */
    line->may_wait = line->told.known || policy->without_eta == WITHOUT_ETA_OFFER;
    line->silence = silence_of(policy, line);
    struct moment by = moment_at(answer_by(work, line));
    line->notice = work->model->notice_count;
    line->noticed_ms = work->at_ms;
    line->worse = false;
    if (policy->passed != DATE_PASSED_REFUND) {
        line->agreed = never; /* asked anew */
    }
    model_become(work, line, LINE_AWAITING_DECISION);
    line->answer_by = by;

    struct notice_line *added = add_line(work, told, line);
    added->expected_at_ms = moment_told(line->told);
    added->decide_by_ms = moment_told(by);
    added->on_silence = line->silence;
    if (line->queue_place > 0) {
        added->queue_place = (struct optional_int){(int32_t)line->queue_place, true};
    }
    add_choices(work, added, line);
}

/* NEUTRAL only if the policy says so and every line of the notice has a date. */
static enum wording wording_of(const struct policy *policy, const struct notification *told)
{
    for (uint32_t i = 0; i < told->line_count; i++) {
        if (!told->lines[i].expected_at_ms.set) {
            return WORDING_PLAIN;
        }
    }
    return policy->wording == WORDING_NEUTRAL ? WORDING_NEUTRAL : WORDING_PLAIN;
}

void model_send_notice(struct model_work *work)
{
    struct model_case *model = work->model;
    bool any = false;
    bool any_first = false;
    for (int i = 0; i < model->line_count; i++) {
        bool pending = model_is_pending(&model->lines[i]);
        any = any || pending;
        any_first = any_first || (pending && model->lines[i].notice == 0);
    }
    if (!any) {
        return;
    }
    struct notification *told =
        model_tell(work, AUDIENCE_BUYER, any_first ? NOTICE_SHORTAGE : NOTICE_RENEWED);
    told->notice = (struct optional_int){++model->notice_count, true};
    for (int i = 0; i < model->line_count; i++) {
        if (model_is_pending(&model->lines[i])) {
            notify(work, told, &model->lines[i]);
        }
    }
    told->wording = wording_of(model->policy, told);
    for (int i = 0; i < model->line_count; i++) {
        if (told->wording == WORDING_PLAIN && model->lines[i].notice == model->notice_count) {
            model_penalties_of_admission(work, &model->lines[i]);
        }
    }
}

#include "world_answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker.h"
#include "core/must.h"
#include "outside.h"
#include "process.h"
#include "world.h"

enum { LOOK_EVERY_US = 50000, ANSWER_US_MAX = 4000000, ARENA_BYTES = 4 << 20 };

/* What is to be written, later. */
struct answer {
    enum topic topic;
    char order[64];
    char sku[16];
    char id[64];
    char other[64]; /* refund or offer */
    union {
        struct buyer_decision decision;
        struct seller_response response;
        struct platform_ruling ruling;
        struct refund_result result;
    };
};

static struct chance chance;
static struct arena *arena;
static int64_t read_to[TOPIC_COUNT][PARTITIONS];
static int answer_count;
static int waiting;
static bool begun;
static bool calm;

void answers_reset(struct chance drawn)
{
    chance = drawn;
    arena = arena_new(ARENA_BYTES);
    must(arena);
    memset(read_to, 0, sizeof read_to);
    answer_count = waiting = 0;
    begun = calm = false;
}

static void copy(char *out, size_t size, struct text text)
{
    must(text.size < size);
    memset(out, 0, size);
    if (text.size) {
        memcpy(out, text.data, text.size);
    }
}

static struct answer *answer_new(enum topic topic, struct text order)
{
    struct answer *answer = calloc(1, sizeof *answer);
    must(answer);
    answer->topic = topic;
    copy(answer->order, sizeof answer->order, order);
    (void)snprintf(answer->id, sizeof answer->id, "x%d", ++answer_count);
    return answer;
}

static void write_answer(void *opaque, int64_t number)
{
    (void)number;
    struct answer *answer = opaque;
    waiting--;
    struct text order = text_of(answer->order);
    struct text id = text_of(answer->id);
    int64_t at_ms = world_now_ms();
    switch (answer->topic) {
    case TOPIC_BUYER_DECISION:
        answer->decision.order_id = order;
        answer->decision.id = id;
        answer->decision.sku = answer->sku[0] ? text_of(answer->sku) : (struct text){0};
        answer->decision.offer_id = answer->other[0] ? text_of(answer->other) : (struct text){0};
        answer->decision.decided_at_ms = at_ms;
        world_write(answer->topic, answer->order, &type_buyer_decision, &answer->decision);
        break;
    case TOPIC_SELLER_RESPONSE:
        answer->response.order_id = order;
        answer->response.id = id;
        answer->response.responded_at_ms = at_ms;
        world_write(answer->topic, answer->order, &type_seller_response, &answer->response);
        break;
    case TOPIC_PLATFORM_RULING:
        answer->ruling.order_id = order;
        answer->ruling.id = id;
        answer->ruling.ruled_at_ms = at_ms;
        world_write(answer->topic, answer->order, &type_platform_ruling, &answer->ruling);
        break;
    default:
        must(answer->topic == TOPIC_REFUND_RESULT);
        answer->result.order_id = order;
        answer->result.refund_id = text_of(answer->other);
        answer->result.at_ms = at_ms;
        world_write(answer->topic, answer->order, &type_refund_result, &answer->result);
        break;
    }
}

static void answer_later(struct answer *answer)
{
    waiting++;
    process_later(calm ? 1000 : chance_below(&chance, ANSWER_US_MAX), write_answer, answer, 0);
}

/* ---- Who answers what ---------------------------------------------------------------------------
 */

static void decide(const struct notification *notification, const struct notice_line *line)
{
    struct answer *answer = answer_new(TOPIC_BUYER_DECISION, notification->order_id);
    const struct notice_choice *choice = &line->choices[chance_below(&chance, line->choice_count)];
    answer->decision.line_no = chance_hits(&chance, 1, 10) ? 0 : line->line_no;
    answer->decision.choice = choice->choice;
    answer->decision.notice = notification->notice;
    if (chance_hits(&chance, 1, 12) && answer->decision.notice.set) {
        answer->decision.notice.value--; /* one that is no more */
    }
    copy(answer->sku, sizeof answer->sku, choice->sku);
    if (chance_hits(&chance, 1, 40)) { /* what nobody offered */
        answer->decision.choice = CHOICE_SUBSTITUTE;
        copy(answer->sku, sizeof answer->sku, line->sku);
    }
    answer_later(answer);
}

static void answer_buyer(const struct notification *notification)
{
    for (uint32_t i = 0; i < notification->line_count; i++) {
        const struct notice_line *line = &notification->lines[i];
        if (line->choice_count > 0 && chance_hits(&chance, 1, 2)) {
            decide(notification, line);
        }
    }
    static const enum choice loose[] = {CHOICE_CANCEL, CHOICE_CLAIM,  CHOICE_CLAIM,
                                        CHOICE_REJECT, CHOICE_ACCEPT, CHOICE_ASK_PLATFORM};
    if (chance_hits(&chance, 1, 3)) {
        struct answer *answer = answer_new(TOPIC_BUYER_DECISION, notification->order_id);
        answer->decision.choice = loose[chance_below(&chance, 6)];
        copy(answer->other, sizeof answer->other, notification->offer_id);
        answer_later(answer);
    }
}

static void answer_seller(const struct notification *notification)
{
    struct answer *answer = answer_new(TOPIC_SELLER_RESPONSE, notification->order_id);
    answer->response.kind =
        chance_hits(&chance, 2, 3) ? RESPONSE_OFFER_COMPENSATION : RESPONSE_DECLINE;
    answer->response.amount_minor = (struct optional_long){
        chance_below(&chance, 20) * 100, answer->response.kind == RESPONSE_OFFER_COMPENSATION};
    answer->response.instrument = INSTRUMENT_CASH;
    answer_later(answer);
}

static void answer_support(const struct notification *notification)
{
    struct answer *answer = answer_new(TOPIC_PLATFORM_RULING, notification->order_id);
    answer->ruling.ruling = (enum ruling)chance_between(&chance, RULING_REFUND, RULING_DISMISS);
    answer->ruling.line_no = answer->ruling.ruling == RULING_REFUND ? 1 : 0;
    answer->ruling.amount_minor =
        (struct optional_long){300, answer->ruling.ruling == RULING_COMPENSATE};
    answer_later(answer);
}

static void take_notification(struct text value)
{
    struct notification notification;
    struct error error;
    must(codec_decode(outside_codec(), &type_notification, value, arena, &notification, &error) ==
         OK);
    if (calm) {
        return;
    }
    switch (notification.audience) {
    case AUDIENCE_BUYER:
        answer_buyer(&notification);
        break;
    case AUDIENCE_SELLER:
        answer_seller(&notification);
        break;
    case AUDIENCE_SUPPORT:
        answer_support(&notification);
        break;
    case AUDIENCE_UNKNOWN:
        must(false);
    }
}

static void answer_refund(const struct refund_request *request, bool fails, bool retryable)
{
    struct answer *answer = answer_new(TOPIC_REFUND_RESULT, request->order_id);
    copy(answer->other, sizeof answer->other, request->refund_id);
    answer->result.line_no = request->line_no;
    answer->result.attempt = request->attempt;
    answer->result.status = fails ? REFUND_STATUS_FAILED : REFUND_SUCCEEDED;
    answer->result.retryable = retryable;
    answer_later(answer);
}

static void take_refund(struct text value)
{
    struct refund_request request;
    struct error error;
    must(codec_decode(outside_codec(), &type_refund_request, value, arena, &request, &error) == OK);
    if (!calm && chance_hits(&chance, 1, 20)) {
        return; /* support has to chase it */
    }
    bool fails = !calm && chance_hits(&chance, 1, 4);
    bool retryable = chance_hits(&chance, 2, 3);
    answer_refund(&request, fails, retryable);
    if (!calm && chance_hits(&chance, 1, 8)) { /* what failed succeeded after all; or the reverse */
        answer_refund(&request, !fails, retryable);
    }
}

static void look_at(enum topic topic, void (*take)(struct text value))
{
    for (int32_t p = 0; p < PARTITIONS; p++) {
        const struct log *log = broker_log(topic, p);
        while (read_to[topic][p] < log->stable) {
            const struct record *record = &log->records[read_to[topic][p]++];
            if (!record->marker && record->fate != FATE_ABORTED) {
                arena_reset(arena);
                take(record->value);
            }
        }
    }
}

static void look(void *context, int64_t number)
{
    (void)context, (void)number;
    look_at(TOPIC_NOTIFICATION, take_notification);
    look_at(TOPIC_REFUND_REQUEST, take_refund);
    process_later(LOOK_EVERY_US, look, NULL, 0);
}

void answers_begin(void)
{
    if (!begun) {
        begun = true;
        look(NULL, 0);
    }
}

void answers_calm(void)
{
    calm = true;
}

bool answers_wait(void)
{
    return waiting > 0;
}

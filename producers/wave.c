#include "producers/wave.h"

#include "core/must.h"
#include "producers/dice.h"

/* What the caseworker alone reads, by order. */
static bool is_answer(enum topic topic)
{
    return topic == TOPIC_BUYER_DECISION || topic == TOPIC_SELLER_RESPONSE ||
           topic == TOPIC_PLATFORM_RULING || topic == TOPIC_REFUND_RESULT;
}

/* Orders are keyed by their id as answers are, so the two can be told apart. */
static bool goes_with_others(enum topic topic)
{
    return topic == TOPIC_ORDER_PAID || is_answer(topic);
}

static uint64_t hash_of(struct text text)
{
    return dice_for(0, text, "").state;
}

void wave_begin(struct wave *wave, int64_t until_ms, int64_t deadline_ms)
{
    wave->until_ms = until_ms;
    wave->deadline_ms = deadline_ms;
    wave->count = 0;
    wave->answers = false;
    wave->seen_count = 0;
}

/* Is the name in the wave already, at another place? */
static bool seen_elsewhere(const struct wave *wave, struct text name, int32_t place)
{
    uint64_t hash = hash_of(name);
    for (uint32_t i = 0; i < wave->seen_count; i++) {
        if (wave->seen[i].hash == hash && wave->seen[i].place != place) {
            return true;
        }
    }
    return false;
}

static void remember(struct wave *wave, struct text name, int32_t place)
{
    must(wave->seen_count < WAVE_SEEN_MAX);
    wave->seen[wave->seen_count++] = (struct wave_seen){hash_of(name), place};
}

static uint32_t sku_count(const struct fact *fact)
{
    uint32_t count = 0;
    while (text_is_set(fact_sku(fact, count))) {
        count++;
    }
    return count;
}

static bool takes_skus(const struct wave *wave, const struct fact *fact, int32_t partition)
{
    uint32_t count = sku_count(fact);
    if (wave->seen_count + count > WAVE_SEEN_MAX) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (seen_elsewhere(wave, fact_sku(fact, i), partition)) {
            return false;
        }
    }
    return true;
}

/* A fact without a time goes only with others of its kind. */
static bool spans_too_much(const struct wave *wave, const struct fact *fact)
{
    bool timeless = wave->first_ms == FACT_TIME_UNKNOWN;
    return timeless ? fact->at_ms != FACT_TIME_UNKNOWN
                    : fact->at_ms - wave->first_ms > wave->span_ms;
}

static bool takes_about_another_order(const struct wave *wave, const struct fact *fact)
{
    bool answers = wave->answers || is_answer(fact->topic);
    return (!answers || fact->at_ms < wave->deadline_ms) && wave->seen_count < WAVE_SEEN_MAX &&
           !seen_elsewhere(wave, fact->key, (int32_t)fact->topic);
}

bool wave_takes(const struct wave *wave, const struct fact *fact, int32_t partition)
{
    if (wave->count == 0) {
        return true;
    }
    if (wave->count >= WAVE_FACTS_MAX || fact->at_ms >= wave->until_ms ||
        spans_too_much(wave, fact)) {
        return false;
    }
    if (wave->exact) {
        return fact->topic == wave->topic && !is_answer(fact->topic) &&
               takes_skus(wave, fact, partition);
    }
    if (goes_with_others(fact->topic)) {
        return goes_with_others(wave->topic) && takes_about_another_order(wave, fact);
    }
    return fact->topic == wave->topic;
}

void wave_add(struct wave *wave, const struct fact *fact, int32_t partition)
{
    if (wave->count++ == 0) {
        wave->topic = fact->topic;
        wave->first_ms = fact->at_ms;
    }
    wave->answers = wave->answers || is_answer(fact->topic);
    if (wave->exact) {
        uint32_t count = sku_count(fact);
        for (uint32_t i = 0; i < count && wave->seen_count < WAVE_SEEN_MAX; i++) {
            remember(wave, fact_sku(fact, i), partition);
        }
    } else if (goes_with_others(fact->topic)) {
        remember(wave, fact->key, (int32_t)fact->topic);
    }
}

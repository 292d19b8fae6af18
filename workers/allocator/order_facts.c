#include "allocator/order_facts.h"

#include "core/contract.h"
#include "kit/codec.h"

static bool same_time(struct optional_long a, struct optional_long b)
{
    return a.set == b.set && (!a.set || a.value == b.value);
}

static bool facts_equal(const struct order_facts *a, const struct order_facts *b)
{
    return text_equal(a->marketplace, b->marketplace) && text_equal(a->seller_id, b->seller_id) &&
           text_equal(a->buyer_id, b->buyer_id) && text_equal(a->locale, b->locale) &&
           text_equal(a->currency, b->currency) && a->paid_minor == b->paid_minor &&
           a->paid_at_ms == b->paid_at_ms && same_time(a->ship_by_ms, b->ship_by_ms);
}

bool order_facts_same(void *codec, struct text a, struct text b)
{
    struct order_facts known;
    struct order_facts told;
    struct error error;
    struct arena *arena = arena_new(ORDER_FACTS_SIZE_MAX);
    bool same = arena && codec_decode(codec, &type_order_facts, a, arena, &known, &error) == OK &&
                codec_decode(codec, &type_order_facts, b, arena, &told, &error) == OK &&
                facts_equal(&known, &told);
    arena_free(arena);
    return same;
}

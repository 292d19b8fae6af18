/* From the records of the world to facts about skus: validation and splitting. No I/O.
 *
 * A record is taken whole or not at all: one bad line makes the whole order a dead letter, since
 * half an order would be a different order. */
#ifndef SHORTFALL_SEQUENCER_FACTS_H
#define SHORTFALL_SEQUENCER_FACTS_H

#include "core/contract.h"
#include "kit/arena.h"
#include "kit/codec.h"
#include "kit/error.h"
#include "kit/message.h"

/* A fact further ahead of its message's timestamp than this would poison the log's time. */
enum { FACT_AHEAD_MAX_MS = 60 * 60 * 1000 };

enum { FACTS_PER_MESSAGE_MAX = LINES_PER_ORDER_MAX };

struct facts {
    struct sku_fact items[FACTS_PER_MESSAGE_MAX];
    uint32_t count;
    bool readable; /* the record was one; what is wrong is in its values */
};

struct facts_env {
    struct codec *codec;
    struct buffer *scratch;
    bool record_clock;  /* times are not compared with the message's timestamp */
    uint32_t lines_max; /* of an order */
};

/* Decodes and validates one record. OK with no facts: it is none of the allocation's business.
 * POISON: a dead letter, *ret_reason is its class. Texts live as long as message and arena. */
enum status facts_of(const struct facts_env *env, const struct message *message,
                     struct arena *arena, struct facts *ret_facts, const char **ret_reason,
                     struct error *error) must_check;

#endif

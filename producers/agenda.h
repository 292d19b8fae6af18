/* Facts that are yet to come, each at its own time: what the rehearsal's people are going to say.
 *
 * An entry owns all its bytes, so it outlives the notice that it answers. Entries of the same time
 * come in the order of their ids, not of their arrival, so a play comes out the same however its
 * notices were read. */
#ifndef SHORTFALL_PRODUCERS_AGENDA_H
#define SHORTFALL_PRODUCERS_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

#include "core/contract.h"
#include "kit/error.h"
#include "producers/fact.h"

enum { AGENDA_TEXTS_MAX = 6 };

/* A fact with room for its texts. Which of the structs it is says `topic`. */
struct agenda_entry {
    enum topic topic;
    union {
        struct buyer_decision buyer_decision;
        struct seller_response seller_response;
        struct platform_ruling platform_ruling;
        struct refund_result refund_result;
        struct order_closed order_closed;
    };
    uint32_t generation; /* of the line that it was planned for; for whoever planned it */
    uint32_t text_count;
    char texts[AGENDA_TEXTS_MAX][ID_SIZE_MAX + 1];
};

/* Copies a text into the entry; what is too long is cut (it can't be a valid id then). */
struct text agenda_text(struct agenda_entry *entry, struct text text);

struct agenda; /* opaque */

struct agenda *agenda_new(void);         /* NULL: no memory */
void agenda_free(struct agenda *agenda); /* accepts NULL */

/* A new, zeroed entry to be filled in and given back by agenda_add; NULL: no memory. */
struct agenda_entry *agenda_entry_new(enum topic topic);

/* Takes the entry over, also on failure. */
enum status agenda_add(struct agenda *agenda, struct agenda_entry *entry,
                       struct error *error) must_check;

/* The earliest; NULL: none. Lives until agenda_drop_first. */
const struct agenda_entry *agenda_first(const struct agenda *agenda);
struct fact agenda_fact(const struct agenda_entry *entry);
void agenda_drop_first(struct agenda *agenda);

#endif

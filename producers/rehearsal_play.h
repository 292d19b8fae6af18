/* What the parts of the rehearsal share: the play itself and how one of its answers is planned. */
#ifndef SHORTFALL_PRODUCERS_REHEARSAL_PLAY_H
#define SHORTFALL_PRODUCERS_REHEARSAL_PLAY_H

#include "core/contract.h"
#include "producers/agenda.h"
#include "producers/dice.h"
#include "producers/rehearsal.h"

#define MINUTE INT64_C(60000)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

struct rehearsal {
    uint64_t seed;
    int64_t hurry;
    int64_t now_ms;                /* of the present rehearsal_take */
    const struct line_map *closed; /* borrowed; NULL: none */
    struct line_map generations; /* of a line: grows with all that makes a planned shipping void */
    struct agenda *agenda;       /* owned */
};

/* When an answer to something of at_ms comes that a person takes delay_ms to give. */
int64_t rehearsal_time(const struct rehearsal *play, int64_t at_ms, int64_t delay_ms);

/* Minutes for most, hours for some, days for a few. */
int64_t rehearsal_delay(struct dice *dice);

/* The id of an answer, kept in the entry: what is answered, by which line, and why. */
struct text rehearsal_id(struct agenda_entry *entry, struct text answered, int32_t line_no,
                         const char *purpose);

/* A share of what was paid for the lines of a notice, between two rates in percent. */
int64_t rehearsal_share(struct dice *dice, const struct notification *notice, int64_t low_percent,
                        int64_t high_percent);

/* Plans the shipping of a line, void as soon as its generation changes. */
enum status rehearsal_ship(struct rehearsal *play, struct dice *dice, struct text order_id,
                           int32_t line_no, struct text sku, int64_t at_ms, struct error *error);
enum status rehearsal_forget_shipping(struct rehearsal *play, struct text order_id, int32_t line_no,
                                      struct error *error);

/* rehearsal_buyer.c, rehearsal_others.c */
enum status rehearsal_buyer(struct rehearsal *play, const struct notification *notice,
                            struct error *error);
enum status rehearsal_seller(struct rehearsal *play, const struct notification *notice,
                             struct error *error);
enum status rehearsal_platform(struct rehearsal *play, const struct notification *notice,
                               struct error *error);
enum status rehearsal_payment(struct rehearsal *play, const struct refund_request *request,
                              struct error *error);

#endif

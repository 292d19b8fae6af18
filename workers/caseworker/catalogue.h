/* What may replace what, and whether it can be had: the topics substitute and listing-status.
 *
 * Every caseworker reads both whole. A sku's latest record counts; a tombstone withdraws it. The
 * topics are read independently, so the listing of a sku may come before it is anybody's
 * substitute: all listings are kept. */
#ifndef SHORTFALL_CASEWORKER_CATALOGUE_H
#define SHORTFALL_CASEWORKER_CATALOGUE_H

#include "core/case.h"
#include "kit/codec.h"
#include "kit/message.h"

struct stock_catalogue;

enum status stock_catalogue_new(struct codec *codec, struct stock_catalogue **ret_catalogue,
                                struct error *error) must_check;
void stock_catalogue_free(struct stock_catalogue *catalogue); /* accepts NULL */

/* Takes one record of either topic. POISON: it can't be read; the catalogue is as before. */
enum status stock_catalogue_take(struct stock_catalogue *catalogue, const struct message *message,
                                 struct error *error) must_check;

/* For the rules; valid as long as the catalogue. What it answers lives until the next take. */
struct catalogue stock_catalogue_view(const struct stock_catalogue *catalogue);

#endif

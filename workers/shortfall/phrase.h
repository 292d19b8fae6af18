/* Building sentences: text, times and amounts, appended to a buffer.
 *
 * What does not fit marks the buffer as failed (kit/buffer.h); whoever prints it looks once. */
#ifndef SHORTFALL_SHORTFALL_PHRASE_H
#define SHORTFALL_SHORTFALL_PHRASE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/contract.h"
#include "kit/buffer.h"
#include "kit/clock.h"
#include "kit/record_type.h"

/* For "%.*s" of a text. */
#define PHRASE_TEXT(text) (int)(text).size, (text).size ? (text).data : ""

void phrase(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void phrase_time(struct buffer *out, int64_t ms);
void phrase_money(struct buffer *out, int64_t amount_minor, struct text currency);
/* The same with words before it; nothing where it is not set. */
void phrase_time_set(struct buffer *out, const char *before, struct optional_long time_ms);
void phrase_money_set(struct buffer *out, const char *before, struct optional_long amount_minor,
                      struct text currency);
/* Basis points as a percentage: "30 %", "2.5 %". */
void phrase_rate(struct buffer *out, int32_t rate_bp);

/* For "%s" of a time that has gone by, or is left, to the second: "2d3h"; never below nothing. */
const char *age_text(int64_t age_ms, char ret_text[TIME_TEXT_SIZE]);

/* A check mark where something holds, else a cross: as an argument of "%s". */
const char *phrase_mark(bool holds);

/* As one word of a command line of the shell: quoted where it must be. */
void phrase_shell_word(struct buffer *out, struct text text);

/* The symbol of an enum field: of `shortage`, "cause", 1 it is "OVERSOLD". The record must have
 * such a field. A number that is no symbol is "UNKNOWN". */
const char *symbol_of(const struct record_type *type, const char *field, unsigned int value);
const char *line_state_name(enum line_state state);

#endif

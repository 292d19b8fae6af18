/* A template: the subject and the body of one message, with places for what is told.
 *
 *   We are sorry: your order {order_id} can't be filled        <- the first line is the subject
 *                                                              <- then an empty line
 *   {each line}                                                <- then the body
 *   {sku} x {quantity}{if expected_date}, expected {expected_date}{else}, no date yet{end if}
 *   {each choice}
 *   {if wait}
 *   - You can wait.
 *   {end if}
 *   {end choice}
 *   {end line}
 *
 * {name} is the value of a field (kit/words_field.h). {if name} … {else} … {end if} keeps its words
 * where the field is set (is not set). {each line} … {end line} repeats its words for each line of
 * the notification, {each choice} … {end choice} for each choice of a line. {{ and }} stand for the
 * signs themselves. That is all: there is nothing to calculate, compare or call.
 *
 * A line of the file with nothing on it but blocks leaves no line behind. Of several empty lines in
 * a row one is left, and none at the beginning and at the end.
 *
 * Strict: everything is checked when a template is read, and after that filling it cannot go wrong.
 *   - An optional field stands inside an {if} that makes sure of it, so no sentence has a hole.
 *   - Subject and body have words outside of all blocks, so neither is ever empty.
 *   - The most that can come out is known: words outside of blocks and one line with all choices
 *     fit. Lines that have no room are left out, and {lines_left} says how many.
 * Values are printed, never read: braces in a value are text. */
#ifndef SHORTFALL_KIT_WORDS_TEMPLATE_H
#define SHORTFALL_KIT_WORDS_TEMPLATE_H

#include "kit/arena.h"
#include "kit/buffer.h"
#include "kit/error.h"
#include "kit/words_field.h"

enum {
    WORDS_FILE_SIZE_MAX = 16 << 10,
    WORDS_SUBJECT_SIZE_MAX = 1024, /* as in the record */
    WORDS_BODY_SIZE_MAX = 256 << 10,
};

enum words_op_kind {
    WORDS_OP_TEXT,
    WORDS_OP_VALUE,
    WORDS_OP_IF,
    WORDS_OP_EACH_LINE,
    WORDS_OP_EACH_CHOICE,
};

/* A step of filling. A block contains the steps behind it, up to `end`. */
struct words_op {
    enum words_op_kind kind;
    enum words_field field; /* of VALUE and IF */
    struct text text;       /* of TEXT; into the template's own copy of the file */
    uint32_t other;         /* of IF: where {else} begins, or `end` */
    uint32_t end;
};

struct words_part {
    const struct words_op *ops;
    uint32_t op_count;
    uint32_t room; /* bytes to keep for all but the lines */
};

struct words_template {
    struct words_part subject;
    struct words_part body;
    uint64_t fields; /* those that it names */
};

/* Reads a template. FATAL with `path`, line and what to do. `source` is copied; what *ret_template
 * points to lives in the arena. */
enum status words_template_read(const char *path, struct text source, struct arena *arena,
                                struct words_template *ret_template,
                                struct error *error) must_check;

/* Appends the part, filled, to an empty buffer. Only its memory can run out (buffer->failed). */
void words_part_fill(const struct words_part *part, const struct notification *notification,
                     const struct words_form *form, struct buffer *out);

#endif

/* The fields that words may name: one table of name, place and kind.
 *
 * A field belongs to the message, to one of its lines, or to one of a line's choices. Inside a
 * block a name is that of the innermost place that has it: {expected_date} is another date for the
 * message, for a line and for a choice. A field that a record may leave out is *optional*; one that
 * prints nothing and only decides is a *condition*. Money is set where it is above zero and its
 * currency is known, so that nobody is promised "¥0.00". */
#ifndef SHORTFALL_KIT_WORDS_FIELD_H
#define SHORTFALL_KIT_WORDS_FIELD_H

#include "core/contract.h"
#include "kit/buffer.h"
#include "kit/words_form.h"

enum words_scope {
    WORDS_MESSAGE,
    WORDS_LINE,
    WORDS_CHOICE,
};

enum words_presence {
    WORDS_ALWAYS,
    WORDS_OPTIONAL,
    WORDS_CONDITION,
};

enum words_field {
    WORDS_ORDER_ID,
    WORDS_CASE_ID,
    WORDS_MARKETPLACE,
    WORDS_SELLER_ID,
    WORDS_NOTICE,
    WORDS_REASON,
    WORDS_AMOUNT,
    WORDS_CASH,
    WORDS_COUPON,
    WORDS_POINTS,
    WORDS_DISCOUNT,
    WORDS_OFFER_ID,
    WORDS_SUBSTITUTE,
    WORDS_EXPECTED_DATE,
    WORDS_DUE_BY,
    WORDS_ANSWER_BY,
    WORDS_LINES_LEFT,
    WORDS_LINE_NO,
    WORDS_LINE_SKU,
    WORDS_LINE_TITLE,
    WORDS_LINE_QUANTITY,
    WORDS_LINE_PAID,
    WORDS_LINE_EXPECTED_DATE,
    WORDS_LINE_QUEUE_PLACE,
    WORDS_LINE_DECIDE_BY,
    WORDS_LINE_SILENCE_REFUND,
    WORDS_LINE_SILENCE_WAIT,
    WORDS_CHOICE_WAIT,
    WORDS_CHOICE_SUBSTITUTE,
    WORDS_CHOICE_CANCEL,
    WORDS_CHOICE_EXPECTED_DATE,
    WORDS_CHOICE_REFUND,
    WORDS_FIELD_COUNT, /* no field */
};

/* A set of fields. */
#define WORDS_BIT(field) (UINT64_C(1) << (field))
_Static_assert(WORDS_FIELD_COUNT <= 64, "a set of fields is one number");

enum { WORDS_VALUE_SIZE = 128 }; /* bytes that one value may take */
_Static_assert((int)TITLE_KEPT_MAX <= (int)WORDS_VALUE_SIZE, "a title has room");

/* Where words are being filled. */
struct words_place {
    const struct notification *message;
    const struct words_form *form;
    const struct notice_line *line;     /* NULL outside of a line */
    const struct notice_choice *choice; /* NULL outside of a choice */
    int32_t lines_left;                 /* lines that the block before had no room for */
};

const char *words_field_name(enum words_field field);
const char *words_field_meaning(enum words_field field); /* for people who write words */
enum words_scope words_field_scope(enum words_field field);
enum words_presence words_field_presence(enum words_field field);

/* The field of that name as seen from `scope`; WORDS_FIELD_COUNT if there is none there. */
enum words_field words_field_find(struct text name, enum words_scope scope);

bool words_field_is_set(enum words_field field, const struct words_place *place);

/* Appends the value. It is text and stays text: what would break a line, or turn the direction of
 * writing, becomes a space. Nothing where it is not set. */
void words_field_print(enum words_field field, const struct words_place *place, struct buffer *out);

#endif

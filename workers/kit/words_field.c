#include "kit/words_field.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "core/must.h"
#include "kit/utf8.h"

/* How a value lies in its struct, and when it is set. */
enum value_type {
    VALUE_TEXT,           /* struct text, not empty */
    VALUE_INT,            /* int32_t, above zero */
    VALUE_LONG,           /* int64_t, above zero */
    VALUE_OPTIONAL_INT,   /* struct optional_int */
    VALUE_TIME,           /* struct optional_long */
    VALUE_MONEY,          /* int64_t, above zero */
    VALUE_OPTIONAL_MONEY, /* struct optional_long, above zero */
    VALUE_ENUM,           /* an enum that is `equals` */
};

struct field_info {
    const char *name;
    const char *meaning;
    enum words_scope scope;
    enum words_presence presence;
    enum value_type type;
    bool in_place; /* in the struct words_place itself, not in the record */
    size_t offset;
    unsigned int equals;
};

_Static_assert(sizeof(enum instrument) == sizeof(unsigned int), "enums are read as numbers");

#define FIELD(field_name, field_scope, field_presence, field_type, structure, member)       \
    .name = (field_name), .scope = WORDS_##field_scope, .presence = WORDS_##field_presence, \
    .type = VALUE_##field_type, .offset = offsetof(struct structure, member)
#define OF_MESSAGE(name, presence, type, member) \
    FIELD(name, MESSAGE, presence, type, notification, member)
#define OF_LINE(name, presence, type, member) FIELD(name, LINE, presence, type, notice_line, member)
#define OF_CHOICE(name, presence, type, member) \
    FIELD(name, CHOICE, presence, type, notice_choice, member)

static const struct field_info fields[WORDS_FIELD_COUNT] = {
    [WORDS_ORDER_ID] = {OF_MESSAGE("order_id", ALWAYS, TEXT, order_id),
                        .meaning = "the order's number"},
    [WORDS_CASE_ID] = {OF_MESSAGE("case_id", ALWAYS, TEXT, case_id),
                       .meaning = "the case's number, for support"},
    [WORDS_MARKETPLACE] = {OF_MESSAGE("marketplace", ALWAYS, TEXT, marketplace),
                           .meaning = "the platform's name as orders give it"},
    [WORDS_SELLER_ID] = {OF_MESSAGE("seller_id", ALWAYS, TEXT, seller_id),
                         .meaning = "the seller's number"},
    [WORDS_NOTICE] = {OF_MESSAGE("notice", OPTIONAL, OPTIONAL_INT, notice),
                      .meaning = "the number of the notice, which an answer names"},
    [WORDS_REASON] = {OF_MESSAGE("reason", OPTIONAL, TEXT, reason),
                      .meaning = "the reason as a code, for support"},
    [WORDS_AMOUNT] = {OF_MESSAGE("amount", OPTIONAL, OPTIONAL_MONEY, amount_minor),
                      .meaning = "the sum that the message is about"},
    [WORDS_CASH] = {OF_MESSAGE("cash", CONDITION, ENUM, instrument), .equals = INSTRUMENT_CASH,
                    .meaning = "the sum is paid as money"},
    [WORDS_COUPON] = {OF_MESSAGE("coupon", CONDITION, ENUM, instrument),
                      .equals = INSTRUMENT_COUPON, .meaning = "the sum is a coupon"},
    [WORDS_POINTS] = {OF_MESSAGE("points", CONDITION, ENUM, instrument),
                      .equals = INSTRUMENT_POINTS, .meaning = "the sum is given in points"},
    [WORDS_DISCOUNT] = {OF_MESSAGE("discount", CONDITION, ENUM, instrument),
                        .equals = INSTRUMENT_DISCOUNT, .meaning = "the sum is a discount"},
    [WORDS_OFFER_ID] = {OF_MESSAGE("offer_id", OPTIONAL, TEXT, offer_id),
                        .meaning = "the number of the offer, which an answer names"},
    [WORDS_SUBSTITUTE] = {OF_MESSAGE("substitute", OPTIONAL, TEXT, sku),
                          .meaning = "what comes instead"},
    [WORDS_EXPECTED_DATE] = {OF_MESSAGE("expected_date", OPTIONAL, TIME, expected_at_ms),
                             .meaning = "when the goods are expected"},
    [WORDS_DUE_BY] = {OF_MESSAGE("due_by", OPTIONAL, TIME, due_by_ms),
                      .meaning = "when the refund is due"},
    [WORDS_ANSWER_BY] = {OF_MESSAGE("answer_by", OPTIONAL, TIME, answer_by_ms),
                         .meaning = "until when the seller should answer"},
    [WORDS_LINES_LEFT] = {FIELD("lines_left", MESSAGE, OPTIONAL, INT, words_place, lines_left),
                          .in_place = true,
                          .meaning = "how many items the list before had no room for"},
    [WORDS_LINE_NO] = {OF_LINE("line_no", ALWAYS, INT, line_no),
                       .meaning = "the item's number in the order"},
    [WORDS_LINE_SKU] = {OF_LINE("sku", ALWAYS, TEXT, sku), .meaning = "the item"},
    [WORDS_LINE_TITLE] = {OF_LINE("title", OPTIONAL, TEXT, title),
                          .meaning = "what the buyer knows the item by"},
    [WORDS_LINE_QUANTITY] = {OF_LINE("quantity", ALWAYS, LONG, quantity), .meaning = "how many"},
    [WORDS_LINE_PAID] = {OF_LINE("paid", OPTIONAL, MONEY, paid_minor),
                         .meaning = "what was paid for it"},
    [WORDS_LINE_EXPECTED_DATE] = {OF_LINE("expected_date", OPTIONAL, TIME, expected_at_ms),
                                  .meaning = "when the item is expected"},
    [WORDS_LINE_QUEUE_PLACE] = {OF_LINE("queue_place", OPTIONAL, OPTIONAL_INT, queue_place),
                                .meaning = "the order's place among those that wait for it"},
    [WORDS_LINE_DECIDE_BY] = {OF_LINE("decide_by", OPTIONAL, TIME, decide_by_ms),
                              .meaning = "until when to choose"},
    [WORDS_LINE_SILENCE_REFUND] = {OF_LINE("silence_refund", CONDITION, ENUM, on_silence),
                                   .equals = SILENCE_REFUND,
                                   .meaning = "without an answer the money goes back"},
    [WORDS_LINE_SILENCE_WAIT] = {OF_LINE("silence_wait", CONDITION, ENUM, on_silence),
                                 .equals = SILENCE_WAIT,
                                 .meaning = "without an answer the order waits"},
    [WORDS_CHOICE_WAIT] = {OF_CHOICE("wait", CONDITION, ENUM, choice), .equals = CHOICE_WAIT,
                           .meaning = "the choice is to wait"},
    [WORDS_CHOICE_SUBSTITUTE] = {OF_CHOICE("substitute", OPTIONAL, TEXT, sku),
                                 .meaning = "the choice is to take this instead"},
    [WORDS_CHOICE_CANCEL] = {OF_CHOICE("cancel", CONDITION, ENUM, choice), .equals = CHOICE_CANCEL,
                             .meaning = "the choice is to cancel"},
    [WORDS_CHOICE_EXPECTED_DATE] = {OF_CHOICE("expected_date", OPTIONAL, TIME, expected_at_ms),
                                    .meaning = "when it ships if this is chosen now"},
    [WORDS_CHOICE_REFUND] = {OF_CHOICE("refund", OPTIONAL, MONEY, refund_minor),
                             .meaning = "what comes back to the buyer"},
};

const char *words_field_name(enum words_field field)
{
    return fields[field].name;
}

const char *words_field_meaning(enum words_field field)
{
    return fields[field].meaning;
}

enum words_scope words_field_scope(enum words_field field)
{
    return fields[field].scope;
}

enum words_presence words_field_presence(enum words_field field)
{
    return fields[field].presence;
}

enum words_field words_field_find(struct text name, enum words_scope scope)
{
    enum words_field found = WORDS_FIELD_COUNT;
    for (unsigned int i = 0; i < WORDS_FIELD_COUNT; i++) {
        bool inner = found == WORDS_FIELD_COUNT || fields[i].scope > fields[found].scope;
        if (fields[i].scope <= scope && inner && text_equal(name, text_of(fields[i].name))) {
            found = (enum words_field)i;
        }
    }
    return found;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static const void *address_of(const struct field_info *info, const struct words_place *place)
{
    const void *base = place;
    if (!info->in_place) {
        switch (info->scope) {
        case WORDS_MESSAGE:
            base = place->message;
            break;
        case WORDS_LINE:
            base = place->line;
            break;
        case WORDS_CHOICE:
            base = place->choice;
            break;
        }
    }
    must(base);
    return (const char *)base + info->offset;
}

static int64_t number_at(const struct field_info *info, const void *at)
{
    switch (info->type) {
    case VALUE_INT:
        return *(const int32_t *)at;
    case VALUE_OPTIONAL_INT:
        return ((const struct optional_int *)at)->value;
    case VALUE_LONG:
    case VALUE_MONEY:
        return *(const int64_t *)at;
    case VALUE_TIME:
    case VALUE_OPTIONAL_MONEY:
        return ((const struct optional_long *)at)->value;
    case VALUE_TEXT:
    case VALUE_ENUM:
        break;
    }
    must(!"a number");
    return 0;
}

bool words_field_is_set(enum words_field field, const struct words_place *place)
{
    const struct field_info *info = &fields[field];
    const void *at = address_of(info, place);
    bool has_currency = money_currency_is_good(place->message->currency);
    switch (info->type) {
    case VALUE_TEXT:
        return ((const struct text *)at)->size > 0;
    case VALUE_INT:
    case VALUE_LONG:
        return number_at(info, at) > 0;
    case VALUE_OPTIONAL_INT:
        return ((const struct optional_int *)at)->set;
    case VALUE_TIME:
        return ((const struct optional_long *)at)->set;
    case VALUE_MONEY:
        return has_currency && number_at(info, at) > 0;
    case VALUE_OPTIONAL_MONEY:
        return has_currency && ((const struct optional_long *)at)->set && number_at(info, at) > 0;
    case VALUE_ENUM:
        return *(const unsigned int *)at == info->equals;
    }
    must(!"a type of value");
    return false;
}

/* Bytes of the character at the start of `text`, which is UTF-8 and not empty. */
static uint32_t character_size(struct text text)
{
    unsigned char first = (unsigned char)text.data[0];
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Whether a character would break the line or turn the direction of writing. */
static bool is_control(struct text character)
{
    const unsigned char *at = (const unsigned char *)character.data;
    switch (character.size) {
    case 1:
        return at[0] < 0x20 || at[0] == 0x7f;
    case 2:
        return at[0] == 0xc2 && at[1] < 0xa0;
    case 3:
        return at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
                                 (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
    default:
        return false;
    }
}

static void print_text(struct text text, struct buffer *out)
{
    bool readable = utf8_valid((const uint8_t *)text.data, text.size);
    uint32_t used = 0;
    while (text.size > 0) {
        struct text character = {text.data, readable ? character_size(text) : 1};
        used += character.size;
        if (used > WORDS_VALUE_SIZE) {
            return; /* ids are shorter */
        }
        if (!readable && (character.data[0] & 0x80) != 0) {
            buffer_append_byte(out, '?');
        } else if (is_control(character)) {
            buffer_append_byte(out, ' ');
        } else {
            buffer_append(out, character.data, character.size);
        }
        text.data += character.size;
        text.size -= character.size;
    }
}

void words_field_print(enum words_field field, const struct words_place *place, struct buffer *out)
{
    const struct field_info *info = &fields[field];
    const void *at = address_of(info, place);
    char words[WORDS_VALUE_SIZE];
    int size;
    if (info->presence != WORDS_ALWAYS && !words_field_is_set(field, place)) {
        return;
    }
    switch (info->type) {
    case VALUE_TEXT:
        if (((const struct text *)at)->size > 0) {
            print_text(*(const struct text *)at, out);
        }
        break;
    case VALUE_INT:
    case VALUE_LONG:
    case VALUE_OPTIONAL_INT:
        size = snprintf(words, sizeof words, "%" PRId64, number_at(info, at));
        must(size > 0 && size < WORDS_VALUE_SIZE);
        buffer_append(out, words, (size_t)size);
        break;
    case VALUE_TIME:
        words_date(place->form, number_at(info, at), words);
        buffer_append(out, words, strlen(words));
        break;
    case VALUE_MONEY:
    case VALUE_OPTIONAL_MONEY:
        words_money(place->form, number_at(info, at), place->message->currency, words);
        buffer_append(out, words, strlen(words));
        break;
    case VALUE_ENUM:
        break;
    }
}

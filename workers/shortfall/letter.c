#include "shortfall/letter.h"

#include <string.h>

#include "kit/headers.h"

#define OWN "__connect.errors."

bool letter_is_own_header(const char *name)
{
    return strncmp(name, OWN, strlen(OWN)) == 0;
}

/* The number in a header; `or_else` where it is none. */
static int64_t number_of(struct text value, int64_t or_else)
{
    enum { DIGITS_MAX = 18 };
    int64_t number = 0;
    if (value.size == 0 || value.size > DIGITS_MAX) {
        return or_else;
    }
    for (uint32_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9') {
            return or_else;
        }
        number = 10 * number + (value.data[i] - '0');
    }
    return number;
}

struct letter letter_of(const struct message *message)
{
    struct letter letter = {.partition = -1, .offset = -1, .attempt = 1};
    const char *name;
    struct text value;
    for (size_t i = 0; message_header(message, i, &name, &value); i++) {
        if (strcmp(name, OWN "topic") == 0) {
            letter.topic = value;
        } else if (strcmp(name, OWN "partition") == 0) {
            int64_t partition = number_of(value, -1);
            letter.partition = partition <= INT32_MAX ? (int32_t)partition : -1;
        } else if (strcmp(name, OWN "offset") == 0) {
            letter.offset = number_of(value, -1);
        } else if (strcmp(name, OWN "stage") == 0) {
            letter.stage = value;
        } else if (strcmp(name, OWN "exception.class.name") == 0) {
            letter.reason = value;
        } else if (strcmp(name, OWN "exception.message") == 0) {
            letter.words = value;
        } else if (strcmp(name, LETTER_ATTEMPT_HEADER) == 0) {
            letter.attempt = number_of(value, 1);
        }
    }
    return letter;
}

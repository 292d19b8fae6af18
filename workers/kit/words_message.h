/* The messages: one table of who is told what, and of the file that has the words.
 *
 * Where one text can't be true of all cases there are several, by the wording, the consent or the
 * reason of the notification. The last message, `other`, is for whatever is not in the table: so
 * nobody ever gets a message without words, whichever program wrote the notification. */
#ifndef SHORTFALL_KIT_WORDS_MESSAGE_H
#define SHORTFALL_KIT_WORDS_MESSAGE_H

#include "kit/words_field.h"

enum { WORDS_MESSAGE_COUNT = 26, WORDS_MESSAGE_OTHER = WORDS_MESSAGE_COUNT - 1 };

struct words_message {
    const char *name; /* of its file, without ".txt" */
    const char *when; /* it is sent, for people who write words */
    enum audience audience;
    enum notice_kind kind;
    enum wording wording; /* UNKNOWN: any; one that the notification leaves out is PLAIN */
    enum consent consent; /* UNKNOWN: any */
    const char *reason;   /* NULL: any */
    uint64_t carries;     /* fields that it may have set, beyond those every message has */
    uint64_t tells;       /* those of them that its reader has to be told */
};

const struct words_message *words_message_at(size_t index);

/* The message of that name; WORDS_MESSAGE_COUNT if there is none. */
size_t words_message_find(struct text name);

size_t words_message_of(const struct notification *notification);

#endif

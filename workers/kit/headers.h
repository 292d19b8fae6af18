/* The headers of a record that came from Kafka.
 *
 * librdkafka takes them apart when they are first asked for, so who does not ask pays nothing, and
 * a record that has none costs one comparison. */
#ifndef SHORTFALL_KIT_HEADERS_H
#define SHORTFALL_KIT_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "kit/error.h"
#include "kit/message.h"
#include "kit/outbox.h"

/* The header of that number, from 0 on; false: there are no more. Views into the message. */
bool message_header(const struct message *message, size_t number, const char **ret_name,
                    struct text *ret_value);

bool message_has_header(const struct message *message, const char *name);

/* Copies the headers of a record onto one that goes out, as they are, but for those whose name
 * begins with `without` (NULL: all). `room` headers are left free for what the caller adds; what
 * does not fit before them is left out. RETRY if the outbox is full. */
enum status headers_copy(struct outbox *outbox, const struct message *message, const char *without,
                         uint32_t room, struct outgoing *item, struct error *error) must_check;

#endif

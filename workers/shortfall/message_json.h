/* A message as one JSON object: the record's fields, and where it lies.
 *
 * "_topic", "_partition", "_offset", "_timestamp" and "_key" stand beside the record's own fields;
 * with headers, "_headers" is an object of them. What can't be read as the topic's record has
 * "_error" with words and "_value" in base64; a dead letter "_errors" with what is known of it, and
 * "_value"; a tombstone has "_value" null. Text that is no UTF-8 is {"base64": …}. */
#ifndef SHORTFALL_SHORTFALL_MESSAGE_JSON_H
#define SHORTFALL_SHORTFALL_MESSAGE_JSON_H

#include <jansson.h>
#include <stdbool.h>

#include "shortfall/command.h"

/* A new object, the caller's. NULL when there is no memory. Decodes into the call's arena. */
json_t *message_json(struct call *call, const struct message *message, bool with_headers);

/* The headers as an object; a name that is there several times has an array. Likewise. */
json_t *headers_json(const struct message *message);

/* What is known of a dead letter. Likewise. */
json_t *letter_json(const struct message *message);

#endif

/* Bytes in JSON: base64 of RFC 4648, with padding. */
#ifndef SHORTFALL_KIT_BASE64_H
#define SHORTFALL_KIT_BASE64_H

#include <stdbool.h>

#include "core/text.h"
#include "kit/buffer.h"

/* Appends; see out->failed. */
void base64_write(struct text bytes, struct buffer *out);

/* How many bytes a text of this size stands for at most. */
uint32_t base64_size_max(uint32_t text_size);

/* Writes the bytes of `text` to `bytes`, where there is room for the most there can be. False for
 * what base64_write would not have written: another letter, missing padding, bits left over. */
bool base64_read(struct text text, char *bytes, uint32_t *ret_size);

#endif

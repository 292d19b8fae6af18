#include "kit/identity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/must.h"

enum { LENGTH_SIZE = 4 };

/* UUIDv5 of "identity.shortfall" in the namespace of DNS names; see docs/IDENTITY.md. */
static const uuid_t identity_namespace = {0x77, 0x72, 0x43, 0x30, 0xeb, 0x44, 0x5e, 0x2e,
                                          0xbd, 0x60, 0x96, 0xa1, 0xdd, 0x40, 0x21, 0xa8};

void identity_begin(struct identity *identity, const char *kind)
{
    identity->size = 0;
    identity_text(identity, text_of(kind));
}

/* The limits of the contract (ID_SIZE_MAX) keep every name of ours far below the ceiling, so one
 * beyond it is a bug here, never a bad message. */
void identity_text(struct identity *identity, struct text field)
{
    must(field.size <= IDENTITY_NAME_MAX - LENGTH_SIZE);
    must(identity->size <= IDENTITY_NAME_MAX - LENGTH_SIZE - field.size);
    uint8_t *end = identity->name + identity->size;
    for (int i = 0; i < LENGTH_SIZE; i++) {
        end[i] = (uint8_t)(field.size >> (8 * (LENGTH_SIZE - 1 - i)));
    }
    if (field.size > 0) {
        memcpy(end + LENGTH_SIZE, field.data, field.size);
    }
    identity->size += LENGTH_SIZE + field.size;
}

/* In decimal, so that any language can compute our ids without our widths and byte order. */
void identity_number(struct identity *identity, int64_t field)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRId64, field);
    must(size > 0 && (size_t)size < sizeof digits);
    identity_text(identity, (struct text){digits, (uint32_t)size});
}

void identity_end(struct identity *identity, char ret_id[IDENTITY_SIZE])
{
    uuid_t id;
    uuid_generate_sha1(id, identity_namespace, (const char *)identity->name, identity->size);
    uuid_unparse_lower(id, ret_id);
}

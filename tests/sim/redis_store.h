/* What one simulated Redis holds: hashes of fields. Texts that were set live as long as the story.
 */
#ifndef TESTS_SIM_REDIS_STORE_H
#define TESTS_SIM_REDIS_STORE_H

#include <stdbool.h>

#include "core/text.h"

enum { STORE_KEYS_MAX = 64, STORE_KEY_SIZE = 256 };

struct field {
    struct text name;
    struct text value;
};

struct hash {
    char key[STORE_KEY_SIZE];
    struct field *fields;
    int count;
    int capacity;
};

struct store {
    struct hash hashes[STORE_KEYS_MAX];
    int count;
};

struct text store_text(struct text text); /* a copy that ends with a zero byte */

struct hash *store_find(struct store *store, struct text key); /* NULL: none */
struct hash *store_make(struct store *store, struct text key); /* finds it, or makes an empty one */
void store_drop(struct store *store, struct text key);
void store_rename(struct store *store, struct text from, struct text to);
/* Replaces all that `to` has; what is set in one later does not show in the other. */
void store_copy(struct store *to, const struct store *from);

struct field *hash_find(struct hash *hash, struct text name);          /* hash NULL: NULL */
bool hash_set(struct hash *hash, struct text name, struct text value); /* true: it is new */
void hash_unset(struct hash *hash, struct text name);

#endif

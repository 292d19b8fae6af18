#include "redis_store.h"

#include <stdlib.h>
#include <string.h>

#include "core/must.h"

enum { FIRST_CAPACITY = 32 };

struct text store_text(struct text text)
{
    char *copy = malloc((size_t)text.size + 1);
    must(copy);
    memcpy(copy, text.size ? text.data : "", text.size);
    copy[text.size] = '\0';
    return (struct text){copy, text.size};
}

/* ---- Hashes -----------------------------------------------------------------------------------
 */

struct hash *store_find(struct store *store, struct text key)
{
    for (int i = 0; i < store->count; i++) {
        if (text_equal(text_of(store->hashes[i].key), key)) {
            return &store->hashes[i];
        }
    }
    return NULL;
}

struct hash *store_make(struct store *store, struct text key)
{
    struct hash *hash = store_find(store, key);
    if (!hash) {
        must(store->count < STORE_KEYS_MAX && key.size < STORE_KEY_SIZE);
        hash = &store->hashes[store->count++];
        *hash = (struct hash){.count = 0};
        memcpy(hash->key, key.data, key.size);
    }
    return hash;
}

void store_drop(struct store *store, struct text key)
{
    struct hash *hash = store_find(store, key);
    if (hash) {
        free(hash->fields);
        *hash = store->hashes[--store->count];
    }
}

void store_rename(struct store *store, struct text from, struct text to)
{
    store_drop(store, to);
    struct hash *hash = store_find(store, from);
    must(hash && to.size < STORE_KEY_SIZE);
    memset(hash->key, 0, sizeof hash->key);
    memcpy(hash->key, to.data, to.size);
}

void store_copy(struct store *to, const struct store *from)
{
    for (int i = 0; i < to->count; i++) {
        free(to->hashes[i].fields);
    }
    to->count = from->count;
    for (int i = 0; i < from->count; i++) {
        const struct hash *hash = &from->hashes[i];
        to->hashes[i] = *hash;
        to->hashes[i].fields = calloc((size_t)hash->capacity + 1, sizeof *hash->fields);
        must(to->hashes[i].fields);
        if (hash->count) {
            memcpy(to->hashes[i].fields, hash->fields, (size_t)hash->count * sizeof *hash->fields);
        }
    }
}

/* ---- Fields -----------------------------------------------------------------------------------
 */

struct field *hash_find(struct hash *hash, struct text name)
{
    for (int i = 0; hash && i < hash->count; i++) {
        if (text_equal(hash->fields[i].name, name)) {
            return &hash->fields[i];
        }
    }
    return NULL;
}

bool hash_set(struct hash *hash, struct text name, struct text value)
{
    struct field *field = hash_find(hash, name);
    if (field) {
        field->value = store_text(value);
        return false;
    }
    if (hash->count == hash->capacity) {
        hash->capacity = hash->capacity ? 2 * hash->capacity : FIRST_CAPACITY;
        hash->fields = realloc(hash->fields, (size_t)hash->capacity * sizeof *hash->fields);
        must(hash->fields);
    }
    hash->fields[hash->count++] = (struct field){store_text(name), store_text(value)};
    return true;
}

void hash_unset(struct hash *hash, struct text name)
{
    struct field *field = hash_find(hash, name);
    if (field) {
        *field = hash->fields[--hash->count];
    }
}

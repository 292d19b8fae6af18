#include "caseworker/catalogue.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/must.h"
#include "kit/arena.h"

enum {
    FIRST_SLOTS = 1024,
    TAKE_ARENA_LIMIT = 8 << 20,
};

/* All that is known of one sku. */
struct entry {
    struct id sku;
    struct listing_status listing; /* its sku is a view of `sku`; status UNKNOWN: none */
    struct substitute *substitute; /* owned; NULL: none. One block with all it points to */
};

struct stock_catalogue {
    struct codec *codec; /* borrowed */
    struct arena *arena; /* owned; for decoding */
    struct entry **slots;
    uint32_t slot_count;
    uint32_t count;
};

static uint32_t slot_find(const struct stock_catalogue *catalogue, struct text sku)
{
    uint32_t slot = (uint32_t)hash_text(0, sku) & (catalogue->slot_count - 1);
    while (catalogue->slots[slot] && !text_equal(id_text(&catalogue->slots[slot]->sku), sku)) {
        slot = (slot + 1) & (catalogue->slot_count - 1);
    }
    return slot;
}

static bool grow(struct stock_catalogue *catalogue)
{
    struct stock_catalogue larger = *catalogue;
    larger.slot_count = catalogue->slot_count ? 2 * catalogue->slot_count : FIRST_SLOTS;
    larger.slots = calloc(larger.slot_count, sizeof(struct entry *));
    if (!larger.slots) {
        return false;
    }
    for (uint32_t i = 0; i < catalogue->slot_count; i++) {
        if (catalogue->slots[i]) {
            larger.slots[slot_find(&larger, id_text(&catalogue->slots[i]->sku))] =
                catalogue->slots[i];
        }
    }
    free(catalogue->slots);
    *catalogue = larger;
    return true;
}

enum status stock_catalogue_new(struct codec *codec, struct stock_catalogue **ret_catalogue,
                                struct error *error)
{
    struct stock_catalogue *catalogue = calloc(1, sizeof *catalogue);
    if (catalogue) {
        catalogue->codec = codec;
        catalogue->arena = arena_new(TAKE_ARENA_LIMIT);
    }
    if (!catalogue || !catalogue->arena || !grow(catalogue)) {
        stock_catalogue_free(catalogue);
        return error_set(error, FATAL, "catalogue: out of memory");
    }
    *ret_catalogue = catalogue;
    return OK;
}

void stock_catalogue_free(struct stock_catalogue *catalogue)
{
    if (!catalogue) {
        return;
    }
    for (uint32_t i = 0; i < catalogue->slot_count; i++) {
        if (catalogue->slots[i]) {
            free(catalogue->slots[i]->substitute);
            free(catalogue->slots[i]);
        }
    }
    free(catalogue->slots);
    arena_free(catalogue->arena);
    free(catalogue);
}

/* The sku's entry, made where it is not there yet. NULL: out of memory. */
static struct entry *entry_of(struct stock_catalogue *catalogue, struct text sku)
{
    if (2 * (catalogue->count + 1) > catalogue->slot_count && !grow(catalogue)) {
        return NULL;
    }
    uint32_t slot = slot_find(catalogue, sku);
    if (!catalogue->slots[slot]) {
        catalogue->slots[slot] = calloc(1, sizeof *catalogue->slots[slot]);
        if (!catalogue->slots[slot]) {
            return NULL;
        }
        id_set(&catalogue->slots[slot]->sku, sku);
        catalogue->count++;
    }
    return catalogue->slots[slot];
}

/* A copy in one block: the record, its offers, their skus. */
static struct substitute *substitute_copy(const struct substitute *from)
{
    size_t texts = from->sku.size;
    for (uint32_t i = 0; i < from->substitute_count; i++) {
        texts += from->substitutes[i].sku.size;
    }
    struct substitute *copy =
        malloc(sizeof *copy + from->substitute_count * sizeof *copy->substitutes + texts + 1);
    if (!copy) {
        return NULL;
    }
    copy->substitutes = (struct substitute_offer *)(copy + 1);
    copy->substitute_count = from->substitute_count;
    char *at = (char *)(copy->substitutes + from->substitute_count);
    memcpy(at, from->sku.data, from->sku.size);
    copy->sku = (struct text){at, from->sku.size};
    at += from->sku.size;
    for (uint32_t i = 0; i < from->substitute_count; i++) {
        copy->substitutes[i] = from->substitutes[i];
        memcpy(at, from->substitutes[i].sku.data, from->substitutes[i].sku.size);
        copy->substitutes[i].sku.data = at;
        at += from->substitutes[i].sku.size;
    }
    return copy;
}

static enum status check_substitute(const struct substitute *record, struct error *error)
{
    if (record->sku.size == 0) {
        return error_set(error, POISON, "sku: must not be empty");
    }
    for (uint32_t i = 0; i < record->substitute_count; i++) {
        const struct substitute_offer *offer = &record->substitutes[i];
        if (offer->sku.size == 0) {
            return error_set(error, POISON, "substitutes[%u].sku: must not be empty", i);
        }
        if (offer->price_minor < 0 || offer->price_minor > AMOUNT_MAX) {
            return error_set(error, POISON, "substitutes[%u].price_minor: %lld is out of range", i,
                             (long long)offer->price_minor);
        }
        if (offer->ship_within_h < 0) {
            return error_set(error, POISON, "substitutes[%u].ship_within_h: %d is below 0", i,
                             offer->ship_within_h);
        }
    }
    return OK;
}

static enum status take_substitute(struct stock_catalogue *catalogue, const struct message *message,
                                   struct error *error)
{
    struct substitute record = {0};
    struct substitute *copy = NULL;
    struct text sku = message->key;
    if (text_is_set(message->value)) {
        enum status status = codec_decode(catalogue->codec, &type_substitute, message->value,
                                          catalogue->arena, &record, error);
        status = status ? status : check_substitute(&record, error);
        if (status != OK) {
            return status;
        }
        sku = record.sku;
        copy = substitute_copy(&record);
        if (!copy) {
            return error_set(error, FATAL, "catalogue: out of memory");
        }
    }
    if (sku.size == 0 || sku.size > ID_SIZE_MAX) {
        free(copy);
        return error_set(error, POISON, "a withdrawal without a sku as its key");
    }
    struct entry *entry = entry_of(catalogue, sku);
    if (!entry) {
        free(copy);
        return error_set(error, FATAL, "catalogue: out of memory");
    }
    free(entry->substitute);
    entry->substitute = copy;
    return OK;
}

static enum status take_listing(struct stock_catalogue *catalogue, const struct message *message,
                                struct error *error)
{
    struct listing_status record;
    if (!text_is_set(message->value)) {
        return OK; /* none of ours withdraws a listing */
    }
    enum status status = codec_decode(catalogue->codec, &type_listing_status, message->value,
                                      catalogue->arena, &record, error);
    if (status != OK) {
        return status;
    }
    if (record.sku.size == 0) {
        return error_set(error, POISON, "sku: must not be empty");
    }
    struct entry *entry = entry_of(catalogue, record.sku);
    if (!entry) {
        return error_set(error, FATAL, "catalogue: out of memory");
    }
    entry->listing = record;
    entry->listing.sku = id_text(&entry->sku);
    return OK;
}

enum status stock_catalogue_take(struct stock_catalogue *catalogue, const struct message *message,
                                 struct error *error)
{
    arena_reset(catalogue->arena);
    if (message->topic == TOPIC_SUBSTITUTE) {
        return take_substitute(catalogue, message, error);
    }
    must(message->topic == TOPIC_LISTING_STATUS);
    return take_listing(catalogue, message, error);
}

static const struct substitute *substitutes_of(const void *context, struct text sku)
{
    const struct stock_catalogue *catalogue = context;
    const struct entry *entry = catalogue->slots[slot_find(catalogue, sku)];
    return entry ? entry->substitute : NULL;
}

static const struct listing_status *listing_of(const void *context, struct text sku)
{
    const struct stock_catalogue *catalogue = context;
    const struct entry *entry = catalogue->slots[slot_find(catalogue, sku)];
    return entry && entry->listing.status != LISTING_UNKNOWN ? &entry->listing : NULL;
}

struct catalogue stock_catalogue_view(const struct stock_catalogue *catalogue)
{
    return (struct catalogue){
        .context = catalogue, .substitutes_of = substitutes_of, .listing_of = listing_of};
}

/* A compacted topic in memory: all that was ever written to it, and which of it a compaction keeps.
 */
#ifndef TESTS_CORE_BOOK_TOPIC_H
#define TESTS_CORE_BOOK_TOPIC_H

#include "book_log.h"

enum {
    ARENA = 64 << 20,
    WRITES_MAX = 60000,
};

struct write {
    char key[180];
    struct book_entry entry;
    bool last; /* of its key */
};

struct book_topic {
    struct write writes[WRITES_MAX];
    int count;
    char *arena;
    size_t used;
};

static inline void *topic_copy(struct book_topic *topic, const void *bytes, size_t size)
{
    char *copy = topic->arena + topic->used;
    topic->used += (size + 15) / 16 * 16;
    assert_true(topic->used <= ARENA);
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    return copy;
}

static inline struct text topic_text(struct book_topic *topic, struct text text)
{
    return (struct text){topic_copy(topic, text.data, text.size), text.size};
}

static inline void print_key(char *key, size_t size, const struct book_entry *entry)
{
    snprintf(key, size, "%d/%.*s/%.*s/%" PRId64, entry->kind, (int)entry->sku.size,
             entry->sku.size ? entry->sku.data : "", (int)entry->warehouse_id.size,
             entry->warehouse_id.size ? entry->warehouse_id.data : "", entry->number);
}

static inline void topic_write(struct book_topic *topic, const struct book_entry *entry)
{
    assert_true(topic->count < WRITES_MAX);
    struct write *write = &topic->writes[topic->count++];
    struct book_entry copy = *entry;
    bool there = false;
    print_key(write->key, sizeof(write->key), entry);
    for (int i = 0; i < topic->count - 1; i++) {
        if (topic->writes[i].last && strcmp(topic->writes[i].key, write->key) == 0) {
            topic->writes[i].last = false;
            there = !topic->writes[i].entry.removed;
        }
    }
    assert_true(there || !entry->removed); /* nothing is removed that is not there */
    if (entry->kind >= BOOK_ENTRY_LINES) { /* and nothing empty is left behind */
        uint32_t items = entry->line_count + entry->run_count + entry->shipment_count;
        assert_true(entry->removed == (items + entry->memory_count == 0));
    }
    write->last = true;
    copy.sku = topic_text(topic, entry->sku);
    copy.warehouse_id = topic_text(topic, entry->warehouse_id);
    copy.levels = topic_copy(topic, entry->levels, entry->level_count * sizeof(*entry->levels));
    for (uint32_t i = 0; i < entry->level_count; i++) {
        struct book_level *level = &copy.levels[i];
        level->warehouse_id = topic_text(topic, level->warehouse_id);
        level->restocks =
            topic_copy(topic, level->restocks, level->restock_count * sizeof(*level->restocks));
    }
    copy.lines = topic_copy(topic, entry->lines, entry->line_count * sizeof(*entry->lines));
    for (uint32_t i = 0; i < entry->line_count; i++) {
        copy.lines[i].sku = topic_text(topic, copy.lines[i].sku);
        copy.lines[i].order_id = topic_text(topic, copy.lines[i].order_id);
        copy.lines[i].order_facts = topic_text(topic, copy.lines[i].order_facts);
    }
    copy.runs = topic_copy(topic, entry->runs, entry->run_count * sizeof(*entry->runs));
    copy.shipments =
        topic_copy(topic, entry->shipments, entry->shipment_count * sizeof(*entry->shipments));
    copy.memories =
        topic_copy(topic, entry->memories, entry->memory_count * sizeof(*entry->memories));
    for (uint32_t i = 0; i < entry->memory_count; i++) {
        copy.memories[i].sku = topic_text(topic, copy.memories[i].sku);
    }
    write->entry = copy;
}

/* ---- Loading --------------------------------------------------------------------------------- */

static inline void load_as_written(struct book *book, const struct book_topic *topic)
{
    for (int i = 0; i < topic->count; i++) {
        assert_int_equal(book_load_entry(book, &topic->writes[i].entry), BOOK_LOADED);
    }
}

static inline void load_compacted(struct book *book, const struct book_topic *topic,
                                  struct random *random)
{
    static int order[WRITES_MAX];
    int count = 0;
    for (int i = 0; i < topic->count; i++) {
        if (topic->writes[i].last && (!topic->writes[i].entry.removed || random_below(random, 2))) {
            order[count++] = i;
        }
    }
    for (int i = count; i > 0; i--) {
        int j = (int)random_below(random, i);
        assert_int_equal(book_load_entry(book, &topic->writes[order[j]].entry), BOOK_LOADED);
        order[j] = order[i - 1];
    }
}

#endif

#include "caseworker/case_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "caseworker/case_record.h"
#include "core/must.h"
#include "kit/clock.h"
#include "kit/crash_point.h"
#include "kit/log.h"
#include "kit/worker.h"

enum {
    LOOK_EVERY_MS = 5000,    /* at the mark that Redis shows */
    REDIS_FIELDS_MAX = 5000, /* in one write: more than a step has */
    REBUILD_BATCH = 500,
};

struct case_state *case_state_new(int32_t partition)
{
    struct case_state *state = calloc(1, sizeof *state);
    if (state && !cases_init(&state->cases)) {
        free(state);
        return NULL;
    }
    if (state) {
        state->partition = partition;
    }
    return state;
}

void case_state_free(struct case_state *state)
{
    if (state) {
        cases_done(&state->cases);
        free(state);
    }
}

size_t case_store_bytes(const struct case_store *store)
{
    size_t bytes = 0;
    for (int32_t p = 0; p < store->partition_count; p++) {
        bytes += store->states[p] ? store->states[p]->cases.bytes : 0;
    }
    return bytes;
}

void case_store_warn(struct case_store *store)
{
    if (!store->redis || redis_view_connections(store->redis) == store->redis_connections) {
        return;
    }
    store->redis_connections = redis_view_connections(store->redis);
    if (redis_view_warning(store->redis)[0]) {
        log_event(LOG_WARN, "redis_settings", log_string("what", redis_view_warning(store->redis)));
    }
}

/* ---- loading one record --------------------------------------------------------------------- */

static struct case_entry *entry_of(struct case_state *state, const char *case_id)
{
    struct case_entry *entry = cases_find(&state->cases, case_id);
    return entry ? entry : cases_add(&state->cases, case_id);
}

static enum status load_head(struct case_store *store, struct case_state *state,
                             const char *case_id, struct text value, struct error *error)
{
    struct case_head_record record;
    enum status status =
        codec_decode(store->codec, &type_case_head, value, store->arena, &record, error);
    if (status != OK) {
        return status;
    }
    struct case_entry *entry = entry_of(state, case_id);
    if (!entry) {
        return error_set(error, FATAL, "out of memory");
    }
    if (!case_head_from_record(&record, &entry->file)) {
        return error_set(error, POISON, "a head that is none of ours");
    }
    entry->has_head = true;
    uint64_t hash = mark_hash(text_of(case_id), value);
    mark_change(&state->cases.mark, entry->head_hash, hash);
    entry->head_hash = hash;
    return OK;
}

static struct case_line *case_line_of(struct case_file *file, int32_t line_no)
{
    const struct case_line *known = case_find_line(file, line_no);
    return known ? &file->lines[known - file->lines] : case_add_line(file, line_no);
}

static enum status load_line(struct case_store *store, struct case_state *state,
                             const char *case_id, struct text key, struct text value,
                             struct error *error)
{
    struct case_line_record record;
    struct case_line line;
    enum status status =
        codec_decode(store->codec, &type_case_line, value, store->arena, &record, error);
    if (status != OK) {
        return status;
    }
    struct case_entry *entry = entry_of(state, case_id);
    if (!entry || !cases_reserve_line(&state->cases, entry)) {
        return error_set(error, FATAL, "out of memory");
    }
    if (!case_line_from_record(&record, &line)) {
        return error_set(error, POISON, "a line that is none of ours");
    }
    struct case_line *place = case_line_of(&entry->file, line.line_no);
    line.kept_hash = mark_hash(key, value);
    mark_change(&state->cases.mark, place->kept_hash, line.kept_hash);
    *place = line;
    return OK;
}

/* A tombstone of any record of a case: all of them go together. */
static void load_removal(struct case_state *state, const char *case_id)
{
    struct case_entry *entry = cases_find(&state->cases, case_id);
    if (!entry) {
        return;
    }
    mark_change(&state->cases.mark, entry->head_hash, 0);
    for (uint32_t i = 0; i < entry->file.line_count; i++) {
        mark_change(&state->cases.mark, entry->file.lines[i].kept_hash, 0);
    }
    cases_remove(&state->cases, entry);
}

static enum status load_record(struct case_store *store, struct case_state *state, struct text key,
                               struct text value, struct error *error)
{
    char case_id[IDENTITY_SIZE];
    if (text_equal(key, TEXT(CLOCK_KEY))) {
        return OK; /* only its timestamp was wanted */
    }
    if (key.size < IDENTITY_SIZE - 1) {
        return error_set(error, POISON, "a state key that is none of ours");
    }
    memcpy(case_id, key.data, IDENTITY_SIZE - 1);
    case_id[IDENTITY_SIZE - 1] = '\0';
    arena_reset(store->arena);
    if (!text_is_set(value)) {
        load_removal(state, case_id);
        return OK;
    }
    return key.size == IDENTITY_SIZE - 1 ? load_head(store, state, case_id, value, error)
                                         : load_line(store, state, case_id, key, value, error);
}

static enum status start_over(struct case_state *state, struct error *error)
{
    cases_done(&state->cases);
    return cases_init(&state->cases) ? OK : error_set(error, FATAL, "out of memory");
}

/* All is loaded: deadlines into the heap. */
static enum status index_all(struct case_state *state, struct error *error)
{
    struct cases *cases = &state->cases;
    for (uint32_t i = 0; i < cases->slot_count; i++) {
        struct case_entry *entry = cases->slots[i];
        if (entry && !entry->has_head) {
            return error_set(error, FATAL, "case %s has lines, but no head", entry->case_id);
        }
        if (entry) {
            cases_touch(cases, entry);
        }
    }
    cases_settled(cases);
    return OK;
}

/* ---- restore --------------------------------------------------------------------------------- */

struct loading {
    struct case_store *store;
    struct case_state *state;
};

static enum status load_from_redis(void *context, struct text key, struct text value,
                                   struct error *error)
{
    struct loading *loading = context;
    if (text_equal(key, TEXT("mark"))) {
        return OK;
    }
    return load_record(loading->store, loading->state, key, value, error);
}

static bool same_contents(const struct mark *a, const struct mark *b)
{
    return a->count == b->count && a->digest == b->digest;
}

/* true: Redis had exactly what the committed mark says. */
static bool restore_from_redis(struct case_store *store, struct case_state *state,
                               const char *mark_text, const struct mark *committed)
{
    struct error why;
    struct text stored = {0};
    struct loading loading = {store, state};
    if (!store->redis || redis_view_mark(store->redis, state->partition, &stored, &why) != OK ||
        !text_is_set(stored) || !text_equal(stored, text_of(mark_text))) {
        return false;
    }
    if (redis_view_read(store->redis, state->partition, load_from_redis, &loading, &why) != OK ||
        !same_contents(&state->cases.mark, committed)) {
        log_event(LOG_WARN, "redis_torn", log_number("partition", state->partition));
        return false;
    }
    state->cases.mark.n = committed->n;
    state->in_redis = true;
    state->redis_n = committed->n;
    return true;
}

static enum status kafka_begin(struct case_store *store, struct case_state *state,
                               struct error *error)
{
    enum status status = start_over(state, error);
    if (status == OK) {
        status = changelog_begin(store->records, state->partition, error);
    }
    if (status == OK) {
        state->restoring = RESTORE_FROM_KAFKA;
    }
    return status;
}

static enum status load_from_kafka(void *context, const struct message *message,
                                   struct error *error)
{
    struct case_store *store = context;
    struct case_state *state = store->states[message->partition];
    if (!state || state->restoring != RESTORE_FROM_KAFKA) {
        return OK;
    }
    enum status status = load_record(store, state, message->key, message->value, error);
    return status == POISON ? FATAL : status;
}

static enum status kafka_end(struct case_state *state, const struct mark *committed, bool has_mark,
                             bool *ret_done, struct error *error)
{
    if (has_mark && !same_contents(&state->cases.mark, committed)) {
        return error_set(error, ABORT_TXN,
                         "case-state partition %d has %lld records, the committed mark says %lld: "
                         "another worker has gone on from here, or its leader does not know all of "
                         "it; if this is said again and again, the topic was changed by hand, or "
                         "Kafka has lost something of it: reset the offset of shortage partition "
                         "%d to take it as it is",
                         state->partition, (long long)state->cases.mark.count,
                         (long long)committed->count, state->partition);
    }
    if (!has_mark && state->cases.count > 0) {
        /* Each commit of ours has a mark. Nothing says whether the topic is all there. */
        log_event(LOG_WARN, "offset_set_by_hand", log_number("partition", state->partition),
                  log_number("cases", state->cases.count));
    }
    state->cases.mark.n = has_mark ? committed->n : 0;
    *ret_done = true;
    return OK;
}

enum status case_state_restore(struct case_store *store, struct case_state *state,
                               const char *mark_text, bool *ret_done, struct error *error)
{
    struct mark committed = {0};
    bool has_mark = mark_from_text(text_of(mark_text), &committed);
    enum status status = OK;
    if (state->restoring == RESTORE_EMPTY) {
        state->restore_began_ms = clock_monotonic_ms();
        *ret_done = has_mark && restore_from_redis(store, state, mark_text, &committed);
        if (!*ret_done) {
            return kafka_begin(store, state, error);
        }
    } else {
        bool complete = false;
        status = changelog_read(store->records, state->partition, load_from_kafka, store, &complete,
                                error);
        if (status == OK && complete) {
            status = kafka_end(state, &committed, has_mark, ret_done, error);
        }
    }
    if (status == OK && *ret_done) {
        status = index_all(state, error);
    }
    if (status == OK && *ret_done) {
        log_event(LOG_INFO, "restored", log_number("partition", state->partition),
                  log_string("from", state->in_redis ? "redis" : "kafka"),
                  log_number("cases", state->cases.count),
                  log_number("ms", clock_monotonic_ms() - state->restore_began_ms));
        state->restoring = RESTORE_READY;
    }
    return status;
}

/* ---- settle ---------------------------------------------------------------------------------- */

static enum status add_record(struct case_store *store, struct case_state *state,
                              struct outbox *outbox, const char *key,
                              const struct record_type *type, const void *record, uint64_t *hash,
                              struct error *error)
{
    struct buffer buffer = {0};
    enum status status = codec_encode(store->codec, type, record, &buffer, error);
    struct text value = {(const char *)buffer.data, (uint32_t)buffer.size};
    if (status == OK && buffer.failed) {
        status = error_set(error, FATAL, "out of memory");
    }
    uint64_t after = status == OK ? mark_hash(text_of(key), value) : 0;
    if (status == OK && after != *hash) {
        status = outbox_add_bytes(outbox, TOPIC_CASE_STATE, state->partition, text_of(key), value,
                                  NULL, error);
        if (status == OK) {
            mark_change(&state->cases.mark, *hash, after);
            *hash = after;
            state->state_written = true;
        }
    }
    buffer_done(&buffer);
    return status;
}

static void line_key(const char *case_id, int32_t line_no, char ret_key[STATE_KEY_SIZE])
{
    int written = snprintf(ret_key, STATE_KEY_SIZE, "%s/%d", case_id, line_no);
    must(written > 0 && written < STATE_KEY_SIZE);
}

static enum status settle_entry(struct case_store *store, struct case_state *state,
                                struct case_entry *entry, struct outbox *outbox,
                                struct error *error)
{
    struct case_head_record head;
    case_head_to_record(&entry->file, &head);
    enum status status = add_record(store, state, outbox, entry->case_id, &type_case_head, &head,
                                    &entry->head_hash, error);
    for (uint32_t i = 0; i < entry->file.line_count && status == OK; i++) {
        char key[STATE_KEY_SIZE];
        struct case_line_record line;
        struct offered_record offered[OFFERED_SUBSTITUTES_MAX];
        line_key(entry->case_id, entry->file.lines[i].line_no, key);
        case_line_to_record(&entry->file, &entry->file.lines[i], offered, &line);
        status = add_record(store, state, outbox, key, &type_case_line, &line,
                            &entry->file.lines[i].kept_hash, error);
    }
    return status;
}

static enum status remove_record(struct case_state *state, struct outbox *outbox, const char *key,
                                 uint64_t hash, struct error *error)
{
    if (hash == 0) {
        return OK;
    }
    enum status status = outbox_add_bytes(outbox, TOPIC_CASE_STATE, state->partition, text_of(key),
                                          (struct text){0}, NULL, error);
    mark_change(&state->cases.mark, hash, 0);
    state->state_written = true;
    return status;
}

/* Lines first: a reader that sees only some of the tombstones still has the head that names them.
 */
static enum status forget_entry(struct case_state *state, struct case_entry *entry,
                                struct outbox *outbox, struct error *error)
{
    enum status status = OK;
    for (uint32_t i = 0; i < entry->file.line_count && status == OK; i++) {
        char key[STATE_KEY_SIZE];
        line_key(entry->case_id, entry->file.lines[i].line_no, key);
        status = remove_record(state, outbox, key, entry->file.lines[i].kept_hash, error);
    }
    return status ? status : remove_record(state, outbox, entry->case_id, entry->head_hash, error);
}

enum status case_state_settle(struct case_store *store, struct case_state *state,
                              struct outbox *outbox, struct error *error)
{
    struct cases *cases = &state->cases;
    enum status status = OK;
    uint32_t count = cases->changed_count;
    for (uint32_t i = 0; i < count && status == OK; i++) {
        struct case_entry *entry = cases->changed[i];
        entry->changed = false;
        if (case_is_forgotten(&entry->file)) {
            status = forget_entry(state, entry, outbox, error);
            cases_remove(cases, entry);
        } else {
            status = settle_entry(store, state, entry, outbox, error);
        }
    }
    cases->changed_count = 0;
    return status;
}

/* ---- Redis ----------------------------------------------------------------------------------- */

static void lose_redis(struct case_state *state, const struct error *why)
{
    log_event(LOG_WARN, "redis_stale", log_number("partition", state->partition), log_error(why));
    state->in_redis = false;
}

void case_state_publish(struct case_store *store, struct case_state *state,
                        const struct outbox *outbox)
{
    static struct redis_field fields[REDIS_FIELDS_MAX];
    size_t count = 0;
    if (!store->redis || !state->state_written || !state->in_redis) {
        return;
    }
    state->state_written = false;
    for (uint32_t i = 0; i < outbox->count; i++) {
        const struct outgoing *item = &outbox->items[i];
        if (item->topic != TOPIC_CASE_STATE || item->partition != state->partition) {
            continue;
        }
        if (count == REDIS_FIELDS_MAX) {
            state->in_redis = false; /* too much for one write: a rebuild is cheaper */
            return;
        }
        fields[count++] = (struct redis_field){item->key, item->value};
    }
    char mark[MARK_TEXT_SIZE];
    struct error why;
    mark_to_text(&state->cases.mark, mark);
    CRASH_POINT("before-redis");
    if (redis_view_step(store->redis, state->partition, state->redis_n, text_of(mark), fields,
                        count, &why) != OK) {
        lose_redis(state, &why);
        return;
    }
    CRASH_POINT("after-redis");
    state->redis_n = state->cases.mark.n;
}

/* The bytes that the mark was computed from: a record that has not changed since another version of
 * its schema was written is still of that version. */
static enum status encode_kept(struct case_store *store, const struct record_type *type,
                               const void *record, const char *key, uint64_t kept_hash,
                               struct buffer *out, struct error *error)
{
    const struct schema_folder *folder =
        schema_store_find(codec_schemas(store->codec), type->folder);
    must(folder);
    for (uint32_t i = folder->version_count; i > 0; i--) {
        buffer_clear(out);
        enum status status =
            codec_encode_as(store->codec, type, folder->versions[i - 1].number, record, out, error);
        struct text value = {(const char *)out->data, (uint32_t)out->size};
        if (status != OK || mark_hash(text_of(key), value) == kept_hash) {
            return status;
        }
    }
    buffer_clear(out);
    return codec_encode(store->codec, type, record, out, error);
}

/* The records of one case as fields, their bytes in the arena. */
static enum status rebuild_entry(struct case_store *store, struct case_state *state,
                                 struct case_entry *entry, struct error *error)
{
    struct redis_field fields[REBUILD_BATCH];
    size_t count = 0;
    arena_reset(store->arena);
    for (uint32_t i = 0; i <= entry->file.line_count; i++) {
        struct buffer buffer = {0};
        char key[STATE_KEY_SIZE];
        struct case_head_record head;
        struct case_line_record line;
        struct offered_record offered[OFFERED_SUBSTITUTES_MAX];
        enum status status;
        if (i == 0) {
            memcpy(key, entry->case_id, sizeof entry->case_id);
            case_head_to_record(&entry->file, &head);
            status =
                encode_kept(store, &type_case_head, &head, key, entry->head_hash, &buffer, error);
        } else {
            line_key(entry->case_id, entry->file.lines[i - 1].line_no, key);
            case_line_to_record(&entry->file, &entry->file.lines[i - 1], offered, &line);
            status = encode_kept(store, &type_case_line, &line, key,
                                 entry->file.lines[i - 1].kept_hash, &buffer, error);
        }
        fields[count].key = arena_text(store->arena, text_of(key));
        fields[count].value = arena_text(
            store->arena, (struct text){(const char *)buffer.data, (uint32_t)buffer.size});
        bool fits = text_is_set(fields[count].key) && text_is_set(fields[count].value);
        count++;
        buffer_done(&buffer);
        if (status != OK || !fits) {
            return status != OK ? status : error_set(error, FATAL, "out of memory");
        }
        if (count == REBUILD_BATCH || i == entry->file.line_count) {
            status = redis_view_rebuild_add(store->redis, state->partition, fields, count, error);
            count = 0;
        }
        if (status != OK) {
            return status;
        }
    }
    return OK;
}

/* A Redis that was flushed, or put back to an old copy, shows another mark. */
static void look_at_redis(struct case_store *store, struct case_state *state)
{
    int64_t now_ms = clock_monotonic_ms();
    struct text shown;
    struct error why;
    char mark[MARK_TEXT_SIZE];
    if (!state->in_redis || now_ms - state->looked_ms < LOOK_EVERY_MS) {
        return;
    }
    if (redis_view_mark(store->redis, state->partition, &shown, &why) != OK) {
        return; /* a connection that was cut is made anew by the next look */
    }
    state->looked_ms = now_ms;
    mark_to_text(&state->cases.mark, mark);
    if (!text_equal(shown, text_of(mark))) {
        (void)error_set(&why, RETRY, "it shows the mark '%.*s' instead of '%s'", (int)shown.size,
                        shown.size ? shown.data : "", mark);
        lose_redis(state, &why);
    }
}

void case_state_rebuild(struct case_store *store, struct case_state *state)
{
    struct error why;
    if (store->redis) {
        look_at_redis(store, state);
    }
    if (!store->redis || state->in_redis) {
        return;
    }
    enum status status = redis_view_rebuild_begin(store->redis, state->partition, &why);
    for (uint32_t i = 0; i < state->cases.slot_count && status == OK; i++) {
        if (state->cases.slots[i]) {
            status = rebuild_entry(store, state, state->cases.slots[i], &why);
        }
    }
    char mark[MARK_TEXT_SIZE];
    mark_to_text(&state->cases.mark, mark);
    CRASH_POINT("redis-rebuilt-before-rename");
    if (status == OK) {
        status = redis_view_rebuild_end(store->redis, state->partition, text_of(mark), &why);
    }
    if (status != OK) {
        /* Said once: a Redis that was never there, or takes us for somebody else, is known by it.
         */
        log_event(store->rebuild_failed ? LOG_DEBUG : LOG_WARN, "redis_not_rebuilt",
                  log_number("partition", state->partition), log_error(&why));
        store->rebuild_failed = true;
        return;
    }
    store->rebuild_failed = false;
    state->in_redis = true;
    state->redis_n = state->cases.mark.n;
    log_event(LOG_INFO, "redis_rebuilt", log_number("partition", state->partition),
              log_number("cases", state->cases.count));
}

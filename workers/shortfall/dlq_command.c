/* shortfall dlq list, show: what no worker could take. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "kit/record_json.h"
#include "shortfall/dlq_choice.h"
#include "shortfall/lookup.h"
#include "shortfall/message_json.h"
#include "shortfall/phrase.h"
#include "shortfall/scan.h"

#define LIST_ARENA_LIMIT ((size_t)64 << 20)

/* Those of one topic that were given up for one reason. */
struct kind {
    enum topic topic;
    struct text reason;
    struct text stage;
    struct text words; /* of the newest */
    int32_t partition; /* likewise */
    int64_t offset;    /* likewise */
    int64_t count;
};

struct list {
    struct dlq_choice choice;
    struct arena *arena;  /* owned */
    struct lookup *kinds; /* owned; struct kind */
    int64_t count;
};

static enum status count_letter(void *context, const struct message *message, struct error *error)
{
    struct list *list = context;
    struct letter letter = letter_of(message);
    if (!dlq_choice_has(&list->choice, message, &letter)) {
        return OK;
    }
    char name[ERROR_SIZE];
    int size = snprintf(name, sizeof name, "%d %.*s %.*s", (int)message->topic,
                        PHRASE_TEXT(letter.reason), PHRASE_TEXT(letter.stage));
    uint32_t key_size = size < (int)sizeof name ? (uint32_t)size : (uint32_t)sizeof name - 1;
    struct kind *kind = lookup_put(list->kinds, (struct text){name, key_size});
    if (!kind) {
        return error_set(error, FATAL, "too many kinds of dead letters to count");
    }
    if (kind->count == 0) {
        kind->topic = message->topic;
        kind->reason = arena_text(list->arena, letter.reason);
        kind->stage = arena_text(list->arena, letter.stage);
        kind->words = arena_text(list->arena, letter.words);
        kind->partition = message->partition;
        kind->offset = message->offset;
    }
    kind->count++;
    list->count++;
    return OK;
}

static bool print_kind_json(const struct kind *kind)
{
    json_t *json =
        json_pack("{s:s, s:s%, s:s%, s:I, s:i, s:I, s:s%}", "topic", topic_info(kind->topic)->name,
                  "reason", kind->reason.size ? kind->reason.data : "", (size_t)kind->reason.size,
                  "stage", kind->stage.size ? kind->stage.data : "", (size_t)kind->stage.size,
                  "count", (json_int_t)kind->count, "partition", (int)kind->partition, "offset",
                  (json_int_t)kind->offset, "message", kind->words.size ? kind->words.data : "",
                  (size_t)kind->words.size);
    bool whole = json && json_dumpf(json, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(json);
    return whole;
}

static void print_kinds(const struct list *list, bool as_json)
{
    size_t count = lookup_count(list->kinds);
    if (!as_json && count > 0) {
        (void)printf("%-22s %-14s %-12s %8s  %s\n", "TOPIC", "REASON", "GIVEN UP BY", "COUNT",
                     "THE FIRST OF THEM");
    }
    for (size_t i = 0; i < count; i++) {
        const struct kind *kind = lookup_at(list->kinds, i, NULL);
        if (as_json) {
            (void)print_kind_json(kind);
            continue;
        }
        (void)printf(
            "%-22s %-14.*s %-12.*s %8" PRId64 "  partition %" PRId32 ", offset %" PRId64 ": %.*s\n",
            topic_info(kind->topic)->name, PHRASE_TEXT(kind->reason), PHRASE_TEXT(kind->stage),
            kind->count, kind->partition, kind->offset, PHRASE_TEXT(kind->words));
    }
    if (!as_json) {
        (void)printf("%" PRId64 " dead letters\n", list->count);
    }
}

static int run_list(struct call *call)
{
    struct list list = {0};
    struct error error;
    if (!dlq_choice_read(call, &list.choice)) {
        return EXIT_MISUSE;
    }
    list.arena = arena_new(LIST_ARENA_LIMIT);
    list.kinds = list.arena ? lookup_new(list.arena, sizeof(struct kind)) : NULL;
    enum status status = list.kinds ? OK : error_set(&error, FATAL, "out of memory");
    if (status == OK) {
        status = call_open(call, &error);
    }
    if (status == OK) {
        status = scan(call->reader, list.choice.topics, list.choice.topic_count, (struct text){0},
                      count_letter, &list, &error);
    }
    if (status == OK) {
        print_kinds(&list, call_flag(call, "json"));
    }
    lookup_free(list.kinds);
    arena_free(list.arena);
    return status == OK ? EXIT_DONE : call_failed(call, status, &error);
}

/* ---- show ----------------------------------------------------------------------------------- */

struct show {
    struct call *call;
    struct dlq_choice choice;
    size_t shown;
};

/* The record as it should have been read; null and why where it still can't be. */
static json_t *original_json(struct call *call, const struct message *message)
{
    enum topic origin = dlq_origin(message->topic);
    const struct record_type *type = topic_info(origin)->type;
    struct error why;
    const void *record;
    if (!text_is_set(message->value)) {
        return json_pack("{s:s}", "unreadable", "it has no value");
    }
    if (call_decode(call, type, message->value, &record, &why) != OK) {
        return json_pack("{s:s}", "unreadable", why.text);
    }
    return record_to_json(type, record);
}

static enum status show_letter(void *context, const struct message *message, struct error *error)
{
    struct show *show = context;
    struct letter letter = letter_of(message);
    if (!dlq_choice_has(&show->choice, message, &letter)) {
        return OK;
    }
    json_t *json = message_json(show->call, message, true);
    bool whole = json && !json_object_set_new(json, "record", original_json(show->call, message)) &&
                 !json_dumpf(json, stdout, JSON_INDENT(2)) && putchar('\n') != EOF;
    json_decref(json);
    arena_reset(show->call->arena);
    show->shown++;
    return whole ? OK : error_set(error, FATAL, "can't write a dead letter as JSON");
}

static int run_show(struct call *call)
{
    struct show show = {.call = call};
    struct error error;
    if (!dlq_choice_read(call, &show.choice)) {
        return EXIT_MISUSE;
    }
    if (show.choice.topic_count != 1 || show.choice.offset < 0) {
        return call_misused(call, "say which one: --topic TOPIC --offset N [--partition N]");
    }
    enum status status = call_open(call, &error);
    if (status == OK) {
        status =
            scan(call->reader, show.choice.topics, 1, (struct text){0}, show_letter, &show, &error);
    }
    if (status != OK) {
        return call_failed(call, status, &error);
    }
    if (show.shown == 0) {
        (void)fprintf(stderr, "shortfall dlq show: %s has nothing at offset %" PRId64 "\n",
                      topic_info(show.choice.topics[0])->name, show.choice.offset);
        return EXIT_NOT_SO;
    }
    return EXIT_DONE;
}

static const struct settings_flag flags_list[] = {
    {"topic", "TOPIC", "only the dead letters of this topic"},
    {"reason", "REASON", "only those given up for this reason, as MALFORMED"},
    {"json", NULL, "one JSON object a kind"},
    {0},
};

static const struct settings_flag flags_show[] = {
    {"topic", "TOPIC", "the topic, by its own name or that of its dead letters"},
    {"partition", "N", "the partition; without it, whatever has the offset"},
    {"offset", "N", "the offset in the topic of the dead letters"},
    {0},
};

const struct command command_dlq_list = {
    .name = "dlq list",
    .arguments = "",
    .summary = "Counts the dead letters by topic and reason",
    .flags = flags_list,
    .run = run_list,
};

const struct command command_dlq_show = {
    .name = "dlq show",
    .arguments = "",
    .summary = "Shows one dead letter: why, headers, bytes, and what they say",
    .flags = flags_show,
    .run = run_show,
};

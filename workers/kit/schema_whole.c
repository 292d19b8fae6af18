#include "kit/schema_whole.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum {
    NAME_SIZE = 512,
    DEPTH_MAX = 100, /* of JSON within JSON, so that the stack is bounded */
};

struct whole {
    json_t *definitions; /* full name -> {"node": what defines it, "space": the namespace around} */
    json_t *written;     /* full names whose definition stands in the result already */
    struct error *error;
    enum status status;
};

static json_t *fail(struct whole *whole, enum status status, const char *words)
{
    if (whole->status == OK) {
        whole->status = error_set(whole->error, status, "%s", words);
    }
    return NULL;
}

/* ---- Names -------------------------------------------------------------------------------- */

static bool is_named(const char *type)
{
    return strcmp(type, "record") == 0 || strcmp(type, "error") == 0 || strcmp(type, "enum") == 0 ||
           strcmp(type, "fixed") == 0;
}

/* The full name of `name` where `space` is the namespace. False: it is too long. */
static bool full_name(const char *name, const char *space, char ret_full[NAME_SIZE])
{
    bool is_full = strchr(name, '.') || !*space;
    int size = is_full ? snprintf(ret_full, NAME_SIZE, "%s", name)
                       : snprintf(ret_full, NAME_SIZE, "%s.%s", space, name);
    return size >= 0 && size < NAME_SIZE;
}

static void namespace_of(const char *full, char ret_space[NAME_SIZE])
{
    const char *dot = strrchr(full, '.');
    (void)snprintf(ret_space, NAME_SIZE, "%.*s", dot ? (int)(dot - full) : 0, full);
}

/* The full name of what a node defines; false where it defines nothing. */
static bool defined_name(const json_t *node, const char *space, char ret_full[NAME_SIZE])
{
    const char *type = json_string_value(json_object_get(node, "type"));
    const char *name = json_string_value(json_object_get(node, "name"));
    const char *own_space = json_string_value(json_object_get(node, "namespace"));
    return type && name && is_named(type) &&
           full_name(name, own_space ? own_space : space, ret_full);
}

/* ---- What the parts define ---------------------------------------------------------------- */

static void define(struct whole *whole, const char *full, json_t *node, const char *space)
{
    const json_t *known = json_object_get(whole->definitions, full);
    if (known && !json_equal(json_object_get(known, "node"), node)) {
        whole->status = error_set(whole->error, POISON,
                                  "two of the schemas that it refers to define %.100s, differently",
                                  full);
    } else if (!known && json_object_set_new(whole->definitions, full,
                                             json_pack("{s:O,s:s}", "node", node, "space",
                                                       space)) != 0) {
        (void)fail(whole, FATAL, "no memory for a schema that refers to others");
    }
}

static void collect(struct whole *whole, json_t *node, const char *space, int depth_left)
{
    char full[NAME_SIZE];
    char inner[NAME_SIZE];
    size_t i;
    json_t *item;
    if (depth_left == 0) {
        (void)fail(whole, POISON, "the schemas that it refers to are nested too deep");
        return;
    }
    if (defined_name(node, space, full)) {
        define(whole, full, node, space);
        namespace_of(full, inner);
        json_array_foreach(json_object_get(node, "fields"), i, item)
        {
            collect(whole, json_object_get(item, "type"), inner, depth_left - 1);
        }
    } else if (json_is_object(node)) {
        collect(whole, json_object_get(node, "type"), space, depth_left - 1);
        collect(whole, json_object_get(node, "items"), space, depth_left - 1);
        collect(whole, json_object_get(node, "values"), space, depth_left - 1);
    } else {
        json_array_foreach(node, i, item)
        {
            collect(whole, item, space, depth_left - 1);
        }
    }
}

/* ---- The result --------------------------------------------------------------------------- */

static json_t *write_node(struct whole *whole, json_t *node, const char *space, int depth_left);

static bool is_written(const struct whole *whole, const char *full)
{
    return json_object_get(whole->written, full) != NULL;
}

/* A name: its definition at the first place, itself behind that. */
static json_t *write_name(struct whole *whole, json_t *node, const char *space, int depth_left)
{
    char full[NAME_SIZE];
    if (!full_name(json_string_value(node), space, full)) {
        return fail(whole, POISON, "a name of a type is too long");
    }
    if (is_written(whole, full)) {
        return json_string(full);
    }
    const json_t *known = json_object_get(whole->definitions, full);
    return known ? write_node(whole, json_object_get(known, "node"),
                              json_string_value(json_object_get(known, "space")), depth_left - 1)
                 : json_copy(node);
}

static json_t *write_fields(struct whole *whole, json_t *fields, const char *space, int depth_left)
{
    json_t *out = json_array();
    size_t i;
    json_t *field;
    json_array_foreach(fields, i, field)
    {
        json_t *copy = json_copy(field);
        json_t *type = json_object_get(field, "type");
        if (type) {
            (void)json_object_set_new(copy, "type", write_node(whole, type, space, depth_left));
        }
        (void)json_array_append_new(out, copy);
    }
    return out;
}

static json_t *write_definition(struct whole *whole, json_t *node, const char *full, int depth_left)
{
    char space[NAME_SIZE];
    if (is_written(whole, full)) {
        return json_string(full);
    }
    (void)json_object_set_new(whole->written, full, json_true());
    namespace_of(full, space);
    json_t *copy = json_copy(node);
    (void)json_object_set_new(copy, "name", json_string(full));
    (void)json_object_del(copy, "namespace");
    json_t *fields = json_object_get(node, "fields");
    if (json_is_array(fields)) {
        (void)json_object_set_new(copy, "fields",
                                  write_fields(whole, fields, space, depth_left - 1));
    }
    return copy;
}

static json_t *write_object(struct whole *whole, json_t *node, const char *space, int depth_left)
{
    static const char *const inside[] = {"type", "items", "values"};
    json_t *copy = json_copy(node);
    for (size_t i = 0; i < sizeof inside / sizeof *inside; i++) {
        json_t *each = json_object_get(node, inside[i]);
        if (each) {
            (void)json_object_set_new(copy, inside[i],
                                      write_node(whole, each, space, depth_left - 1));
        }
    }
    return copy;
}

static json_t *write_node(struct whole *whole, json_t *node, const char *space, int depth_left)
{
    char full[NAME_SIZE];
    size_t i;
    json_t *item;
    if (depth_left <= 0) {
        return fail(whole, POISON, "the schemas that it refers to are nested too deep");
    }
    if (json_is_string(node)) {
        return write_name(whole, node, space, depth_left);
    }
    if (defined_name(node, space, full)) {
        return write_definition(whole, node, full, depth_left);
    }
    if (json_is_object(node)) {
        return write_object(whole, node, space, depth_left);
    }
    if (!json_is_array(node)) {
        return json_copy(node);
    }
    json_t *branches = json_array();
    json_array_foreach(node, i, item)
    {
        (void)json_array_append_new(branches, write_node(whole, item, space, depth_left - 1));
    }
    return branches;
}

/* ---- All of it ---------------------------------------------------------------------------- */

static json_t *read_text(struct whole *whole, struct text text)
{
    json_t *json = json_loadb(text.data, text.size, JSON_DECODE_ANY, NULL);
    return json ? json : fail(whole, POISON, "one of the schemas that it refers to is no JSON");
}

static char *write_whole(struct whole *whole, struct text root, const struct text *parts,
                         uint32_t part_count)
{
    for (uint32_t i = 0; i < part_count; i++) {
        json_t *part = read_text(whole, parts[i]);
        collect(whole, part, "", DEPTH_MAX);
        json_decref(part);
    }
    json_t *node = read_text(whole, root);
    json_t *result = node && whole->status == OK ? write_node(whole, node, "", DEPTH_MAX) : NULL;
    char *json = result && whole->status == OK
                     ? json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY)
                     : NULL;
    json_decref(node);
    json_decref(result);
    return json;
}

enum status schema_whole(struct text root, const struct text *parts, uint32_t part_count,
                         char **ret_json, struct error *error)
{
    struct whole whole = {json_object(), json_object(), error, OK};
    *ret_json = whole.definitions && whole.written ? write_whole(&whole, root, parts, part_count)
                                                   : NULL;
    json_decref(whole.definitions);
    json_decref(whole.written);
    if (!*ret_json && whole.status == OK) {
        return error_set(error, FATAL, "no memory for a schema that refers to others");
    }
    return whole.status;
}

#include "kit/words_template.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/must.h"
#include "kit/nearest.h"
#include "kit/utf8.h"
#include "kit/words_inner.h"

enum {
    OPS_MAX = 1024,
    TAG_SIZE_MAX = 64,
    NAMES_MAX = WORDS_FIELD_COUNT + 8, /* what a tag may be, for naming the nearest */
};

/* A block that is not closed yet. */
struct block {
    uint32_t op;
    int line;
    bool has_else;
    uint64_t known; /* as it was before it */
    enum words_scope scope;
};

struct reading {
    const char *path;
    int line;
    struct error *error;
    struct words_op ops[OPS_MAX];
    uint32_t op_count;
    struct block blocks[WORDS_BLOCKS_MAX];
    uint32_t block_count;
    bool in_subject;
    bool has_words;         /* outside of all blocks */
    uint64_t known;         /* optional fields that are set for sure here */
    uint64_t fields;        /* those named so far */
    enum words_scope scope; /* here */
};

/* ---- Errors ---------------------------------------------------------------------------------- */

static enum status refuse_at(struct reading *reading, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static enum status refuse_at(struct reading *reading, int line, const char *format, ...)
{
    char words[ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(words, sizeof words, format, arguments); /* cut where too long */
    va_end(arguments);
    return error_set(reading->error, FATAL, "%s:%d: %s", reading->path, line, words);
}

#define REFUSE(reading, ...) refuse_at(reading, (reading)->line, __VA_ARGS__)

static const char *const keywords[] = {"else",     "end if",      "each line",
                                       "end line", "each choice", "end choice"};

enum { KEYWORD_COUNT = sizeof keywords / sizeof *keywords };

/* Nothing of that name is seen from here. */
static enum status refuse_name(struct reading *reading, struct text name, bool is_condition)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    enum words_field elsewhere = words_field_find(name, WORDS_CHOICE);
    if (elsewhere != WORDS_FIELD_COUNT) {
        return REFUSE(reading, "{%.*s} belongs inside {each %s} … {end %s}", (int)name.size,
                      name.data, words_field_scope(elsewhere) == WORDS_LINE ? "line" : "choice",
                      words_field_scope(elsewhere) == WORDS_LINE ? "line" : "choice");
    }
    for (unsigned int field = 0; field < WORDS_FIELD_COUNT; field++) {
        names[count++] = words_field_name((enum words_field)field);
    }
    for (size_t i = 0; i < KEYWORD_COUNT && !is_condition; i++) {
        names[count++] = keywords[i];
    }
    const char *nearest = nearest_name(name, names, count);
    const char *before = is_condition ? "if " : "";
    return nearest ? REFUSE(reading, "there is no {%s%.*s}; did you mean {%s%s}?", before,
                            (int)name.size, name.data, before, nearest)
                   : REFUSE(reading, "there is no {%s%.*s}; docs/MESSAGES.md lists the fields",
                            before, (int)name.size, name.data);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static enum status add_op(struct reading *reading, struct words_op op)
{
    if (reading->op_count == OPS_MAX) {
        return REFUSE(reading, "more than %d parts", OPS_MAX);
    }
    op.end = reading->op_count + 1;
    reading->ops[reading->op_count++] = op;
    return OK;
}

static bool is_blank(struct text text)
{
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.data[i] != ' ' && text.data[i] != '\n' && text.data[i] != '\t') {
            return false;
        }
    }
    return true;
}

static enum status add_text(struct reading *reading, struct text text)
{
    if (text.size == 0) {
        return OK;
    }
    reading->has_words |= reading->block_count == 0 && !is_blank(text);
    return add_op(reading, (struct words_op){.kind = WORDS_OP_TEXT, .text = text});
}

static enum status add_value(struct reading *reading, struct text name)
{
    enum words_field field = words_field_find(name, reading->scope);
    if (field == WORDS_FIELD_COUNT) {
        return refuse_name(reading, name, false);
    }
    switch (words_field_presence(field)) {
    case WORDS_ALWAYS:
        break;
    case WORDS_OPTIONAL:
        if ((reading->known & WORDS_BIT(field)) == 0) {
            return REFUSE(reading, "{%.*s} is not always there: put it into {if %.*s} … {end if}",
                          (int)name.size, name.data, (int)name.size, name.data);
        }
        break;
    case WORDS_CONDITION:
        return REFUSE(reading, "{%.*s} has no value: it is for {if %.*s} … {end if}",
                      (int)name.size, name.data, (int)name.size, name.data);
    }
    reading->fields |= WORDS_BIT(field);
    return add_op(reading, (struct words_op){.kind = WORDS_OP_VALUE, .field = field});
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

static const char *opening_of(const struct words_op *op, char ret_words[TAG_SIZE_MAX])
{
    int size = 0;
    switch (op->kind) {
    case WORDS_OP_EACH_LINE:
        return "{each line}";
    case WORDS_OP_EACH_CHOICE:
        return "{each choice}";
    case WORDS_OP_IF:
        size = snprintf(ret_words, TAG_SIZE_MAX, "{if %s}", words_field_name(op->field));
        break;
    case WORDS_OP_TEXT:
    case WORDS_OP_VALUE:
        break;
    }
    must(size > 0 && size < TAG_SIZE_MAX);
    return ret_words;
}

static const char *closing_of(const struct words_op *op)
{
    switch (op->kind) {
    case WORDS_OP_EACH_LINE:
        return "{end line}";
    case WORDS_OP_EACH_CHOICE:
        return "{end choice}";
    case WORDS_OP_IF:
        return "{end if}";
    case WORDS_OP_TEXT:
    case WORDS_OP_VALUE:
        break;
    }
    must(!"a block");
    return "";
}

static enum status open_block(struct reading *reading, struct words_op op)
{
    if (reading->block_count == WORDS_BLOCKS_MAX) {
        return REFUSE(reading, "blocks are more than %d deep", WORDS_BLOCKS_MAX);
    }
    reading->blocks[reading->block_count++] = (struct block){.op = reading->op_count,
                                                             .line = reading->line,
                                                             .known = reading->known,
                                                             .scope = reading->scope};
    return add_op(reading, op);
}

static enum status open_if(struct reading *reading, struct text name)
{
    enum words_field field = words_field_find(name, reading->scope);
    if (field == WORDS_FIELD_COUNT) {
        return refuse_name(reading, name, true);
    }
    if (words_field_presence(field) == WORDS_ALWAYS) {
        return REFUSE(reading, "{%.*s} is always there: take the {if} away", (int)name.size,
                      name.data);
    }
    enum status status =
        open_block(reading, (struct words_op){.kind = WORDS_OP_IF, .field = field});
    reading->known |= WORDS_BIT(field);
    reading->fields |= WORDS_BIT(field);
    return status;
}

static enum status open_lines(struct reading *reading)
{
    if (reading->in_subject) {
        return REFUSE(reading, "the subject is one line: it can't have {each line}");
    }
    if (reading->scope != WORDS_MESSAGE) {
        return REFUSE(reading, "{each line} inside of another one");
    }
    enum status status = open_block(reading, (struct words_op){.kind = WORDS_OP_EACH_LINE});
    reading->scope = WORDS_LINE;
    return status;
}

static enum status open_choices(struct reading *reading)
{
    if (reading->scope != WORDS_LINE) {
        return REFUSE(reading, reading->scope == WORDS_CHOICE
                                   ? "{each choice} inside of another one"
                                   : "{each choice} belongs inside {each line} … {end line}");
    }
    enum status status = open_block(reading, (struct words_op){.kind = WORDS_OP_EACH_CHOICE});
    reading->scope = WORDS_CHOICE;
    return status;
}

static enum status take_else(struct reading *reading)
{
    struct block *block =
        reading->block_count > 0 ? &reading->blocks[reading->block_count - 1] : NULL;
    struct words_op *op = block ? &reading->ops[block->op] : NULL;
    if (!op || op->kind != WORDS_OP_IF) {
        return REFUSE(reading, "{else} without its {if}");
    }
    if (block->has_else) {
        return REFUSE(reading, "a second {else}; the {if} is in line %d", block->line);
    }
    block->has_else = true;
    op->other = reading->op_count;
    reading->known = block->known;
    return OK;
}

static enum status close_block(struct reading *reading, enum words_op_kind kind)
{
    char opening[TAG_SIZE_MAX];
    const struct words_op closed = {.kind = kind};
    if (reading->block_count == 0) {
        return REFUSE(reading, "%s closes nothing", closing_of(&closed));
    }
    const struct block *block = &reading->blocks[reading->block_count - 1];
    struct words_op *op = &reading->ops[block->op];
    if (op->kind != kind) {
        return REFUSE(reading, "%s, but %s of line %d is still open", closing_of(&closed),
                      opening_of(op, opening), block->line);
    }
    op->end = reading->op_count;
    if (!block->has_else) {
        op->other = op->end;
    }
    reading->known = block->known;
    reading->scope = block->scope;
    reading->block_count--;
    return OK;
}

static enum status close_all(struct reading *reading)
{
    char opening[TAG_SIZE_MAX];
    if (reading->block_count == 0) {
        return OK;
    }
    const struct block *block = &reading->blocks[reading->block_count - 1];
    const struct words_op *op = &reading->ops[block->op];
    return refuse_at(reading, block->line, "%s is not closed: put %s where it ends",
                     opening_of(op, opening), closing_of(op));
}

/* ---- A line of the file ---------------------------------------------------------------------- */

static bool begins(struct text text, const char *prefix)
{
    size_t size = strlen(prefix);
    return text.size >= size && memcmp(text.data, prefix, size) == 0;
}

static struct text after(struct text text, uint32_t size)
{
    return (struct text){text.data + size, text.size - size};
}

/* The text before the first of the signs, or all of it. */
static struct text before_any(struct text text, const char *signs)
{
    uint32_t size = 0;
    while (size < text.size && !strchr(signs, text.data[size])) {
        size++;
    }
    return (struct text){text.data, size};
}

static bool is_block(struct text tag)
{
    bool is_keyword = begins(tag, "if ");
    for (size_t i = 0; i < KEYWORD_COUNT; i++) {
        is_keyword |= text_equal(tag, text_of(keywords[i]));
    }
    return is_keyword;
}

/* Whether there is nothing in a line but blocks: then it leaves no line behind. */
static bool is_bare(struct text line)
{
    uint32_t tags = 0;
    for (;;) {
        while (line.size > 0 && is_blank((struct text){line.data, 1})) {
            line = after(line, 1);
        }
        if (line.size == 0) {
            return tags > 0;
        }
        if (line.data[0] != '{') {
            return false;
        }
        struct text tag = before_any(after(line, 1), "{}");
        if (!is_block(tag) || tag.size + 1 == line.size || tag.data[tag.size] != '}') {
            return false;
        }
        line = after(line, tag.size + 2);
        tags++;
    }
}

static enum status take_tag(struct reading *reading, struct text tag)
{
    if (text_equal(tag, TEXT("else"))) {
        return take_else(reading);
    }
    if (text_equal(tag, TEXT("each line"))) {
        return open_lines(reading);
    }
    if (text_equal(tag, TEXT("each choice"))) {
        return open_choices(reading);
    }
    if (text_equal(tag, TEXT("end if"))) {
        return close_block(reading, WORDS_OP_IF);
    }
    if (text_equal(tag, TEXT("end line"))) {
        return close_block(reading, WORDS_OP_EACH_LINE);
    }
    if (text_equal(tag, TEXT("end choice"))) {
        return close_block(reading, WORDS_OP_EACH_CHOICE);
    }
    return begins(tag, "if ") ? open_if(reading, after(tag, 3)) : add_value(reading, tag);
}

/* What begins with { or }; *rest moves behind it. */
static enum status take_sign(struct reading *reading, struct text *rest)
{
    if (begins(*rest, "{{") || begins(*rest, "}}")) {
        struct text sign = {rest->data, 1};
        *rest = after(*rest, 2);
        return add_text(reading, sign);
    }
    if (begins(*rest, "}")) {
        return REFUSE(reading, "a } without its {; for the sign itself write }}");
    }
    struct text tag = before_any(after(*rest, 1), "{}\n");
    bool closed = tag.size + 1 < rest->size && tag.data[tag.size] == '}';
    if (!closed || tag.size == 0 || tag.size > TAG_SIZE_MAX) {
        return REFUSE(reading, "a { without its } in the same line; for the sign itself write {{");
    }
    *rest = after(*rest, tag.size + 2);
    return take_tag(reading, tag);
}

/* `line` with the line break at its end, if it has one. */
static enum status take_line(struct reading *reading, struct text line)
{
    bool bare = is_bare(line);
    enum status status = OK;
    while (line.size > 0 && status == OK) {
        struct text words = before_any(line, "{}");
        if (words.size > 0) {
            status = bare ? OK : add_text(reading, words);
            line = after(line, words.size);
        } else {
            status = take_sign(reading, &line);
        }
    }
    return status;
}

/* ---- A part ---------------------------------------------------------------------------------- */

/* Bytes that can come out at most: of all but the lines, and of one line with all its choices. */
static void measure(const struct reading *reading, size_t *ret_fixed, size_t *ret_line)
{
    uint32_t line_end = 0;
    uint32_t choice_end = 0;
    *ret_fixed = 0;
    *ret_line = 0;
    for (uint32_t i = 0; i < reading->op_count; i++) {
        const struct words_op *op = &reading->ops[i];
        size_t most = 0;
        switch (op->kind) {
        case WORDS_OP_TEXT:
            most = op->text.size;
            break;
        case WORDS_OP_VALUE:
            most = WORDS_VALUE_SIZE;
            break;
        case WORDS_OP_IF:
            break;
        case WORDS_OP_EACH_LINE:
            line_end = op->end;
            break;
        case WORDS_OP_EACH_CHOICE:
            choice_end = op->end;
            break;
        }
        *(i < line_end ? ret_line : ret_fixed) += i < choice_end ? most * WORDS_CHOICES_MAX : most;
    }
}

/* Ends a part: what was read so far becomes it, and the next one can begin. */
static enum status end_part(struct reading *reading, const char *name, size_t size_max,
                            struct arena *arena, struct words_part *ret_part)
{
    size_t fixed;
    size_t line;
    enum status status = close_all(reading);
    if (status != OK) {
        return status;
    }
    if (!reading->has_words) {
        return REFUSE(reading, "the %s could be empty: it needs words outside of {if} and {each}",
                      name);
    }
    measure(reading, &fixed, &line);
    if (2 * fixed + line > size_max) {
        return REFUSE(reading, "the %s could be too long, more than %zu bytes", name, size_max);
    }
    *ret_part = (struct words_part){
        .ops = arena_copy(arena, reading->ops, reading->op_count * sizeof *reading->ops),
        .op_count = reading->op_count,
        .room = (uint32_t)fixed,
    };
    reading->op_count = 0;
    reading->has_words = false;
    return ret_part->ops ? OK : error_set(reading->error, FATAL, "no memory for the words");
}

/* The first line of *rest with its line break; *rest moves behind it. */
static struct text next_line(struct text *rest)
{
    struct text line = before_any(*rest, "\n");
    line.size += line.size < rest->size;
    *rest = after(*rest, line.size);
    return line;
}

/* A copy without what editors add: a byte order mark, carriage returns. */
static enum status copy_source(struct reading *reading, struct text source, struct arena *arena,
                               struct text *ret_copy)
{
    source = begins(source, "\xef\xbb\xbf") ? after(source, 3) : source;
    char *copy = arena_take(arena, (size_t)source.size + 1);
    if (!copy) {
        return error_set(reading->error, FATAL, "no memory for the words");
    }
    ret_copy->data = copy;
    ret_copy->size = 0;
    reading->line = 1;
    for (uint32_t i = 0; i < source.size; i++) {
        unsigned char byte = (unsigned char)source.data[i];
        if (byte == '\r' && i + 1 < source.size && source.data[i + 1] == '\n') {
            continue;
        }
        if (byte == 0x7f || (byte < 0x20 && byte != '\n' && byte != '\t')) {
            return REFUSE(reading, "a control character, 0x%02x", byte);
        }
        reading->line += byte == '\n';
        copy[ret_copy->size++] = (char)byte;
    }
    return OK;
}

static enum status check_bytes(struct reading *reading, struct text source)
{
    reading->line = 1;
    if (source.size > WORDS_FILE_SIZE_MAX) {
        return REFUSE(reading, "the file has more than %d bytes", WORDS_FILE_SIZE_MAX);
    }
    while (source.size > 0) {
        struct text line = next_line(&source);
        if (!utf8_valid((const uint8_t *)line.data, line.size)) {
            return REFUSE(reading, "this line is not in UTF-8");
        }
        reading->line++;
    }
    return OK;
}

static enum status read_subject(struct reading *reading, struct text *rest, struct arena *arena,
                                struct words_part *ret_subject)
{
    struct text line = next_line(rest);
    line = before_any(line, "\n");
    reading->line = 1;
    reading->in_subject = true;
    if (is_blank(line)) {
        return REFUSE(reading, "the first line is the subject: it can't be empty");
    }
    enum status status = take_line(reading, line);
    status =
        status ? status : end_part(reading, "subject", WORDS_SUBJECT_SIZE_MAX, arena, ret_subject);
    reading->in_subject = false;
    return status;
}

static enum status read_body(struct reading *reading, struct text *rest, struct arena *arena,
                             struct words_part *ret_body)
{
    reading->line = 2;
    if (!is_blank(next_line(rest))) {
        return REFUSE(reading, "the second line must be empty: it parts subject and body");
    }
    enum status status = OK;
    while (rest->size > 0 && status == OK) {
        reading->line++;
        status = take_line(reading, next_line(rest));
    }
    return status ? status : end_part(reading, "body", WORDS_BODY_SIZE_MAX, arena, ret_body);
}

enum status words_template_read(const char *path, struct text source, struct arena *arena,
                                struct words_template *ret_template, struct error *error)
{
    struct reading reading = {.path = path, .error = error};
    struct words_template read;
    struct text copy = {0};
    enum status status = check_bytes(&reading, source);
    status = status ? status : copy_source(&reading, source, arena, &copy);
    status = status ? status : read_subject(&reading, &copy, arena, &read.subject);
    status = status ? status : read_body(&reading, &copy, arena, &read.body);
    if (status == OK) {
        read.fields = reading.fields;
        *ret_template = read;
    }
    return status;
}

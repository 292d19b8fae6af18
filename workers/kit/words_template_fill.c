#include "core/must.h"
#include "kit/words_inner.h"

enum { CHOICES_MAX = WORDS_CHOICES_MAX };

/* What a filling works on. */
struct filling {
    const struct words_part *part;
    struct buffer *out;
    struct words_place place;
};

static void fill(struct filling *filling, uint32_t from, uint32_t end);

/* As many lines as there is room for. */
static void fill_lines(struct filling *filling, uint32_t from, uint32_t end)
{
    const struct notification *message = filling->place.message;
    size_t most = WORDS_BODY_SIZE_MAX - filling->part->room;
    uint32_t told = 0;
    for (; told < message->line_count; told++) {
        size_t before = filling->out->size;
        filling->place.line = &message->lines[told];
        fill(filling, from, end);
        if (filling->out->size > most) {
            filling->out->size = before;
            break;
        }
    }
    filling->place.line = NULL;
    filling->place.lines_left = (int32_t)(message->line_count - told);
}

static void fill_choices(struct filling *filling, uint32_t from, uint32_t end)
{
    const struct notice_line *line = filling->place.line;
    must(line);
    for (uint32_t i = 0; i < line->choice_count && i < CHOICES_MAX; i++) {
        filling->place.choice = &line->choices[i];
        fill(filling, from, end);
    }
    filling->place.choice = NULL;
}

/* Blocks are nested at most WORDS_BLOCKS_MAX deep, and so are the calls. */
static void fill(struct filling *filling, uint32_t from, uint32_t end)
{
    for (uint32_t at = from; at < end; at = filling->part->ops[at].end) {
        const struct words_op *op = &filling->part->ops[at];
        must(op->end > at && op->end <= end);
        switch (op->kind) {
        case WORDS_OP_TEXT:
            buffer_append(filling->out, op->text.data, op->text.size);
            break;
        case WORDS_OP_VALUE:
            words_field_print(op->field, &filling->place, filling->out);
            break;
        case WORDS_OP_IF:
            if (words_field_is_set(op->field, &filling->place)) {
                fill(filling, at + 1, op->other);
            } else {
                fill(filling, op->other, op->end);
            }
            break;
        case WORDS_OP_EACH_LINE:
            fill_lines(filling, at + 1, op->end);
            break;
        case WORDS_OP_EACH_CHOICE:
            fill_choices(filling, at + 1, op->end);
            break;
        }
    }
}

/* One empty line of several, none at the ends. */
static void tidy(struct buffer *out)
{
    size_t kept = 0;
    for (size_t i = 0; i < out->size; i++) {
        bool is_break = out->data[i] == '\n';
        bool is_extra =
            kept == 0 || (kept > 1 && out->data[kept - 1] == '\n' && out->data[kept - 2] == '\n');
        if (!is_break || !is_extra) {
            out->data[kept++] = out->data[i];
        }
    }
    while (kept > 0 && out->data[kept - 1] == '\n') {
        kept--;
    }
    out->size = kept;
}

void words_part_fill(const struct words_part *part, const struct notification *notification,
                     const struct words_form *form, struct buffer *out)
{
    struct filling filling = {
        .part = part, .out = out, .place = {.message = notification, .form = form}};
    must(out->size == 0);
    fill(&filling, 0, part->op_count);
    if (!out->failed) {
        tidy(out);
    }
}

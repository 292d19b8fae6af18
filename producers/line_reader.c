#include "producers/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "core/must.h"

enum { CAPACITY_FIRST = 64 << 10, ZLIB_BUFFER = 16 << 10 };

struct line_reader {
    gzFile stream;    /* of a regular file; else NULL */
    int descriptor;   /* of anything else */
    const char *name; /* borrowed */
    uint64_t number;
    int64_t size;  /* bytes; 0: not known */
    int64_t taken; /* bytes read from a descriptor */
    bool ended;
    bool skipping; /* in the rest of a line that was too long */
    char *buffer;  /* owned; what was read and not given out lies from begin to end */
    size_t begin;
    size_t end;
    size_t capacity;
};

static enum status open_failed(const char *path, int descriptor, struct error *error)
{
    int reason = errno;
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return error_set(error, FATAL, "cannot read %s: %s", path, strerror(reason));
}

enum status line_reader_open(const char *path, struct line_reader **ret_reader, struct error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    int descriptor = standard_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    if (descriptor < 0 || fstat(descriptor, &stat) != 0) {
        return open_failed(path, descriptor, error);
    }
    if (S_ISDIR(stat.st_mode)) {
        errno = EISDIR;
        return open_failed(path, descriptor, error);
    }
    struct line_reader *reader = calloc(1, sizeof *reader);
    char *buffer = malloc(CAPACITY_FIRST);
    bool regular = S_ISREG(stat.st_mode);
    gzFile stream = reader && buffer && regular ? gzdopen(descriptor, "rb") : NULL;
    if (!reader || !buffer || (regular && (!stream || gzbuffer(stream, ZLIB_BUFFER) != 0))) {
        stream ? (void)gzclose(stream) : (void)close(descriptor);
        free(buffer);
        free(reader);
        return error_set(error, FATAL, "%s: out of memory", path);
    }
    *reader = (struct line_reader){
        .stream = stream,
        .descriptor = descriptor,
        .name = standard_input ? "standard input" : path,
        .size = regular ? stat.st_size : 0,
        .buffer = buffer,
        .capacity = CAPACITY_FIRST,
    };
    *ret_reader = reader;
    return OK;
}

void line_reader_free(struct line_reader *reader)
{
    if (!reader) {
        return;
    }
    if (reader->stream) {
        (void)gzclose(reader->stream); /* only read from: nothing can be lost */
    } else {
        (void)close(reader->descriptor);
    }
    free(reader->buffer);
    free(reader);
}

/* Makes room behind `end`: first by moving what is there to the front. */
static enum status make_room(struct line_reader *reader, struct error *error)
{
    if (reader->begin > 0) {
        memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    if (reader->end < reader->capacity) {
        return OK;
    }
    must(reader->capacity > 0);
    char *buffer = realloc(reader->buffer, 2 * reader->capacity);
    if (!buffer) {
        return error_set(error, FATAL, "%s: out of memory", reader->name);
    }
    reader->buffer = buffer;
    reader->capacity *= 2;
    return OK;
}

/* zlib's words begin with a name of the file that is not ours. */
static const char *why_of(const char *why)
{
    const char *words = strstr(why, ": ");
    return words ? words + 2 : why;
}

static enum status refill(struct line_reader *reader, struct error *error)
{
    enum status status = make_room(reader, error);
    if (status != OK) {
        return status;
    }
    char *free_space = reader->buffer + reader->end;
    size_t room = reader->capacity - reader->end;
    ssize_t got;
    if (reader->stream) {
        got = gzread(reader->stream, free_space, (unsigned)room);
    } else {
        do {
            got = read(reader->descriptor, free_space, room);
        } while (got < 0 && errno == EINTR);
        reader->taken += got > 0 ? got : 0;
    }
    int failure = Z_ERRNO;
    const char *why = reader->stream ? gzerror(reader->stream, &failure) : "";
    /* A file that ends in the middle of its compressed data gives what there is, and an error. */
    if (got < 0 || (got == 0 && reader->stream && failure != Z_OK && failure != Z_STREAM_END)) {
        return error_set(error, FATAL, "cannot read %s after line %" PRIu64 ": %s", reader->name,
                         reader->number, failure == Z_ERRNO ? strerror(errno) : why_of(why));
    }
    reader->ended = got == 0;
    reader->end += (size_t)got;
    return OK;
}

static const char *find_end(const struct line_reader *reader, size_t from)
{
    return memchr(reader->buffer + from, '\n', reader->end - from);
}

/* Looks for a whole line, the part of an unended last one included. */
static enum status find_line(struct line_reader *reader, struct text *ret_line, struct error *error)
{
    size_t searched = 0;
    for (;;) {
        const char *end = find_end(reader, reader->begin + searched);
        size_t size =
            end ? (size_t)(end - reader->buffer) - reader->begin : reader->end - reader->begin;
        if (size > LINE_SIZE_MAX) { /* said once; the rest of the line is passed over */
            reader->skipping = !end;
            reader->begin = end ? reader->begin + size + 1 : reader->end;
            return error_set(error, POISON, "%s:%" PRIu64 ": the line is longer than %d bytes",
                             reader->name, reader->number, LINE_SIZE_MAX);
        }
        if (end || (reader->ended && size > 0)) {
            *ret_line = (struct text){reader->buffer + reader->begin, (uint32_t)size};
            reader->begin += size + (end ? 1 : 0);
            return OK;
        }
        if (reader->ended) {
            *ret_line = (struct text){0};
            return OK;
        }
        searched = size;
        enum status status = refill(reader, error);
        if (status != OK) {
            return status;
        }
    }
}

static enum status skip_rest(struct line_reader *reader, struct error *error)
{
    const char *end = find_end(reader, reader->begin);
    while (!end && !reader->ended) {
        reader->begin = reader->end;
        enum status status = refill(reader, error);
        if (status != OK) {
            return status;
        }
        end = find_end(reader, reader->begin);
    }
    reader->begin = end ? (size_t)(end - reader->buffer) + 1 : reader->end;
    reader->skipping = false;
    return OK;
}

enum status line_reader_next(struct line_reader *reader, struct text *ret_line, struct error *error)
{
    if (reader->skipping) {
        enum status status = skip_rest(reader, error);
        if (status != OK) {
            return status;
        }
    }
    reader->number++;
    enum status status = find_line(reader, ret_line, error);
    if (status == OK && text_is_set(*ret_line) && memchr(ret_line->data, '\0', ret_line->size)) {
        return error_set(error, POISON,
                         "%s:%" PRIu64 ": there is a zero byte in the line; is it text?%s",
                         reader->name, reader->number,
                         reader->stream ? "" : " (gzip from a pipe: put `zcat` before it)");
    }
    return status;
}

bool line_reader_is_dry(const struct line_reader *reader)
{
    struct pollfd wait = {.fd = reader->descriptor, .events = POLLIN};
    return !reader->stream && !reader->ended && !find_end(reader, reader->begin) &&
           poll(&wait, 1, 0) == 0;
}

const char *line_reader_name(const struct line_reader *reader)
{
    return reader->name;
}

uint64_t line_reader_number(const struct line_reader *reader)
{
    return reader->number;
}

void line_reader_progress(const struct line_reader *reader, int64_t *ret_done, int64_t *ret_size)
{
    *ret_done = reader->stream ? gzoffset(reader->stream) : reader->taken;
    *ret_size = reader->size;
}

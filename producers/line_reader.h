/* Lines of a file or of a pipe.
 *
 * A regular file may be plain or gzip. Anything else (standard input, a pipe) is plain and is read
 * as it comes, so that a program that feeds us slowly need not fill a buffer before it is heard;
 * line_reader_is_dry says when that is the case. */
#ifndef SHORTFALL_PRODUCERS_LINE_READER_H
#define SHORTFALL_PRODUCERS_LINE_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/text.h"
#include "kit/error.h"

enum { LINE_SIZE_MAX = 4 << 20 /* bytes of a line; longer ones are POISON */ };

struct line_reader;

/* path "-": standard input. FATAL names the file. */
enum status line_reader_open(const char *path, struct line_reader **ret_reader,
                             struct error *error) must_check;
void line_reader_free(struct line_reader *reader); /* accepts NULL */

/* The next line without its end, until the next call; data is NULL at the end of the file. POISON:
 * too long, or a zero byte in it; the call after it goes on with the next line. */
enum status line_reader_next(struct line_reader *reader, struct text *ret_line,
                             struct error *error) must_check;

/* Would line_reader_next have to wait for somebody to write? Never of a regular file. */
bool line_reader_is_dry(const struct line_reader *reader);

const char *line_reader_name(const struct line_reader *reader); /* for errors */
uint64_t line_reader_number(const struct line_reader *reader);  /* of the last line; 1 and up */

/* How much has been read, in the file's own (compressed) bytes; *ret_size 0: not known. */
void line_reader_progress(const struct line_reader *reader, int64_t *ret_done, int64_t *ret_size);

#endif

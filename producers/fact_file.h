/* A file of facts: one JSON object a line (producers/line_reader.h).
 *
 * Every line is checked against the schema as it is read, so what is wrong is found before anything
 * of that line is sent, and is named by file, line and field. Blank lines are passed over.
 *
 * Two fields of a line are not part of the record. A paid order may carry a `traceparent` (W3C
 * Trace Context), which becomes the message's header; one that is not valid is refused here. A
 * substitute may carry its time in `at`; one with `"substitutes": null` withdraws what was offered
 * for its sku. */
#ifndef SHORTFALL_PRODUCERS_FACT_FILE_H
#define SHORTFALL_PRODUCERS_FACT_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "kit/error.h"
#include "producers/fact.h"
#include "producers/line_reader.h"

struct fact_file;

/* path "-": standard input. FATAL names the file. *ret_file is owned by the caller. */
enum status fact_file_open(const char *path, enum topic topic, struct fact_file **ret_file,
                           struct error *error) must_check;
void fact_file_free(struct fact_file *file); /* accepts NULL */

/* The next fact, which lives until the next call; *ret_more is false at the end. POISON names file,
 * line and field; the call after it goes on with the next line. FATAL: the file can't be read. */
enum status fact_file_next(struct fact_file *file, struct fact *ret_fact, bool *ret_more,
                           struct error *error) must_check;

/* For its name, the number of the last line and how far it is. */
const struct line_reader *fact_file_lines(const struct fact_file *file);

#endif

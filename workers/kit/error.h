/* What went wrong, and what the caller must do about it.
 *
 * Every fallible function of the kit returns a `status` that must be checked: it names the caller's
 * next move, not the cause. The cause, in words for a person (what, where, what to do), is in a
 * last `struct error *` argument, written only on failure. Errors of other libraries are converted
 * once, at the boundary where they occur. Libraries never log. */
#ifndef SHORTFALL_KIT_ERROR_H
#define SHORTFALL_KIT_ERROR_H

enum status {
    OK,        /* done */
    RETRY,     /* a passing fault: back off, then the same call again */
    POISON,    /* this input can never be right: dead-letter it, go on */
    ABORT_TXN, /* abort the transaction, drop the partitions' state, restore */
    FATAL,     /* stop the process; the restart restores the truth */
};

enum { ERROR_SIZE = 512 };

struct error {
    char text[ERROR_SIZE]; /* terminated; cut where too long */
};

#define must_check __attribute__((warn_unused_result))

/* Formats the words and returns `status`, so that a failure is one statement:
 *   return error_set(error, POISON, "line %d: quantity %d is not above 0", line_no, quantity); */
enum status error_set(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts words before those already there: "order-paid/2.avsc: " + "unknown type 'strin'". */
enum status error_prefix(struct error *error, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "RETRY" and so on, for logs. */
const char *status_name(enum status status);

#endif

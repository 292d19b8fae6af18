/* Reads topics whole, record by record, decoded: what a list, a sum or a report is made from.
 *
 * On top of shortfall/scan.h, whose order of topics counts here too. A tombstone is no record. Of
 * the topics that the world writes, what can't be read is left out: it is, or will be, a dead
 * letter. What we wrote ourselves and can't read is an error, with its place. */
#ifndef SHORTFALL_SHORTFALL_RECORDS_H
#define SHORTFALL_SHORTFALL_RECORDS_H

#include "core/contract.h"
#include "shortfall/command.h"

/* Called for every record, which lives until the return; NULL for a message of a topic of dead
 * letters. Any other status than OK stops the reading and is passed on. */
typedef enum status records_each(void *context, const struct message *message, const void *record,
                                 struct error *error);

/* The call must be open. */
enum status records_scan(struct call *call, const enum topic *topics, size_t count,
                         records_each *each, void *context, struct error *error) must_check;

/* The fact that a case event is about, decoded into the call's arena; *ret_topic is TOPIC_NONE, and
 * *ret_fact not written, where it is a timer's. */
enum status records_fact(struct call *call, const struct case_event *event, enum topic *ret_topic,
                         const void **ret_fact, struct error *error) must_check;

#endif

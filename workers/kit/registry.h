/* A schema registry, as Confluent's API has it: schemas by id, and ids of schemas.
 *
 * Asking never blocks for longer than `wait_ms`: a request goes on in the background, the caller
 * hears RETRY and asks again later. So a worker whose registry is slow, refuses or is gone keeps
 * polling Kafka, and the record that needs the schema waits. Nothing but the registry's own word
 * that it has no such id is POISON: not a refused password, not a wrong address, not an answer that
 * makes no sense.
 *
 * An answer is kept by the caller, for ids never change. After a fault every call hears RETRY with
 * the same words, without a request, until the back-off is over. The back-off doubles from 250 ms
 * to 8 s and is one for all ids. "No such id" is remembered for 30 s, for some registries learn of
 * a new schema late. One call may take several requests (what a schema refers to); their answers are
 * kept until all are there.
 *
 * Of one thread. A password is read from its file at each request, so that it may be changed. */
#ifndef SHORTFALL_KIT_REGISTRY_H
#define SHORTFALL_KIT_REGISTRY_H

#include <stdint.h>

#include "core/text.h"
#include "kit/error.h"

struct registry;

/* Texts are borrowed; "" where there is none. */
struct registry_options {
    const char *url; /* https://registry:8081, or with a path */
    const char *username;
    const char *password_file;
    const char *ca_file;          /* PEM; "": those of the system */
    const char *certificate_file; /* PEM, of ours; with key_file */
    const char *key_file;
    long timeout_ms; /* of one request, the connection included */
    int wait_ms;     /* the longest that one call may block */
};

/* FATAL names what is wrong with the options; no request is made. */
enum status registry_new(const struct registry_options *options, struct registry **ret_registry,
                         struct error *error) must_check;
void registry_free(struct registry *registry); /* accepts NULL */

/* The schema of an id, JSON, with what it refers to put in its place (kit/schema_whole.h). It lives
 * until the next call. POISON: the registry has no such id or not all that it refers to, what it has
 * is not Avro, or it can't be put together. */
enum status registry_schema(struct registry *registry, uint32_t id, struct text *ret_json,
                            struct error *error) must_check;

/* The id of a schema under a subject ("order-paid-value"). POISON: it is not registered there. */
enum status registry_find(struct registry *registry, const char *subject, struct text json,
                          uint32_t *ret_id, struct error *error) must_check;

/* The same, and registers it where it is not there. POISON: the registry refuses it, in its words.
 */
enum status registry_add(struct registry *registry, const char *subject, struct text json,
                         uint32_t *ret_id, struct error *error) must_check;

/* Sets the subject's rule, "BACKWARD_TRANSITIVE". */
enum status registry_set_rule(struct registry *registry, const char *subject, const char *rule,
                              struct error *error) must_check;

#endif

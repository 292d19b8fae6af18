/* Asks the group itself whether what we were told to read is ours.
 *
 * librdkafka tells an assignment through a queue and does not say of which generation of the group
 * it is. Where it joins again meanwhile (its topics look otherwise in the metadata), an assignment
 * of the generation before is still told, beside group metadata of the next: another worker may own
 * the partitions then, and the broker, which checks generation and member but not who owns what,
 * would take the commits of both.
 *
 * So the metadata is captured first, then this question is asked. If the group is stable and gives
 * us exactly these partitions, the metadata is of this very generation, or of an earlier one, and
 * what is committed with it is refused. Needs no right beyond that to read in the group. */
#ifndef SHORTFALL_KIT_CONFIRMATION_H
#define SHORTFALL_KIT_CONFIRMATION_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

struct confirmation;

/* The client lives longer; the names are copied. */
struct confirmation *confirmation_new(rd_kafka_t *client, const char *group, const char *instance);
void confirmation_free(struct confirmation *confirmation); /* accepts NULL */

/* From now on the answer for these partitions is awaited; an earlier question is forgotten. The
 * list is the caller's, and lives until the next question or confirmation_forget. */
void confirmation_ask(struct confirmation *confirmation,
                      const rd_kafka_topic_partition_list_t *partitions);
void confirmation_forget(struct confirmation *confirmation);

/* Never blocks. true, once: they are ours. false: not known yet, it is asked again and again;
 * confirmation_waits_ms says for how long already. */
bool confirmation_came(struct confirmation *confirmation);
int64_t confirmation_waits_ms(const struct confirmation *confirmation);

/* What the last answer said, in words; "" before the first. */
const char *confirmation_words(const struct confirmation *confirmation);

#endif

/* Who leads the partitions and who coordinates groups and transactions: the brokers behind the one
 * that the simulated Kafka looks like.
 *
 * While a leadership moves nobody answers for the partition. The new leader has every acknowledged
 * record, but learns only after a moment up to where they are acknowledged: until then readers see
 * no more than its old high watermark, and a question for the end is refused (KIP-207). A leader
 * that was deposed and does not know it yet answers as it could before: whoever still asks it sees
 * an end that has long moved on.
 *
 *   LED --move--> NONE --away_us--> BEHIND --behind_us--> LED
 *   LED --depose--> DEPOSED --us--> NONE --us/4--> LED    writers have found the new one before */
#ifndef TESTS_SIM_LEADERS_H
#define TESTS_SIM_LEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "broker.h"

enum coordinator { COORDINATOR_OF_GROUPS, COORDINATOR_OF_TRANSACTIONS, COORDINATORS };

void leaders_reset(void);
void leaders_heal(void);

void leader_move(enum topic topic, int32_t partition, int64_t away_us, int64_t behind_us);
void leader_depose(enum topic topic, int32_t partition, int64_t us);

/* Does anybody lead it? */
bool leader_is_there(enum topic topic, int32_t partition);
/* The end that a reader sees, or is told; committed: the last stable offset instead of the high
 * watermark. */
int64_t leader_end(enum topic topic, int32_t partition, bool committed);
/* Some of those who are asked for the end know better than one that was deposed. */
bool leader_is_doubted(enum topic topic, int32_t partition);
/* Is there one that does not know what it should? */
bool leaders_are_behind(void);
/* Is a question for the end answered, too? */
bool leader_tells_end(enum topic topic, int32_t partition);

/* It is found again, and has loaded what it needs, after `us`. */
void coordinator_move(enum coordinator coordinator, int64_t us);
bool coordinator_is_there(enum coordinator coordinator);
/* Until then, from now on; 0: it is there. */
int64_t coordinator_away_us(enum coordinator coordinator);

#endif

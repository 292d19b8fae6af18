/* Dead letters of the tables: records of substitute and listing-status that can't be read.
 *
 * Every caseworker reads the tables whole, outside of its consumer group; so that a bad record has
 * one dead letter and not one a worker, it is the owner of the partition with the same number who
 * writes it, with its next step. A restart reads the tables again and writes them again: the same
 * bytes from the same topic, partition and offset.
 *
 *   PENDING -> ADDED (to a step's outbox) -> SENT (the step is committed)
 *      ^---------+ (the state was dropped)
 */
#ifndef SHORTFALL_CASEWORKER_TABLE_LETTERS_H
#define SHORTFALL_CASEWORKER_TABLE_LETTERS_H

#include "kit/message.h"
#include "kit/outbox.h"

enum { TABLE_LETTERS_MAX = 1000 /* more are only logged */ };

struct table_letters {
    struct outbox kept; /* what is to be written; owned */
    unsigned char stage[TABLE_LETTERS_MAX];
};

enum status table_letters_init(struct table_letters *letters, struct codec *codec,
                               struct error *error) must_check;
void table_letters_done(struct table_letters *letters);

/* Keeps a copy of a record, with the words that say why. */
void table_letters_keep(struct table_letters *letters, const struct message *message,
                        const char *words);

bool table_letters_wait(const struct table_letters *letters, int32_t partition);
enum status table_letters_add(struct table_letters *letters, int32_t partition,
                              struct outbox *outbox, struct error *error) must_check;
void table_letters_sent(struct table_letters *letters, int32_t partition);
void table_letters_dropped(struct table_letters *letters, int32_t partition);

#endif

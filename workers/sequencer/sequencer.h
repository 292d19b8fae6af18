/* The sequencer: writes every fact about a sku to one partition, one merged log per sku.
 *
 * Joining two topics directly would make the answer depend on how their records happen to
 * interleave. After the sequencer each allocation is a pure function of one log.
 *
 * It is stateless and writes at least once: facts are idempotent by identity, so the same fact
 * twice in the log changes nothing. It validates everything, so sku-event holds no poison; it
 * splits orders into lines and packs many facts of a partition into one message, which is what
 * beats the cost of a message. Input offsets are committed only below what is acknowledged. */
#ifndef SHORTFALL_SEQUENCER_SEQUENCER_H
#define SHORTFALL_SEQUENCER_SEQUENCER_H

#include "kit/worker.h"

extern const struct role sequencer_role;

#endif

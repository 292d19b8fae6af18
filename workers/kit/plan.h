/* How the bytes of one writer's schema become one of our structs.
 *
 * A plan is compiled once for a (writer's schema, record type) and run for every message. It is a
 * flat list of operations with nothing left to look up: each reads one value and stores it at an
 * offset, walks over one that we do not know, or jumps.
 *
 * Compiling resolves everything that depends on the schemas alone
 *   fields        by name, then by the aliases of the reader's schema; the order is the writer's
 *   left out      the default of the reader's schema, kept as Avro bytes and run through the same
 *                 operations; none is a refusal
 *   unknown       walked over and checked (kit/skip.h)
 *   enums         by symbol: the writer's index to our value, else to the reader's default symbol
 *   promotions    int to long, string and bytes to each other
 *   records       by short name or alias
 *   times         a timestamp in micro- or nanoseconds becomes milliseconds, rounded down; any
 *                 other unit is a refusal
 * and leaves to the run what depends on the bytes: which branch of a union, how many items.
 * A writer's union is resolved branch by branch. A branch that does not fit is refused where data
 * chooses it, and the whole schema only if none fits; null for a field of ours that is required
 * takes its default, and is refused where there is none.
 *
 * The run trusts nothing: every count, length, index and text is checked before it is used, and the
 * record must be all of the bytes. A plan is constant and lives in the arena it was compiled into;
 * texts that come from defaults point into it. */
#ifndef SHORTFALL_KIT_PLAN_H
#define SHORTFALL_KIT_PLAN_H

#include "core/text.h"
#include "kit/arena.h"
#include "kit/error.h"
#include "kit/record_type.h"
#include "kit/schema.h"

struct plan;

/* `reader` is the newest schema of the record, for its defaults and aliases. POISON names both
 * sides and the path of what cannot be resolved; FATAL where the reader's schema lacks a field that
 * this program has, or without memory. depth_max bounds the nesting of values walked over. */
enum status plan_new(const struct record_type *type, const struct schema *reader,
                     const struct schema *writer, uint32_t depth_max, struct arena *arena,
                     const struct plan **ret_plan, struct error *error) must_check;

/* Fills `record` (zeroed here first). POISON names the field. RETRY where the arena is full, but
 * held something else before. Texts point into `bytes` or the plan. */
enum status plan_run(const struct plan *plan, struct text bytes, struct arena *arena, void *record,
                     struct error *error) must_check;

#endif

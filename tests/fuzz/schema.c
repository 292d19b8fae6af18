/* Any text as a schema: it is refused, or everything that is done with a schema can be done with
 * it.
 *
 * A schema that is taken is fingerprinted, its canonical form is a schema of the same fingerprint,
 * it reads itself, and where it can be read as one of our records it is compiled. */
#include <stdlib.h>

#include "core/must.h"
#include "fuzz/fuzz.h"
#include "kit/fingerprint.h"
#include "kit/plan.h"
#include "kit/schema.h"
#include "kit/schema_compatibility.h"
#include "kit/schema_default.h"

static struct arena *memory;
static struct arena *kept;
static const struct schema *order_paid;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc, (void)argv;
    struct schema_store store;
    struct error error;
    memory = arena_new(FUZZ_MEMORY);
    kept = arena_new(FUZZ_MEMORY);
    must(kept && memory);
    must(schema_store_read(fuzz_schemas(), FUZZ_DEPTH, 1000, kept, &store, &error) == OK);
    const struct schema_folder *folder = schema_store_find(&store, "order-paid");
    order_paid = folder->versions[folder->version_count - 1].schema;
    return 0;
}

static void check_canonical(const struct schema *schema)
{
    struct buffer canonical = {0};
    const struct schema *again = NULL;
    uint64_t first;
    uint64_t second;
    struct error error;
    must(fingerprint_schema(schema, &first, &error) == OK);
    fingerprint_canonical_form(schema, &canonical);
    must(!canonical.failed);
    struct text text = {(const char *)canonical.data, (uint32_t)canonical.size};
    if (schema_parse(text, FUZZ_DEPTH, memory, &again, &error) == OK) {
        must(fingerprint_schema(again, &second, &error) == OK);
        must(first == second);
    }
    buffer_done(&canonical);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct schema *schema = NULL;
    const struct plan *plan = NULL;
    struct error error;
    arena_reset(memory);
    enum status status = schema_parse((struct text){(const char *)data, (uint32_t)size}, FUZZ_DEPTH,
                                      memory, &schema, &error);
    must(status == OK || status == POISON);
    if (status != OK) {
        return 0;
    }
    check_canonical(schema);
    status = schema_default_check(schema, &error);
    must(status == OK || status == POISON);
    if (schema->node_count < 300) { /* it takes the square of them */
        must(schema_can_read(schema, schema, &error) == OK);
        must(schema_keeps_names(schema, schema, &error) == OK);
    }
    if (plan_new(&type_order_paid, order_paid, schema, FUZZ_DEPTH, memory, &plan, &error) == OK) {
        char record[1024];
        must(type_order_paid.size <= sizeof record);
        status = plan_run(plan, (struct text){(const char *)data, (uint32_t)size}, memory, record,
                          &error);
        must(status == OK || status == POISON || status == RETRY);
    }
    return 0;
}

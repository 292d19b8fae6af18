#include "shortfall/rights.h"

#include <string.h>

#include "allocator/allocator.h"
#include "caseworker/caseworker.h"
#include "core/must.h"
#include "kit/topics.h"
#include "sequencer/sequencer.h"
#include "shortfall/rules.h"

struct listing {
    struct right *rights;
    uint32_t count;
    const char *who;
};

static void add_right(struct listing *listing, enum right_resource resource, const char *name,
                      enum right_operation operation)
{
    const struct right right = {.who = listing->who,
                                .resource = resource,
                                .name = name,
                                .prefixed = resource == RIGHT_TRANSACTION,
                                .operation = operation};
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct right *known = &listing->rights[i];
        bool includes = known->operation == operation ||
                        (operation == RIGHT_DESCRIBE && known->operation <= RIGHT_WRITE);
        if (known->who == right.who && known->resource == resource && includes &&
            strcmp(known->name, name) == 0) {
            return;
        }
    }
    must(listing->count < RIGHTS_MAX);
    listing->rights[listing->count++] = right;
}

static void add_topic(struct listing *listing, enum topic topic, enum right_operation operation)
{
    add_right(listing, RIGHT_TOPIC, topic_info(topic)->name, operation);
}

/* What a worker restores from: it reads there what it wrote. */
static bool is_state(enum topic topic)
{
    return topic_info(topic)->compacted && !topic_info(topic)->type;
}

static void add_source(struct listing *listing, const struct role *role, enum topic topic)
{
    add_topic(listing, topic, RIGHT_READ);
    add_topic(listing, topic_info(topic)->dlq, RIGHT_WRITE);
    if (role->forwards) {
        add_topic(listing, topic, RIGHT_WRITE);
    }
}

static void add_worker(struct listing *listing, const struct role *role)
{
    listing->who = role->name;
    for (uint32_t i = 0; i < role->input_count; i++) {
        add_source(listing, role, role->inputs[i]);
    }
    for (uint32_t i = 0; i < role->table_count; i++) {
        add_topic(listing, role->tables[i], RIGHT_READ);
        add_topic(listing, topic_info(role->tables[i])->dlq, RIGHT_WRITE);
    }
    for (uint32_t i = 0; i < role->output_count; i++) {
        add_topic(listing, role->outputs[i], RIGHT_WRITE);
        if (is_state(role->outputs[i])) {
            add_topic(listing, role->outputs[i], RIGHT_READ);
        }
    }
    add_topic(listing, TOPIC_SKU_EVENT, RIGHT_DESCRIBE); /* how many partitions they have */
    add_topic(listing, role->kept, RIGHT_DESCRIBE);
    add_right(listing, RIGHT_GROUP, role->group, RIGHT_READ);
    if (role->transactional) {
        add_right(listing, RIGHT_TRANSACTION, role->group, RIGHT_WRITE);
    }
}

/* Looks at everything, writes dead letters back, and flips the rules of allocation. Making topics
 * is an administrator's. */
static void add_operator(struct listing *listing)
{
    listing->who = "operator";
    for (enum topic topic = 0; topic < TOPIC_COUNT; topic++) {
        add_topic(listing, topic, RIGHT_READ);
        add_topic(listing, topic, RIGHT_DESCRIBE_CONFIGS);
        if (topic_info(topic)->dlq != TOPIC_NONE) {
            add_topic(listing, topic, RIGHT_WRITE);
        }
    }
    add_topic(listing, TOPIC_SKU_EVENT, RIGHT_WRITE);
    add_right(listing, RIGHT_GROUP, allocator_role.group, RIGHT_DESCRIBE);
    add_right(listing, RIGHT_TRANSACTION, RULES_TRANSACTION, RIGHT_WRITE);
}

uint32_t rights_list(struct right ret_rights[RIGHTS_MAX])
{
    struct listing listing = {.rights = ret_rights};
    add_worker(&listing, &sequencer_role);
    add_worker(&listing, &allocator_role);
    add_worker(&listing, &caseworker_role);
    add_operator(&listing);
    return listing.count;
}

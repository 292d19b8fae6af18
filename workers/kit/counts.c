#include "kit/clock.h"
#include "kit/stop.h"
#include "kit/worker_inner.h"

static enum status ask_count(struct worker *worker, enum topic topic, int32_t *ret_count,
                             struct error *error)
{
    int64_t give_up_ms = clock_monotonic_ms() + FIRST_ANSWER_MS;
    enum status status;
    do {
        status = frontier_partition_count(worker->frontier, topic, ret_count, error);
    } while (status == RETRY && !stop_is_asked() && clock_monotonic_ms() < give_up_ms);
    if (status == RETRY) {
        return error_prefix(error, RETRY,
                            "Kafka at %s gives no answer (is bootstrap.servers right, and does it "
                            "run?): ",
                            settings_text(worker->settings, "bootstrap.servers"));
    }
    return status;
}

static enum status counts_differ(enum topic topic, int32_t count, enum topic other,
                                 int32_t other_count, struct error *error)
{
    return error_set(error, POISON,
                     "topic %s has %d partitions, but %s has %d: they must have the same number, "
                     "and it can't be changed in place (OPERATING.md, More partitions)",
                     topic_info(topic)->name, count, topic_info(other)->name, other_count);
}

static enum status count_inputs(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    for (uint32_t i = 0; i < role->input_count + role->table_count; i++) {
        bool input = i < role->input_count;
        enum topic topic = input ? role->inputs[i] : role->tables[i - role->input_count];
        int32_t count = 0;
        enum status status = ask_count(worker, topic, &count, error);
        if (status != OK) {
            return status;
        }
        if (i > 0 && count != worker->env.partition_count && !role->any_counts) {
            return counts_differ(topic, count, role->inputs[0], worker->env.partition_count, error);
        }
        if (count > worker->env.partition_count) {
            worker->env.partition_count = count;
        }
    }
    return worker->env.partition_count <= PARTITIONS_MAX
               ? OK
               : error_set(error, POISON, "more than %d partitions", PARTITIONS_MAX);
}

enum status counts_ask(struct worker *worker, struct error *error)
{
    const struct role *role = worker->role;
    enum topic log = role->any_counts ? TOPIC_SKU_EVENT : role->inputs[0];
    int32_t kept_count = 0;
    enum status status = count_inputs(worker, error);
    if (status == OK) {
        status = ask_count(worker, TOPIC_SKU_EVENT, &worker->env.output_partition_count, error);
    }
    if (status == OK) {
        status = ask_count(worker, role->kept, &kept_count, error);
    }
    int32_t log_count =
        role->any_counts ? worker->env.output_partition_count : worker->env.partition_count;
    return status == OK && kept_count != log_count
               ? counts_differ(log, log_count, role->kept, kept_count, error)
               : status;
}

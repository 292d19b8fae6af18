"""Protections, and how to take each one out: a text in a file of workers/ and what replaces it.

`tests` are those that must catch it, tried in this order: "sim" is the simulator, anything else a
unit test by its name in ctest. A text that isn't in its file exactly once stops the run, so that
this list can't grow stale unseen."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    name: str
    file: str
    old: str
    new: str
    tests: tuple = ("sim",)


BUGS = [
    # ---- Transactions and fencing ----
    Bug("no offsets in a transaction, so nothing fences it", "kit/producer.c",
        "rd_kafka_send_offsets_to_transaction(producer->handle, offsets, group, -1)",
        "rd_kafka_send_offsets_to_transaction(producer->handle, "
        "rd_kafka_topic_partition_list_new(0), group, -1)"),
    Bug("offsets of nobody: a blank group metadata", "kit/commit.c",
        "consumer_group(worker->consumer),\n",
        "rd_kafka_consumer_group_metadata_new(worker->role->group),\n"),
    Bug("an unanswered commit does not taint the producer", "kit/producer.c",
        "if (atomic_load(&producer->tainted)) {", "if (false) {"),
    Bug("a fenced producer sends the same again, whoever owns the partition", "kit/producer.c",
        "    *error = *why;\n    return ABORT_TXN;\n", "    *error = *why;\n    return RETRY;\n"),
    Bug("a lost membership is a passing reason", "kit/producer.c",
        "return membership_lost(code) ? ABORT_TXN : RETRY;", "return RETRY;"),
    Bug("what was decided is thrown away after an abort", "kit/commit.c",
        "        backoff(worker, &wait_ms, error);",
        "        outbox_clear(&worker->outbox);\n        backoff(worker, &wait_ms, error);"),
    Bug("a checkpoint is committed that was never sent", "kit/commit.c",
        "    enum status status = commit_round(worker, true, error);\n    if (status == OK) {",
        "    outbox_clear(&worker->outbox);\n"
        "    enum status status = commit_round(worker, true, error);\n    if (status == OK) {"),
    # ---- Assignment ----
    Bug("states live on though the membership is lost", "kit/assignment.c",
        "        assignment_drop(worker, &worker->shards[i]);\n    }\n"
        "    outbox_clear(&worker->outbox);",
        "        shard_clear_inbox(&worker->shards[i]);\n    }\n"
        "    outbox_clear(&worker->outbox);"),
    Bug("a state kept aside is used though another worker went on", "kit/assignment.c",
        "    if (shard->phase == SHARD_ASIDE &&", "    if (false && shard->phase == SHARD_ASIDE &&"),
    Bug("what could not be committed at the revoke goes with the next transaction",
        "kit/assignment.c",
        "        outbox_clear(&worker->outbox); /* no later", "        /* no later"),
    Bug("records come before the state is restored", "kit/consumer.c",
        "    if (!failure && list->cnt) {\n        failure = rd_kafka_pause_partitions",
        "    if (false) {\n        failure = rd_kafka_pause_partitions"),
    Bug("an end of partition is passed only when nothing waits of any input", "kit/shard.c",
        "!has_waiting(shard, role->inputs[i])) {", "shard->inbox_count == 0) {", ("kit.shard",)),
    # ---- Restoring ----
    Bug("restores to the last stable offset", "kit/changelog.c",
        "reader_new(settings, false, &changelog->watermark, error)",
        "reader_new(settings, true, &changelog->watermark, error)"),
    Bug("restores what was aborted", "kit/changelog.c",
        "reader_new(settings, true, &changelog->records, error)",
        "reader_new(settings, false, &changelog->records, error)"),
    Bug("reads what is not committed", "kit/consumer.c",
        '{"isolation.level", "read_committed"},', '{"isolation.level", "read_uncommitted"},'),
    Bug("the committed offset runs ahead of the checkpoint", "allocator/allocator.c",
        "        point->offset = allocation->checkpoint_offset;", "        ;"),
    Bug("the position of what was emitted is not read back", "allocator/restoring.c",
<<<<<<< HEAD
        "    place->marked = emitted_from_text(committed->metadata, &allocation->emitted);",
        "    place->marked = true;"),
=======
        "    allocation->marked = emitted_from_text(committed->metadata, &allocation->emitted);",
        "    allocation->marked = committed->metadata[0] != '\\0';"),
    Bug("a state that ends before its offset is gone on from", "allocator/restoring.c",
        "        if (is_incomplete(allocation)) {", "        if (false && is_incomplete(allocation)) {"),
    Bug("no state at all is gone on from as if there had been none", "allocator/restoring.c",
        "    bool lacks_all = allocation->place == PLACE_OF_NOTHING &&",
        "    bool lacks_all = false && allocation->place == PLACE_OF_NOTHING &&"),
    Bug("an offset that was set forward skips facts", "allocator/restoring.c",
        "    if (skips && allocation->log_first <= allocation->place) {",
        "    if (false && skips) {"),
    Bug("a restore that could not begin again is gone on with", "caseworker/case_state.c",
        "    state->restoring = RESTORE_EMPTY; /* until", "    /* until"),
    Bug("an offset that could not be told is taken for none", "kit/consumer.c",
        "            failure = list->elems[i].err;", "            failure = RD_KAFKA_RESP_ERR_NO_ERROR;"),
>>>>>>> a831a3e (tests/planted: what only the new faults find; the text of a registry's fault is found again)
    Bug("an emitted position counts whole messages only", "allocator/emitted.c",
        "count < emitted->count", "emitted->count > 0", ("allocator.emitted", "sim")),
    Bug("the contents of Redis are believed", "caseworker/case_state.c",
        "        !same_contents(&state->cases.mark, committed)) {\n        log_event(LOG_WARN, "
        "\"redis_torn\"",
        "        false) {\n        log_event(LOG_WARN, \"redis_torn\""),
    Bug("the mark does not grow", "caseworker/caseworker.c",
        "        judging.state->cases.mark.n++;", "        ;"),
    Bug("the compare-and-set of Redis takes anything newer", "kit/redis_script.c",
        "if n ~= from_n then return stored end",
        "if tonumber(n) > tonumber(from_n) then return stored end",
        ("kit.redis_view", "kit.redis_faults")),
    # ---- Reading and time ----
    Bug("a record at hand is passed over at the end of a partition", "kit/shard.c",
        "            !has_waiting(shard, role->inputs[i])) {", "            true) {"),
    Bug("a deadline does not wait for unread answers", "kit/deadlines.c",
        "        if (shard->position[i] < shard->proof_end[i]) {\n            return false;",
        "        if (false) {\n            return false;"),
    Bug("deadlines fire up to now, not up to the proof", "caseworker/caseworker.c",
        "            at_ms = judging->step->timers_until_ms;",
        "            at_ms = judging->step->now_ms;"),
    Bug("a wrong clock fires deadlines", "kit/deadlines.c",
        "(ahead_ms <= CLOCK_DIFFERS_MAX_MS && ahead_ms >= -CLOCK_DIFFERS_MAX_MS)",
        "ahead_ms > INT64_MIN"),
    Bug("deadlines do not wait until the clocks were compared", "kit/deadlines.c",
        "           producer_clock_compared_ms(worker->producer) >= shard->proof_asked_ms;",
        "           shard->proof_asked_ms >= 0;"),
    Bug("a refund whose time is ahead frees nothing", "sequencer/facts.c",
        "    if (ahead && message->topic == TOPIC_LINE_OUTCOME) {", "    if (false) {",
        ("sequencer.facts", "sim")),
<<<<<<< HEAD
    Bug("a state of a later place in the log is gone on from", "allocator/place.c",
        "    if (place->offset < next) {", "    if (false) {"),
    Bug("an offset of the allocation that was set ahead is gone on from", "allocator/place.c",
        "    if (!place->marked && place->offset > right) {", "    if (false) {",
        ("allocator.place",)),
    Bug("an offset without its mark is taken for ours", "caseworker/input_marks.c",
        "    if (point->offset < 0) {", "    if (true) {", ("caseworker.input_marks",)),
=======
    Bug("a state of a later place in the log is gone on from", "allocator/restoring.c",
        "    if (later) {", "    if (false && later) {"),
    Bug("an end that could not be told proves that all was read", "kit/frontier.c",
        "        failure = list->elems[i].err;", "        failure = RD_KAFKA_RESP_ERR_NO_ERROR;"),
    Bug("what retention took unread is skipped", "kit/consumer.c",
        '{"auto.offset.reset", "error"}, /* with', '{"auto.offset.reset", "earliest"}, /* with'),
    Bug("a partition that can't be read on is silent", "kit/consumer.c",
        "        ret_polled->kind = POLL_STOPPED;", "        ret_polled->kind = POLL_NOTHING;"),
    Bug("what Redis lost while nothing was written stays lost", "caseworker/case_state.c",
        "        lose_redis(state, &why);\n    }\n}\n\nvoid case_state_rebuild",
        "    }\n}\n\nvoid case_state_rebuild"),
    Bug("with clock = record the log tells the time of the clock", "sequencer/sequencer.c",
        ".log_ms = sequencer->env->record_clock ? pack->latest_ms : now_ms,", ".log_ms = now_ms,"),
    Bug("with clock = record a deadline fires as of a proof", "caseworker/caseworker.c",
        "        int64_t at_ms = entry->deadline_ms;\n        if (!judging->worker->env->record_clock) {",
        "        int64_t at_ms = entry->deadline_ms;\n        if (true) {"),
    Bug("a case is judged by the policy of today", "caseworker/caseworker.c",
        "policy_set_by_id(worker->policies, text_of(entry->file.policy));",
        "policy_set_find(worker->policies, id_text(&entry->file.marketplace), "
        "id_text(&entry->file.seller_id), entry->file.paid_at_ms);"),
    Bug("a policy that is missing is replaced by another", "caseworker/caseworker.c",
        "    if (!policy) {\n        return error_set(error, FATAL,\n                         \"order %.*s is under",
        "    policy = policy ? policy : &policy_set_at(worker->policies, 0)->policy;\n"
        "    if (!policy) {\n        return error_set(error, FATAL,\n                         \"order %.*s is under"),
>>>>>>> a831a3e (tests/planted: what only the new faults find; the text of a registry's fault is found again)
    Bug("the sequencer commits before its records are acknowledged", "kit/commit.c",
        "        enum status status = producer_flush(worker->producer, FLUSH_WAIT_MS, error);\n"
        "        if (status != OK) {\n            return status;\n        }\n    }\n"
        "    CRASH_POINT(\"acknowledged",
        "    }\n    CRASH_POINT(\"acknowledged"),
    Bug("a dead letter is only logged", "caseworker/caseworker.c",
        '    return dead_letter_add(judging->step->outbox, message, "caseworker", reason, words, '
        "error);",
        "    (void)words;\n    return OK;"),
    Bug("a misplaced record is decided where it lies", "caseworker/caseworker.c",
        "    if (right != state->partition) {\n        return forward", "    if (false) {\n        return forward"),
    # ---- The rules ----
    Bug("an answer that comes again counts again", "core/case.c",
        "    if (once && is_known) {", "    if (false) {", ("sim", "core.case_stories")),
    Bug("the attempt is part of the refund's identity", "caseworker/effect_records.c",
        '    begin(&identity, "refund", case_id);',
        '    static int attempt;\n    begin(&identity, "refund", case_id);\n'
        "    identity_number(&identity, attempt++);",
        ("sim", "caseworker.effect_records")),
    Bug("a refund takes no account of what was refunded before", "core/refund.c",
        "    int64_t left = line->paid_minor - refunded(line);",
        "    int64_t left = line->paid_minor;\n    return left;",
        ("core.refund", "core.substitution", "sim")),
    Bug("a refunded line keeps its goods", "core/refund.c",
        "        effect_line_outcome(step, line, CLOSE_REFUNDED, NULL);", "        ;"),
    Bug("every failure of a refund is tried again, at once used up or not", "core/refund.c",
        "    if (result->retryable && retries < policy->refund_retry_count) {",
        "    if (retries < policy->refund_retry_count) {", ("core.refund", "sim")),
    Bug("closed lines are forgotten at once", "core/allocation.c",
        "int64_t before_ms = book->log_ms - BOOK_REMEMBER_MS;",
        "int64_t before_ms = book->log_ms;", ("core.book", "core.book_property", "sim")),
    Bug("shipped goods are free at once", "core/stock.c",
        "    stock->shipped_quantity += quantity;", "    (void)quantity;",
        ("core.book", "core.book_property", "sim")),
    Bug("rules: the second version overtakes after all", "core/allocation.c",
        "    if (book->rules >= BOOK_RULES_IN_ORDER) {\n        queue_cover_in_order",
        "    if (false) {\n        queue_cover_in_order", ("core.book", "core.book_property", "sim")),
    Bug("rules: a paid line overtakes those that wait", "core/allocation.c",
        "bool overtakes = book->rules >= BOOK_RULES_IN_ORDER && queue_waits(&sku->queue);",
        "bool overtakes = false;", ("core.book", "core.book_property", "sim")),
    Bug("rules: the version is forgotten at a restore", "core/book_load.c",
        "    book->rules = entry->rules;\n", "", ("core.book_state", "sim")),
    Bug("rules: a flip settles nothing", "core/book.c",
        "    flip_begin(book, fact->at_ms);\n", "", ("core.book", "core.book_property", "sim")),
    Bug("rules: a flip goes through the skus as they lie in memory", "core/book_flip.c",
        "    struct flip *flip = &book->flip;\n",
        "    struct flip *flip = &book->flip;\n"
        "    for (uint32_t i = 0; flip->chunk && i < book->sku_count; i++) {\n"
        "        struct sku *sku = book->sku_list[i];\n"
        "        if (sku->settled_revision != book->revision &&\n"
        "            queue_total(&sku->queue)->short_count > 0) {\n"
        "            return sku;\n        }\n    }\n",
        ("core.book_state", "core.book_property", "sim")),
    Bug("rules: a state under unknown rules is gone on from", "core/book_load_end.c",
        "    if (book->rules > BOOK_RULES_NEWEST) {", "    if (false) {",
        ("core.book_state", "allocator.state")),
    # ---- Schemas ----
    Bug("schemas: an enum is read by its index", "kit/plan.c",
        "values[i] = value < 0 ? fallback : value;",
        "values[i] = value < 0 ? fallback : (int32_t)i;", ("kit.plan",)),
    Bug("schemas: microseconds are taken for milliseconds", "kit/plan.c",
        '{"timestamp-micros", 1000},', '{"timestamp-micros", 1},', ("kit.plan",)),
    Bug("schemas: a registry's fault makes a dead letter", "kit/registry.c",
<<<<<<< HEAD
        "    if (http_status == 404 && (says(registry, NO_SUCH_SCHEMA) ||"
        " says(registry, NO_SUCH_SUBJECT) ||\n",
        "    if (http_status >= 400 || (says(registry, NO_SUCH_SCHEMA) ||"
        " says(registry, NO_SUCH_SUBJECT) ||\n", ("kit.registry",)),
    Bug("schemas: what a schema refers to is asked for again and again", "kit/registry.c",
        "    *ret_answer = json_object_get(registry->kept, path);", "    *ret_answer = NULL;",
        ("kit.registry",)),
=======
        "    if (http_status == 404 && (says(registry, NO_SUCH_SCHEMA) || says(registry, NO_SUCH_SUBJECT) ||\n"
        "                               says(registry, NO_SUCH_VERSION))) {",
        "    if (http_status >= 400) {", ("kit.registry",)),
>>>>>>> a831a3e (tests/planted: what only the new faults find; the text of a registry's fault is found again)
    Bug("schemas: a slow registry blocks the worker", "kit/registry.c",
        "clock_monotonic_ms() + registry->options.wait_ms;",
        "clock_monotonic_ms() + registry->options.timeout_ms;", ("kit.registry",)),
    Bug("schemas: a field that readers lack passes the check", "kit/schema_compatibility.c",
        "} else if (!text_is_set(field->default_json)) {", "} else if (false) {",
        ("kit.schema_compatibility",)),
    Bug("schemas: a line in another version is a conflict", "core/allocation.c",
        "(book->same_facts &&", "(false &&", ("core.book",)),
    Bug("schemas: a title makes another order", "allocator/order_facts.c",
        "return text_equal(a->marketplace, b->marketplace) &&",
        "return text_equal(a->title, b->title) && text_equal(a->marketplace, b->marketplace) &&",
        ("allocator.order_facts",)),
    Bug("schemas: one of several deliveries counts", "sequencer/facts.c",
        "level.restock_count ? level.restock_count : level.restock != NULL;",
        "level.restock_count || level.restock;", ("sequencer.facts",)),
]

#!/usr/bin/env python3
"""Somebody adds a partition to a topic, in the middle of a sale.

What the sequencer alone reads may grow: it finds the new partition by itself, and reads it from its
beginning. All else is joined by its partitions; there the workers stop, with exit status 78 and in
words, and when the topic has its old number again, nothing was lost."""
import re
import sys
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from confluent_kafka.admin import AdminClient, NewPartitions  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.heard import Heard  # noqa: E402
from flowlib.market import MINUTE_MS, PARTITIONS  # noqa: E402
from flowlib.trial import HEALED_S, Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

ORDERS_BETWEEN = 100
ADMIN_S = 30
FREE = ("order-paid", "stock-level", "order-closed")
KINDS = ("sequencer", "allocator", "caseworker")
SLOTS = (1, 2)
# Added partitions are else seen within five minutes, and a worker that ended is missed after ten
# seconds.
TIMES = {"topic.metadata.refresh.interval.ms": 1000, "session.timeout.ms": 2000,
         "heartbeat.interval.ms": 500}
CONFIGURATION = "78"


def hurry(trial):
    for kind in KINDS:
        for slot in SLOTS:
            trial.instance.add_to(f"{kind}-{slot}", TIMES)


class Partitions(unittest.TestCase):
    def test_a_partition_is_added(self):
        with Trial(workers=len(SLOTS), prepare=hurry) as trial:
            self.admin = AdminClient({"bootstrap.servers": trial.instance.bootstrap})
            with trial.market:
                trial.market.sell(ORDERS_BETWEEN)
                for change in (self.free_topics_grow, self.free_topics_stay_large,
                               self.decisions_grow):
                    print(f"{len(trial.market.lines)} lines sold: {change.__name__}",
                          file=sys.stderr, flush=True)
                    trial.market.sell(ORDERS_BETWEEN)
                    change(trial)
                    trial.settle()
                    trial.market.tick(3 * MINUTE_MS)
                    trial.settle()
                    trial.answer()
            trial.live_on()
            self.assertEqual("", trial.verdict())
            self.log_grows(trial)

    def grow(self, trial, topic):
        """And the shop's client knows it at once: the next records go there."""
        asked = self.admin.create_partitions([NewPartitions(topic, PARTITIONS + 1)])
        asked[topic].result(ADMIN_S)
        self.know_count(trial, topic, PARTITIONS + 1)

    def know_count(self, trial, topic, count):
        trial.offsets.forget_partitions()
        wait_until_nothing_is(lambda: [] if len(trial.feeder.partitions_of(topic)) == count
                              else [topic], ADMIN_S, f"the shop does not see {count} partitions")

    # --- what the sequencer alone reads ---

    def free_topics_grow(self, trial):
        said = self.heard(trial, "sequencer")
        for topic in FREE:
            self.grow(trial, topic)
        trial.market.sell(2 * ORDERS_BETWEEN)
        trial.poison.spill_into("order-paid", PARTITIONS)
        trial.settle()
        ends = trial.offsets.ends(FREE)
        self.assertTrue(all(ends[topic, PARTITIONS] > 0 for topic in ("order-paid", "stock-level")))
        text = "".join(heard.text for heard in said)
        self.assertRegex(text, f"event=partition_added .*partition={PARTITIONS}")

    def free_topics_stay_large(self, trial):
        """A start finds unequal numbers, and takes them."""
        for slot in SLOTS:
            trial.stop("sequencer", slot)
        trial.market.sell(ORDERS_BETWEEN)
        for slot in SLOTS:
            trial.instance.start("sequencer", slot)

    # --- what is joined ---

    def decisions_grow(self, trial):
        topic = "buyer-decision"
        trial.settle()
        trial.market.tick(3 * MINUTE_MS)
        trial.settle()
        said = self.heard(trial, "caseworker")
        self.grow(trial, topic)
        trial.answer()  # some of it into the new partition
        self.refused(trial, said, "caseworker", topic)
        text = "".join(heard.text for heard in said)
        self.assertIn("event=partition_incomplete", text)  # one had a partition without its shortages
        self.assertNotIn("set by hand", text)
        self.make_anew(trial, topic)

    def make_anew(self, trial, topic):
        """As docs/OPERATING.md has it: its records are kept, the topic is made again, they come back."""
        kept = self.records_of(trial, topic)
        self.admin.delete_topics([topic])[topic].result(ADMIN_S)
        wait_until_nothing_is(lambda: [topic] if topic in self.admin.list_topics(
            timeout=ADMIN_S).topics else [], ADMIN_S, "the topic is not gone")
        trial.instance.operator("topics", "create")
        self.know_count(trial, topic, PARTITIONS)
        for record in kept:
            trial.feeder.send_bytes(topic, record.key, record.value, 0, -1,
                                    list(record.headers.items()))
        trial.feeder.flush()
        wait_until_nothing_is(self.caseworkers, ADMIN_S, "who ended is still a member of the group")
        for slot in SLOTS:
            trial.instance.start("caseworker", slot)

    def caseworkers(self):
        """Members of the group, among them those who ended less than a session ago: they would come
        back to what they had, the partition too many with it."""
        group = "shortfall-caseworker"
        described = self.admin.describe_consumer_groups([group])[group].result(ADMIN_S)
        return [member.client_id for member in described.members]

    def records_of(self, trial, topic):
        collector = Collector(trial.instance.bootstrap, trial.schemas, trial.offsets, [topic])
        try:
            return list(collector.collect())
        finally:
            collector.close()

    def log_grows(self, trial):
        """Those who read it stop, and who writes it does not start: a sku would move away from its
        state."""
        said = self.heard(trial, "allocator")
        self.grow(trial, "sku-event")
        self.refused(trial, said, "allocator", "sku-event")
        said = self.heard(trial, "sequencer")
        for slot in SLOTS:
            trial.stop("sequencer", slot)
            trial.instance.start("sequencer", slot, wait=False)
        self.refused(trial, said, "sequencer", "sku-event", "allocator-state")

    def heard(self, trial, kind):
        return [Heard(trial.instance, kind, slot) for slot in SLOTS]

    def refused(self, trial, said, kind, *topics):
        def missing():
            return [] if all(re.search(f"event=stopped .*exit={CONFIGURATION}", heard.text)
                             for heard in said) else [f"{kind} goes on"]

        wait_until_nothing_is(missing, HEALED_S, f"{topics[0]} has grown")
        wait_until_nothing_is(lambda: [] if any(topics[0] in problem for problem
                                                in trial.supervisor.problems) else ["nothing"],
                              HEALED_S, "the supervisor does not see it")
        for slot, heard in zip(SLOTS, said):
            trial.stop(kind, slot)
            line = re.search(f".*event=stopped .*exit={CONFIGURATION}", heard.text)[0]
            for topic in topics:
                self.assertIn(topic, line)
            self.assertIn("can't be changed in place", line)
        self.forgive(trial, topics[0])

    def forgive(self, trial, topic):
        """Those ends were meant."""
        self.assertTrue(trial.supervisor.problems)
        trial.supervisor.problems[:] = [problem for problem in trial.supervisor.problems
                                        if topic not in problem]


if __name__ == "__main__":
    unittest.main()

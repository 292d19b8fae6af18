#!/usr/bin/env python3
"""Kafka is lost in the middle of a sale (docs/OPERATING.md, Kafka away, or lost to a replica cluster).

A replica of its disks, as they were at that moment, goes on under its name. A mirror of its
records alone, which numbers them anew, does not: the allocator says so and decides nothing."""
import shutil
import subprocess
import sys
import unittest
from contextlib import closing

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.collector import Collector  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.market import MINUTE_MS  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.topics import DEAD_LETTERS, INPUT_KEYS, OUTPUTS  # noqa: E402
from flowlib.trial import POLICIES, Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

ORDERS = 250
SAID_S = 60
STOPPED_S = 35  # drain.timeout.ms, and 20 s to leave and close
REFUSED = "allocator-state is of a place behind the committed offset"
STATES = ["allocator-state", "case-state"]
KINDS = ("sequencer", "allocator", "caseworker")
SLOTS = (1, 2)


class Replica(unittest.TestCase):
    def test_workers_go_on_from_a_replica(self):
        with Trial(workers=len(SLOTS)) as trial:
            with trial.market:
                for loss in range(2):
                    trial.market.sell(ORDERS)
                    trial.market.tick(3 * MINUTE_MS)
                    trial.market.pause()  # what is acknowledged is in the replica
                    self.fail_over(trial)
                    print(f"loss {loss + 1}", file=sys.stderr, flush=True)
                    trial.market.sell(ORDERS)
                    trial.settle()
                    trial.answer()
            trial.live_on()
            self.assertEqual("", trial.verdict())

    def test_an_allocator_refuses_a_mirror_of_the_records(self):
        with Trial(workers=1) as trial:
            with trial.market:
                trial.market.sell(ORDERS)
            trial.settle()
            trial.market.tick(3 * MINUTE_MS)
            trial.settle()
            for kind in KINDS:
                trial.stop(kind)
            records = self.all_records(trial)
        with Instance("record", POLICIES, with_workers=False) as mirror:
            feeder = Feeder(mirror.bootstrap, trial.schemas)
            for record in records:
                feeder.send_bytes(record.topic, record.key, record.value, record.time_ms,
                                  record.partition, list(record.headers.items()))
            feeder.flush()
            mirror.start("allocator", wait=False)
            wait_until_nothing_is(lambda: [] if REFUSED in mirror.log_of("allocator", 1)
                                  else ["the allocator goes on"], SAID_S, "a mirror")
            with closing(Offsets(mirror.bootstrap)) as offsets:
                ends = offsets.ends(["shortage", "listing-status"])
            written = {place: sum((record.topic, record.partition) == place for record in records)
                       for place in ends}
            self.assertEqual(written, ends)

    def all_records(self, trial):
        topics = list(INPUT_KEYS) + ["sku-event"] + OUTPUTS + DEAD_LETTERS + STATES
        with closing(Collector(trial.instance.bootstrap, trial.schemas, trial.offsets,
                               topics)) as collector:
            return list(collector.collect())

    def fail_over(self, trial):
        instance = trial.instance
        data = instance.state / "data/kafka"
        replica = instance.state / "data/replica"
        instance.kill("kafka", signal="STOP")
        subprocess.run(["cp", "-a", "--sparse=always", data, replica], check=True)
        instance.kill("kafka", signal="KILL")
        shutil.rmtree(data)
        replica.rename(data)
        instance.start("kafka", wait=False)

    def test_workers_can_be_stopped_without_kafka(self):
        """Whatever is under way: nobody answers."""
        with Trial(workers=len(SLOTS)) as trial:
            with trial.market:
                trial.market.sell(ORDERS)
                trial.market.pause()
                trial.instance.kill("kafka", signal="STOP")
                names = trial.instance.terminate_workers()
                self.assertEqual(len(KINDS) * len(SLOTS), len(names))
                wait_until_nothing_is(lambda: [name for name in names if trial.instance.runs(name)],
                                      STOPPED_S, "does not stop without Kafka")
                trial.instance.kill("kafka", signal="CONT")


if __name__ == "__main__":
    unittest.main()

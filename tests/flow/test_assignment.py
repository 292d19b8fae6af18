#!/usr/bin/env python3
"""A worker takes up its assignment whatever its group is doing, and survives a foreign log.

Each once ended in a worker that lived, or died again and again, and read nothing."""
import contextlib
import os
import subprocess
import sys
import unittest

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from confluent_kafka.admin import AdminClient, NewPartitions  # noqa: E402
from flowlib.avro import Schemas  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.drain import Drain  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

POLICIES = ROOT / "tests/data/acceptance/policies"
PARTITIONS = 4
PATIENCE_S = 60
# Within what the worker waits for, and beyond it, so that its consumer must be made anew.
FEW, MANY = 10, 200
SOME = 30  # three seconds: the time to change the topics
FACTS = 5000  # more than a revision can number


class Assignment(unittest.TestCase):
    def test_a_worker_gets_its_partitions_from_a_coordinator_that_moves(self):
        with Instance("wall", POLICIES, partitions=PARTITIONS, with_workers=False) as instance:
            for slot, fails in enumerate((FEW, MANY), start=1):
                with self.late(instance, "allocator", slot, fails) as log:
                    wait_until_nothing_is(lambda log=log: not_running(log), PATIENCE_S,
                                          f"after {fails} failures no partitions")

    def test_what_is_given_anew_is_read(self):
        """The topics change while an assignment is taken up: librdkafka joins again, and gives the
        next without taking anything back."""
        with Instance("wall", POLICIES, partitions=PARTITIONS, with_workers=False) as instance:
            feeder = Feeder(instance.bootstrap, Schemas(instance.schemas))
            with self.late(instance, "sequencer", 1, SOME,
                           "-X", "topic.metadata.refresh.interval.ms=200") as log:
                wait_until_nothing_is(lambda: [] if "late_coordinator: asked" in log.read_text()
                                      else ["it"], PATIENCE_S, "takes nothing up")
                admin = AdminClient({"bootstrap.servers": instance.bootstrap})
                admin.create_partitions([NewPartitions("order-paid", PARTITIONS + 1)])[
                    "order-paid"].result(PATIENCE_S)
                for partition in range(PARTITIONS):
                    feeder.send_bytes("order-paid", b"garbage", b"garbage", partition=partition)
                feeder.flush()
                wait_until_nothing_is(lambda: not_read(log), PATIENCE_S, "is not read")
                self.assertIn("given anew", log.read_text())

    @contextlib.contextmanager
    def late(self, instance, kind, slot, fails, *options):
        """A worker that is told nothing of its offsets so often; gives where it logs."""
        build = os.environ.get("SHORTFALL_BUILD", ROOT / "build/release")
        log = instance.state / f"late-{kind}-{fails}.log"
        with open(log, "w", encoding="utf-8") as out, subprocess.Popen(
                [f"{build}/workers/{kind}/shortfall-{kind}", "--bootstrap", instance.bootstrap,
                 "--slot", str(slot), "--schema.dir", instance.schemas, "--http.listen", "off",
                 *options],
                stderr=out,
                env={**os.environ, "LD_PRELOAD": os.environ["LATE_COORDINATOR"],
                     "COMMITTED_FAILS": str(fails)}
        ) as worker:
            try:
                yield log
            finally:
                worker.terminate()
            self.assertEqual(0, worker.wait(PATIENCE_S))

    def test_a_message_with_too_many_facts_is_a_dead_letter(self):
        with Instance("wall", POLICIES, partitions=PARTITIONS) as instance:
            schemas = Schemas(instance.schemas)
            feeder = Feeder(instance.bootstrap, schemas)
            offsets = Offsets(instance.bootstrap)
            fact = {"kind": "LEVEL", "sku": "A", "at": 0, "warehouse_id": "w", "version": 1,
                    "source_topic": "stock-level", "source_partition": 0, "source_offset": 0}
            value = schemas.encode("sku-event", {"log": 0, "facts": [fact] * FACTS})
            feeder.send_bytes("sku-event", b"foreign", value, partition=0)
            feeder.flush()
            Drain(instance, offsets).wait()
            collector = Collector(instance.bootstrap, schemas, offsets,
                                  ["sku-event.dlq", "listing-status"])
            collector.collect()
            collector.close()
            letters = [(r.topic, r.partition, r.key, r.value) for r in collector.records]
            self.assertEqual([("sku-event.dlq", 0, b"foreign", value)], letters)
            self.assertEqual([], instance.died())


def not_read(log):
    text = log.read_text(errors="replace")
    return [f"partition {number}" for number in range(PARTITIONS)
            if f"topic=order-paid partition={number} offset=0 reason=MALFORMED" not in text]


def not_running(log):
    text = log.read_text(errors="replace")
    return [f"partition {number}" for number in range(PARTITIONS)
            if "event=running worker=allocator" not in text
            or f" partition={number} kept=" not in text]


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

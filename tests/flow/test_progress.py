#!/usr/bin/env python3
"""When all is done, everyone's tools say so: Kafka's own shows a lag of zero, and soon; and whoever
traces the order finds all that was said of it."""
import time
import unittest

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.avro import Schemas  # noqa: E402
from flowlib.case import read_case  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.drain import Drain  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.topics import GROUPS  # noqa: E402

DATA = ROOT / "tests/data/acceptance"
TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
IDLE_S = 1
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACED = ["shortage", "notification", "refund-request", "fulfilment-plan", "case-event",
          "line-outcome"]


class Progress(unittest.TestCase):
    def test_an_idle_pipeline_has_no_lag(self):
        with Instance("record", DATA / "policies") as instance:
            drain = Drain(instance, Offsets(instance.bootstrap))
            feed_a_refund(instance, drain)
            begin = time.monotonic()
            drain.wait(IDLE_S)
            print(f"drained after {time.monotonic() - begin:.2f} s")
            lags = list(lags_by_kafka(instance))
            records = collect(instance, TRACED)
        self.assertEqual({(group, topic) for group, topics in GROUPS.items() for topic in topics},
                         {(group, topic) for group, topic, _, _ in lags})
        self.assertEqual([], [row for row in lags if row[-1] != 0])
        self.assertEqual(set(TRACED), {record.topic for record in records})
        for record in records:
            parent = record.id.decode().replace("-", "")[:16]
            self.assertEqual(f"00-{TRACE_ID}-{parent}-01", record.headers["traceparent"].decode(),
                             f"{record.topic} {record.body}")


def feed_a_refund(instance, drain):
    """Goes through every worker, and round once more; what is fed last is not waited for. The order
    is of a trace; the buyer's answer is of another, which is not the order's."""
    feeder = Feeder(instance.bootstrap, Schemas(instance.schemas))
    for row in read_case(DATA / "cases/S01.json").inputs:
        if row.topic != "refund-result":
            drain.wait()
            trace_id = TRACE_ID if row.topic == "order-paid" else TRACE_ID[::-1]
            feeder.send(row.topic, row.value, row.at_ms,
                        headers=[("traceparent", f"00-{trace_id}-00f067aa0ba902b7-01")])
            feeder.tick(row.at_ms)
            feeder.flush()


def collect(instance, topics):
    collector = Collector(instance.bootstrap, Schemas(instance.schemas),
                          Offsets(instance.bootstrap), topics)
    records = collector.collect()
    collector.close()
    return records


def lags_by_kafka(instance):
    """(group, topic, partition, lag) as the tool prints it: a dash where nothing is committed, which
    is a lag of zero only where nothing was written either."""
    for line in instance.tool(TOOL, "--describe", "--all-groups").splitlines():
        words = line.split()
        if len(words) >= 6 and words[0] in GROUPS:
            group, topic, partition, _, end, lag = words[:6]
            yield group, topic, partition, int(end if lag == "-" else lag)


if __name__ == "__main__":
    unittest.main()

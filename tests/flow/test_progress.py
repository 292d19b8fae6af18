#!/usr/bin/env python3
"""When all is done, everyone's tools say so: Kafka's own shows a lag of zero, and soon."""
import time
import unittest

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.avro import Schemas  # noqa: E402
from flowlib.case import read_case  # noqa: E402
from flowlib.drain import Drain  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.topics import GROUPS  # noqa: E402

DATA = ROOT / "tests/data/acceptance"
TOOL = "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand"
IDLE_S = 1


class Progress(unittest.TestCase):
    def test_an_idle_pipeline_has_no_lag(self):
        with Instance("record", DATA / "policies") as instance:
            drain = Drain(instance, Offsets(instance.bootstrap))
            feed_a_refund(instance, drain)
            begin = time.monotonic()
            drain.wait(IDLE_S)
            print(f"drained after {time.monotonic() - begin:.2f} s")
            lags = list(lags_by_kafka(instance))
        self.assertEqual({(group, topic) for group, topics in GROUPS.items() for topic in topics},
                         {(group, topic) for group, topic, _, _ in lags})
        self.assertEqual([], [row for row in lags if row[-1] != 0])


def feed_a_refund(instance, drain):
    """Goes through every worker, and round once more; what is fed last is not waited for."""
    feeder = Feeder(instance.bootstrap, Schemas(instance.schemas))
    for row in read_case(DATA / "cases/S01.json").inputs:
        if row.topic != "refund-result":
            drain.wait()
            feeder.send(row.topic, row.value, row.at_ms)
            feeder.tick(row.at_ms)
            feeder.flush()


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

#!/usr/bin/env python3
"""The broker's disk is full in the middle of a sale.

Kafka takes its only log folder out of service and ends. The workers say that there is no broker, and
wait; once there is space and the broker runs again, all goes on, and nothing was lost or doubled."""
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.disk import Disk  # noqa: E402
from flowlib.heard import Heard  # noqa: E402
from flowlib.readiness import other_readiness  # noqa: E402
from flowlib.trial import Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

KINDS = ("sequencer", "allocator", "caseworker")
ORDERS = 200
# A coordinator that ends old transactions while its broker is still starting may leave one open in
# the groups' offsets for ever: none is old when the broker comes back here.
TIMES = {"transaction.timeout.ms": 60000}
ENDS_S = 60
SAID_S = 60


class Full(unittest.TestCase):
    def with_disk(self, trial):
        for kind in KINDS:
            trial.instance.add_to(f"{kind}-1", TIMES)
        self.disk = trial.enter_context(Disk(trial.instance))

    def test_a_full_disk_costs_time_and_nothing_else(self):
        with Trial(workers=1, prepare=self.with_disk) as trial:
            with trial.market:
                trial.market.sell(ORDERS)
                trial.market.tick()
                said = [Heard(trial.instance, kind) for kind in KINDS]
                trial.market.sell(ORDERS)
                self.disk.fill()
                self.await_end(trial)
                for heard in said:
                    heard.await_words("brokers are down", SAID_S)
                wait_until_nothing_is(lambda: [line for kind in KINDS for line in
                                               other_readiness(trial.instance, kind, 503, "")],
                                      SAID_S, "ready without a broker")
                self.disk.make_space()
                trial.instance.start("kafka", wait=False)
                trial.settle()
            trial.live_on()
            self.assertEqual("", trial.verdict())

    def await_end(self, trial):
        wait_until_nothing_is(lambda: ["kafka"] if trial.instance.runs("kafka") else [], ENDS_S,
                              "runs without a disk")
        self.assertIn(self.disk.words, trial.instance.log("kafka"))


if __name__ == "__main__":
    unittest.main()

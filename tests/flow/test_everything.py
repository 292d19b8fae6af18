#!/usr/bin/env python3
"""Every real fault, one after the other and some at once, while one worker of each kind becomes three
and one again. Long: with SHORTFALL_LONG alone (--if-long skips it without).

The single faults, and what the workers say of them, are in the tests of their names."""
import os
import random
import sys
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.disk import Disk  # noqa: E402
from flowlib.network import DOWN, KINDS, UP, Network  # noqa: E402
from flowlib.trial import Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

SLOTS = (1, 2, 3)
ROUNDS = 2
ORDERS_BETWEEN = 200
SKIPPED = 77
# A coordinator that ends old transactions while its broker is still starting may leave one open in
# the groups' offsets for ever: none is old when a broker comes back here.
TIMES = {"session.timeout.ms": 4000, "heartbeat.interval.ms": 500, "transaction.timeout.ms": 60000}


class Everything(unittest.TestCase):
    def prepare(self, trial):
        self.network = trial.enter_context(Network(trial.instance, len(SLOTS)))
        self.disk = trial.enter_context(Disk(trial.instance))
        for kind in KINDS:
            for slot in SLOTS:
                trial.instance.add_to(f"{kind}-{slot}", TIMES)

    def test_everything_at_once(self):
        self.random = random.Random(1)
        with Trial(workers=1, prepare=self.prepare) as trial:
            self.running = {1}
            with trial.market:
                for _ in range(ROUNDS):
                    self.scale_to(trial, SLOTS)
                    self.faults(trial)
                    self.scale_to(trial, (1,))
                    self.faults(trial)
            trial.poison.spill_rest()
            trial.settle()
            trial.live_on(between=lambda step: self.any_crash(trial))
            found = trial.verdict()
            if found:
                self.fail(found)

    def scale_to(self, trial, slots):
        for slot in set(slots) - self.running:
            for kind in KINDS:
                trial.market.sell(ORDERS_BETWEEN // len(KINDS))
                trial.instance.start(kind, slot)
        for slot in sorted(self.running - set(slots), reverse=True):
            for kind in KINDS:
                trial.market.sell(ORDERS_BETWEEN // len(KINDS))
                trial.stop(kind, slot)
        self.running = set(slots)

    def faults(self, trial):
        faults = [self.slow, self.torn, self.cut_off, self.lose_redis, self.full_disk,
                  self.kafka_dies, self.any_crash, self.two_at_once]
        self.random.shuffle(faults)
        for fault in faults:
            print(f"{len(trial.market.lines)} lines sold, {len(self.running)} workers of each kind: "
                  f"{fault.__name__}", file=sys.stderr, flush=True)
            trial.poison.spill(2)
            trial.market.sell(ORDERS_BETWEEN)
            fault(trial)
            trial.settle()
            trial.market.tick()
            trial.settle()
            trial.answer()

    def any_slot(self):
        return self.random.choice(sorted(self.running))

    def heal(self):
        for line in self.network.lines:
            line.heal()

    def slow(self, trial):
        for line in self.network.lines:
            line.delay(0.15)
        trial.market.sell(ORDERS_BETWEEN)
        trial.settle()
        self.heal()

    def torn(self, trial):
        for slot in self.running:
            self.network.kafka[slot].tear(10)
            self.network.redis[slot].tear(10)
        trial.market.sell(ORDERS_BETWEEN)
        trial.settle()
        self.heal()

    def cut_off(self, trial):
        """One of them, one way; the only one too, for longer than its session."""
        slot = self.any_slot()
        self.network.kafka[slot].swallow(self.random.choice((UP, DOWN)))
        trial.market.sell(ORDERS_BETWEEN)
        if len(self.running) > 1 and slot == 1:
            for kind in KINDS:
                trial.await_takeover(kind)
        self.heal()

    def lose_redis(self, trial):
        trial.instance.kill("redis")
        trial.market.sell(ORDERS_BETWEEN)
        trial.instance.start("redis")

    def full_disk(self, trial):
        self.disk.fill()
        wait_until_nothing_is(lambda: ["it runs"] if trial.instance.runs("kafka") else [], 60,
                              "a broker without a disk")
        trial.market.sell(ORDERS_BETWEEN)
        self.disk.make_space()
        trial.instance.start("kafka", wait=False)

    def kafka_dies(self, trial):
        trial.instance.kill("kafka")
        trial.market.sell(ORDERS_BETWEEN)
        trial.instance.start("kafka", wait=False)

    def any_crash(self, trial):
        kind, slot = self.random.choice(KINDS), self.any_slot()
        try:
            trial.instance.kill(kind, slot)
        except RuntimeError as error:
            if "does not run" not in str(error):  # it has just ended by itself
                raise
        trial.instance.start(kind, slot, wait=False)

    def two_at_once(self, trial):
        self.network.kafka[self.any_slot()].refuse()
        self.any_crash(trial)
        trial.market.sell(ORDERS_BETWEEN)
        self.heal()


if __name__ == "__main__":
    if "--if-long" in sys.argv:
        sys.argv.remove("--if-long")
        if not os.environ.get("SHORTFALL_LONG"):
            sys.exit(SKIPPED)
    unittest.main()

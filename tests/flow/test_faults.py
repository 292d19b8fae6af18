#!/usr/bin/env python3
"""Nothing is lost or doubled, whatever dies in the middle of a sale.

Every worker kind is killed at work, paused until others have taken over, Redis and the broker go
and come back, and every input topic gets garbage. What counts is read from the topics alone."""
import sys
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.trial import Trial  # noqa: E402

KINDS = ("sequencer", "allocator", "caseworker")
ORDERS_BETWEEN = 400  # from one fault to the next, half before and half during it
POISONS_BETWEEN = 8


def signal(trial, kind, name):
    """One that has just ended by itself is as dead, and is started again soon."""
    try:
        trial.instance.kill(kind, signal=name)
    except RuntimeError as error:
        if "does not run" not in str(error):
            raise


def crash(trial, *kinds):
    for kind in kinds:
        signal(trial, kind, "KILL")
    for kind in kinds:
        # A broker that was killed may take long; whoever needs it next waits for it.
        trial.instance.start(kind, wait=kind != "kafka")


def lose_redis(trial):
    signal(trial, "redis", "KILL")
    trial.market.sell(ORDERS_BETWEEN)
    trial.instance.start("redis")


def pause(trial, kind):
    """Long enough that another worker takes its partitions over; then it wakes and must not harm."""
    signal(trial, kind, "STOP")
    try:
        trial.await_takeover(kind)
    finally:
        signal(trial, kind, "CONT")


FAULTS_AT_WORK = [
    *((crash, kind) for kind in KINDS),
    (lose_redis,),
    *((pause, kind) for kind in KINDS),
    (crash, "kafka"),
    (crash, *KINDS),
    (crash, "redis", "caseworker"),
    *((crash, kind) for kind in KINDS),
]
# By step of the deadlines: refunds and reminders are under way then.
FAULTS_AT_DEADLINES = {
    0: (crash, "caseworker"),
    2: (crash, "allocator", "caseworker"),
    4: (crash, "caseworker"),
    5: (crash, "kafka"),
    6: (crash, "sequencer", "caseworker"),
    7: (crash, "redis", "caseworker"),
}


class Faults(unittest.TestCase):
    def test_nothing_is_lost_or_doubled(self):
        with Trial(workers=2) as trial:
            with trial.market:
                for fault, *what in FAULTS_AT_WORK:
                    trial.market.sell(ORDERS_BETWEEN)
                    trial.poison.spill(POISONS_BETWEEN)
                    report(trial, fault, what)
                    fault(trial, *what)
                    trial.answer()
            trial.poison.spill_rest()
            trial.settle()
            trial.live_on(between=lambda step: self.fault_at(trial, step))
            found = trial.verdict()
            if found:
                self.fail(found)

    def fault_at(self, trial, step):
        if step in FAULTS_AT_DEADLINES:
            fault, *what = FAULTS_AT_DEADLINES[step]
            report(trial, fault, what)
            fault(trial, *what)


def report(trial, fault, what):
    print(f"{len(trial.market.lines)} lines sold: {fault.__name__} {' '.join(what)}",
          file=sys.stderr, flush=True)


if __name__ == "__main__":
    unittest.main()

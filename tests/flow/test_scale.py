#!/usr/bin/env python3
"""Workers may come and go while facts flow: from one of each kind to three, and back."""
import sys
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.trial import Trial  # noqa: E402

KINDS = ("sequencer", "allocator", "caseworker")
MORE = (2, 3)
ORDERS_BETWEEN = 500


class Scale(unittest.TestCase):
    def test_nothing_is_lost_or_doubled_from_one_worker_to_three_and_back(self):
        with Trial(workers=1) as trial:
            with trial.market:
                for slot in MORE:
                    self.for_each_kind(trial, trial.instance.start, slot)
                for slot in reversed(MORE):
                    self.for_each_kind(trial, lambda kind, slot: trial.instance.kill(
                        kind, slot, "TERM"), slot)
            trial.settle()
            trial.live_on()
            found = trial.verdict()
            if found:
                self.fail(found)

    def for_each_kind(self, trial, change, slot):
        for kind in KINDS:
            trial.market.sell(ORDERS_BETWEEN)
            print(f"{len(trial.market.lines)} lines sold: {kind} {slot} comes or goes",
                  file=sys.stderr, flush=True)
            change(kind, slot)
            trial.answer()


if __name__ == "__main__":
    unittest.main()

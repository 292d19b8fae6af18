#!/usr/bin/env python3
"""A broker that is away for longer than every time-out costs time and nothing else.

Sessions and transactions end meanwhile, so all workers have lost their membership and their
producers' epochs when it comes back; and everything must go on without anybody's help."""
import time
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.trial import Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

ORDERS = 600
OUTAGE_S = 45  # sessions and transactions last 10 s; a send is given up after 30 s


class Outage(unittest.TestCase):
    def test_nothing_is_lost_or_doubled_by_a_long_outage(self):
        with Trial(workers=1) as trial:
            with trial.market:
                trial.market.sell(ORDERS)
                trial.market.tick()  # a time for deadlines, so that cases are at work too
                trial.instance.kill("kafka")
                begin = time.monotonic()
                trial.market.sell(ORDERS)
                wait_until_nothing_is(lambda: still_missing(begin), 2 * OUTAGE_S, "an outage")
                trial.instance.start("kafka", wait=False)
                trial.settle()
            trial.live_on()
            found = trial.verdict()
            if found:
                self.fail(found)


def still_missing(begin):
    """The outage itself is what takes time here."""
    gone = time.monotonic() - begin
    return [] if gone >= OUTAGE_S else [f"{gone:.0f} s of {OUTAGE_S}"]


if __name__ == "__main__":
    unittest.main()

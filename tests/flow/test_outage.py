#!/usr/bin/env python3
"""A broker that is away for longer than every time-out costs time and nothing else.

Sessions and transactions end meanwhile, so all workers have lost their membership and their
producers' epochs when it comes back; and everything must go on without anybody's help. So it does
when a transaction stayed open in what a worker has to restore."""
import time
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from confluent_kafka import Producer  # noqa: E402
from flowlib.connection import connection  # noqa: E402
from flowlib.heard import Heard  # noqa: E402
from flowlib.trial import Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

ORDERS = 600
OUTAGE_S = 45  # sessions and transactions last 10 s; a send is given up after 30 s
FEW = 60
PATIENCE_S = 60


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

    def test_a_restore_behind_an_open_transaction_says_so_and_goes_on_when_it_ends(self):
        with Trial(workers=1) as trial:
            with trial.market:
                trial.market.sell(FEW)
                trial.settle()
                trial.stop("caseworker")
                trial.instance.kill("redis")  # else it need not read case-state
                hanging = open_transaction(trial.instance.bootstrap, "case-state")
                heard = Heard(trial.instance, "caseworker")
                trial.instance.start("caseworker", wait=False)
                heard.await_words("event=restore_waits .*topic=case-state partition=0 "
                                  '.*why="a transaction is open', PATIENCE_S)
                self.assertNotIn("event=running", partition_0(heard.text))
                hanging.abort_transaction(PATIENCE_S)
                heard.await_words("event=running .*partition=0", PATIENCE_S)
                trial.instance.start("redis")
                trial.settle()
            trial.live_on()
            self.assertEqual("", trial.verdict())


def open_transaction(bootstrap, topic):
    """Holds up who reads what is committed of its partition 0, until it is ended."""
    producer = Producer({**connection(bootstrap), "log_level": 2, "transactional.id": "hanging"})
    producer.init_transactions(PATIENCE_S)
    producer.begin_transaction()
    producer.produce(topic, key="of nobody", value=b"x", partition=0)
    producer.flush(PATIENCE_S)
    return producer


def partition_0(text):
    return "\n".join(line for line in text.splitlines() if "partition=0" in line)


def still_missing(begin):
    """The outage itself is what takes time here."""
    gone = time.monotonic() - begin
    return [] if gone >= OUTAGE_S else [f"{gone:.0f} s of {OUTAGE_S}"]


if __name__ == "__main__":
    unittest.main()

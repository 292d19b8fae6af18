#!/usr/bin/env python3
"""A network that is slow, tears answers apart, or is silent costs time and nothing else.

Workers reach Kafka and Redis over lines that the test makes ill. All of them are, or those of one of
two workers while the other lives: it is fenced, and what it said meanwhile, which arrives when the
line heals, is not heard any more. Each time the workers say what they see."""
import os
import re
import sys
import time
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.heard import Heard  # noqa: E402
from flowlib.market import MINUTE_MS  # noqa: E402
from flowlib.network import DOWN, KINDS, UP, Network  # noqa: E402
from flowlib.trial import HEALED_S, Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

SLOTS = (1, 2)
LONG = bool(os.environ.get("SHORTFALL_LONG"))
ORDERS_BETWEEN = 200 if LONG else 60
WAY_S = 0.15        # one way: an answer comes 300 ms after its question
SESSION_S = 10 if LONG else 2  # of the group and of the transaction
SILENCE_S = 2.5 * SESSION_S
TEARS = 100 if LONG else 8  # of each line
PATIENCE_S = 60
LOST = "event=states_dropped|event=revoked .*lost=true"
# And it has partitions again: who is cut off while it still joins has none to lose.
LOST_AND_BACK = f"(?s)(?:{LOST}).*event=running"
TIMES = {"session.timeout.ms": SESSION_S * 1000, "heartbeat.interval.ms": 500,
         "transaction.timeout.ms": SESSION_S * 1000}


class Lines(unittest.TestCase):
    def setUp(self):
        self.network = None

    def with_network(self, trial):
        self.network = trial.enter_context(Network(trial.instance, len(SLOTS)))
        for kind in KINDS:
            for slot in SLOTS:
                trial.instance.add_to(f"{kind}-{slot}", TIMES)

    def test_an_ill_network_costs_time_and_nothing_else(self):
        with Trial(workers=len(SLOTS), prepare=self.with_network) as trial:
            with trial.market:
                trial.market.sell(ORDERS_BETWEEN)
                trial.market.tick()
                trial.settle()
                self.await_view(trial)
                for fault in (self.slow, self.torn, self.silent, self.silent_redis,
                              self.cut_off_and_heard, self.cut_off_unheard):
                    print(f"{len(trial.market.lines)} lines sold: {fault.__name__}",
                          file=sys.stderr, flush=True)
                    fault(trial)
                    trial.settle()
                    trial.answer()
            trial.live_on()
            self.assertEqual("", trial.verdict())

    def await_view(self, trial):
        """Redis has been written by both, so that what they say of it later is of the fault."""
        wait_until_nothing_is(lambda: [f"caseworker-{slot}" for slot in SLOTS
                                       if not re.search("event=redis_rebuilt|from=redis",
                                                        trial.instance.log_of("caseworker", slot))],
                              PATIENCE_S, "Redis is not written by")

    def slow(self, trial):
        said = [Heard(trial.instance, "caseworker", slot) for slot in SLOTS]
        for line in self.network.lines:
            line.delay(WAY_S)
        trial.market.sell(ORDERS_BETWEEN)
        trial.settle()
        self.heal()
        self.assertTrue(any("event=redis_stale" in heard.text for heard in said))

    def torn(self, trial):
        for line in self.network.lines:
            line.tear(TEARS)
        trial.market.sell(ORDERS_BETWEEN)
        wait_until_nothing_is(lambda: [f"line {number}" for number, line in
                                       enumerate(self.network.kafka.values()) if not line.torn],
                              PATIENCE_S, "answers are still to be torn")
        for line in self.network.lines:
            line.cut()
        trial.market.sell(ORDERS_BETWEEN)
        self.heal()

    def silent(self, trial):
        said = [Heard(trial.instance, kind, slot) for kind in KINDS for slot in SLOTS]
        trial.market.sell(ORDERS_BETWEEN)
        for line in self.network.kafka.values():
            line.swallow(UP, DOWN)
        self.outlast()
        self.heal()
        for heard in said:
            heard.await_words(LOST_AND_BACK, HEALED_S)

    def silent_redis(self, trial):
        said = [Heard(trial.instance, "caseworker", slot) for slot in SLOTS]
        for line in self.network.redis.values():
            line.swallow(UP, DOWN)
        trial.market.sell(ORDERS_BETWEEN)
        trial.market.tick(3 * MINUTE_MS)  # graces end, so that every partition has something to write
        trial.settle()
        self.heal()
        for heard in said:
            heard.await_words("event=redis_stale .*no answer in time", PATIENCE_S)
            heard.await_words("event=redis_rebuilt", PATIENCE_S)

    def cut_off_and_heard(self, trial):
        """Its questions arrive, the answers don't."""
        self.cut_off(trial, DOWN)

    def cut_off_unheard(self, trial):
        """Nothing that it says arrives before its line heals; then all of it does."""
        self.cut_off(trial, UP)

    def cut_off(self, trial, way):
        said = [Heard(trial.instance, kind, 1) for kind in KINDS]
        trial.market.sell(ORDERS_BETWEEN)
        self.network.kafka[1].swallow(way)
        trial.market.sell(ORDERS_BETWEEN)
        for kind in KINDS:
            trial.await_takeover(kind)
        self.heal()
        for heard in said:
            heard.await_words(LOST_AND_BACK, HEALED_S)

    def outlast(self):
        begin = time.monotonic()
        wait_until_nothing_is(lambda: [] if time.monotonic() - begin > SILENCE_S else ["silence"],
                              2 * SILENCE_S, "the silence lasts")

    def heal(self):
        for line in self.network.lines:
            line.heal()


if __name__ == "__main__":
    unittest.main()

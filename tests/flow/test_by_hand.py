#!/usr/bin/env python3
"""Offsets that an operator sets by hand, back and forward, in the middle of a sale.

Where it is harmless, all goes on. Where facts would be decided twice or left out, the worker says so
and does not go on; its words name the offset that is right, and with that one all goes on."""
import re
import sys
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.drain import Drain  # noqa: E402
from flowlib.heard import Heard  # noqa: E402
from flowlib.market import MINUTE_MS  # noqa: E402
from flowlib.topics import GROUPS  # noqa: E402
from flowlib.trial import HEALED_S, Trial  # noqa: E402

ORDERS_BETWEEN = 40
SAID_S = 60
KINDS = ("sequencer", "allocator", "caseworker")
# Those who are stopped are forgotten soon, so that the offsets may be set.
TIMES = {"session.timeout.ms": 1000, "heartbeat.interval.ms": 250}
RIGHT = re.compile(r"[Ss]et it to (\d+)")


def short_sessions(trial):
    for kind in KINDS:
        trial.instance.add_to(f"{kind}-1", TIMES)


class ByHand(unittest.TestCase):
    def test_offsets_set_by_hand_are_harmless_or_found_out(self):
        with Trial(workers=1, prepare=short_sessions) as trial:
            with trial.market:
                trial.market.sell(2 * ORDERS_BETWEEN)
                self.go_on(trial)
                for change in (self.sequencer_back, self.sequencer_forward,
                               self.allocator_back, self.allocator_forward,
                               self.shortages_back, self.shortages_forward,
                               self.decisions_back, self.decisions_forward, self.all_from_the_start):
                    print(f"{len(trial.market.lines)} lines sold: {change.__name__}",
                          file=sys.stderr, flush=True)
                    trial.market.sell(ORDERS_BETWEEN)
                    change(trial)
                self.go_on(trial)
            trial.live_on()
            self.assertEqual("", trial.verdict())

    def go_on(self, trial):
        """Graces end, so that buyers are told, and some of them answer."""
        trial.settle()
        trial.market.tick(3 * MINUTE_MS)
        trial.settle()
        trial.answer()
        trial.settle()

    # --- the sequencer keeps nothing: it is believed ---

    def sequencer_back(self, trial):
        trial.settle()
        trial.stop("sequencer")
        self.set_all(trial, "sequencer", GROUPS["shortfall-sequencer"], 0)
        trial.instance.start("sequencer")

    def sequencer_forward(self, trial):
        """What is left out is lost until the offsets are put back; then it is not."""
        trial.settle()
        trial.stop("sequencer")
        topics = GROUPS["shortfall-sequencer"]
        right = trial.offsets.committed("shortfall-sequencer")
        trial.market.sell(ORDERS_BETWEEN)
        trial.feeder.flush()
        trial.offsets.set_by_hand("shortfall-sequencer", trial.offsets.ends(topics))
        trial.instance.start("sequencer")
        trial.settle()
        trial.stop("sequencer")
        trial.offsets.set_by_hand("shortfall-sequencer", right)
        trial.instance.start("sequencer")

    # --- the allocator's state knows its place ---

    def allocator_back(self, trial):
        """Far enough: the last messages may have changed nothing, and then it is harmless."""
        self.found_out(trial, "allocator", "sku-event", lambda right, end: right // 2,
                       "allocator-state is of a place behind the committed offset")

    def allocator_forward(self, trial):
        self.found_out(trial, "allocator", "sku-event", lambda right, end: end,
                       "event=stopped .*sku-event partition . was set by hand")

    # --- the caseworker's offsets bear its mark ---

    def shortages_back(self, trial):
        self.found_out(trial, "caseworker", "shortage", lambda right, end: right - 1,
                       "event=stopped .*shortage partition . was set by hand")

    def shortages_forward(self, trial):
        self.found_out(trial, "caseworker", "shortage", lambda right, end: end,
                       "event=stopped .*shortage partition . was set by hand")

    def decisions_back(self, trial):
        self.found_out(trial, "caseworker", "buyer-decision", lambda right, end: right - 1,
                       "event=stopped .*buyer-decision partition . was set by hand")

    def decisions_forward(self, trial):
        self.found_out(trial, "caseworker", "buyer-decision", lambda right, end: end,
                       "event=stopped .*buyer-decision partition . was set by hand")

    def all_from_the_start(self, trial):
        trial.stop("caseworker")
        self.set_all(trial, "caseworker", GROUPS["shortfall-caseworker"], 0)
        said = Heard(trial.instance, "caseworker")
        trial.instance.start("caseworker")
        said.await_words("event=offset_set_by_hand .*topic=shortage", SAID_S)

    def set_all(self, trial, kind, topics, offset):
        trial.offsets.set_by_hand(f"shortfall-{kind}", {
            place: offset for place in trial.offsets.partitions(topics)})

    def found_out(self, trial, kind, topic, wrong, words):
        """One partition's offset is wrong; that of which the words speak is put right."""
        group = f"shortfall-{kind}"
        if kind == "caseworker":
            trial.market.tick(3 * MINUTE_MS)
        trial.settle()
        trial.stop(kind)
        committed = trial.offsets.committed(group)
        trial.market.sell(ORDERS_BETWEEN)
        trial.feeder.flush()
        if kind == "caseworker":
            trial.answer()
        others = {"shortfall-sequencer", "shortfall-allocator"} - {group}
        Drain(trial.instance, trial.offsets, sorted(others)).wait(HEALED_S)
        ends = trial.offsets.ends([topic])
        place = max(ends, key=lambda each: ends[each] - committed[each])
        self.assertGreater(ends[place], committed[place])
        trial.offsets.set_by_hand(group, {place: wrong(committed[place], ends[place])})
        said = Heard(trial.instance, kind)
        trial.instance.start(kind, wait=False)
        said.await_words(words, SAID_S)
        line = re.search(words + ".*", said.text)[0]
        self.assertIn(f"partition {place[1]}", line)
        right = int(RIGHT.search(line)[1])
        trial.stop(kind)
        trial.offsets.set_by_hand(group, {place: right})
        said = Heard(trial.instance, kind)
        trial.instance.start(kind)
        trial.settle()
        self.assertNotIn("event=stopped", said.text)


if __name__ == "__main__":
    unittest.main()

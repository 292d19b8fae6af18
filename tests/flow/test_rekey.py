#!/usr/bin/env python3
"""More partitions, in the middle of a sale: what docs/OPERATING.md tells people to do.

The shop sells more than it has, buyers have been told and some have chosen, refunds are asked for
and not answered, lines wait for their first level. Then all moves to topics with more partitions
while the shop goes on writing to the old ones; the move dies on the way and is done again. On the
new topics levels rise and fall, buyers answer what they were told before, refunds arrive that were
asked for before, and old orders come once more. In the end both prefixes' topics together must keep
every promise."""
import os
import subprocess
import sys
import time
import unittest
from contextlib import closing
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.collector import Collector  # noqa: E402
from flowlib.drain import Drain, unread  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.invariants import (Facts, check_all, final_states,  # noqa: E402
                                last_shortages, line_of, of_topic)
from flowlib.market import MARKETPLACE, MINUTE_MS, Market  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.poison import unexpected_letters  # noqa: E402
from flowlib.topics import DEAD_LETTERS, GROUPS, OUTPUTS  # noqa: E402
from flowlib.trial import HEALED_S, Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release"))
PREFIX = "b."
PARTITIONS = 7  # instead of 4
ORDERS = 200
KINDS = ("sequencer", "allocator", "caseworker")
MOVED_HEADER = "shortfall-moved"  # on what was carried over
TOOL_S = 60
MISCONFIGURED = 78
UNKNOWN_SKUS = [f"U-{number}" for number in range(12)]  # without a level before the move
# Where the command dies: a point of its writing, and how often it is passed before.
HALF_WRITTEN = ("records-sent", 0)
WRITTEN_BUT_FOR_THE_END = ("transaction-committed", 0)
JUST_BEFORE_THE_END = ("records-sent", 1)
JUST_AFTER_THE_END = ("transaction-committed", 1)


class RememberingFeeder(Feeder):
    """Keeps the orders, so that they can come again."""

    def __init__(self, bootstrap, schemas):
        super().__init__(bootstrap, schemas)
        self.orders = []

    def send(self, topic, record, time_ms, partition=-1):
        if topic == "order-paid":
            self.orders.append((record, time_ms))
        super().send(topic, record, time_ms, partition)


class BothPrefixes:
    """All that came out, of the old topics first. What was carried over came out before."""

    def __init__(self, old, new):
        self._old, self._new = old, new

    def collect(self):
        return self._old.collect() + [record for record in self._new.collect()
                                      if MOVED_HEADER not in record.headers]


class MovingTrial(Trial):
    def __init__(self):
        super().__init__(workers=1)
        self.feeder = RememberingFeeder(self.instance.bootstrap, self.schemas)
        self.market = Market(self.feeder)
        self.callback(os.environ.pop, "SHORTFALL_TOPIC_PREFIX", None)
        self.callback(os.environ.pop, "SHORTFALL_REDIS_PREFIX", None)

    def tool(self, *words, program=BUILD / "workers/shortfall/shortfall", **environment):
        return subprocess.run([program, *words, "--bootstrap", self.instance.bootstrap],
                              cwd=ROOT, env={**os.environ, **environment}, timeout=TOOL_S,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)

    def rekey(self, *words, **more):
        return self.tool("topics", "rekey", "--to-prefix", PREFIX, *words, **more)

    def rekey_dying(self, point):
        """Dies at the point; true if it did."""
        struck = self.instance.state / "crash-rekey"
        struck.write_text(f"{point[0]} KILL {point[1]}\n")
        done = self.rekey(program=BUILD / "tests/crash/crashing-shortfall",
                          CRASH_POINT_FILE=str(struck))
        struck.unlink(missing_ok=True)
        return done.returncode == -9

    def worker(self, kind, prefix):
        """A worker apart from the instance's own, until it ends by itself."""
        return subprocess.run([BUILD / f"workers/{kind}/shortfall-{kind}", "--config",
                               self.instance.state / f"conf/{kind}-1.conf", "--http.listen", "off",
                               "--topic.prefix", prefix],
                              cwd=ROOT, timeout=TOOL_S, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)

    def stop(self, kind):
        self.instance.kill(kind, 1, "TERM")

    def drain(self, kind):
        Drain(self.instance, self.offsets, [f"shortfall-{kind}"]).wait(HEALED_S)

    def drain_shortages(self):
        ends = self.offsets.ends(["shortage"])
        wait_until_nothing_is(
            lambda: unread(ends, {"shortfall-caseworker": {
                place: offset for place, offset in
                self.offsets.committed("shortfall-caseworker").items() if place in ends}}),
            HEALED_S, "the caseworker does not read the shortages")

    def go_over(self):
        """Everyone works with the new topics from here on."""
        self.feeder.flush()
        self.feeder.prefix = PREFIX
        self.offsets = self.enter_context(closing(Offsets(self.instance.bootstrap, PREFIX)))
        self.collector = BothPrefixes(self.collector, self.enter_context(closing(Collector(
            self.instance.bootstrap, self.schemas, self.offsets,
            OUTPUTS + DEAD_LETTERS + ["sku-event"]))))
        os.environ["SHORTFALL_TOPIC_PREFIX"] = PREFIX
        os.environ["SHORTFALL_REDIS_PREFIX"] = PREFIX

    def committed(self):
        return {group: (self.offsets.committed(group), self.offsets.metadata(group))
                for group in GROUPS}


class Rekey(unittest.TestCase):
    def test_a_sale_goes_on_with_more_partitions(self):
        with MovingTrial() as trial:
            with trial.market:
                self.sell_until_all_is_under_way(trial)
                self.stop_in_order(trial)
                self.move(trial)
                self.go_on(trial)
                trial.market.sell(ORDERS)
            trial.settle()
            self.say(trial,"settled")
            trial.live_on()
            self.say(trial,"lived")
            self.assertEqual("", verdict(trial))

    def say(self, trial, what):
        print(f"{time.strftime('%X')}: {len(trial.market.lines)} lines sold: {what}", file=sys.stderr, flush=True)

    # --- before ---

    def sell_until_all_is_under_way(self, trial):
        for _ in range(2):
            trial.market.sell(2 * ORDERS)
            trial.market.tick(3 * MINUTE_MS)
            trial.settle()
            trial.answer()
        self.order_what_has_no_level(trial)
        trial.market.sell(ORDERS)
        trial.market.tick(3 * MINUTE_MS)
        trial.settle()
        trial.market.sell(ORDERS)
        trial.settle()
        states = set(final_states(trial.collector.collect()).values())
        self.assertLessEqual({"CONFIRMING", "AWAITING_DECISION", "WAITING_RESTOCK", "REFUNDING",
                              "RECOVERED"}, states)

    def order_what_has_no_level(self, trial):
        for number, sku in enumerate(UNKNOWN_SKUS):
            line = {"line_no": 1, "sku": sku, "quantity": 2, "paid_minor": 5000}
            order = f"UO-{number}"
            trial.feeder.send("order-paid", {
                "order_id": order, "marketplace": MARKETPLACE, "seller_id": "s1",
                "buyer_id": "b1", "locale": "zh-CN", "currency": "CNY",
                "paid_at": trial.market.now_ms, "lines": [line]}, trial.market.now_ms)
            trial.market.lines[order, 1] = line

    # --- the procedure ---

    def stop_in_order(self, trial):
        """Each kind has read what the one before it wrote; the shop goes on writing all the while.
        First in the wrong order, which is noticed."""
        self.say(trial, "stopping")
        trial.stop("caseworker")
        trial.market.sell(ORDERS)
        trial.stop("sequencer")
        trial.drain("allocator")
        trial.stop("allocator")
        self.create_topics(trial)
        early = trial.rekey()
        self.assertEqual(1, early.returncode, early.stdout)
        self.assertRegex(early.stdout, "group shortfall-caseworker has not read shortage partition")
        trial.instance.start("caseworker")
        trial.drain_shortages()
        trial.stop("caseworker")
        trial.market.sell(ORDERS)

    def create_topics(self, trial):
        made = trial.tool("topics", "create", "--topic.prefix", PREFIX, "--partitions",
                          str(PARTITIONS))
        self.assertEqual(0, made.returncode, made.stdout)

    def move(self, trial):
        self.say(trial, "moving")
        committed = trial.committed()
        self.say(trial, "c0")
        self.assertTrue(trial.rekey_dying(HALF_WRITTEN))
        self.say(trial, "d1")
        self.assertTrue(trial.rekey_dying(WRITTEN_BUT_FOR_THE_END))
        self.say(trial, "d2")
        self.assertEqual(committed, trial.committed())
        for kind in ("allocator", "caseworker"):
            self.refused(trial.worker(kind, PREFIX), "has not come to its end")
        self.assertTrue(trial.rekey_dying(JUST_BEFORE_THE_END))
        self.say(trial, "d3")
        looked = trial.rekey("--check")  # which ends the dead one's transaction
        self.assertEqual(0, looked.returncode, looked.stdout)
        self.assertIn("an earlier move was begun", looked.stdout)
        self.assertEqual(committed, trial.committed())
        self.assertTrue(trial.rekey_dying(JUST_AFTER_THE_END))
        self.say(trial, "d4")
        again = trial.rekey()
        self.assertEqual(1, again.returncode, again.stdout)
        self.assertIn("was moved to the topics with the prefix 'b.' already", again.stdout)
        for kind in KINDS:
            self.refused(trial.worker(kind, ""), "all of it was moved")

    def refused(self, done, words):
        self.assertEqual(MISCONFIGURED, done.returncode, done.stdout)
        self.assertIn(words, done.stdout)

    def go_on(self, trial):
        """Some still write to the old inputs: what they write is carried over."""
        trial.answer()
        trial.go_over()
        trial.market.sell(ORDERS)
        self.forward(trial, expected=True)
        self.forward(trial, expected=False)
        for kind in KINDS:
            trial.instance.start(kind)
        self.say(trial, "on the new topics")
        self.send_old_orders_again(trial)
        for number, sku in enumerate(UNKNOWN_SKUS):
            trial.market.levels[sku] = {"sku": sku, "on_hand": number % 4}
            trial.feeder.send("stock-level", {
                "sku": sku, "warehouse_id": "w1", "on_hand": number % 4, "version": 1,
                "counted_at": trial.market.now_ms}, trial.market.now_ms)
        trial.feeder.flush()

    def forward(self, trial, expected):
        done = trial.tool("topics", "forward", SHORTFALL_TOPIC_PREFIX="")
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertEqual(expected, not done.stdout.startswith("0 records"), done.stdout)

    def send_old_orders_again(self, trial):
        for order, time_ms in trial.feeder.orders[:3 * ORDERS:2]:
            Feeder.send(trial.feeder, "order-paid", order, time_ms)


# --- judging ---

def verdict(trial):
    records = trial.collector.collect()
    facts = Facts(of_topic(records, "sku-event"))
    found = check_all(records, trial.market.lines, facts)
    found["nothing good is a dead letter"] = unexpected_letters([], records)
    found["no worker ends but to be started again"] = trial.supervisor.problems
    found["revisions grow for ever"] = shrinking(records)
    found["the lines without a level were judged at the first"] = unjudged(records)
    return "\n".join(f"NOT SO: {name} ({len(problems)} times)\n  " + "\n  ".join(problems[:8])
                     for name, problems in found.items() if problems)


def shrinking(records):
    newest, problems = {}, []
    for record in of_topic(records, "shortage"):
        line, revision = line_of(record.body), record.body["revision"]
        if revision <= newest.get(line, -1):
            problems.append(f"{line}: {revision} after {newest[line]}")
        newest[line] = revision
    return problems


def unjudged(records):
    short = {line[0] for line in last_shortages(records)}
    return [f"UO-{number}" for number in range(len(UNKNOWN_SKUS))
            if (f"UO-{number}" in short) != (number % 4 < 2)]


if __name__ == "__main__":
    unittest.main()

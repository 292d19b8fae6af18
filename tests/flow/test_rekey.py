#!/usr/bin/env python3
"""More partitions, in the middle of a sale: what docs/OPERATING.md tells people to do.

The shop sells more than it has, buyers have been told and some have chosen, refunds are asked for
and not answered, lines wait for their first level. Then all moves to topics with more partitions
while the shop goes on writing to the old ones; the move dies on the way, again and again. On the new
topics levels rise and fall, buyers answer what they were told before, refunds arrive that were asked
for before, and old orders come once more. In the end both prefixes' topics together must keep every
promise."""
import os
import signal
import subprocess
import sys
import unittest
from collections import Counter
from contextlib import closing
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from confluent_kafka import Consumer, TopicPartition  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.drain import Drain, unread  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.invariants import (Facts, check_all, final_states,  # noqa: E402
                                last_shortages, line_of, of_topic)
from flowlib.market import (DAY_MS, HOUR_MS, MARKETPLACE, MINUTE_MS,  # noqa: E402
                            Market)
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.poison import unexpected_letters  # noqa: E402
from flowlib.topics import DEAD_LETTERS, GROUPS, OUTPUTS, TABLES  # noqa: E402
from flowlib.trial import HEALED_S, Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release"))
CRASHING = BUILD / "tests/crash/crashing-shortfall"
PREFIX = "b."
PARTITIONS = 7  # instead of 4
ORDERS = 80
RESTOCK_AT = DAY_MS - HOUR_MS  # a little before the date for which buyers wait
KINDS = ("sequencer", "allocator", "caseworker")
CARRIED = ["order-paid", "stock-level", "order-closed"]
MOVED_HEADER = "shortfall-moved"  # on what was carried over
TOOL_S = 60
SHORTEST_SESSION = ["-X", "session.timeout.ms=6000"]  # that a broker allows
MISCONFIGURED = 78
KILLED = -9
UNKNOWN_SKUS = [f"U-{number}" for number in range(12)]  # without a level before the move
STEPS_MS = [HOUR_MS, DAY_MS, DAY_MS + HOUR_MS, RESTOCK_AT, 2 * DAY_MS, 5 * DAY_MS]
# Where a command dies: a point of its writing, and how often it is passed before.
HALF_WRITTEN = ("records-sent", 0)
WRITTEN_ONCE = ("transaction-committed", 0)
JUST_BEFORE_THE_END = ("records-sent", 1)
JUST_AFTER_THE_END = ("transaction-committed", 1)
# As a move leaves them that was begun from a state which has changed since: lines that lie in other
# chunks by now, and a case that is gone.
STRAYS = {"allocator-state": b"lines/77777777/0//",
          "case-state": b"00000000-0000-0000-0000-000000000000"}


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
        self.old_offsets = self.offsets
        for name in ("SHORTFALL_TOPIC_PREFIX", "SHORTFALL_REDIS_PREFIX"):
            self.callback(os.environ.pop, name, None)

    def live_on(self, between=None):
        """A few large steps are enough: every case gets past the deadlines it had when it moved."""
        for later_ms in STEPS_MS:
            self.market.tick(later_ms)
            if later_ms == RESTOCK_AT:
                self.market.restock()
            self.settle()
            while self.answer():
                self.settle()

    # --- programs ---

    def tool(self, *words, program=BUILD / "workers/shortfall/shortfall", **environment):
        return subprocess.run([program, *words, "--bootstrap", self.instance.bootstrap],
                              cwd=ROOT, env={**os.environ, **environment}, timeout=TOOL_S,
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)

    def rekey(self, *words):
        return self.tool("topics", "rekey", "--to-prefix", PREFIX, *words)

    def die(self, point, *words):
        """The command with these words dies at the point; true if it did."""
        strike = self.instance.state / "strike"
        strike.write_text(f"{point[0]} KILL {point[1]}\n")
        done = self.tool("topics", *words, program=CRASHING,
                         SHORTFALL_TOPIC_PREFIX="", CRASH_POINT_FILE=str(strike))
        strike.unlink(missing_ok=True)
        return done.returncode == KILLED

    def move_while_an_allocator_works(self):
        """The move sleeps half-way, and meanwhile an old allocator commits. Gives how it ends."""
        strike = self.instance.state / "strike"
        strike.write_text(f"{WRITTEN_ONCE[0]} STOP {WRITTEN_ONCE[1]}\n")
        with subprocess.Popen([CRASHING, "topics", "rekey", "--to-prefix", PREFIX, "--bootstrap",
                               self.instance.bootstrap], cwd=ROOT, text=True,
                              env={**os.environ, "CRASH_POINT_FILE": str(strike)},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as move:
            try:
                wait_until_nothing_is(lambda: ["it runs"] if strike.exists() else [], TOOL_S,
                                      "the move does not come to its middle")
                os.waitid(os.P_PID, move.pid, os.WSTOPPED)
                self.commit_as_an_allocator()
                move.send_signal(signal.SIGCONT)
                return move.wait(TOOL_S), move.stdout.read()
            finally:
                move.kill()

    def commit_as_an_allocator(self):
        group = "shortfall-allocator"
        offset = self.offsets.committed(group)["sku-event", 0]
        with closing(Consumer({"bootstrap.servers": self.instance.bootstrap, "group.id": group,
                               "enable.auto.commit": False})) as consumer:
            consumer.commit(offsets=[TopicPartition("sku-event", 0, offset)], asynchronous=False)

    def ends_of(self, kinds, prefix):
        """(exit status, words) of workers apart from the instance's own, which end by themselves.
        They stay in their groups for a session."""
        workers = [subprocess.Popen(
            [BUILD / f"workers/{kind}/shortfall-{kind}", "--config",
             self.instance.state / f"conf/{kind}-1.conf", "--http.listen", "off",
             "--topic.prefix", prefix, *SHORTEST_SESSION], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for kind in kinds]
        try:
            return [(worker.wait(TOOL_S), worker.stdout.read()) for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
                worker.stdout.close()

    def stop(self, kind):
        self.instance.kill(kind, 1, "TERM")

    # --- what there is ---

    def records_of(self, offsets, topics):
        with closing(Collector(self.instance.bootstrap, self.schemas, offsets,
                               topics)) as collector:
            return collector.collect()

    def new_offsets(self):
        return closing(Offsets(self.instance.bootstrap, PREFIX))

    def committed(self):
        return {group: self.offsets.committed(group) for group in GROUPS}

    def drain(self, kind, topic):
        """Until the workers of the kind have read the topic as it is now."""
        group = f"shortfall-{kind}"
        ends = self.offsets.ends([topic])

        def missing():
            committed = {place: offset for place, offset in self.offsets.committed(group).items()
                         if place in ends}
            return unread(ends, {group: committed})

        wait_until_nothing_is(missing, HEALED_S, f"the {kind} does not read {topic}")

    # --- the hands ---

    def leave_strays(self):
        with self.new_offsets() as offsets:
            for topic, key in STRAYS.items():
                record = next(record for record in self.records_of(offsets, [topic])
                              if record.key.startswith(b"lines/") or len(record.key) == len(key))
                self.feeder.send_bytes(PREFIX + topic, key, record.value,
                                       partition=record.partition)
        self.feeder.flush()

    def go_over(self):
        """Everyone works with the new topics from here on."""
        self.feeder.flush()
        self.feeder.prefix = PREFIX
        self.offsets = self.enter_context(self.new_offsets())
        self.collector = BothPrefixes(self.collector, self.enter_context(closing(Collector(
            self.instance.bootstrap, self.schemas, self.offsets,
            OUTPUTS + DEAD_LETTERS + ["sku-event"]))))
        os.environ["SHORTFALL_TOPIC_PREFIX"] = PREFIX
        os.environ["SHORTFALL_REDIS_PREFIX"] = PREFIX

    def order_what_has_no_level(self):
        for number, sku in enumerate(UNKNOWN_SKUS):
            line = {"line_no": 1, "sku": sku, "quantity": 2, "paid_minor": 5000}
            self.feeder.send("order-paid", {
                "order_id": f"UO-{number}", "marketplace": MARKETPLACE, "seller_id": "s1",
                "buyer_id": "b1", "locale": "zh-CN", "currency": "CNY",
                "paid_at": self.market.now_ms, "lines": [line]}, self.market.now_ms)
            self.market.lines[f"UO-{number}", 1] = line

    def count_what_had_no_level(self):
        for number, sku in enumerate(UNKNOWN_SKUS):
            self.feeder.send("stock-level", {
                "sku": sku, "warehouse_id": "w1", "on_hand": number % 4, "version": 1,
                "counted_at": self.market.now_ms}, self.market.now_ms)

    def order_again(self):
        for order, time_ms in self.feeder.orders[:5 * ORDERS:2]:
            Feeder.send(self.feeder, "order-paid", order, time_ms)


class Rekey(unittest.TestCase):
    def test_a_sale_goes_on_with_more_partitions(self):
        with MovingTrial() as trial:
            with trial.market:
                self.sell_until_all_is_under_way(trial)
                self.stop(trial)
                self.move(trial)
                self.go_on(trial)
                trial.market.sell(ORDERS)
                self.carry_a_straggler(trial)
                self.restart(trial)
                trial.market.sell(ORDERS)
            trial.settle()
            trial.live_on()
            self.assertEqual("", verdict(trial, self.before))

    def say(self, trial, what):
        print(f"{len(trial.market.lines)} lines sold: {what}", file=sys.stderr, flush=True)

    def sell_until_all_is_under_way(self, trial):
        for _ in range(2):
            trial.market.sell(3 * ORDERS)
            trial.market.tick(3 * MINUTE_MS)
            trial.settle()
            trial.answer()
        trial.order_what_has_no_level()
        trial.market.sell(ORDERS)
        trial.market.tick(3 * MINUTE_MS)
        trial.market.sell(ORDERS)
        trial.settle()
        states = set(final_states(trial.collector.collect()).values())
        self.assertLessEqual({"CONFIRMING", "AWAITING_DECISION", "WAITING_RESTOCK", "REFUNDING",
                              "RECOVERED"}, states)

    def stop(self, trial):
        """Each kind reads to its end what the one before it wrote, while the shop goes on writing.
        First the wrong way, which is noticed."""
        self.say(trial, "stopping")
        trial.stop("caseworker")
        trial.market.sell(ORDERS)
        trial.drain("sequencer", "order-paid")
        trial.stop("sequencer")
        Drain(trial.instance, trial.offsets, ["shortfall-allocator"]).wait(HEALED_S)
        trial.stop("allocator")
        made = trial.tool("topics", "create", "--topic.prefix", PREFIX, "--partitions",
                          str(PARTITIONS))
        self.assertEqual(0, made.returncode, made.stdout)
        early = trial.rekey()
        self.assertEqual(1, early.returncode, early.stdout)
        self.assertRegex(early.stdout, "group shortfall-caseworker has not read shortage partition")
        trial.instance.start("caseworker")
        trial.drain("caseworker", "shortage")
        trial.stop("caseworker")
        trial.market.sell(ORDERS)

    def move(self, trial):
        self.say(trial, "moving")
        self.before = trial.committed()
        self.assertTrue(trial.die(HALF_WRITTEN, "rekey", "--to-prefix", PREFIX))
        status, said = trial.move_while_an_allocator_works()
        self.assertEqual(1, status, said)
        self.assertIn("has worked since this began", said)
        self.all_refuse(trial, ("allocator", "caseworker"), PREFIX, "has not come to its end")
        trial.leave_strays()
        self.assertTrue(trial.die(JUST_BEFORE_THE_END, "rekey", "--to-prefix", PREFIX))
        looked = trial.rekey("--check")  # which ends the dead one's transaction
        self.assertEqual(0, looked.returncode, looked.stdout)
        self.assertIn("an earlier move was begun", looked.stdout)
        self.assertEqual(self.before, trial.committed())
        self.assertTrue(trial.die(JUST_AFTER_THE_END, "rekey", "--to-prefix", PREFIX))
        back = trial.rekey("--back")
        self.assertEqual(0, back.returncode, back.stdout)
        self.assertIn("an earlier move was begun", trial.rekey("--check").stdout)
        moved = trial.rekey()
        self.assertEqual(0, moved.returncode, moved.stdout)
        self.assertRegex(moved.stdout, r"moved \d+ cases: 4 partitions -> 7")
        self.assertRegex(moved.stdout, r"carried over order-paid: \d+")
        again = trial.rekey()
        self.assertEqual(1, again.returncode, again.stdout)
        self.assertIn("was moved to the topics with the prefix 'b.' already", again.stdout)
        self.all_refuse(trial, KINDS, "", "all of it was moved")

    def all_refuse(self, trial, kinds, prefix, words):
        for status, said in trial.ends_of(kinds, prefix):
            self.assertEqual(MISCONFIGURED, status, said)
            self.assertIn(words, said)

    def go_on(self, trial):
        """Some still write to the old inputs: what they write is carried over."""
        trial.answer()
        trial.go_over()
        trial.market.sell(ORDERS)
        self.assertTrue(trial.die(WRITTEN_ONCE, "forward"))
        self.forward(trial, anything=True)
        self.forward(trial, anything=False)
        for kind in KINDS:
            trial.instance.start(kind)
        self.say(trial, "on the new topics")
        trial.order_again()
        trial.count_what_had_no_level()
        trial.feeder.flush()

    def carry_a_straggler(self, trial):
        """Somebody who writes to the old topics still, while the carrying over runs on."""
        order, time_ms = trial.feeder.orders[0]
        late = Feeder(trial.instance.bootstrap, trial.schemas)
        with subprocess.Popen([BUILD / "workers/shortfall/shortfall", "topics", "forward", "--follow",
                               "--topic.prefix", "", "--bootstrap", trial.instance.bootstrap],
                              cwd=ROOT, stdout=subprocess.DEVNULL) as follow:
            try:
                late.send("order-paid", order, time_ms)
                late.flush()
                wait_until_nothing_is(lambda: miscarried(trial, self.before), TOOL_S,
                                      "what a straggler writes is not carried over")
                follow.terminate()
                self.assertEqual(0, follow.wait(TOOL_S))
            finally:
                follow.kill()

    def restart(self, trial):
        """What was moved is restored like any other state, also after it has gone on."""
        Drain(trial.instance, trial.offsets).wait(HEALED_S)
        for kind in ("allocator", "caseworker"):
            trial.instance.kill(kind)
            trial.instance.start(kind)
        [event, *_] = trial.records_of(trial.offsets, ["case-event"])  # of the new topics
        told = trial.tool("case", event.body["order_id"])
        self.assertEqual(0, told.returncode, told.stdout)
        back = trial.tool("topics", "rekey", "--back", "--to-prefix", PREFIX,
                          SHORTFALL_TOPIC_PREFIX="")
        self.assertEqual(1, back.returncode, back.stdout)

    def forward(self, trial, anything):
        done = trial.tool("topics", "forward", SHORTFALL_TOPIC_PREFIX="")
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertEqual(anything, not done.stdout.startswith("0 records"), done.stdout)


# --- judging ---

def verdict(trial, before):
    records = trial.collector.collect()
    print(f"{len(trial.market.lines)} lines paid; came out: "
          f"{dict(Counter(record.topic for record in records))}", file=sys.stderr)
    found = check_all(records, trial.market.lines, Facts(of_topic(records, "sku-event")))
    found["nothing good is a dead letter"] = unexpected_letters([], records)
    found["no worker ends but to be started again"] = trial.supervisor.problems
    found["revisions grow for ever"] = shrinking(records)
    found["lines without a level are judged at the first"] = unjudged(records)
    found["each unread fact is carried over once"] = miscarried(trial, before)
    found["what caseworkers read whole is in the new topics"] = forgotten(trial)
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
    short = {order for order, _ in last_shortages(records)}
    return [f"UO-{number}" for number in range(len(UNKNOWN_SKUS))
            if (f"UO-{number}" in short) != (number % 4 < 2)]


def miscarried(trial, before):
    """The inputs have no transactions, so that offsets count records."""
    committed = before["shortfall-sequencer"]
    expected, found = Counter(), Counter()
    for place, end in trial.old_offsets.ends(CARRIED).items():
        expected[place[0]] += end - max(committed[place], 0)
    for record in trial.records_of(trial.offsets, CARRIED):
        found[record.topic] += MOVED_HEADER in record.headers
    return [f"{topic}: {found[topic]} of {expected[topic]}" for topic in CARRIED
            if found[topic] != expected[topic]]


def forgotten(trial):
    def newest(*sides):
        return {(record.topic, record.key): record.body for offsets in sides
                for record in trial.records_of(offsets, TABLES)}

    there = newest(trial.offsets)
    return [f"{topic} {key}: {there.get((topic, key))} instead of {body}"
            for (topic, key), body in newest(trial.old_offsets, trial.offsets).items()
            if there.get((topic, key)) != body]


if __name__ == "__main__":
    unittest.main()

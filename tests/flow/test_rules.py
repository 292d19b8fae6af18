#!/usr/bin/env python3
"""The rules of allocation are flipped, and who can't go by them stops and says so."""
import contextlib
import os
import re
import subprocess
import sys
import time
import unittest
from contextlib import ExitStack, closing

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.avro import Schemas  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.drain import Drain  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

POLICIES = ROOT / "tests/data/acceptance/policies"
PARTITIONS = 4
PATIENCE_S = 60
DONE, NOT_SO, MISUSE = 0, 1, 64
SKUS = [f"R-{number}" for number in range(6)]  # some in every partition
UNKNOWN = 99


class Rules(unittest.TestCase):
    """One story; each test method would need an instance of its own."""

    def setUp(self):
        self.stack = self.enterContext(ExitStack())
        self.instance = self.stack.enter_context(
            Instance("wall", POLICIES, partitions=PARTITIONS, with_workers=False))
        self.schemas = Schemas(self.instance.schemas)
        self.feeder = Feeder(self.instance.bootstrap, self.schemas)
        self.offsets = self.stack.enter_context(closing(Offsets(self.instance.bootstrap)))
        self.drain = Drain(self.instance, self.offsets, ["shortfall-sequencer",
                                                         "shortfall-allocator"])
        self.collector = self.stack.enter_context(closing(Collector(
            self.instance.bootstrap, self.schemas, self.offsets, ["shortage", "sku-event"])))
        self.orders = 0

    def test_a_flip_from_the_command_to_the_last_partition(self):
        self.a_flip_waits_for_the_first_allocator()
        self.assertEqual({number: "1" for number in range(PARTITIONS)}, self.in_force())
        self.refuses_what_it_does_not_know()
        for sku in SKUS:
            self.count(sku, 3, 1)
        self.sell_large_then_small()
        self.assertEqual(["UNFILLABLE"] * len(SKUS), self.kinds(5))
        self.assertEqual([], self.kinds(2))

        self.use("2")
        self.await_in_force("2")
        self.assertEqual([3] * PARTITIONS, self.flips())
        self.asking_again_writes_nothing()
        self.sell_large_then_small()
        self.assertEqual(["UNFILLABLE"] * len(SKUS), self.kinds(2))

        self.a_flip_waits_for_an_allocator_that_is_away()
        self.assertEqual([4] * PARTITIONS, self.flips())
        self.assertEqual([], self.instance.died())

        self.who_does_not_say_is_not_overruled()
        self.who_does_not_know_stops_and_says_so()

    def a_flip_waits_for_the_first_allocator(self):
        self.assertEqual({number: "1" for number in range(PARTITIONS)}, self.shown())
        self.assertIn("no allocator runs", self.use("2"))
        self.assert_pending("1", "2")
        for kind in ("sequencer", "allocator"):
            self.instance.start(kind)
        self.await_in_force("2")
        self.use("1")
        self.await_in_force("1")

    def refuses_what_it_does_not_know(self):
        ends = self.log_ends()
        for word in ("3", "0", "two", "2x"):
            code, words = self.operator("rules", "use", word)
            self.assertEqual(MISUSE, code, words)
            self.assertIn(f"this release knows the rules 1 to 2, not '{word}'", words)
        self.assertEqual(ends, self.log_ends())

    def asking_again_writes_nothing(self):
        ends = self.log_ends()
        self.assertIn("nothing was written", self.use("2"))
        self.assertEqual(ends, self.log_ends())

    def a_flip_waits_for_an_allocator_that_is_away(self):
        self.instance.kill("allocator", 1, "TERM")
        self.use("1")
        self.assert_pending("2", "1")
        self.instance.start("allocator")
        self.await_in_force("1")

    def assert_pending(self, in_force, asked):
        code, words = self.operator("rules", "show")
        self.assertEqual(NOT_SO, code)
        pending = re.findall(rf"rules {in_force}, pending: {asked} from offset \d+ on", words)
        self.assertEqual(PARTITIONS, len(pending), words)

    def who_does_not_say_is_not_overruled(self):
        """An allocator of a release that says nothing of rules knows the first ones."""
        with self.another_allocator("-X", "client.id=mute"):
            wait_until_nothing_is(lambda: [] if "mute at" in self.operator("rules", "show")[1] else
                                  ["mute"], PATIENCE_S, "an allocator is not shown")
            ends = self.log_ends()
            code, words = self.operator("rules", "use", "2")
            self.assertEqual(NOT_SO, code)
            self.assertRegex(words, "mute at .* does not say which rules it knows")
            self.assertIn("nothing was written", words)
            self.assertEqual(ends, self.log_ends())
            self.assertIn("from here on", self.use("2", "--unasked"))
            self.await_in_force("2")
            self.use("1")  # which all know
            self.await_in_force("1")

    @contextlib.contextmanager
    def another_allocator(self, *options):
        build = os.environ.get("SHORTFALL_BUILD", ROOT / "build/release")
        log = self.instance.state / "another.log"
        with open(log, "w", encoding="utf-8") as out, subprocess.Popen(
                [f"{build}/workers/allocator/shortfall-allocator", "--bootstrap",
                 self.instance.bootstrap, "--slot", "7", "--schema.dir", self.instance.schemas,
                 "--http.listen", "off", *options], stderr=out) as worker:
            try:
                yield
            finally:
                worker.terminate()
            self.assertEqual(0, worker.wait(PATIENCE_S), log.read_text())

    def who_does_not_know_stops_and_says_so(self):
        value = self.schemas.encode("sku-event", {"log": 0, "facts": [
            {"kind": "RULES", "sku": "", "at": 0, "rules": UNKNOWN, "source_topic": "",
             "source_partition": -1, "source_offset": -1}]})
        self.feeder.send_bytes("sku-event", None, value, partition=0)
        self.feeder.flush()
        words = (f"the log asks for allocation rules {UNKNOWN} from here on, this version knows 2: "
                 "upgrade")
        for times in (1, 2):
            wait_until_nothing_is(lambda: [] if self.instance.died() else ["it lives"], PATIENCE_S,
                                  "rules that nobody knows are gone by")
            self.assertEqual([("allocator", 1)], self.instance.died())
            said = [line for line in self.instance.log_of("allocator", 1).splitlines()
                    if words in line and "event=stopped" in line]
            self.assertEqual(times, len(said))
            self.assertIn("exit=1", said[-1])
            self.instance.start("allocator", wait=False)

    # --- the shop ---

    def count(self, sku, on_hand, version):
        self.feeder.send("stock-level", {"sku": sku, "warehouse_id": "w1", "on_hand": on_hand,
                                         "version": version, "counted_at": now_ms()}, 0)
        self.feeder.flush()
        self.drain.wait()

    def sell_large_then_small(self):
        """5 are more than there are; 2 would fit."""
        for quantity in (5, 2):
            for sku in SKUS:
                self.orders += 1
                self.feeder.send("order-paid", {
                    "order_id": f"RO-{self.orders}", "marketplace": "accept-taobao",
                    "seller_id": "s1", "buyer_id": "b1", "locale": "en", "currency": "CNY",
                    "paid_at": now_ms(), "lines": [{"line_no": 1, "sku": sku, "quantity": quantity,
                                                    "paid_minor": 100}]}, 0)
            self.feeder.flush()
            self.drain.wait()

    # --- what is to be seen ---

    def kinds(self, quantity):
        return [record.body["kind"] for record in self.collector.collect()
                if record.topic == "shortage" and record.body["quantity"] == quantity]

    def flips(self):
        """How many of them each partition has."""
        counts = [0] * PARTITIONS
        for record in self.collector.collect():
            if record.topic == "sku-event":
                counts[record.partition] += sum(fact["kind"] == "RULES"
                                                for fact in record.body["facts"])
        return counts

    def log_ends(self):
        return self.offsets.ends(["sku-event"])

    def in_force(self):
        words = self.operator("rules", "show")[1]
        self.assertRegex(words, r"shortfall-allocator-1;version=\S+;rules=2 at \S+ knows up to 2")
        return self.shown()

    def shown(self):
        code, words = self.operator("rules", "show")
        self.assertEqual(DONE, code, words)
        return {int(number): version for number, version in
                re.findall(r"^partition (\d+): rules (\d+)$", words, re.M)}

    def await_in_force(self, version):
        settled = "".join(f"partition {number}: rules {version}\n" for number in range(PARTITIONS))

        def missing():
            code, words = self.operator("rules", "show")
            return [] if code == DONE and words.startswith(settled) else words.splitlines()

        wait_until_nothing_is(missing, PATIENCE_S, f"the rules {version} do not come into force")

    def use(self, version, *options):
        code, words = self.operator("rules", "use", version, *options)
        self.assertEqual(DONE, code, words)
        return words

    def operator(self, *words):
        done = subprocess.run(
            [self.instance.build / "workers/shortfall/shortfall", *words, "--bootstrap",
             self.instance.bootstrap, "--schemas", self.instance.schemas],
            stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False)
        return done.returncode, done.stdout


def now_ms():
    return round(time.time() * 1000)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

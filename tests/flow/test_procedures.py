#!/usr/bin/env python3
"""What docs/OPERATING.md tells people to do, done in the middle of a sale: workers come and go, an
upgrade and the way back, other rules of allocation and the way back, a changed policy, a first load of
old open orders, a Redis that is emptied.
Nothing is lost or doubled by it."""
import re
import shutil
import sys
import tempfile
import unittest
from datetime import datetime, timezone
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.invariants import Facts  # noqa: E402
from flowlib.market import BETWEEN_ORDERS_MS, DAY_MS  # noqa: E402
from flowlib.overtaking import overtakings  # noqa: E402
from flowlib.trial import POLICIES, Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

ORDERS_BETWEEN = 150
OLD_ORDERS = 100
OLD_MS = 60 * DAY_MS
REDIS_S = 30
RULES_S = 60
KINDS = ("sequencer", "allocator", "caseworker")
MORE = (2, 3)


class Procedures(unittest.TestCase):
    def test_nothing_is_lost_or_doubled_by_what_operators_do(self):
        with Trial(workers=1) as trial, tempfile.TemporaryDirectory() as folder:
            with trial.market:
                for procedure in (self.scale_out, self.upgrade, self.go_back, self.flip_rules,
                                  self.flip_rules_back, self.scale_in, self.change_policy,
                                  self.load_old_orders, self.empty_redis):
                    trial.market.sell(ORDERS_BETWEEN)
                    print(f"{len(trial.market.lines)} lines sold: {procedure.__name__}",
                          file=sys.stderr, flush=True)
                    procedure(trial, Path(folder))
                    trial.answer()
                trial.market.sell(ORDERS_BETWEEN)
            trial.settle()
            trial.live_on()
            self.assertEqual("", trial.verdict())
            self.check_policies(trial)
            self.check_rules(trial)

    def scale_out(self, trial, _):
        for slot in MORE:
            self.for_each_kind(trial, trial.instance.start, slot)

    def scale_in(self, trial, _):
        for slot in reversed(MORE):
            self.for_each_kind(trial, lambda kind, slot: trial.instance.kill(kind, slot, "TERM"),
                               slot)

    def for_each_kind(self, trial, change, slot):
        for kind in KINDS:
            trial.market.sell(ORDERS_BETWEEN)
            change(kind, slot)
            trial.answer()

    def upgrade(self, trial, folder):
        """The new version is the same program elsewhere: what it writes is not what is tried here."""
        old = trial.instance.build
        for name in (*KINDS, "shortfall"):
            place = folder / f"new/workers/{name}"
            place.mkdir(parents=True)
            program = "shortfall" if name == "shortfall" else f"shortfall-{name}"
            shutil.copy(old / f"workers/{name}/{program}", place)
        trial.instance.roll("--build", folder / "new")
        self.assertEqual({folder / "new"}, trial.instance.builds_that_run())
        self.old_build = old

    def go_back(self, trial, _):
        trial.instance.roll("--build", self.old_build)
        self.assertEqual({self.old_build}, trial.instance.builds_that_run())

    def flip_rules(self, trial, _):
        """Right after it one of the allocators dies, and what it had not saved is decided again."""
        self.assertIn("from here on", trial.instance.operator("rules", "use", "2"))
        trial.instance.kill("allocator", MORE[0])
        trial.market.sell(ORDERS_BETWEEN)
        self.assertIn("nothing was written", trial.instance.operator("rules", "use", "2"))
        trial.instance.start("allocator", MORE[0])
        self.await_rules(trial, "2")
        trial.market.sell(ORDERS_BETWEEN)

    def flip_rules_back(self, trial, _):
        self.assertIn("from here on", trial.instance.operator("rules", "use", "1"))
        trial.instance.kill("allocator", MORE[0], "TERM")
        trial.instance.start("allocator", MORE[0])
        self.await_rules(trial, "1")

    def await_rules(self, trial, version):
        def missing():
            try:
                words = trial.instance.operator("rules", "show")
            except RuntimeError as pending:
                return str(pending).splitlines()
            return [] if f"partition 0: rules {version}\n" in words else words.splitlines()

        wait_until_nothing_is(missing, RULES_S, f"the rules {version} do not come into force")

    def check_rules(self, trial):
        """While the rules 2 held nobody was overtaken, which the verdict says; before and after many
        were, or it would say nothing."""
        records = trial.collector.collect()
        facts = Facts([record for record in records if record.topic == "sku-event"])
        flips = [(partition, fact["rules"]) for partition, _, fact in facts.log
                 if fact["kind"] == "RULES"]
        partitions = range(trial.instance.partitions)
        self.assertEqual(sorted((number, rules) for number in partitions for rules in (1, 2)),
                         sorted(flips))
        overtaken = [each.rules for each in overtakings(records, facts)]
        print(f"overtaken under the rules 1: {overtaken.count(1)}")
        self.assertGreater(overtaken.count(1), 0)

    def change_policy(self, trial, folder):
        """A new version holds for what is paid from its day on; cases under the old one keep it."""
        policies = folder / "policies"
        shutil.copytree(POLICIES, policies)
        text = (policies / "accept-taobao.ini").read_text()
        # It is rolled out before its day comes, as it must be: who was judged is judged.
        ahead_ms = trial.market.now_ms + (ORDERS_BETWEEN + 20) * BETWEEN_ORDERS_MS
        self.changed_ms = ahead_ms - ahead_ms % 1000
        since = iso(self.changed_ms)
        text = re.sub("version = 1", "version = 2", text)
        text = re.sub("effective_from = .*", f"effective_from = {since}", text)
        (policies / "accept-taobao-2.ini").write_text(text.replace("grace = 2m", "grace = 1m"))
        trial.instance.roll("--policies", policies)
        trial.policies = policies

    def check_policies(self, trial):
        records = trial.collector.collect()
        paid = {}  # of the order; a substitute counts as paid when it was chosen
        for record in records:
            if record.topic == "shortage":
                order_id, paid_at = record.body["order_id"], record.body["paid_at"]
                paid[order_id] = min(paid_at, paid.get(order_id, paid_at))
        used = {(record.body["policy"], paid[record.body["order_id"]] >= self.changed_ms)
                for record in records if record.topic == "case-event" and record.body["policy"]}
        self.assertEqual({("accept-taobao@1", False), ("accept-taobao@2", True)}, used)

    def load_old_orders(self, trial, _):
        trial.market.load_old(OLD_ORDERS, OLD_MS)

    def empty_redis(self, trial, _):
        trial.instance.redis("FLUSHALL")
        trial.market.sell(ORDERS_BETWEEN)
        wait_until_nothing_is(lambda: [] if trial.instance.redis("DBSIZE") != "0" else
                              ["Redis is empty"], REDIS_S, "the view is not rebuilt")


def iso(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


if __name__ == "__main__":
    unittest.main()

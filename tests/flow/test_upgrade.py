#!/usr/bin/env python3
"""A rolling upgrade under load, from the release before the second version of the schemas to this
one, with a step back in the middle: nothing is lost or doubled.

    tests/flow/test_upgrade.py

The release before is built here, from the commit before schemas/order-paid/2.avsc came, unless
UPGRADE_FROM names its build folder. That takes minutes, so ctest calls it only where
SHORTFALL_LONG is set.

Producers of both versions sell all the while. The schemas are upgraded first (the workers of before
know the new ones as what others may write), then the workers, the readers before the writers, the
version that they write last. docs/EVOLUTION.md gives the same order to operators."""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.market import DAY_MS, Market, lot  # noqa: E402
from flowlib.poison import Poison  # noqa: E402
from flowlib.trial import Trial  # noqa: E402

NEW_BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release"))
READERS_FIRST = ("caseworker", "allocator", "sequencer")
SLOTS = (1, 2)
ORDERS_BETWEEN = 150
# What the release before is told to write, and what this one until all are upgraded: that release
# knows no names of records inside others, and writes these as the newest version with nothing new.
BEFORE = "notification=1,shortage=1"
HELD_BACK = "notification=1,shortage=1,order-facts=1,case-line=1,case-head=1,allocator-state=1"
WORDS = ("title", "channel")


def old_build(scratch):
    """The build folder of the release before."""
    if "UPGRADE_FROM" in os.environ:
        return Path(os.environ["UPGRADE_FROM"])
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
    came = git("log", "--diff-filter=A", "--format=%H", "--", "schemas/order-paid/2.avsc")
    source = Path(scratch) / "before"
    source.mkdir()
    with subprocess.Popen(["git", "archive", f"{came}^"], cwd=ROOT,
                          stdout=subprocess.PIPE) as archive:
        subprocess.run(["tar", "x", "-C", source], stdin=archive.stdout, check=True)
    print(f"building the release before {came[:7]} ...", file=sys.stderr, flush=True)
    for command in (["cmake", "--preset", "release", "-DSHORTFALL_TESTS=OFF"],
                    ["cmake", "--build", "build/release", "--target", "programs"]):
        subprocess.run(command, cwd=source, check=True, stdout=subprocess.DEVNULL)
    return source / "build/release"


class BothVersions(Feeder):
    """Producers of the first and of the second version, side by side."""

    def __init__(self, bootstrap, schemas):
        super().__init__(bootstrap, schemas)
        self._both = schemas

    def send(self, topic, record, time_ms, partition=-1):
        if topic not in ("order-paid", "stock-level"):
            super().send(topic, record, time_ms, partition)
            return
        key = record["order_id" if topic == "order-paid" else "sku"]
        version = 1 + lot(f"version {key}") % 2
        if version == 2:
            record = with_title(record) if topic == "order-paid" else with_deliveries(record)
        self.send_bytes(topic, key, self._both.encode(topic, record, version), time_ms, partition)


def with_title(order):
    return {**order, "channel": "APP",
            "lines": [{**line, "title": f"Kettle {line['sku']}"} for line in order["lines"]]}


def with_deliveries(level):
    if "restock" not in level:
        return level
    later = {"expected_at": level["restock"]["expected_at"] + 2 * DAY_MS, "quantity": 50}
    return {**level, "restocks": [level["restock"], later]}


class UpgradeTrial(Trial):
    def __init__(self, workers):
        super().__init__(workers)
        self.feeder = BothVersions(self.instance.bootstrap, self.schemas)
        self.market = Market(self.feeder)
        self.poison = Poison(self.feeder, self.schemas)

    def by_value(self, records, topics):
        """Version and words apart: an undisturbed run has the newest, and all the titles."""
        return {(record.topic, json.dumps({name: value for name, value in record.body.items()
                                           if name not in WORDS})): record.body
                for record in records if record.topic in topics}

    def restart(self, kinds, build, write_version):
        """One worker after another, each in the middle of its work."""
        settings = self.instance.state / "settings"
        lines = [line for line in settings.read_text().splitlines()
                 if not line.startswith("build=")]
        settings.write_text("\n".join(lines + [f"build={build}"]) + "\n")
        os.environ["SHORTFALL_WRITE_VERSION"] = write_version
        for kind in kinds:
            for slot in SLOTS:
                self.market.sell(ORDERS_BETWEEN)
                print(f"{len(self.market.lines)} lines sold: {kind} {slot} is started as "
                      f"{build} writing '{write_version}'", file=sys.stderr, flush=True)
                self.instance.kill(kind, slot, "TERM")
                self.instance.start(kind, slot)
                self.answer()


class Upgrade(unittest.TestCase):
    def test_nothing_is_lost_or_doubled_by_a_rolling_upgrade_and_a_step_back(self):
        with tempfile.TemporaryDirectory() as scratch:
            old = old_build(scratch).resolve()
            new = NEW_BUILD.resolve()
            os.environ["SHORTFALL_BUILD"] = str(old)
            os.environ["SHORTFALL_WRITE_VERSION"] = BEFORE
            with UpgradeTrial(workers=len(SLOTS)) as trial:
                with trial.market:
                    trial.restart(READERS_FIRST, new, HELD_BACK)
                    trial.restart(READERS_FIRST, new, "")
                    trial.restart(reversed(READERS_FIRST), old, BEFORE)
                    trial.restart(READERS_FIRST, new, HELD_BACK)
                    trial.restart(READERS_FIRST, new, "")
                    trial.market.sell(ORDERS_BETWEEN)
                os.environ["SHORTFALL_BUILD"] = str(new)
                trial.settle()
                trial.live_on()
                found = trial.verdict()
                if found:
                    self.fail(found)
                self.check_words(trial.collector.collect())

    def check_words(self, records):
        """Both versions were written, and titles are told."""
        written = {}
        for record in records:
            if record.topic in ("shortage", "notification", "sku-event"):
                written.setdefault(record.topic, set()).add(record.value[:10])
        self.assertEqual(2, len(written["shortage"]))
        self.assertEqual(2, len(written["notification"]))
        titled = [record for record in records if record.topic == "notification"
                  and any(line.get("title") for line in record.body["lines"])]
        self.assertTrue(titled)
        self.assertIn("Kettle F-", titled[-1].body["body"])


if __name__ == "__main__":
    if "--if-long" in sys.argv:
        sys.argv.remove("--if-long")
        # The programs of the release before take it for a setting of theirs.
        if not os.environ.pop("SHORTFALL_LONG", None):
            sys.exit(77)
    unittest.main()

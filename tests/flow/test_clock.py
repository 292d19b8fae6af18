#!/usr/bin/env python3
"""A machine whose clock is wrong decides nothing.

A caseworker that thinks it is an hour later would take the buyers' silence for an answer, and one
that thinks it is earlier would give them too little time. It finds that the broker's clock differs,
says so and is not ready; what came meanwhile is decided when its clock is right."""
import os
import shutil
import tempfile
import time
import unittest
from contextlib import closing
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.avro import Schemas  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.drain import Drain  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.readiness import other_readiness  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

POLICIES = ROOT / "tests/bench/policies"
GRACE_S = 8
PATIENCE_S = 30
HOUR_S = 3600


class Clock(unittest.TestCase):
    def test_a_wrong_clock_ends_no_grace(self):
        with tempfile.TemporaryDirectory() as folder:
            policies = Path(folder) / "policies"
            shutil.copytree(POLICIES, policies)
            for file in policies.glob("*.ini"):
                file.write_text(file.read_text().replace("grace = 0s", f"grace = {GRACE_S}s"))
            with Instance("wall", policies) as instance:
                self.play(instance)

    def play(self, instance):
        schemas = Schemas(instance.schemas)
        feeder = Feeder(instance.bootstrap, schemas)
        with closing(Offsets(instance.bootstrap)) as offsets, closing(Collector(
                instance.bootstrap, schemas, offsets, ["notification", "case-event"])) as collector:
            for off_s in (HOUR_S, -HOUR_S):
                restart(instance, off_s)
                wait_until_nothing_is(
                    lambda: other_readiness(instance, "caseworker", 503, "clock"),
                    PATIENCE_S, f"a clock that is {off_s} s off")
                sell(feeder, f"sold when {off_s} s off")
                await_another_look(instance, time.monotonic() + GRACE_S)
                self.assertEqual([], collector.collect())
            begin_ms = time.time() * 1000
            restart(instance, 0)
            wait_until_nothing_is(lambda: other_readiness(instance, "caseworker", 200, ""),
                                  PATIENCE_S, "the right clock")
            wait_until_nothing_is(lambda: waiting_for_notices(collector), PATIENCE_S,
                                  "graces that are over")
            Drain(instance, offsets).wait()
            notices = [record.body for record in collector.collect()
                       if record.topic == "notification"]
            self.assertEqual(2, len(notices))
            for notice in notices:
                self.assertGreaterEqual(notice["at"], begin_ms + GRACE_S * 1000)
            self.assertIn("event=clock_differs", instance.log_of("caseworker", 1))


def await_another_look(instance, at_s):
    """The worker finds its clock wrong once more, after `at_s` by the right one: a grace that began
    before would have ended, had it been let."""
    looks = None

    def missing():
        nonlocal looks
        if time.monotonic() < at_s:
            return ["the grace is not over"]
        found = instance.log_of("caseworker", 1).count("event=clock_differs")
        looks = found if looks is None else looks
        return [] if found > looks else ["the worker has not looked at the broker's clock since"]

    wait_until_nothing_is(missing, PATIENCE_S, "a wrong clock")


def restart(instance, off_s):
    instance.kill("caseworker")
    shim = {"LD_PRELOAD": os.environ["WRONG_CLOCK"], "CLOCK_OFF_S": str(off_s)} if off_s else {}
    os.environ.update(shim)
    try:
        instance.start("caseworker", wait=False)
    finally:
        for name in shim:
            del os.environ[name]


def sell(feeder, order):
    """One line of what is sold out."""
    now_ms = int(time.time() * 1000)
    feeder.send("stock-level", {"sku": "gone", "warehouse_id": "w", "on_hand": 0,
                                "version": now_ms, "counted_at": now_ms}, now_ms)
    feeder.flush()
    feeder.send("order-paid", {
        "order_id": order, "marketplace": "load", "seller_id": "seller", "buyer_id": "buyer",
        "locale": "en", "currency": "EUR", "paid_at": now_ms, "ship_by": now_ms + 48 * HOUR_S * 1000,
        "lines": [{"line_no": 1, "sku": "gone", "quantity": 1, "paid_minor": 999}]}, now_ms)
    feeder.flush()


def waiting_for_notices(collector):
    told = sum(record.topic == "notification" for record in collector.collect())
    return [] if told >= 2 else [f"{told} of 2 notices"]


if __name__ == "__main__":
    unittest.main()

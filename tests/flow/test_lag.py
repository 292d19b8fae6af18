#!/usr/bin/env python3
"""Answers that lie unread for days while their deadlines pass count all the same.

The caseworkers are away; buyers answer in time, and nobody reads it; three days later all is begun
again. Every answer must be heard before silence is concluded: who chose to wait is not refunded, who
said nothing is, once. The lag is ours, so an answer that comes late, but lies there when we come back,
is heard as well; one that comes after the deadline has fired is refused."""
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
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

POLICIES = ROOT / "tests/bench/policies"
PATIENCE_S = 60
ORDERS = 60
HOUR_MS = 3_600_000
AWAY_S = 3 * 24 * 3600  # buyers have 48 hours to answer
WORKERS = [(kind, slot) for kind in ("sequencer", "allocator", "caseworker") for slot in (1, 2)]


def wants(number):
    """A third each: to wait, to cancel, nothing."""
    return ("WAIT", "CANCEL", None)[number % 3]


def comes_late(number):
    """Half of those who said nothing."""
    return number % 6 == 2


class Lag(unittest.TestCase):
    def test_what_was_answered_in_time_counts_before_its_deadline_fires(self):
        with tempfile.TemporaryDirectory() as folder:
            policies = Path(folder) / "policies"
            shutil.copytree(POLICIES, policies)
            for file in policies.glob("*.ini"):
                file.write_text(file.read_text()
                                .replace("without_eta = hide", "without_eta = offer"))
            with Instance("wall", policies, workers=2) as instance:
                self.play(instance)

    def play(self, instance):
        schemas = Schemas(instance.schemas)
        self.feeder = Feeder(instance.bootstrap, schemas)
        topics = ["notification", "refund-request", "case-event"]
        with closing(Offsets(instance.bootstrap)) as offsets, closing(Collector(
                instance.bootstrap, schemas, offsets, topics)) as collector:
            self.collector = collector
            self.sell()
            wait_until_nothing_is(self.untold, PATIENCE_S, "buyers are told")
            notices = self.of("notification")
            for kind, slot in WORKERS:
                instance.kill(kind, slot, "TERM")
            self.answer_all(notices, "in time", {number: wants(number) for number in range(ORDERS)
                                                 if wants(number)})
            self.assertEqual([], self.of("refund-request"))
            later(instance, lambda: self.answer_all(notices, "late", {
                number: "WAIT" for number in range(ORDERS) if comes_late(number)}, AWAY_S * 1000))
            expected = {notices[number]["order_id"]: reason for number, reason in
                        ((number, {"CANCEL": "BUYER_CANCELLED", None: "SILENCE"}.get(wants(number)))
                         for number in range(ORDERS) if not comes_late(number)) if reason}
            wait_until_nothing_is(lambda: self.missing(expected), PATIENCE_S, "refunds")
            too_late = {number: "WAIT" for number in range(ORDERS)
                        if wants(number) is None and not comes_late(number)}
            self.answer_all(notices, "too late", too_late, AWAY_S * 1000)
            Drain(instance, offsets).wait()
            self.assertEqual(expected, self.reasons())
            self.assertEqual(len(expected), len(self.of("refund-request")))
            late = [event for event in self.of("case-event") if "too late" in str(event)]
            self.assertEqual(len(too_late), len(late))

    def of(self, topic):
        return [record.body for record in self.collector.collect() if record.topic == topic]

    def untold(self):
        told = len(self.of("notification"))
        return [] if told == ORDERS else [f"{told} of {ORDERS} notices"]

    def reasons(self):
        return {request["order_id"]: request["reason"] for request in self.of("refund-request")}

    def missing(self, expected):
        found = self.reasons()
        return [order for order in expected if order not in found]

    def sell(self):
        """What is sold out."""
        at_ms = now_ms()
        self.feeder.send("stock-level", {"sku": "gone", "warehouse_id": "w", "on_hand": 0,
                                         "version": 1, "counted_at": at_ms}, at_ms)
        self.feeder.flush()
        for number in range(ORDERS):
            self.feeder.send("order-paid", {
                "order_id": f"L-{number}", "marketplace": "load", "seller_id": "seller",
                "buyer_id": "buyer", "locale": "en", "currency": "EUR", "paid_at": at_ms,
                "ship_by": at_ms + 48 * HOUR_MS,
                "lines": [{"line_no": 1, "sku": "gone", "quantity": 1, "paid_minor": 999}]}, at_ms)
        self.feeder.flush()

    def answer_all(self, notices, when, choices, later_ms=0):
        for number, choice in choices.items():
            notice = notices[number]
            [line] = notice["lines"]
            self.feeder.send("buyer-decision", {
                "id": f"{notice['order_id']} {when}", "order_id": notice["order_id"],
                "line_no": line["line_no"], "choice": choice, "notice": notice["notice"],
                "decided_at": now_ms() + later_ms}, now_ms() + later_ms)
        self.feeder.flush()


def later(instance, between):
    """Everything is started again, and it is three days later: Kafka's clock says so, and ours.
    `between` is called when Kafka runs and nobody reads."""
    instance.kill("kafka", signal="TERM")
    shim = {"LD_PRELOAD": os.environ["WRONG_CLOCK"], "CLOCK_OFF_S": str(AWAY_S)}
    os.environ.update(shim)
    try:
        instance.start("kafka")
        between()
        for kind, slot in WORKERS:
            instance.start(kind, slot)
    finally:
        for name in shim:
            del os.environ[name]


def now_ms():
    return round(time.time() * 1000)


if __name__ == "__main__":
    unittest.main()

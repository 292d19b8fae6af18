#!/usr/bin/env python3
"""What must not be is told: each bad input is a dead letter that says what and where, or an error
that says what to do; and everything else goes on."""
import os
import subprocess
import time
import unittest
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

BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release"))
POLICIES = ROOT / "tests/bench/policies"  # a grace of 0: the buyer is told at once
LINE = {"line_no": 1, "sku": "X", "quantity": 1, "paid_minor": 100}
HOUR_MS = 3_600_000
NOWHERE = "127.0.0.1:1"


def order(order_id, now_ms, **other):
    return {"order_id": order_id, "marketplace": "m", "seller_id": "s1", "locale": "en",
            "currency": "EUR", "paid_at": now_ms, "lines": [LINE], **other}


def bad_orders(schemas, now_ms):
    """(key, value, class, what the words must say)"""
    def encoded(**other):
        return schemas.encode("order-paid", {**order("bad", now_ms), **other})

    def lines(*changes):
        return [{**LINE, "line_no": number, **change}
                for number, change in enumerate(changes, start=1)]

    level = schemas.encode("stock-level", {"sku": "X", "warehouse_id": "w", "on_hand": 1,
                                           "version": 1, "counted_at": now_ms})
    yield "garbage", b"not a record at all", "MALFORMED", "neither as Avro single-object"
    yield "empty", b"", "MALFORMED", "0 bytes"
    yield "cut", encoded()[:-1], "MALFORMED", "OrderPaid"
    yield "other-schema", level, "MALFORMED", "StockLevel"
    yield "quantity-0", encoded(lines=lines({}, {"quantity": 0})), "INVALID", \
        r"lines\[1\]\.quantity: 0"
    yield "negative", encoded(lines=lines({"paid_minor": -5})), "INVALID", \
        r"lines\[0\]\.paid_minor: -5"
    yield "no-lines", encoded(lines=[]), "INVALID", "an order has at least one"
    yield "line-twice", encoded(lines=[LINE, LINE]), "INVALID", "1 is there twice"
    yield "2001-lines", encoded(lines=lines(*[{}] * 2001)), "MALFORMED", "more than 2000 items"
    yield "no-id", encoded(order_id=""), "INVALID", "order_id: must not be empty"
    yield "tomorrow", encoded(paid_at=now_ms + 24 * HOUR_MS), "TIME_AHEAD", "more than 1 h after"


class BadInput(unittest.TestCase):
    def test_what_is_bad_has_its_dead_letter_and_all_else_goes_on(self):
        now_ms = int(time.time() * 1000)
        with Instance("wall", POLICIES) as instance:
            schemas = Schemas(instance.schemas)
            feeder = Feeder(instance.bootstrap, schemas)
            offsets = Offsets(instance.bootstrap)
            drain = Drain(instance, offsets)
            rows = list(bad_orders(schemas, now_ms))
            feeder.send("stock-level", {"sku": "X", "warehouse_id": "w", "on_hand": 0,
                                        "version": 1, "counted_at": now_ms}, 0)
            for key, value, _, _ in rows:
                feeder.send_bytes("order-paid", key.encode(), value)
                feeder.send("order-paid", order(f"good-{key}", now_ms), 0)
            feeder.send("order-paid", order("2000-lines", now_ms, lines=[
                {**LINE, "line_no": number} for number in range(1, 2001)]), 0)
            feeder.flush()
            drain.wait(120)
            instance.kill("redis")
            feeder.send("order-paid", order("good-without-redis", now_ms), 0)
            feeder.flush()
            drain.wait(120)
            wrong = wrong_partition(feeder, "good-garbage")
            feeder.send("buyer-decision", {
                "id": "d1", "order_id": "good-garbage", "line_no": 1, "choice": "CANCEL",
                "decided_at": now_ms}, 0, partition=wrong)
            feeder.flush()
            drain.wait(120)
            collector = Collector(instance.bootstrap, schemas, offsets,
                                  ["order-paid.dlq", "notification", "refund-request"])
            records = collector.collect()
            collector.close()
        letters = {record.key.decode(): record.headers for record in records
                   if record.topic == "order-paid.dlq"}
        for key, _, kind, words in rows:
            with self.subTest(key):
                headers = letters.pop(key)
                self.assertEqual(headers["__connect.errors.exception.class.name"].decode(), kind)
                self.assertRegex(headers["__connect.errors.exception.message"].decode(), words)
        self.assertEqual({}, letters)
        told = {record.body["order_id"] for record in records if record.topic == "notification"}
        self.assertEqual({f"good-{key}" for key, _, _, _ in rows} |
                         {"2000-lines", "good-without-redis"}, told)
        self.assertEqual(["good-garbage"], [record.body["order_id"] for record in records
                                            if record.topic == "refund-request"])

    def test_a_bad_configuration_is_told_before_anything_starts(self):
        for flags, words in (
                (["--memory.limt.mb", "100"], "did you mean --memory.limit.mb?"),
                (["--memory.limit.mb", "3"], "'3' is not 64 to"),
                (["--clock", "sundial"], "clock: 'sundial'"),
                (["--schemas", "/nowhere"], "/nowhere"),
                (["-X", "no.such.property=1"], "no.such.property")):
            with self.subTest(flags):
                status, said, _ = run("allocator", "--bootstrap", NOWHERE, *flags)
                self.assertEqual(78, status, said)
                self.assertIn(words, said)

    def test_without_a_broker_a_worker_says_so_and_ends(self):
        status, said, seconds = run("sequencer", "--bootstrap", NOWHERE)
        self.assertEqual(1, status, said)
        self.assertIn(f"Kafka at {NOWHERE} gives no answer", said)
        self.assertIn("bootstrap.servers", said)
        self.assertLess(seconds, 60)


def wrong_partition(feeder, order_id):
    """One where a client with another partitioner could put it: each but the right one."""
    right = murmur2(order_id.encode()) & 0x7FFFFFFF
    count = len(feeder.partitions_of("buyer-decision"))
    return (right % count + 1) % count


def murmur2(key):
    """As Kafka's clients have it."""
    mask = 0xFFFFFFFF
    factor = 0x5BD1E995
    value = (0x9747B28C ^ len(key)) & mask
    for at in range(0, len(key) // 4 * 4, 4):
        word = int.from_bytes(key[at:at + 4], "little") * factor & mask
        word = (word ^ word >> 24) * factor & mask
        value = (value * factor & mask) ^ word
    rest = key[len(key) // 4 * 4:]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * factor & mask
    value = (value ^ value >> 13) * factor & mask
    return value ^ value >> 15


def run(kind, *flags):
    begin = time.monotonic()
    done = subprocess.run(
        [BUILD / f"workers/{kind}/shortfall-{kind}", "--http.listen", "off", *flags],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=90,
        check=False)
    return done.returncode, done.stdout, time.monotonic() - begin


if __name__ == "__main__":
    unittest.main()

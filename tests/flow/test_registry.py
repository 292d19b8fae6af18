#!/usr/bin/env python3
"""Records framed by a schema registry's ids, beside single-object ones, against a real registry.

A registry that is away holds up the partitions whose records need it, and nothing else; nothing
becomes a dead letter for it, and all is done when it is back."""
import copy
import io
import json
import os
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
import fastavro  # noqa: E402
from flowlib.avro import Schemas, without_logical_types  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.drain import Drain  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.registry import Front, Registry  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release"))
POLICIES = ROOT / "tests/bench/policies"  # a grace of 0: the buyer is told at once
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
DRAIN_S = 120


def schema_of(name):
    return json.loads((ROOT / "schemas" / name).read_text())


def framed(schema, schema_id, record):
    """As Confluent's serializers write it; by fastavro."""
    out = io.BytesIO()
    out.write(b"\0" + schema_id.to_bytes(4, "big"))
    fastavro.schemaless_writer(out, fastavro.parse_schema(without_logical_types(schema)), record)
    return out.getvalue()


def shop_schema(number):
    """An order as a shop's own system has it: another order of fields, more of them, other types."""
    schema = copy.deepcopy(schema_of("order-paid/1.avsc"))
    fields = {field["name"]: field for field in schema["fields"]}
    fields["lines"]["type"]["items"]["fields"] = [
        {"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}},
        {"name": "paid_minor", "type": "int"}, {"name": "title", "type": "string"},
        {"name": "sku", "type": "string"}, {"name": "line_no", "type": "int"},
        {"name": "quantity", "type": "int"}]
    schema["fields"] = [{"name": f"tags{number}", "type": {"type": "map", "values": "string"}},
                        fields["lines"], fields["currency"], fields["order_id"],
                        fields["marketplace"], fields["seller_id"], fields["paid_at"]]
    return schema


def order(order_id, now_ms, **line):
    return {"order_id": order_id, "marketplace": "m", "seller_id": "s1", "locale": "en",
            "currency": "EUR", "paid_at": now_ms,
            "lines": [{"line_no": 1, "sku": "X", "quantity": 1, "paid_minor": 100, **line}]}


class RegistryTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.registry = cls.enterClassContext(Registry())
        cls.front = Front(cls.registry, folder.name)
        cls.addClassCleanup(cls.front.go_away)
        os.environ.update(cls.front.settings)
        status, said = tool("schema", "register")
        if status != 0:
            raise RuntimeError(said)
        cls.registered = said
        cls.ids = {(words[0], int(words[1])): int(words[3])
                   for words in map(str.split, said.splitlines()[1:])}
        cls.now_ms = int(time.time() * 1000)

    def order_of_shop(self, number, order_id):
        """An order in a shop's own schema, framed with the id that the registry has given it."""
        schema = shop_schema(number)
        schema_id = self.registry.add(f"shop{number}-order-value", schema)
        record = order(order_id, self.now_ms, title=f"Kettle of {order_id}", colour="BLUE")
        return framed(schema, schema_id, {f"tags{number}": {"a": "b"}, **record})

    def order_by_reference(self, order_id):
        """The same, where the line is a schema of its own to which the order's refers."""
        schema = shop_schema(3)
        lines = next(field for field in schema["fields"] if field["name"] == "lines")
        line = {**lines["type"]["items"], "namespace": "shop"}
        referring = copy.deepcopy(schema)
        next(field for field in referring["fields"]
             if field["name"] == "lines")["type"]["items"] = f"shop.{line['name']}"
        self.registry.add("shop.line", line)
        schema_id = self.registry.add("shop3-order-value", referring,
                                      [(f"shop.{line['name']}", "shop.line", 1)])
        record = order(order_id, self.now_ms, title=f"Kettle of {order_id}", colour="BLUE")
        return framed(schema, schema_id, {"tags3": {"a": "b"}, **record})

    def test_registering_again_changes_nothing(self):
        self.assertEqual((0, self.registered), tool("schema", "register"))
        self.assertEqual("BACKWARD_TRANSITIVE", self.registry.ask(
            "GET", "/config/order-paid-value")["compatibilityLevel"])
        broken = schema_of("order-paid/2.avsc")
        broken["fields"].append({"name": "must", "type": "string"})
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.registry.add("order-paid-value", broken)
        self.assertEqual(409, refused.exception.code)
        refused.exception.close()

    def test_a_tool_shows_what_has_an_id(self):
        status, said = tool("schema", "decode", "-", data=self.order_of_shop(7, "o7"))
        self.assertEqual(0, status, said)
        self.assertEqual("BLUE", json.loads(said)["lines"][0]["colour"])

    def test_ids_and_fingerprints_in_one_topic_and_a_registry_that_goes_away(self):
        with Instance("wall", POLICIES) as instance:
            pipeline = Pipeline(instance)
            self.send_mixed(pipeline)
            pipeline.drain.wait(DRAIN_S)
            self.hold_up(instance, pipeline)
            pipeline.drain.wait(DRAIN_S)
            pipeline.feeder.send_bytes("order-paid", "unknown", b"\0\x7f\xff\xff\xff\0")
            pipeline.feeder.flush()
            pipeline.drain.wait(DRAIN_S)
            records = pipeline.collect(["order-paid.dlq", "substitute.dlq", "notification",
                                        "refund-request"])
        told = {record.body["order_id"]: record.body for record in records
                if record.topic == "notification" and record.body["kind"] == "SHORTAGE"}
        self.assertEqual(self.sent, set(told))
        self.assertEqual(["id-2"], [record.body["order_id"] for record in records
                                    if record.topic == "refund-request"])
        for shop in ("shop-1", "shop-3"):
            self.assertIn(f"Kettle of {shop} x 1", told[shop]["body"])
        self.assertIn("* X x 1", told["plain-1"]["body"])
        self.assertEqual("A kettle", told["plain-2"]["lines"][0]["title"])
        [letter] = [record for record in records if record.topic.endswith(".dlq")]
        self.assertEqual(b"\0\x7f\xff\xff\xff\0", letter.value)
        self.assertEqual("the schema registry knows no schema 2147483647",
                         letter.headers["__connect.errors.exception.message"].decode())

    def send_mixed(self, pipeline):
        """Every framing and version, side by side."""
        levels = schema_of("stock-level/1.avsc")
        pipeline.feeder.send_bytes("stock-level", "X", framed(
            levels, self.ids["stock-level", 1],
            {"sku": "X", "warehouse_id": "w", "on_hand": 0, "version": 1,
             "counted_at": self.now_ms, "safety_stock": 0, "restock": None}))
        pipeline.feeder.send("order-paid", order("plain-2", self.now_ms, title="A kettle"), 0)
        for version in (1, 2):
            record = order(f"id-{version}", self.now_ms)
            pipeline.feeder.send_bytes("order-paid", f"id-{version}", framed(
                schema_of(f"order-paid/{version}.avsc"), self.ids["order-paid", version], record))
        pipeline.feeder.send_bytes("order-paid", "plain-1", pipeline.schemas.encode(
            "order-paid", order("plain-1", self.now_ms), version=1))
        pipeline.feeder.send_bytes("order-paid", "shop-1", self.order_of_shop(1, "shop-1"))
        pipeline.feeder.send_bytes("order-paid", "shop-3", self.order_by_reference("shop-3"))
        pipeline.feeder.flush()
        pipeline.drain.wait(DRAIN_S)
        pipeline.feeder.send_bytes("buyer-decision", "id-2", framed(
            schema_of("buyer-decision/1.avsc"), self.ids["buyer-decision", 1],
            {"id": "d1", "order_id": "id-2", "line_no": 1, "choice": "CANCEL",
             "decided_at": self.now_ms}))
        pipeline.feeder.flush()
        self.sent = {"plain-1", "plain-2", "id-1", "id-2", "shop-1", "shop-3"}

    def hold_up(self, instance, pipeline):
        """A schema that nobody has asked for yet, while the registry is away in every way."""
        waiting = self.order_of_shop(2, "waiting")
        path = f"/apis/ccompat/v7/schemas/ids/{int.from_bytes(waiting[1:5], 'big')}"
        offer = schema_of("substitute/1.avsc")
        offer["fields"].append({"name": "since", "type": "long"})
        offer_id = self.registry.add("shop-substitute-value", offer)
        self.front.go_away()
        pipeline.feeder.send_bytes("order-paid", "waiting", waiting, partition=0)
        pipeline.feeder.send_bytes("substitute", "Y", framed(offer, offer_id, {
            "sku": "Y", "since": 1,
            "substitutes": [{"sku": "Z", "price_minor": 1, "ship_within_h": 1}]}))
        pipeline.feeder.flush()
        wait_until_nothing_is(lambda: not_waiting(instance), 20, "the sequencer does not wait")
        wait_until_nothing_is(lambda: not_waiting(instance, "caseworker"), 20,
                              "the caseworker's table does not wait")
        for number in (1, 2, 3):
            pipeline.feeder.send("order-paid", order(f"others-{number}", self.now_ms), 0,
                                 partition=number)
        pipeline.feeder.send("order-paid", order("behind", self.now_ms), 0, partition=0)
        pipeline.feeder.flush()
        wait_until_nothing_is(
            lambda: sorted({"others-1", "others-2", "others-3"} - pipeline.told()), 20,
            "a partition waits, and others with it")
        self.front.listen()
        for mode in ("hang", 500, 401):
            self.front.mode = mode
            asked = len(self.front.requests)
            wait_until_nothing_is(
                lambda: [] if (mode, path) in self.front.requests[asked:]
                else [f"nobody asked while it was {mode}"], 30,
                "the registry is not asked again")
            self.assertEqual([], not_waiting(instance))
        self.assertFalse({"waiting", "behind"} & pipeline.told())
        self.front.mode = "serve"
        self.sent |= {"waiting", "behind", "others-1", "others-2", "others-3"}

    def test_what_is_written_can_have_ids_too(self):
        os.environ["SHORTFALL_WRITE_FRAMING"] = "confluent"
        self.addCleanup(os.environ.pop, "SHORTFALL_WRITE_FRAMING")
        os.environ["SHORTFALL_WRITE_VERSION"] = "shortage=1"
        self.addCleanup(os.environ.pop, "SHORTFALL_WRITE_VERSION")
        with Instance("wall", POLICIES) as instance:
            pipeline = Pipeline(instance)
            pipeline.feeder.send("stock-level", {
                "sku": "X", "warehouse_id": "w", "on_hand": 0, "version": 1,
                "counted_at": self.now_ms}, 0)
            pipeline.feeder.send("order-paid", order("o1", self.now_ms, title="A kettle"), 0)
            pipeline.feeder.flush()
            pipeline.drain.wait(DRAIN_S)
            records = pipeline.collect(["shortage", "notification", "listing-status"])
            status, said = tool("tail", "notification", "--from", "beginning", "--until-end",
                                env={"SHORTFALL_BOOTSTRAP": instance.bootstrap})
        seen = {record.topic: record.value for record in records}
        for topic, version in (("shortage", 1), ("notification", 2), ("listing-status", 1)):
            with self.subTest(topic):
                value = seen[topic]
                self.assertEqual(b"\0" + self.ids[topic, version].to_bytes(4, "big"), value[:5])
                schema = self.registry.ask("GET", f"/schemas/ids/{self.ids[topic, version]}")
                body = fastavro.schemaless_reader(
                    io.BytesIO(value[5:]),
                    fastavro.parse_schema(without_logical_types(json.loads(schema["schema"]))))
                self.assertIn(body.get("order_id", "o1"), "o1")
        self.assertEqual(0, status, said)
        self.assertEqual("o1", json.loads(said)["order_id"])


class Pipeline:
    """What a test needs of an instance."""

    def __init__(self, instance):
        self.schemas = Schemas(instance.schemas)
        self.feeder = Feeder(instance.bootstrap, self.schemas)
        self._offsets = Offsets(instance.bootstrap)
        self.drain = Drain(instance, self._offsets)
        self._instance = instance
        self._told = Collector(instance.bootstrap, self.schemas, self._offsets, ["notification"])

    def told(self):
        return {record.body["order_id"] for record in self._told.collect()}

    def collect(self, topics):
        collector = Collector(self._instance.bootstrap, Bytes(self._instance.schemas),
                              self._offsets, topics)
        records = collector.collect()
        collector.close()
        self._told.close()
        return records


class Bytes(Schemas):
    """Reads what has a fingerprint, and leaves what has an id to the test."""

    def decode(self, payload):
        return None if payload[:1] == b"\0" else super().decode(payload)


def not_waiting(instance, kind="sequencer"):
    [address] = instance.http_addresses(kind)
    try:
        OPENER.open(f"http://{address}/readyz", timeout=5).close()
        return ["it is ready"]
    except urllib.error.HTTPError as error:
        with error:
            said = error.read().decode()
        return [] if "waiting for the schema registry" in said else [said]


def tool(*words, data=b"", env=None):
    """With all patience: the registry has just started."""
    done = subprocess.run([BUILD / "workers/shortfall/shortfall", *words,
                           "--schema.registry.timeout.ms", "30000"], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
                          env={**os.environ, **(env or {})}, timeout=60, check=False)
    return done.returncode, done.stdout.decode()


if __name__ == "__main__":
    unittest.main()

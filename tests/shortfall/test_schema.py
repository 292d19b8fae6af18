#!/usr/bin/env python3
"""`shortfall schema`: each incompatible edit of a schema fails with what is wrong and why."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ["SHORTFALL_BUILD"]) / "workers/shortfall/shortfall"

# fastavro 1.13.1 with schemas/order-paid/1.avsc.
ORDER_PAID_BODY = ("066f2d310a746d616c6c06732d390206622d370a7a682d434e06434e59f681bcfeb8680004020a"
                   "736b752d3104f8b6020406e7bcba020000")


def named(schema, name):
    """The field, or the type, of that name, wherever it is."""
    if isinstance(schema, dict):
        if schema.get("name") == name:
            return schema
        schema = list(schema.values())
    for part in schema if isinstance(schema, list) else []:
        found = named(part, name)
        if found is not None:
            return found
    return None


def drop_field(schema, record, field):
    record = named(schema, record)
    record["fields"] = [each for each in record["fields"] if each["name"] != field]


class Schema(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.schemas = Path(folder.name) / "schemas"
        shutil.copytree(ROOT / "schemas", self.schemas)

    def run_command(self, *words, data=None):
        done = subprocess.run([PROGRAM, "schema", *words, "--schemas", self.schemas],
                              capture_output=True, input=data, check=False)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def edit(self, version, change, new=None):
        """Writes a version, changed, over itself or as a new one."""
        schema = json.loads((self.schemas / version).read_text())
        change(schema)
        (self.schemas / (new or version)).write_text(json.dumps(schema))

    def refused(self, words, *more):
        status, said = self.run_command("check", *more)
        self.assertEqual(status, 1, said)
        self.assertIn(words, said)

    def test_the_schemas_are_as_they_were_published(self):
        status, said = self.run_command("check")
        self.assertEqual(status, 0, said)
        self.assertIn("all are compatible", said)

    def test_a_published_version_never_changes(self):
        self.edit("clock/1.avsc", lambda schema: schema.update(doc="Other words."))
        self.refused("clock/1.avsc: its text was published otherwise")
        self.edit("clock/1.avsc", lambda schema: named(schema, "at").update(type="int"))
        self.refused("clock/1.avsc: it was published with another meaning "
                     "(fingerprint ec31415d3b440ab2, now ")

    def test_a_published_version_never_goes(self):
        (self.schemas / "order-paid/1.avsc").unlink()
        self.refused("order-paid/1.avsc: it was published and is gone")

    def test_a_new_version_is_sealed_once_it_is_right(self):
        def change(schema):
            named(schema, "OrderLine")["fields"].append(
                {"name": "colour", "type": ["null", "string"], "default": None})
        self.edit("order-paid/2.avsc", change, "order-paid/3.avsc")
        self.refused("order-paid/3.avsc: it is not sealed")
        status, said = self.run_command("check", "--seal")
        self.assertEqual((status, said.splitlines()[0]), (0, "1 versions sealed"))
        self.assertEqual(self.run_command("check")[0], 0)
        before = (self.schemas / "versions").read_text()
        self.assertEqual(self.run_command("check", "--seal")[0], 0)
        self.assertEqual((self.schemas / "versions").read_text(), before)

    def test_each_incompatible_version_says_what_and_why(self):
        def new_field(record, **field):
            return lambda schema: named(schema, record)["fields"].append(field)

        def symbols(name, change):
            return lambda schema: change(named(schema, name)["symbols"])
        rows = [
            # An input: the new version must read whatever shops wrote.
            ("order-paid/2", new_field("OrderLine", name="colour", type="string"),
             "order-paid/3.avsc cannot read what order-paid/1.avsc wrote: OrderPaid.lines[].colour:"
             " the writer's 'shortfall.OrderLine' has no such field, and it has no default"),
            ("order-paid/2", lambda schema: named(schema, "quantity").update(type="string"),
             "OrderPaid.lines[].quantity: 'int' cannot be read as 'string'"),
            ("order-paid/2", lambda schema: drop_field(schema, "OrderPaid", "ship_by"),
             "order-paid/3.avsc: 'shortfall.OrderPaid' has no field 'ship_by' any more"),
            ("order-paid/2", lambda schema: drop_field(schema, "OrderPaid", "order_id"),
             "order-paid/3.avsc: this program cannot read it"),
            ("order-paid/2", symbols("Channel", lambda list: list.insert(1, "KIOSK")),
             "order-paid/3.avsc: 'shortfall.Channel': symbol 1 was 'WEB' and must stay so"),
            ("order-paid/2", lambda schema: named(schema, "Channel").pop("default"),
             "order-paid/3.avsc: 'shortfall.Channel' has no default symbol"),
            ("order-paid/2", lambda schema: named(schema, "title").update(type=["string", "null"],
                                                                          default=""),
             "order-paid/3.avsc: a union of 'string' has null, but not first"),
            # An event: the programs that read it must read the new version too.
            ("refund-request/1", lambda schema: named(schema, "attempt").update(type="long"),
             "refund-request/1.avsc cannot read what refund-request/2.avsc wrote: "
             "RefundRequest.attempt: 'long' cannot be read as 'int'"),
            ("shortage/2", lambda schema: named(schema, "at").update(
                type={"type": "long", "logicalType": "timestamp-micros"}),
             "Shortage.at: a 'timestamp-millis' cannot be read as a 'timestamp-micros'"),
        ]
        for base, change, words in rows:
            record, version = base.split("/")
            newer = f"{record}/{int(version) + 1}.avsc"
            self.edit(f"{base}.avsc", change, newer)
            self.refused(words)
            before = (self.schemas / "versions").read_text()
            self.refused(words, "--seal")
            self.assertEqual((self.schemas / "versions").read_text(), before)
            (self.schemas / newer).unlink()

    def test_an_event_may_get_a_field_with_a_default(self):
        self.edit("refund-request/1.avsc", lambda schema: schema["fields"].append(
            {"name": "note", "type": ["null", "string"], "default": None}),
            "refund-request/2.avsc")
        self.assertEqual(self.run_command("check", "--seal")[0], 0)

    def test_a_text_that_is_no_schema_is_named(self):
        (self.schemas / "clock/2.avsc").write_text("{")
        self.refused("clock/2.avsc: line 1: ")

    def test_all_versions_are_listed(self):
        status, said = self.run_command("list")
        self.assertEqual(status, 0)
        self.assertRegex(said, r"order-paid +2  [0-9a-f]{16}  BACKWARD_TRANSITIVE  "
                               r"shortfall.OrderPaid\n")
        self.assertRegex(said, r"shortage +1  a2601f1654012134  FULL_TRANSITIVE ")

    def test_any_record_is_shown(self):
        status, said = self.run_command(
            "decode", "-", "--hex", data=f"C301 69edff646fa88d02\n{ORDER_PAID_BODY}\n".encode())
        self.assertEqual(status, 0, said)
        self.assertEqual(json.loads(said)["lines"][1],
                         {"line_no": 2, "sku": "缺", "quantity": 1, "paid_minor": 0})
        body = self.schemas / "body"
        body.write_bytes(bytes.fromhex(ORDER_PAID_BODY))
        status, bare = self.run_command("decode", body, "--as", "order-paid/1")
        self.assertEqual((status, bare), (0, said))

    def test_a_record_that_cannot_be_shown_says_why(self):
        rows = [
            (["--hex"], b"c301ffffffffffffffff", "no known schema has the fingerprint"),
            (["--hex"], b"c3 01 69edff646fa88d02 066f", "order_id: "),
            (["--hex"], b"c3 0", "an odd number of hexadecimal digits"),
            (["--hex"], b"c3 x", "byte 4 is no hexadecimal digit"),
            (["--as", "order-paid/9"], b"", "there is no schema 'order-paid/9'"),
            ([], b"{}", "2 bytes that begin neither as Avro single-object"),
        ]
        for options, data, words in rows:
            status, said = self.run_command("decode", "-", *options, data=data)
            self.assertEqual(status, 1, said)
            self.assertIn(words, said)


if __name__ == "__main__":
    unittest.main()

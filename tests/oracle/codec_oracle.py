"""Random pairs of schemas and values: what others' Avro makes of them, ours must make of them too.

A round makes a reader's schema, a writer's schema that has drifted away from it as schemas do
(fields dropped, added, renamed by alias, reordered, promoted, made nullable; symbols reordered and
added), another one that was broken besides, and values of the writers'. fastavro writes each value;
we, fastavro and Apache Avro for Java read it as the reader's, and must read the same or refuse it
alike. What Java writes in many small blocks must read the same too, and of bytes that are cut
nothing may be read. Then a record of the reader's is written by us under another version and must
be the very bytes that fastavro writes.
"""
import argparse
import base64
import io
import json
import random
import subprocess
import sys

import fastavro

from generate import Break, Drift, Schemas, Values

def as_ours(value, schema):
    """A decoded value as record_to_json would have it."""
    if isinstance(schema, list):
        return as_ours(value, schema[1])
    if schema == "bytes":
        return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()
    if schema == "string":
        return value.decode() if isinstance(value, bytes) else value
    if isinstance(schema, str) or schema["type"] == "enum":
        return value
    if schema["type"] == "array":
        return [as_ours(item, schema["items"]) for item in value]
    record = {}
    for field in schema["fields"]:
        optional = isinstance(field["type"], list)
        # A default that leaves an optional field out means null; fastavro leaves it out too.
        inner = value.get(field["name"]) if optional else value[field["name"]]
        # In a struct the first symbol of an optional enum is null.
        if optional and (inner is None or inner == "UNKNOWN"):
            continue
        record[field["name"]] = as_ours(inner, field["type"])
    return record


class Ours:
    """The codec of this project, behind a pipe."""

    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the program ended at {json.dumps(request)}")
        return json.loads(answer)


def written(schema, value):
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), value)
    return out.getvalue()


def fail(seed, words, **shown):
    print(f"seed {seed}: {words}", file=sys.stderr)
    for name, value in shown.items():
        print(f"  {name}: {json.dumps(value, default=str)}", file=sys.stderr)
    raise SystemExit(1)


class Tally:
    """What was compared, and where the oracles differ from one another."""

    def __init__(self):
        self.pairs = 0
        self.values = 0
        self.refused = 0
        self.differences = {}

    def differ(self, cause):
        self.differences[cause] = self.differences.get(cause, 0) + 1


REFUSED = "refused"


def read_by_fastavro(writer, reader, data):
    """As record_to_json would have it, or REFUSED."""
    try:
        value = fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(writer),
                                           fastavro.parse_schema(reader))
        return as_ours(value, reader)
    except (fastavro.read.SchemaResolutionError, UnicodeDecodeError) as error:
        del error
        return REFUSED


def from_java(value, schema):
    """Avro's own JSON as record_to_json would have it."""
    if isinstance(schema, list):
        return None if value is None else from_java(*value.values(), schema[1])
    if schema == "bytes":
        return base64.b64encode(value.encode("latin-1")).decode()
    if isinstance(schema, str) or schema["type"] == "enum":
        return value
    if schema["type"] == "array":
        return [from_java(item, schema["items"]) for item in value]
    record = {}
    for field in schema["fields"]:
        inner = from_java(value[field["name"]], field["type"])
        if isinstance(field["type"], list) and (inner is None or inner == "UNKNOWN"):
            continue
        record[field["name"]] = inner
    return record


class Comparison:
    """One round: a reader's schema, and what three implementations make of others' bytes."""

    def __init__(self, seed, ours, java, tally):
        self.seed = seed
        self.rng = random.Random(seed)
        self.ours = ours
        self.java = java
        self.tally = tally
        self.schemas = Schemas(self.rng)
        self.drift = Drift(self.rng, self.schemas)
        self.reader = self.schemas.record()
        self.java_reader = java.parse(self.reader) if java else None

    def run(self):
        writer = self.drift.record(self.reader)
        self.check_reading(writer)
        self.check_reading(Break(self.rng, self.drift).record(writer))
        self.check_cutting(self.drift.record(self.reader))
        check_writing(self.seed, self.rng, self.ours, self.schemas, self.reader)

    def check_reading(self, writer):
        java_writer = self.java.parse(writer) if self.java else None
        self.tally.pairs += 1
        for _ in range(3):
            data = written(writer, Values(self.rng).of(writer))
            self.check_value(writer, java_writer, data)
            if java_writer:
                self.check_blocked(writer, java_writer, data)

    def read_by_ours(self, writer, data):
        answer = self.ours.ask(reader=self.reader, writer=writer, bytes=data.hex())
        return (answer["json"], None) if answer["status"] == "OK" else (REFUSED, answer)

    def check_value(self, writer, java_writer, data):
        ours, why = self.read_by_ours(writer, data)
        fast = read_by_fastavro(writer, self.reader, data)
        self.tally.values += 1
        self.tally.refused += ours is REFUSED
        if not java_writer:
            if ours != fast:
                self.fail("read differently", writer, data, ours=[ours, why], fastavro=fast)
            return
        java, java_why = self.java.read(java_writer, self.java_reader, data)
        java = REFUSED if java_why is not None else from_java(java, self.reader)
        if ours == java == fast:
            return
        resolves = self.java.resolves(java_writer, self.java_reader)
        cause = cause_of(ours, why, fast, java, java_why, resolves)
        if cause is None:
            self.fail("read differently", writer, data, ours=[ours, why], fastavro=fast,
                      java=[java, java_why])
        self.tally.differ(cause)

    def check_blocked(self, writer, java_writer, data):
        """The same value in small blocks is the same value."""
        blocked = self.java.blocked(java_writer, data)
        if blocked != data and self.read_by_ours(writer, blocked) != self.read_by_ours(writer, data):
            self.fail("read blocks differently", writer, blocked,
                      ours=self.read_by_ours(writer, blocked),
                      whole=self.read_by_ours(writer, data))

    def check_cutting(self, writer):
        """Of a record that is cut or has a byte too many, nothing may be read."""
        data = written(writer, Values(self.rng).of(writer))
        broken = data + b"\0"
        if data and self.rng.random() < 0.7:
            broken = data[:self.rng.randrange(len(data))]
        ours, _ = self.read_by_ours(writer, broken)
        if ours is not REFUSED:
            self.fail("read what is broken", writer, broken, ours=ours)

    def fail(self, words, writer, data, **shown):
        fail(self.seed, words, reader=self.reader, writer=writer, bytes=data.hex(), **shown)


def cause_of(ours, why, fast, java, java_why, resolves):
    """Why the three differ, where we know; docs/EVOLUTION.md says who is right. None: nobody knows."""
    if ours is REFUSED and why.get("stage") == "plan" and not resolves:
        return "the schemas do not resolve: we refuse all values, the others those that show it"
    if ours is not REFUSED and java is REFUSED and "Found null, expecting" in java_why:
        return "null where the reader wants a value: we take its default, Java refuses"
    return None


def older(rng, schemas, schema):
    """Another version of the reader's own schema, for us to write."""
    fields = [f for f in schema["fields"] if rng.random() < 0.8]
    for _ in range(rng.choice([0, 1, 2])):
        kind = rng.choice(["int", "long", "boolean", "string", "bytes"])
        fields.append({"name": schemas.name("extra"), "type": kind,
                       "default": schemas.default(kind)})
    rng.shuffle(fields)
    return {**schema, "fields": fields}


def check_writing(seed, rng, ours, schemas, reader):
    writer = older(rng, schemas, reader)
    value = null_unknowns(Values(rng).of(reader), reader)
    record = as_ours(value, reader)
    for field in writer["fields"]:
        if field["name"] not in value:  # fastavro would write a default of bytes as a string
            default = field["default"]
            value[field["name"]] = default.encode() if field["type"] == "bytes" else default
    expected = written(writer, value)
    answer = ours.ask(reader=reader, writer=writer, record=record)
    if answer["status"] != "OK" or answer["bytes"] != expected.hex():
        fail(seed, "written differently", reader=reader, writer=writer, record=record,
             theirs=expected.hex(), ours=answer)


def null_unknowns(value, schema):
    """The first symbol of an optional enum is null in a struct, so it is written as null."""
    if isinstance(schema, list):
        return None if value is None or value == "UNKNOWN" else null_unknowns(value, schema[1])
    if isinstance(schema, dict) and schema["type"] == "record":
        return {f["name"]: null_unknowns(value[f["name"]], f["type"]) for f in schema["fields"]}
    if isinstance(schema, dict) and schema["type"] == "array":
        return [null_unknowns(item, schema["items"]) for item in value]
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("program", help="the built oracle_codec")
    parser.add_argument("--rounds", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--java", metavar="FOLDER", help="jars of Apache Avro for Java")
    options = parser.parse_args()
    ours = Ours(options.program)
    java = None
    if options.java:
        from avro_java import AvroJava  # pylint: disable=import-outside-toplevel
        java = AvroJava(options.java)
    tally = Tally()
    try:
        for seed in range(options.seed, options.seed + options.rounds):
            Comparison(seed, ours, java, tally).run()
    except KeyboardInterrupt:
        print("interrupted; so far:")
    print(f"{tally.pairs} pairs of schemas from seed {options.seed}, {tally.values} values, "
          f"{tally.refused} of them refused: we agree with fastavro"
          f"{' and Apache Avro for Java' if java else ''}")
    for cause, count in sorted(tally.differences.items()):
        print(f"  {count} values: {cause}")


if __name__ == "__main__":
    main()

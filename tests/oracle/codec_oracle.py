"""Random pairs of schemas and values: what fastavro makes of them, ours must make of them too.

A round makes a reader's schema, a writer's schema that has drifted away from it as schemas do
(fields dropped, added, renamed by alias, reordered, promoted, made nullable; symbols reordered and
added), and values of the writer's. fastavro writes each value, reads it as the reader's, and ours
must read the same. Then a record of the reader's is written by us under a drifted schema and must
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

KINDS = ["int", "long", "boolean", "enum", "string", "bytes", "record", "array"]


class Schemas:
    """Makes a reader's schema out of what a table of fields can stand for."""

    def __init__(self, rng):
        self.rng = rng
        self.names = 0

    def name(self, stem):
        self.names += 1
        return f"{stem}{self.names}"

    def record(self, depth=0):
        fields = [self.field(depth) for _ in range(self.rng.randint(1 if depth else 2, 6))]
        return {"type": "record", "name": self.name("R"), "fields": fields}

    def field(self, depth):
        kind = self.rng.choice(KINDS if depth < 3 else KINDS[:6])
        inner = self.type_of(kind, depth)
        field = {"name": self.name("f"), "type": inner}
        optional = kind not in ("boolean", "array") and self.rng.random() < 0.4
        if optional:
            field["type"] = ["null", inner]
            field["default"] = None
        elif self.rng.random() < 0.5:
            field["default"] = self.default(inner)
        if self.rng.random() < 0.5:
            field["aliases"] = [self.name("old"), self.name("older")]
        return field

    def type_of(self, kind, depth):
        if kind == "enum":
            symbols = ["UNKNOWN"] + [self.name("S") for _ in range(self.rng.randint(1, 4))]
            return {"type": "enum", "name": self.name("E"), "symbols": symbols,
                    "default": "UNKNOWN"}
        if kind == "record":
            return self.record(depth + 1)
        if kind == "array":
            return {"type": "array", "items": self.record(depth + 1)}
        return kind

    def default(self, schema):
        """A default, as it stands in a schema."""
        return as_default(Values(self.rng).of(schema), schema)


def as_default(value, schema):
    if schema == "bytes":
        return value.decode("latin-1")
    if isinstance(schema, list):
        return None if value is None else as_default(value, schema[1])
    if isinstance(schema, dict) and schema["type"] == "record":
        return {f["name"]: as_default(value[f["name"]], f["type"]) for f in schema["fields"]
                if not (isinstance(f["type"], list) and value[f["name"]] is not None)}
    if isinstance(schema, dict) and schema["type"] == "array":
        return [as_default(item, schema["items"]) for item in value]
    return value


class Values:
    """Makes values of any schema."""

    def __init__(self, rng):
        self.rng = rng
        self.named = {}

    def of(self, schema, depth=0):
        if isinstance(schema, list):
            branches = [b for b in schema if b == "null" or depth < 6] or schema
            branch = self.rng.choice(branches)
            if depth >= 6 and "null" in schema:
                branch = "null"
            return self.of(branch, depth)
        kind = schema if isinstance(schema, str) else schema["type"]
        if kind in self.named:
            return self.of(self.named[kind], depth)
        if isinstance(schema, dict) and "name" in schema:
            self.named[schema["name"]] = schema
        return getattr(self, "a_" + kind)(schema, depth + 1)

    def a_null(self, _schema, _depth):
        return None

    def a_boolean(self, _schema, _depth):
        return self.rng.random() < 0.5

    def number(self, bits):
        size = self.rng.choice([3, 7, 8, 14, 20, 31, bits])
        return self.rng.randint(-(1 << min(size, bits - 1)), (1 << min(size, bits - 1)) - 1)

    def a_int(self, _schema, _depth):
        return self.number(32)

    def a_long(self, _schema, _depth):
        return self.number(64)

    def a_float(self, _schema, _depth):
        return float(self.rng.randint(-1000, 1000))

    a_double = a_float

    def a_string(self, _schema, _depth):
        letters = "abc-0 é缺📦"
        size = self.rng.choice([0, 1, 5, 8, 20, 100])
        return "".join(self.rng.choice(letters) for _ in range(size))

    def a_bytes(self, _schema, _depth):
        # Such as a string could hold too, because either may be read as the other.
        return self.a_string(None, 0).encode("ascii", "ignore")

    def a_fixed(self, schema, _depth):
        return bytes(self.rng.randrange(256) for _ in range(schema["size"]))

    def a_enum(self, schema, _depth):
        return self.rng.choice(schema["symbols"])

    def a_array(self, schema, depth):
        return [self.of(schema["items"], depth) for _ in range(self.rng.choice([0, 0, 1, 2, 5]))]

    def a_map(self, schema, depth):
        size = self.rng.choice([0, 1, 3])
        return {f"k{i}": self.of(schema["values"], depth) for i in range(size)}

    def a_record(self, schema, depth):
        return {f["name"]: self.of(f["type"], depth) for f in schema["fields"]}


class Drift:
    """Makes a writer's schema out of a reader's, so that Avro can still resolve the two."""

    def __init__(self, rng, schemas):
        self.rng = rng
        self.schemas = schemas

    def record(self, schema):
        fields = []
        for field in schema["fields"]:
            droppable = "default" in field
            if droppable and self.rng.random() < 0.25:
                continue
            name = field["name"]
            if field.get("aliases") and self.rng.random() < 0.5:
                name = self.rng.choice(field["aliases"])
            fields.append({"name": name, "type": self.type_of(field["type"])})
        for _ in range(self.rng.choice([0, 0, 1, 3])):
            fields.append({"name": self.schemas.name("extra"), "type": self.anything(0)})
        if self.rng.random() < 0.5:
            self.rng.shuffle(fields)
        return {"type": "record", "name": schema["name"], "fields": fields}

    def type_of(self, schema):
        if isinstance(schema, list):
            inner = self.type_of(schema[1])
            if isinstance(inner, list):
                return ["null"] + inner
            return self.rng.choice([["null", inner], [inner, "null"], inner, "null",
                                    ["null", "double" if inner != "double" else "float", inner]])
        if schema == "long":
            return self.rng.choice(["long", "long", "int", ["int", "long"]])
        if schema in ("string", "bytes"):
            return self.rng.choice([schema, schema, "string", "bytes"])
        if isinstance(schema, str):
            return schema
        if schema["type"] == "enum":
            symbols = schema["symbols"] + [self.schemas.name("NEW")] * self.rng.choice([0, 1])
            symbols = symbols[1:] if self.rng.random() < 0.3 else symbols
            self.rng.shuffle(symbols)
            return {"type": "enum", "name": schema["name"], "symbols": symbols}
        if schema["type"] == "array":
            return {"type": "array", "items": self.record(schema["items"])}
        return self.record(schema)

    def anything(self, depth):
        """A type of a field that no reader knows."""
        kinds = ["null", "boolean", "int", "long", "float", "double", "string", "bytes", "fixed",
                 "enum", "list"] + (["array", "map", "union", "record"] if depth < 3 else [])
        kind = self.rng.choice(kinds)
        if kind == "fixed":
            return {"type": "fixed", "name": self.schemas.name("F"), "size": self.rng.randint(0, 9)}
        if kind == "enum":
            return {"type": "enum", "name": self.schemas.name("E"), "symbols": ["A", "B"]}
        if kind == "array":
            return {"type": "array", "items": self.anything(depth + 1)}
        if kind == "map":
            return {"type": "map", "values": self.anything(depth + 1)}
        if kind == "union":
            return ["null", self.rng.choice(["string", "long", "bytes"]), "boolean"]
        if kind == "record":
            fields = [{"name": self.schemas.name("g"), "type": self.anything(depth + 1)}
                      for _ in range(self.rng.randint(0, 3))]
            return {"type": "record", "name": self.schemas.name("X"), "fields": fields}
        if kind == "list":
            name = self.schemas.name("L")
            return {"type": "record", "name": name, "fields": [
                {"name": "value", "type": "int"}, {"name": "next", "type": ["null", name]}]}
        return kind


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


def check_reading(seed, rng, ours, schemas, reader):
    writer = Drift(rng, schemas).record(reader)
    for _ in range(3):
        value = Values(rng).of(writer)
        data = written(writer, value)
        answer = ours.ask(reader=reader, writer=writer, bytes=data.hex())
        try:
            expected = fastavro.schemaless_reader(io.BytesIO(data), fastavro.parse_schema(writer),
                                                  fastavro.parse_schema(reader))
        except fastavro.read.SchemaResolutionError as error:
            # The value chose a branch that the reader has not.
            if answer["status"] != "POISON":
                fail(seed, "read what cannot be resolved", reader=reader, writer=writer,
                     value=value, theirs=str(error), ours=answer)
            continue
        if answer["status"] != "OK" or answer["json"] != as_ours(expected, reader):
            fail(seed, "read differently", reader=reader, writer=writer, value=value,
                 bytes=data.hex(), theirs=as_ours(expected, reader), ours=answer)


def check_cutting(seed, rng, ours, schemas, reader):
    """Of a record that is cut or has a byte too many, nothing may be read."""
    writer = Drift(rng, schemas).record(reader)
    data = written(writer, Values(rng).of(writer))
    broken = data + b"\0"
    if data and rng.random() < 0.7:
        broken = data[:rng.randrange(len(data))]
    answer = ours.ask(reader=reader, writer=writer, bytes=broken.hex())
    if answer["status"] != "POISON":
        fail(seed, "read what is broken", reader=reader, writer=writer, bytes=broken.hex(),
             ours=answer)


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
    options = parser.parse_args()
    ours = Ours(options.program)
    for seed in range(options.seed, options.seed + options.rounds):
        rng = random.Random(seed)
        schemas = Schemas(rng)
        reader = schemas.record()
        check_reading(seed, rng, ours, schemas, reader)
        check_cutting(seed, rng, ours, schemas, reader)
        check_writing(seed, rng, ours, schemas, reader)
    print(f"{options.rounds} rounds from seed {options.seed}: the two agree")


if __name__ == "__main__":
    main()

"""Random schemas and values: a reader's schema, what it drifts to as schemas do, and what breaks."""
import copy

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


class Break:
    """Makes a drifted writer's schema into one that may well not be resolved any more."""

    def __init__(self, rng, drift):
        self.rng = rng
        self.drift = drift

    def record(self, schema):
        schema = copy.deepcopy(schema)
        for _ in range(self.rng.choice([1, 1, 2])):
            self.rng.choice([self.retype, self.rename, self.drop, self.narrow])(schema)
        return schema

    def records(self, schema):
        """The schema's record and those inside it."""
        if isinstance(schema, list):
            return [record for branch in schema for record in self.records(branch)]
        if not isinstance(schema, dict):
            return []
        if schema["type"] in ("array", "map"):
            return self.records(schema.get("items", schema.get("values")))
        if schema["type"] != "record":
            return []
        return [schema] + [record for field in schema["fields"]
                           for record in self.records(field["type"])]

    def a_field(self, schema):
        fields = [field for record in self.records(schema) for field in record["fields"]]
        return self.rng.choice(fields) if fields else None

    def retype(self, schema):
        field = self.a_field(schema)
        if field:
            field["type"] = self.drift.anything(1)

    def rename(self, schema):
        field = self.a_field(schema)
        inner = field["type"] if field else None
        inner = inner[-1] if isinstance(inner, list) else inner
        if isinstance(inner, dict) and "name" in inner and not refers(schema, inner["name"]):
            inner["name"] = self.drift.schemas.name("Other")

    def drop(self, schema):
        record = self.rng.choice(self.records(schema))
        if record["fields"]:
            record["fields"].pop(self.rng.randrange(len(record["fields"])))

    def narrow(self, schema):
        """Another primitive in the place of one, or null beside it."""
        field = self.a_field(schema)
        if field and isinstance(field["type"], str) and field["type"] != "null":
            other = self.rng.choice(["int", "long", "float", "double", "string", "bytes", "boolean"])
            field["type"] = self.rng.choice([other, ["null", field["type"]], [other, "null"]])


def refers(schema, name):
    """Whether a type is named by its name alone somewhere."""
    if isinstance(schema, list):
        return any(refers(branch, name) for branch in schema)
    if isinstance(schema, dict):
        return any(refers(value, name) for key, value in schema.items() if key != "name")
    return schema == name

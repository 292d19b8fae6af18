"""Avro single-object framing: C3 01, the writer's fingerprint, the record."""
import io
import json
from pathlib import Path

import fastavro
from fastavro.schema import fingerprint, parse_schema, to_parsing_canonical_form

MAGIC = b"\xc3\x01"
FINGERPRINT_SIZE = 8
HEADER_SIZE = len(MAGIC) + FINGERPRINT_SIZE


def without_logical_types(schema):
    """Times stay whole milliseconds: a datetime would hide a wrong unit behind a nice face."""
    if isinstance(schema, list):
        return [without_logical_types(branch) for branch in schema]
    if isinstance(schema, dict):
        return {name: without_logical_types(value) for name, value in schema.items()
                if name != "logicalType"}
    return schema


def header_of(schema):
    """What stands before each record that was written with the schema."""
    canonical = to_parsing_canonical_form(schema)
    # fastavro gives the bytes of the fingerprint in the order in which they are sent.
    return MAGIC + bytes.fromhex(fingerprint(canonical, "CRC-64-AVRO"))


class Schemas:
    """Every schema of a folder: the newest version writes, whichever version wrote reads."""

    def __init__(self, folder):
        self._writers = {}   # record -> of the newest version
        self._versions = {}  # (record, version) -> of that one
        self._readers = {}
        for path in sorted(Path(folder).glob("*/*.avsc"), key=lambda path: int(path.stem)):
            schema = without_logical_types(json.loads(path.read_text()))
            header = header_of(schema)
            parsed = parse_schema(schema)
            self._writers[path.parent.name] = (header, parsed)
            self._versions[path.parent.name, int(path.stem)] = (header, parsed)
            self._readers[header] = parsed

    def encode(self, topic, record, version=None):
        header, schema = self._versions[topic, version] if version else self._writers[topic]
        unknown = set(record) - {field["name"] for field in schema["fields"]}
        if unknown:
            raise ValueError(f"{topic} has no field {', '.join(sorted(unknown))}")
        out = io.BytesIO()
        out.write(header)
        fastavro.schemaless_writer(out, schema, record)
        return out.getvalue()

    def decode(self, payload):
        header = payload[:HEADER_SIZE]
        if header not in self._readers:
            raise ValueError(f"no schema has the fingerprint of a record that begins {header.hex()}")
        stream = io.BytesIO(payload[HEADER_SIZE:])
        record = fastavro.schemaless_reader(stream, self._readers[header])
        if stream.read(1):
            raise ValueError("bytes after the record")
        return record

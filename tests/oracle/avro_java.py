"""Apache Avro for Java, called in this process: reads bytes as another schema, and writes blocks."""
import json
from pathlib import Path

import jpype

UNRESOLVED = object()


class AvroJava:
    def __init__(self, folder):
        jars = sorted(str(jar) for jar in Path(folder).glob("*.jar"))
        if not jars:
            raise SystemExit(f"oracle: no jars in {folder}: call deploy/local/install --tests")
        jpype.startJVM("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss4m",
                       classpath=jars)
        self._parser = jpype.JClass("org.apache.avro.Schema$Parser")
        self._reader = jpype.JClass("org.apache.avro.generic.GenericDatumReader")
        self._writer = jpype.JClass("org.apache.avro.generic.GenericDatumWriter")
        self._decoders = jpype.JClass("org.apache.avro.io.DecoderFactory").get()
        self._encoders = jpype.JClass("org.apache.avro.io.EncoderFactory")()
        self._encoders.configureBlockSize(64)
        self._stream = jpype.JClass("java.io.ByteArrayOutputStream")
        self._compatibility = jpype.JClass("org.apache.avro.SchemaCompatibility")
        self._errors = (jpype.JClass("org.apache.avro.AvroTypeException"),
                        jpype.JClass("java.io.IOException"),
                        jpype.JClass("java.lang.RuntimeException"))

    def parse(self, schema):
        return self._parser().parse(json.dumps(schema))

    def read(self, writer, reader, data):
        """(what the reader sees, None), or (UNRESOLVED, why)."""
        try:
            decoder = self._decoders.binaryDecoder(jpype.JArray(jpype.JByte)(data), None)
            datum = self._reader(writer, reader).read(None, decoder)
            if not decoder.isEnd():
                return UNRESOLVED, "bytes are left"
        except self._errors as error:
            return UNRESOLVED, str(error)
        out = self._stream()
        encoder = self._encoders.jsonEncoder(reader, out)
        self._writer(reader).write(datum, encoder)
        encoder.flush()
        return json.loads(str(out.toString("UTF-8"))), None

    def resolves(self, writer, reader):
        """Whether every value of the writer's could be read."""
        pair = self._compatibility.checkReaderWriterCompatibility(reader, writer)
        return str(pair.getType()) == "COMPATIBLE"

    def blocked(self, writer, data):
        """The same record, its arrays and maps in many small blocks that say their size."""
        decoder = self._decoders.binaryDecoder(jpype.JArray(jpype.JByte)(data), None)
        datum = self._reader(writer).read(None, decoder)
        out = self._stream()
        encoder = self._encoders.blockingBinaryEncoder(out, None)
        self._writer(writer).write(datum, encoder)
        encoder.flush()
        return bytes(out.toByteArray())

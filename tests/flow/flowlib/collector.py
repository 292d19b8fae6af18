"""Everything that came out so far, read as others would: read_committed, decoded by fingerprint."""
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaError

from flowlib.connection import connection
from flowlib.waiting import wait_until_nothing_is

COLLECT_DEADLINE_S = 120
BATCH = 1000


@dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    time_ms: int
    key: bytes
    value: bytes
    headers: dict  # name -> bytes
    body: dict     # decoded; None for a dead letter or a tombstone

    @property
    def id(self):
        """The CloudEvents id, by which anyone downstream deduplicates."""
        return self.headers.get("ce_id")


class Collector:
    """Keeps all records of its topics in `records`, in each partition's order."""

    def __init__(self, bootstrap, schemas, offsets, topics):
        self.records = []
        self._schemas = schemas
        self._offsets = offsets
        self._topics = topics
        self._read = {place: 0 for place in offsets.partitions(topics)}
        self._consumer = Consumer({
            **connection(bootstrap),
            "group.id": "flow-test",  # never joined, never committed to
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
            "auto.offset.reset": "error",
            "enable.partition.eof": True,
            "check.crcs": True,
            "log_level": 2,
        })
        self._consumer.assign([offsets.place(*place, 0) for place in self._read])

    def close(self):
        self._consumer.close()

    def collect(self):
        """Reads up to the present ends and returns all records so far."""
        wait_until_nothing_is(self._undecided, COLLECT_DEADLINE_S,
                              "transactions stay open or their markers unwritten")
        ends = self._offsets.ends(self._topics, committed=True)

        def missing():
            self._take(self._consumer.consume(BATCH, timeout=0.05))
            return [f"{topic}/{number} is read up to {self._read[topic, number]} of {end}"
                    for (topic, number), end in ends.items() if self._read[topic, number] < end]

        if any(self._read[place] < end for place, end in ends.items()):
            wait_until_nothing_is(missing, COLLECT_DEADLINE_S, "what came out can't be read")
        return self.records

    def _undecided(self):
        """The markers of a transaction come a moment after its commit; until then it is hidden."""
        written = self._offsets.ends(self._topics)
        visible = self._offsets.ends(self._topics, committed=True)
        return [f"{topic}/{number}: visible to {visible[topic, number]} of {end}"
                for (topic, number), end in written.items() if visible[topic, number] < end]

    def _take(self, messages):
        for message in messages:
            error = message.error()
            if error is None:
                self.records.append(self._record_of(message))
                position = message.offset() + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                position = message.offset()  # past the markers, which are no messages
            elif error.retriable() or error.code() in (KafkaError._TRANSPORT,
                                                       KafkaError._ALL_BROKERS_DOWN):
                continue  # a broker that a test has stopped
            else:
                raise RuntimeError(f"reading {message.topic()}: {error}")
            place = self._topic_of(message), message.partition()
            self._read[place] = max(self._read[place], position)

    def _record_of(self, message):
        topic, value = self._topic_of(message), message.value()
        # Dead letters are whatever bytes somebody sent.
        body = None if value is None or topic.endswith(".dlq") else self._schemas.decode(value)
        return Record(topic, message.partition(), message.offset(), message.timestamp()[1],
                      message.key(), value, dict(message.headers() or []), body)

    def _topic_of(self, message):
        return message.topic().removeprefix(self._offsets.prefix)

"""Facts into the topics, as a shop's producer would write them."""
import time

from confluent_kafka import Producer

from flowlib.connection import connection
from flowlib.topics import INPUT_KEYS

FLUSH_DEADLINE_S = 120


class Feeder:
    """Writes to topics with `prefix`, which may change at any time."""

    def __init__(self, bootstrap, schemas, prefix=""):
        self.prefix = prefix
        self._schemas = schemas
        self._failed = []
        self._producer = Producer({
            **connection(bootstrap),
            "partitioner": "murmur2_random",  # Kafka's own; librdkafka's default is another
            "enable.idempotence": True,
            "linger.ms": 0,
            "log_level": 2,  # a broker that a test stopped is no news
        })

    def partitions_of(self, topic):
        name = self.prefix + topic
        return sorted(self._producer.list_topics(name, timeout=10).topics[name].partitions)

    def send(self, topic, record, time_ms, partition=-1, headers=None):
        """A record, not before its own time: a fact far later than its message is a dead letter.
        With a partition: as a client does whose partitioner is another one than Kafka's."""
        key_field = INPUT_KEYS[topic]
        key = record[key_field] if key_field else None
        value = self._schemas.encode(topic, record)
        self.send_bytes(topic, key, value, of_today(time_ms), partition, headers)

    def send_bytes(self, topic, key, value, time_ms=0, partition=-1, headers=None):
        """Queues; acknowledged after flush(). time_ms 0: now."""
        while True:
            try:
                self._producer.produce(self.prefix + topic, key=key, value=value, partition=partition,
                                       timestamp=time_ms, headers=headers or [],
                                       on_delivery=self._delivered)
                self._producer.poll(0)
                return
            except BufferError:
                self._producer.poll(0.1)

    def tick(self, at_ms):
        """Says what time it is, in every partition, because each has a time of its own."""
        value = self._schemas.encode("clock", {"at": at_ms})
        for partition in self.partitions_of("clock"):
            self.send_bytes("clock", None, value, of_today(at_ms), partition)

    def flush(self):
        left = self._producer.flush(FLUSH_DEADLINE_S)
        if left or self._failed:
            raise RuntimeError(f"{left} records not acknowledged in {FLUSH_DEADLINE_S} s, "
                               f"refused: {self._failed[:5]}")

    def _delivered(self, error, message):
        if error is not None:
            self._failed.append(f"{message.topic()}: {error}")


def of_today(time_ms):
    """Now, or a time to come. Never days ago: a broker that starts again takes the producer of such
    messages for one that ended long ago, and no longer sees which of them it has (an order was lost
    so)."""
    return max(time_ms, round(time.time() * 1000))

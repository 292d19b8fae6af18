"""A log written once more, each record at the offset it had.

A revision is a place in the log, so what is decided again is the same only then. The sequencer writes
without transactions, a change of the rules in one, whose marker takes an offset of its own, perhaps
some records later. So does the one that writes it here."""
from confluent_kafka import Producer

from flowlib.connection import connection
from flowlib.waiting import wait_until_nothing_is

TOPIC = "sku-event"
DEADLINE_S = 30


class Relog:
    def __init__(self, bootstrap, feeder, offsets):
        self._bootstrap = bootstrap
        self._feeder = feeder
        self._offsets = offsets
        self._ends = {}  # partition -> the offset of what comes next
        self._open = {}  # partition -> the producer of the transaction that is open in it

    def write(self, records):
        for record in records:
            self._write(record)
        for partition in list(self._open):
            self._commit(partition)
        self._feeder.flush()

    def _write(self, record):
        partition = record.partition
        if record.offset > self._ends.get(partition, 0) and partition in self._open:
            self._commit(partition)
        if record.offset != self._ends.get(partition, 0):
            raise RuntimeError(f"{TOPIC}/{partition}: {record.offset} can't come after "
                               f"{self._ends.get(partition, 0)}")
        headers = list(record.headers.items())
        if any(fact["kind"] == "RULES" for fact in record.body["facts"]):
            self._feeder.flush()
            self._begin(partition)
            self._open[partition].produce(TOPIC, key=record.key, value=record.value,
                                          partition=partition, headers=headers)
            self._open[partition].flush(DEADLINE_S)
        else:
            self._feeder.send_bytes(TOPIC, record.key, record.value, record.time_ms, partition,
                                    headers)
        self._ends[partition] = record.offset + 1

    def _begin(self, partition):
        if partition in self._open:
            return  # two changes in one transaction
        producer = Producer({**connection(self._bootstrap), "log_level": 2,
                             "transactional.id": f"relog-{partition}"})
        producer.init_transactions(DEADLINE_S)
        producer.begin_transaction()
        self._open[partition] = producer

    def _commit(self, partition):
        """Its marker comes a moment after the commit; nothing may come between."""
        self._feeder.flush()
        self._open.pop(partition).commit_transaction(DEADLINE_S)
        self._ends[partition] += 1

        def missing():
            end = self._offsets.ends([TOPIC])[TOPIC, partition]
            return [] if end >= self._ends[partition] else [f"{TOPIC}/{partition} ends at {end}"]

        wait_until_nothing_is(missing, DEADLINE_S, "the marker of a transaction does not come")

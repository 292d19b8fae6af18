"""Garbage of every kind, and where it must be found again: in the dead letters, byte by byte."""
from flowlib.market import PARTITIONS
from flowlib.topics import INPUT_KEYS

ORDER = {"order_id": "P-1", "marketplace": "m", "seller_id": "s1", "currency": "CNY", "paid_at": 0,
         "lines": [{"line_no": 1, "sku": "P", "quantity": 1, "paid_minor": 1}]}
LINE = ORDER["lines"][0]


def poisons(schemas):
    """(topic, value): bytes that are no record, for each input; and records that break a rule."""
    for topic in INPUT_KEYS:
        yield topic, b""
        yield topic, b"not a record at all"
        yield topic, b"\xc3\x01" + b"unknown!" + b"\x02a"
        yield topic, b"\xc3\x01"
        yield topic, b"\x00\x00\x00\x00\x07record of a registry that is not there"
        yield topic, b"\xff" * 300
        yield topic, schemas.encode("order-paid", ORDER)[:-1]
        yield topic, schemas.encode("order-paid", ORDER) + b"\x00"
    for broken in ({"order_id": ""}, {"lines": []}, {"lines": [LINE, LINE]},
                   {"lines": [{**LINE, "quantity": 0}]}, {"lines": [{**LINE, "sku": ""}]},
                   {"lines": [{**LINE, "paid_minor": -1}]}):
        yield "order-paid", schemas.encode("order-paid", {**ORDER, **broken})


class Poison:
    def __init__(self, feeder, schemas):
        self._feeder = feeder
        self._all = list(enumerate(poisons(schemas)))
        self._next = 0
        self.sent = []  # (topic, partition, key, value, number)

    def spill(self, count):
        """The next ones of the list, spread over the partitions."""
        for number, (topic, value) in self._all[self._next:self._next + count]:
            partitions = self._feeder.partitions_of(topic)
            self._send(topic, partitions[number % len(partitions)], value, number)
        self._next += count

    def spill_into(self, topic, partition):
        """Once more what was first in the list for the topic."""
        value = next(value for _, (of_topic, value) in self._all if of_topic == topic)
        self._send(topic, partition, value, len(self._all) + len(self.sent))

    def _send(self, topic, partition, value, number):
        key = f"poison-{number}".encode()
        self._feeder.send_bytes(topic, key, value, partition=partition,
                                headers=[("number", str(number).encode())])
        self.sent.append((topic, partition, key, value, number))

    def spill_rest(self):
        self.spill(len(self._all) - self._next)


def lost_poison(sent, records):
    """Garbage without its dead letter: same bytes, key, headers and partition, and the reason."""
    letters = {}
    for record in records:
        letters.setdefault((record.topic, record.key), []).append(record)
    problems = []
    for topic, partition, key, value, number in sent:
        found = letters.get((f"{topic}.dlq", key), [])
        if not found:
            problems.append(f"no dead letter of {key.decode()} in {topic}: {value[:40]!r}")
        for letter in found:
            problems += [f"dead letter of {key.decode()} in {topic}: {what}"
                         for what in differences(letter, topic, partition, value, number)]
    return problems


def differences(letter, topic, partition, value, number):
    headers = letter.headers
    if (letter.value or b"") != value:
        yield f"value is {letter.value!r}, was {value!r}"
    if letter.partition != partition and partition < PARTITIONS:  # one that the letters have, too
        yield f"partition is {letter.partition}, was {partition}"
    if headers.get("number") != str(number).encode():
        yield f"header number is {headers.get('number')}, was {number}"
    if headers.get("__connect.errors.topic") != topic.encode():
        yield f"header __connect.errors.topic is {headers.get('__connect.errors.topic')}"
    if headers.get("__connect.errors.partition") != str(partition).encode():
        yield f"header __connect.errors.partition is {headers.get('__connect.errors.partition')}"
    for name in ("offset", "stage", "exception.class.name", "exception.message"):
        if not headers.get(f"__connect.errors.{name}"):
            yield f"header __connect.errors.{name} is missing"


def unexpected_letters(sent, records):
    """Dead letters of good facts."""
    keys = {(f"{topic}.dlq", key) for topic, _, key, _, _ in sent}
    return [f"a good fact is in {record.topic}, key {record.key}: "
            f"{record.headers.get('__connect.errors.exception.message')}"
            for record in records
            if record.topic.endswith(".dlq") and (record.topic, record.key) not in keys]

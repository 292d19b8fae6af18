"""Transactions that Kafka tore apart: noted as committed, and not ended in a partition where they wrote.

Seen of a broker whose disk was full in that moment (docs/RELIABILITY.md, the conditions). What they wrote
stays open until the producer's next transaction ends, their offsets are lost, and what was decided in
them is decided again, with the same ids."""
import re

FIELD = re.compile(r"(\w+): (\S+)")


def torn_offsets(dump):
    """Of one partition, as Kafka's DumpLogSegments tells it: the offsets of what a producer wrote and had
    not ended when its next epoch wrote. A healthy Kafka ends it before it gives out that epoch. What the
    same epoch went on with can't be told from the one transaction, and is not excused."""
    unended, torn = {}, set()
    for line in dump.splitlines():
        if not line.startswith("baseOffset:"):
            continue
        batch = dict(FIELD.findall(line))
        producer = batch["producerId"]
        if batch["isControl"] == "true":
            unended.pop(producer, None)
            continue
        epoch, offsets = unended.setdefault(producer, (batch["producerEpoch"], set()))
        if epoch != batch["producerEpoch"]:
            torn |= offsets
            offsets = set()
        offsets |= set(range(int(batch["baseOffset"]), int(batch["lastOffset"]) + 1))
        unended[producer] = batch["producerEpoch"], offsets
    return torn

"""Reads an acceptance case: its rows with whole times, all defaults filled in.

A time is an offset from the case's t0 ("+2d2m10s"), in any field; a row's own is its `t`."""
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

OFFSET = re.compile(r"([+-])(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?")
UNITS_MS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1_000, "ms": 1}
ROW_TIME = object()  # as a default: the row's own time

DEFAULTS = {
    "order-paid": {"seller_id": "s1", "buyer_id": "b1", "locale": "zh-CN", "paid_at": ROW_TIME},
    "stock-level": {"warehouse_id": "w1", "counted_at": ROW_TIME},
    "order-closed": {"warehouse_id": "w1", "closed_at": ROW_TIME},
    "substitute": {},
    "buyer-decision": {"decided_at": ROW_TIME},
    "seller-response": {"responded_at": ROW_TIME},
    "platform-ruling": {"ruled_at": ROW_TIME},
    "refund-result": {"at": ROW_TIME},
}
WITH_ID = ("buyer-decision", "seller-response", "platform-ruling")


@dataclass(frozen=True)
class Row:
    """One record to send, or one that must come out."""
    at_ms: int
    topic: str
    value: dict


@dataclass(frozen=True)
class Case:
    name: str
    t0_ms: int
    end_ms: int
    inputs: list    # of Row, in the order in which they are fed
    expected: list  # of Row
    final: dict         # "order/line" -> state of the line
    compensation: dict  # order -> state of the compensation
    orders: frozenset   # the ids that are this case's own, and nobody else's
    skus: frozenset

    def owns(self, body):
        """Whether a record that came out is about something of this case."""
        return body["order_id"] in self.orders if "order_id" in body else body["sku"] in self.skus


def read_case(path):
    case = json.loads(Path(path).read_text())
    t0_ms = round(datetime.fromisoformat(case["t0"]).timestamp() * 1000)
    inputs = [row_of(row, t0_ms) for row in case["inputs"]]
    inputs = [with_defaults(row, f"{case['name']}-{number}", inputs[:number])
              for number, row in enumerate(inputs)]
    expected = [row_of(row, t0_ms) for row in case["expected"]]
    return Case(case["name"], t0_ms, resolve(case["run_until"], t0_ms),
                sorted(inputs, key=lambda row: row.at_ms), expected,
                case.get("final", {}), case.get("compensation", {}),
                named("order_id", inputs + expected), named("sku", inputs + expected))


def row_of(row, t0_ms):
    return Row(resolve(row["t"], t0_ms), row["topic"], resolve(row["value"], t0_ms))


def resolve(value, t0_ms):
    """The value with each offset in it, however deep, as milliseconds since 1970."""
    if isinstance(value, dict):
        return {name: resolve(item, t0_ms) for name, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, t0_ms) for item in value]
    match = OFFSET.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return value
    sign, *counts = match.groups()
    offset_ms = sum(int(count or 0) * unit for count, unit in zip(counts, UNITS_MS.values()))
    return t0_ms + (offset_ms if sign == "+" else -offset_ms)


def offset_text(at_ms, t0_ms):
    """The way back, for people: "+2d2m10s"."""
    rest_ms = abs(at_ms - t0_ms)
    text = "+" if at_ms >= t0_ms else "-"
    for name, unit in UNITS_MS.items():
        count, rest_ms = divmod(rest_ms, unit)
        text += f"{count}{name}" if count else ""
    return text if len(text) > 1 else text + "0s"


def with_defaults(row, own_id, before):
    value = dict(row.value)
    if row.topic in WITH_ID:
        value.setdefault("id", own_id)
    for field, default in DEFAULTS[row.topic].items():
        value.setdefault(field, row.at_ms if default is ROW_TIME else default)
    if value.get("choice") == "ACCEPT" and "offer_id" not in value:
        value["offer_id"] = last_offer(value["order_id"], before)
    return Row(row.at_ms, row.topic, value)


def last_offer(order_id, rows):
    """An offer's id is that of the seller's response."""
    offers = [row.value["id"] for row in rows
              if row.topic == "seller-response" and row.value["order_id"] == order_id
              and row.value["kind"] == "OFFER_COMPENSATION"]
    return offers[-1] if offers else None


def named(field, rows):
    return frozenset(value for row in rows for value in values_of(row.value, field))


def values_of(value, field):
    """All values of a field, however deep."""
    if isinstance(value, list):
        for item in value:
            yield from values_of(item, field)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == field:
                yield item
            else:
                yield from values_of(item, field)

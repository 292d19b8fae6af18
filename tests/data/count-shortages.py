#!/usr/bin/env python3
"""Says by brute force which paid lines of a folder of facts are short, and when.

    count-shortages.py FOLDER [--events]

FOLDER holds orders.jsonl.gz, closed.jsonl.gz and stock.jsonl.gz. The allocation rules are written
down here once more, as plainly as can be and with nothing of the workers in it, so that what these
find can be compared with something. Nobody decides anything here: no line is refunded.

With --events each change is a line: time, kind, sku, order_id, line_no, expected date.
Facts of one time count in the order of shortfall-replay: closings, levels, orders.
"""

import collections
import gzip
import json
import pathlib
import sys
from datetime import datetime, timezone


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def day(ms):
    return datetime.fromtimestamp(ms / 1000, timezone.utc).strftime("%Y-%m-%d")


class Line:
    def __init__(self, key, quantity, covered):
        self.key = key
        self.quantity = quantity
        self.covered = covered
        self.told = True if covered else None  # what was last said of it: covered or not
        self.ever_short = False


class Sku:
    """One warehouse a SKU, which is all that the data has."""

    def __init__(self):
        self.level = None
        self.lines = []  # open ones, oldest first
        self.shipped = []  # (closed_at, quantity): left the house, not counted out yet
        self.closed_unseen = set()  # closed before they were paid

    def available(self):
        return max(0, self.level["on_hand"])

    def reserved(self):
        covered = sum(line.quantity for line in self.lines if line.covered)
        return covered + sum(quantity for _, quantity in self.shipped)

    def settle(self):
        """Uncovers from the newest, covers from the oldest; yields what changed in the end."""
        if self.level is None:
            return
        reserved, available = self.reserved(), self.available()
        for line in reversed(self.lines):
            if line.covered and reserved > available:
                line.covered = False
                reserved -= line.quantity
        for line in self.lines:
            if not line.covered and reserved + line.quantity <= available:
                line.covered = True
                reserved += line.quantity
        for line in self.lines:
            if line.told != line.covered:
                first = line.told is None
                line.told = line.covered
                if not line.covered:
                    line.ever_short = True
                    yield "UNFILLABLE", line
                elif not first:
                    yield "RECOVERED", line

    def expected(self, line):
        restock = self.level.get("restock")
        if line.covered or not restock:
            return None
        ahead = 0
        for other in self.lines:
            if other is line:
                break
            ahead += 0 if other.covered else other.quantity
        free = self.available() - self.reserved()
        fits = ahead + line.quantity <= free + restock["quantity"]
        return restock["expected_at"] if fits else None

    def pay(self, key, quantity):
        if key not in self.closed_unseen:
            line = Line(key, quantity, covered=self.level is None)
            self.lines.append(line)

    def count(self, level):
        if self.level is None or level["version"] > self.level["version"]:
            self.level = level
            counted_at = level["counted_at"]
            self.shipped = [s for s in self.shipped if s[0] > counted_at]

    def close(self, key, closed_at):
        line = next((line for line in self.lines if line.key == key), None)
        if line is None:
            self.closed_unseen.add(key)
            return None
        self.lines.remove(line)
        counted = self.level is not None and self.level["counted_at"] >= closed_at
        if line.covered and not counted:
            self.shipped.append((closed_at, line.quantity))
        return line


def facts(folder):
    """(time, sku, what to do with it) in the order in which they take effect."""
    merged = [
        *((c["closed_at"], 0, n, c) for n, c in enumerate(read(folder / "closed.jsonl.gz"))),
        *((s["counted_at"], 1, n, s) for n, s in enumerate(read(folder / "stock.jsonl.gz"))),
        *((o["paid_at"], 2, n, o) for n, o in enumerate(read(folder / "orders.jsonl.gz"))),
    ]
    for at, rank, _, fact in sorted(merged, key=lambda entry: entry[:3]):
        if rank == 0:
            yield at, fact["sku"], "close", (fact["order_id"], fact["line_no"]), at
        elif rank == 1:
            yield at, fact["sku"], "count", fact
        else:
            for line in fact["lines"]:
                key = (fact["order_id"], line["line_no"])
                yield at, line["sku"], "pay", key, line["quantity"]


def changes(folder, skus):
    for at, name, what, *arguments in facts(folder):
        sku = skus[name]
        closed = getattr(sku, what)(*arguments)
        if closed is not None and closed.ever_short:
            yield at, "CLOSED", name, closed.key, None
        for kind, line in sku.settle():
            yield at, kind, name, line.key, sku.expected(line)


def main(folder, show_events):
    skus = collections.defaultdict(Sku)
    kinds, months, by_sku, short, dated = (collections.Counter() for _ in range(5))
    for at, kind, sku, (order_id, line_no), expected_at in changes(folder, skus):
        if show_events:
            print(at, kind, sku, order_id, line_no, expected_at or "-")
        kinds[kind] += 1
        if kind == "UNFILLABLE":
            short[order_id, line_no] += 1
            by_sku[sku] += 1
            months[day(at)[:7]] += 1
            dated["with a date" if expected_at else "without a date"] += 1
    left = [line for sku in skus.values() for line in sku.lines]
    print(f"{len(short)} lines short; {dict(kinds)}; {dict(dated)}", file=sys.stderr)
    print(f"became short in: {dict(sorted(months.items()))}", file=sys.stderr)
    print(f"of sku: {dict(sorted(by_sku.items()))}", file=sys.stderr)
    print(f"open at the end: {len(left)}, short {sum(not l.covered for l in left)}", file=sys.stderr)


if __name__ == "__main__":
    arguments = [a for a in sys.argv[1:] if a != "--events"]
    if len(arguments) != 1:
        sys.exit("count-shortages.py FOLDER [--events]: give one folder of facts")
    main(pathlib.Path(arguments[0]), len(arguments) < len(sys.argv) - 1)

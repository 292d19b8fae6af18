#!/usr/bin/env python3
"""Cuts one quarter out of the converted Wide World Importers data, so that it stands on its own.

    make-quarter.py SOURCE TARGET

SOURCE holds orders.jsonl.gz, closed.jsonl.gz and stock.jsonl.gz of all years; TARGET gets the same
three files for 2016-01-01 to 2016-03-31, and a fourth, substitutes.jsonl.gz. The same SOURCE always
gives the same bytes.

What is cut, so that stock and orders agree on every day of it:
- orders: all that were paid in the quarter, and of older orders the lines that were closed after its
  start. Older lines that were never closed are left out: years of them would stand in the queue
  before the quarter's own;
- stock: of each SKU the last level at or before the start, as it was, with its version and its
  counted_at; every level of the quarter; and two weeks more of the SKUs with lines still open at the
  quarter's end;
- closed: the closings of these lines, up to two weeks after the quarter. What was closed later is
  open here. Each gets the `sku` of its line, which the source leaves out;
- substitutes: ours, for the source has none. Of each SKU with lines still open at the quarter's end
  the SKU nearest by number that was ordered in the quarter and never open at its end, at its own
  price, if that is not dearer.
"""

import gzip
import json
import pathlib
import sys
from datetime import datetime, timedelta, timezone

START = datetime(2016, 1, 1, tzinfo=timezone.utc)
END = datetime(2016, 4, 1, tzinfo=timezone.utc)
TAIL = timedelta(days=14)


def milliseconds(moment):
    return int(moment.timestamp() * 1000)


START_MS, END_MS, TAIL_END_MS = map(milliseconds, (START, END, END + TAIL))


def read(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write(path, records):
    """gzip without a name and a time in its header, so that equal records are equal bytes."""
    text = "".join(json.dumps(r, separators=(",", ":"), ensure_ascii=False) + "\n" for r in records)
    with open(path, "wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(text.encode("utf-8"))


def number(order_id):
    return int(order_id.removeprefix("WWI"))


def cut_orders(orders, closed_at):
    """closed_at: (order_id, line_no) -> time, of the lines that were ever closed."""
    for order in orders:
        if order["paid_at"] >= END_MS:
            continue
        lines = order["lines"]
        if order["paid_at"] < START_MS:
            key = order["order_id"]
            lines = [l for l in lines if closed_at.get((key, l["line_no"]), 0) >= START_MS]
        if lines:
            yield order | {"lines": lines}


def cut_closings(closings, sku_of):
    """sku_of: (order_id, line_no) -> sku, of the lines that were cut."""
    for closing in closings:
        line = (closing["order_id"], closing["line_no"])
        if line in sku_of and closing["closed_at"] < TAIL_END_MS:
            yield {
                "order_id": closing["order_id"],
                "line_no": closing["line_no"],
                "sku": sku_of[line],
                "reason": closing["reason"],
                "warehouse_id": closing["warehouse_id"],
                "closed_at": closing["closed_at"],
            }


def cut_stock(levels, open_at_the_end):
    """open_at_the_end: the SKUs whose levels go on for two weeks after the quarter."""
    opening = {}
    later = []
    for level in levels:
        end = TAIL_END_MS if level["sku"] in open_at_the_end else END_MS
        if level["counted_at"] <= START_MS:
            known = opening.get(level["sku"])
            if known is None or known["version"] < level["version"]:
                opening[level["sku"]] = level
        elif level["counted_at"] < end:
            later.append(level)
    for level in [*opening.values(), *later]:
        yield {name: value for name, value in level.items() if value is not None}


def unit_prices(orders):
    """The price of a unit that was paid most often, of each SKU."""
    paid = {}
    for order in orders:
        for line in order["lines"]:
            price = round(line["paid_minor"] / line["quantity"])
            counts = paid.setdefault(line["sku"], {})
            counts[price] = counts.get(price, 0) + 1
    return {sku: max(counts, key=lambda p: (counts[p], -p)) for sku, counts in paid.items()}


def make_substitutes(prices, still_open):
    for sku in sorted(still_open):
        others = [o for o in prices if o not in still_open and prices[o] <= prices[sku]]
        if others:
            nearest = min(others, key=lambda o: (abs(int(o[4:]) - int(sku[4:])), o))
            offer = {"sku": nearest, "price_minor": prices[nearest], "ship_within_h": 48}
            yield {"at": START_MS, "sku": sku, "substitutes": [offer]}


def main(source, target):
    closings = read(source / "closed.jsonl.gz")
    closed_at = {(c["order_id"], c["line_no"]): c["closed_at"] for c in closings}
    orders = list(cut_orders(read(source / "orders.jsonl.gz"), closed_at))
    sku_of = {(o["order_id"], l["line_no"]): l["sku"] for o in orders for l in o["lines"]}
    still_open = {sku for line, sku in sku_of.items() if closed_at.get(line, END_MS) >= END_MS}
    closed = list(cut_closings(closings, sku_of))
    stock = list(cut_stock(read(source / "stock.jsonl.gz"), still_open))

    orders.sort(key=lambda o: (o["paid_at"], number(o["order_id"])))
    closed.sort(key=lambda c: (c["closed_at"], number(c["order_id"]), c["line_no"]))
    stock.sort(key=lambda s: (s["counted_at"], s["sku"], s["version"]))
    substitutes = list(make_substitutes(unit_prices(orders), still_open))
    target.mkdir(parents=True, exist_ok=True)
    write(target / "orders.jsonl.gz", orders)
    write(target / "closed.jsonl.gz", closed)
    write(target / "stock.jsonl.gz", stock)
    write(target / "substitutes.jsonl.gz", substitutes)
    print(f"{len(orders)} orders with {len(sku_of)} lines, {len(closed)} closings, {len(stock)} levels")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1].strip() + ": give both folders")
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))

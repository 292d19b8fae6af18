#!/usr/bin/env python3
"""Plays acceptance cases through a real pipeline and compares every record that comes out.

    acceptance.py [--cases DIR]... [--policies DIR] [--triple] [--reverse] [--keep] [CASE]...

Each file of a cases folder is one story: inputs by topic and time, all that must come out, and how
it ends. Without names all are played. The cases of one beginning (t0) share one pipeline, in the
time of their records: a row is fed, then the clock, and each time everything must drain first.
"""
import argparse
import sys
from itertools import groupby
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.avro import Schemas  # noqa: E402
from flowlib.case import read_case  # noqa: E402
from flowlib.collector import Collector  # noqa: E402
from flowlib.compare import TIME_FIELDS, compare_case, distinct  # noqa: E402
from flowlib.drain import Drain  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402
from flowlib.offsets import Offsets  # noqa: E402
from flowlib.topics import DEAD_LETTERS  # noqa: E402
from flowlib.waiting import NotInTime  # noqa: E402

DATA = ROOT / "tests/data/acceptance"
STEP_MS = 6 * 3_600_000  # the clock never jumps further
TRIPLE = 3


class Stage:
    """A pipeline, and the hands that play on it."""

    def __init__(self, instance, triple):
        schemas = Schemas(instance.schemas)
        offsets = Offsets(instance.bootstrap)
        self.feeder = Feeder(instance.bootstrap, schemas)
        self.drain = Drain(instance, offsets)
        self.collector = Collector(instance.bootstrap, schemas, offsets,
                                   list(TIME_FIELDS) + DEAD_LETTERS)
        self.copies = TRIPLE if triple else 1
        self.sent = []      # (topic, value, time), in the order in which they were fed
        self.problems = []  # what could not be played

    def tick(self, at_ms):
        self.feeder.tick(at_ms)
        self._settle()

    def feed(self, row):
        value = row.value
        if row.topic == "refund-result" and "refund_id" not in value:
            value = self._with_refund_id(value)
        if value is not None:
            self.sent.append((row.topic, value, row.at_ms))
            self._send(*self.sent[-1], self.copies)

    def feed_again_in_reverse(self):
        for topic, value, at_ms in reversed(self.sent):
            self._send(topic, value, at_ms, 1)

    def _send(self, topic, value, at_ms, copies):
        for _ in range(copies):
            self.feeder.send(topic, value, at_ms)
        self._settle()

    def _settle(self):
        self.feeder.flush()
        self.drain.wait()

    def _with_refund_id(self, value):
        """A payment system answers the request that it got, by its id."""
        line = value["order_id"], value["line_no"]
        ids = [record.body["refund_id"] for record in self.collector.collect()
               if record.topic == "refund-request"
               and (record.body["order_id"], record.body["line_no"]) == line]
        if ids:
            return {**value, "refund_id": ids[-1]}
        self.problems.append(f"no refund-request came out for line {line[0]}/{line[1]}, "
                             f"so its refund-result could not be fed")
        return None


def play(cases, stage, reverse):
    """Returns all that came out. When the pipeline gets stuck, it is what came out until then."""
    try:
        feed_all(cases, stage, reverse)
    except NotInTime as error:
        stage.problems.append(str(error))
    return stage.collector.collect()


def feed_all(cases, stage, reverse):
    """All rows of all cases in one run, by time: their orders and SKUs are their own."""
    rows = sorted((row for case in cases for row in case.inputs), key=lambda row: row.at_ms)
    end_ms = max(case.end_ms for case in cases)
    fed = {at_ms: list(group) for at_ms, group in groupby(rows, key=lambda row: row.at_ms)}
    for at_ms in moments(cases, end_ms):
        for row in fed.get(at_ms, []):
            stage.feed(row)
            stage.tick(at_ms)
        if at_ms not in fed:
            stage.tick(at_ms)
    if reverse:
        stage.feed_again_in_reverse()
        stage.tick(end_ms)


def moments(cases, end_ms):
    """All times at which something is fed or has to happen, and steps between them."""
    times = {row.at_ms for case in cases for row in case.inputs + case.expected}
    times |= {case.end_ms for case in cases}
    times |= set(range(cases[0].t0_ms, end_ms, STEP_MS))
    return sorted(times)


def report(cases, records, problems):
    """Prints a verdict a case, and returns how many failed."""
    records, repeated = distinct(records)
    problems = problems + repeated + unclaimed(cases, records)
    failed = 0
    for case in cases:
        found = compare_case(case, records)
        failed += bool(found)
        print(f"{'FAIL' if found else 'PASS'} {case.name}")
        for line in found:
            print(f"  {line}")
    if problems:
        failed = max(failed, 1)
        print("FAIL of no single case")
        for line in problems:
            print(f"  {line}")
    if failed:
        for record in records:
            if record.topic in DEAD_LETTERS:
                print(f"  dead letter in {record.topic}, key {record.key}: "
                      f"{record.headers.get('__connect.errors.exception.message')}")
    return failed


def unclaimed(cases, records):
    """Nothing but the cases was fed, so a record of another order or SKU came from nowhere."""
    return [f"extra    {record.topic} of no case: {record.body}" for record in records
            if record.topic in TIME_FIELDS
            and not (record.body and any(case.owns(record.body) for case in cases))]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="CASE", help="play only these")
    parser.add_argument("--cases", action="append", type=Path, metavar="DIR",
                        help="a folder of cases; may be repeated (default: the repository's)")
    parser.add_argument("--policies", type=Path, default=DATA / "policies", metavar="DIR")
    parser.add_argument("--triple", action="store_true", help="feed each row three times")
    parser.add_argument("--reverse", action="store_true",
                        help="at the end feed all again, in reverse order")
    parser.add_argument("--keep", action="store_true", help="keep the instance's logs and data")
    return parser.parse_args()


def chosen_cases(options):
    folders = options.cases or [DATA / "cases"]
    cases = {case.name: case for folder in folders
             for case in map(read_case, sorted(folder.glob("*.json")))}
    unknown = set(options.names) - set(cases)
    if unknown or not cases:
        sys.exit(f"no case {', '.join(sorted(unknown))} in {', '.join(map(str, folders))}")
    return [case for name, case in cases.items() if name in options.names or not options.names]


def main():
    options = arguments()
    cases = sorted(chosen_cases(options), key=lambda case: case.t0_ms)
    failed = sum(play_and_report(list(group), options)
                 for _, group in groupby(cases, key=lambda case: case.t0_ms))
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


def play_and_report(cases, options):
    with Instance("record", options.policies, keep=options.keep) as instance:
        stage = Stage(instance, options.triple)
        records = play(cases, stage, options.reverse)
        stage.collector.close()
        failed = report(cases, records, stage.problems)
        if failed:
            print(instance.last_words())
            instance.keep = True
    return failed


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The comparer finds every way in which what comes out can differ from a case, and nothing else.

No server: the expected records themselves are taken for what came out, then spoilt one by one."""
import copy
import json
import unittest
from collections import namedtuple
from pathlib import Path

from flowlib.case import Row, offset_text, read_case, resolve
from flowlib.compare import TIME_FIELDS, compare_case, compare_topic, distinct

CASES = sorted((Path(__file__).parent.parent / "data/acceptance/cases").glob("S*.json"))
MINUTE_MS = 60_000

Record = namedtuple("Record", "topic partition offset id value body")


def record_of(topic, body, number):
    return Record(topic, 0, number, f"id-{number}".encode(), json.dumps(body).encode(), body)


def perfect_output(case):
    """The records that a pipeline without fault would write, with more fields than are compared."""
    records = [record_of(row.topic, body_of(row), number)
               for number, row in enumerate(sorted(case.expected, key=lambda row: row.at_ms))]
    changes = [line.split("/") + [state] for line, state in case.final.items()]
    for order, line_no, state in changes:
        body = {"order_id": order, "verdict": "APPLIED", "at": case.end_ms,
                "lines": [{"line_no": int(line_no), "before": "UNKNOWN", "after": state}]}
        records.append(record_of("case-event", body, len(records)))
    return records


def body_of(row):
    body = copy.deepcopy(row.value)
    body[TIME_FIELDS[row.topic]] = row.at_ms
    body["not_compared"] = "anything"
    if row.topic == "case-event":
        body["verdict"] = body.pop("kind")
        body["lines"] = []
    return body


def places_of(value, path=()):
    """The path of each leaf, as keys and indexes."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places_of(item, path + (name,))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places_of(item, path + (number,))
    else:
        yield path


def spoilt(body, path):
    """A copy with one leaf changed to another value of its kind."""
    body = copy.deepcopy(body)
    holder = body
    for step in path[:-1]:
        holder = holder[step]
    old = holder[path[-1]]
    holder[path[-1]] = old + 1 if isinstance(old, int) else f"{old}X"
    return body


def with_body(records, number, body):
    changed = list(records)
    changed[number] = record_of(records[number].topic, body, number)
    return changed


class EachCase(unittest.TestCase):
    """Claims that hold for each of the cases, and for each of their records."""

    def each_record(self):
        for path in CASES:
            case = read_case(path)
            records = perfect_output(case)
            for number, record in enumerate(records):
                if record.body.get("verdict") != "APPLIED":
                    yield case, records, number

    def test_there_are_cases(self):
        self.assertGreaterEqual(len(CASES), 12)

    def test_what_is_expected_passes(self):
        for path in CASES:
            case = read_case(path)
            self.assertEqual([], compare_case(case, perfect_output(case)), case.name)

    def test_a_missing_record_is_found(self):
        for case, records, number in self.each_record():
            problems = compare_case(case, records[:number] + records[number + 1:])
            self.assertTrue(any(line.startswith("missing") for line in problems), problems)

    def test_a_doubled_record_is_found(self):
        for case, records, number in self.each_record():
            twice = records + [record_of(records[number].topic, records[number].body, 1_000)]
            problems = compare_case(case, distinct(twice)[0])
            self.assertTrue(any(line.startswith("extra") for line in problems), problems)

    def test_a_repeated_record_counts_once(self):
        for case, records, number in self.each_record():
            kept, conflicts = distinct(records + [records[number]])
            self.assertEqual(([], []), (compare_case(case, kept), conflicts))

    def test_a_record_at_another_time_is_found(self):
        for case, records, number in self.each_record():
            body = dict(records[number].body)
            body[TIME_FIELDS[records[number].topic]] += MINUTE_MS
            problems = compare_case(case, with_body(records, number, body))
            self.assertTrue(any(line.startswith("differs") for line in problems), problems)

    def test_any_other_value_of_a_listed_field_is_found(self):
        for case, records, number in self.each_record():
            row_value = {name: value for name, value in records[number].body.items()
                         if name not in ("not_compared", TIME_FIELDS[records[number].topic])}
            for path in places_of(row_value):
                # A record of an order that nobody has is not this case's; the runner tells of it.
                if path not in (("order_id",), ("sku",)):
                    body = spoilt(records[number].body, path)
                    problems = compare_case(case, with_body(records, number, body))
                    self.assertTrue(problems, path)

    def test_a_list_that_is_longer_or_shorter_is_found(self):
        for case, records, number in self.each_record():
            if records[number].body.get("lines"):
                for lines in ([], records[number].body["lines"] * 2):
                    body = {**records[number].body, "lines": lines}
                    problems = compare_case(case, with_body(records, number, body))
                    self.assertTrue(any("lines" in line for line in problems), problems)

    def test_another_final_state_is_found(self):
        for path in CASES:
            case = read_case(path)
            for line in case.final:
                changed = copy.deepcopy(case)
                changed.final[line] = "WITHDRAWN"
                self.assertEqual(1, len(compare_case(changed, perfect_output(case))))

    def test_another_compensation_is_found(self):
        case = read_case(next(path for path in CASES if path.stem == "S16"))
        for order in case.compensation:
            changed = copy.deepcopy(case)
            changed.compensation[order] = "AGREED"
            self.assertEqual(1, len(compare_case(changed, perfect_output(case))))


class Comparer(unittest.TestCase):
    def test_each_record_counts_for_one_row(self):
        rows = [Row(0, "refund-request", {"order_id": "o", "attempt": 1})] * 2
        record = record_of("refund-request", {"order_id": "o", "attempt": 1, "at": 0}, 1)
        self.assertEqual(1, len(compare_topic("refund-request", rows, [record], 0)))

    def test_a_loose_row_leaves_the_record_that_a_strict_one_needs(self):
        loose = Row(0, "notification", {"order_id": "o"})
        strict = Row(0, "notification", {"order_id": "o", "kind": "OFFER"})
        bodies = [{"order_id": "o", "kind": "OFFER", "at": 0},
                  {"order_id": "o", "kind": "DECLINED", "at": 0}]
        records = [record_of("notification", body, number) for number, body in enumerate(bodies)]
        self.assertEqual([], compare_topic("notification", [loose, strict], records, 0))

    def test_one_id_with_two_contents_is_found(self):
        first = record_of("shortage", {"order_id": "o", "at": 0}, 1)
        other = first._replace(value=b"other")
        self.assertEqual(1, len(distinct([first, other])[1]))

    def test_the_order_of_lines_counts(self):
        row = Row(0, "notification", {"order_id": "o", "lines": [{"line_no": 1}, {"line_no": 2}]})
        body = {"order_id": "o", "at": 0, "lines": [{"line_no": 2}, {"line_no": 1}]}
        record = record_of("notification", body, 1)
        self.assertTrue(compare_topic("notification", [row], [record], 0))

    def test_a_number_is_not_its_text(self):
        row = Row(0, "shortage", {"order_id": "o", "episode": 1})
        record = record_of("shortage", {"order_id": "o", "episode": True, "at": 0}, 1)
        self.assertTrue(compare_topic("shortage", [row], [record], 0))


class Times(unittest.TestCase):
    def test_an_offset_is_a_time_and_other_words_are_not(self):
        self.assertEqual(1_000 + 2 * 86_400_000 + 130_000, resolve("+2d2m10s", 1_000))
        self.assertEqual(500, resolve("-500ms", 1_000))
        for word in ("+", "2d", "+2x", "S01-A", "+1d ", ""):
            self.assertEqual(word, resolve(word, 1_000))

    def test_an_offset_can_be_written_back(self):
        for text in ("+0s", "+40d", "+2d2m10s", "-1h", "+1m500ms"):
            self.assertEqual(text, offset_text(resolve(text, 1_000), 1_000))


if __name__ == "__main__":
    unittest.main()

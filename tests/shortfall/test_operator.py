#!/usr/bin/env python3
"""The operator's command against a real broker: what was written by others' Avro is told right."""
import base64
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flow"))

# pylint: disable=wrong-import-position
from flowlib.python import ROOT, use_packages  # noqa: E402

use_packages()

from acceptance import Stage  # noqa: E402
from flowlib.avro import Schemas  # noqa: E402
from flowlib.case import read_case  # noqa: E402
from flowlib.feeder import Feeder  # noqa: E402
from flowlib.local import Instance  # noqa: E402

T0 = 1794355200000  # 2026-11-11T00:00:00Z
MINUTE = 60000
PROGRAM = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release")) / \
    "workers/shortfall/shortfall"
SHOP = {"marketplace": "tmall", "seller_id": "s1"}
FACTS = {"buyer_id": "b1", "locale": "en", "currency": "CNY", "paid_minor": 25000, "paid_at": T0,
         "ship_by": None}
ORDER = {**SHOP, "order_id": "O-1", "buyer_id": "b1", "locale": "en", "currency": "CNY",
         "paid_at": T0, "ship_by": None,
         "lines": [{"line_no": 1, "sku": "A", "quantity": 5, "paid_minor": 25000},
                   {"line_no": 2, "sku": "B", "quantity": 1, "paid_minor": 100}]}
DECISION = {"id": "d1", "order_id": "O-1", "line_no": 1, "choice": "CANCEL", "notice": 1,
            "sku": None, "offer_id": None, "actor": None, "decided_at": T0 + 5 * MINUTE}
REFUND = {**SHOP, "at": T0 + 5 * MINUTE, "refund_id": "r1", "case_id": "c1", "order_id": "O-1",
          "line_no": 1, "amount_minor": 25000, "currency": "CNY", "reason": "BUYER_CANCELLED",
          "attempt": 1, "due_by": T0 + 60 * MINUTE}
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"
LETTER_HEADERS = [("ce_id", b"e1"), ("traceparent", TRACEPARENT.encode()),
                  ("__connect.errors.topic", b"order-paid"),
                  ("__connect.errors.partition", b"2"), ("__connect.errors.offset", b"7"),
                  ("__connect.errors.stage", b"sequencer"),
                  ("__connect.errors.exception.class.name", b"INVALID"),
                  ("__connect.errors.exception.message", b"lines: an order has at least one")]


def case_event(sequence, at_ms, before, after, fact_topic="timer", fact=b""):
    return {**SHOP, "at": at_ms, "event_id": f"e{sequence}", "case_id": "c1", "order_id": "O-1",
            "sequence": sequence, "policy": "tmall@2026-04", "fact_topic": fact_topic, "fact": fact,
            "verdict": "APPLIED", "reason": None,
            "lines": [{"line_no": 1, "before": before, "after": after}], "effects": []}


def notification(number, at_ms, kind, **more):
    return {**SHOP, "at": at_ms, "notification_id": f"n{number}", "case_id": "c1",
            "order_id": "O-1", "audience": "BUYER", "locale": "en", "kind": kind, "lines": [],
            "subject": "", "body": "", **more}


class Fixture(unittest.TestCase):
    """A broker, and in it what the feed of the class has written."""
    policies = ROOT / "tests/data"
    with_workers = False

    @classmethod
    def setUpClass(cls):
        cls.instance = cls.enterClassContext(
            Instance("record", cls.policies, with_workers=cls.with_workers))
        cls.schemas = Schemas(cls.instance.schemas)
        cls.feeder = Feeder(cls.instance.bootstrap, cls.schemas)
        cls.feed()

    @classmethod
    def write(cls, topic, key, record, **more):
        cls.feeder.send_bytes(topic, key, cls.schemas.encode(topic, record), time_ms=T0, **more)

    @classmethod
    def feed(cls):
        raise NotImplementedError

    def shortfall(self, *words, exit_status=0, policies=None):
        done = subprocess.run(
            [PROGRAM, *words, "--bootstrap", self.instance.bootstrap, "--clock", "record",
             "--schemas", self.instance.schemas, "--policies", str(policies or self.policies)],
            text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(exit_status, done.returncode, done.stdout + done.stderr)
        return done.stdout

    def lines(self, *words, exit_status=0):
        return [json.loads(line)
                for line in self.shortfall(*words, exit_status=exit_status).splitlines()]


class Operator(Fixture):
    @classmethod
    def feed(cls):
        cls.feeder.send_bytes("order-paid", "O-1", cls.schemas.encode("order-paid", ORDER), T0,
                              headers=[("traceparent", TRACEPARENT)])
        cls.write("order-paid", "O-1", ORDER)
        cls.write("sku-event", None, {"log": T0, "facts": [cls.paid_fact(1, "A"),
                                                           cls.paid_fact(2, "B")]})
        cls.write("shortage", "O-1", {
            **SHOP, **FACTS, "at": T0, "kind": "UNFILLABLE", "order_id": "O-1", "line_no": 1,
            "sku": "A", "quantity": 5, "episode": 1, "revision": 1, "cause": "OVERSOLD",
            "available": 3, "reserved": 0, "queue_place": 1, "ahead_quantity": 0,
            "stock_version": 4})
        cls.write("case-event", "O-1", case_event(1, T0, "UNKNOWN", "CONFIRMING"))
        cls.write("case-event", "O-1",
                  case_event(2, T0 + 2 * MINUTE, "CONFIRMING", "AWAITING_DECISION"))
        cls.write("notification", "O-1", notification(
            1, T0 + 2 * MINUTE, "SHORTAGE", notice=1, currency="CNY", wording="PLAIN",
            lines=[{"line_no": 1, "sku": "A", "quantity": 5, "paid_minor": 25000,
                    "choices": [{"choice": "CANCEL", "refund_minor": 25000}],
                    "decide_by": T0 + 60 * MINUTE, "on_silence": "REFUND"}]))
        cls.write("buyer-decision", "O-1", DECISION)
        cls.write("refund-request", "O-1", REFUND)
        cls.write("case-event", "O-1",
                  case_event(3, T0 + 5 * MINUTE, "AWAITING_DECISION", "REFUNDING",
                             "buyer-decision", cls.schemas.encode("buyer-decision", DECISION)))
        cls.write("refund-result", "O-1", {
            "refund_id": "r1", "order_id": "O-1", "line_no": 1, "attempt": 1,
            "status": "SUCCEEDED", "retryable": True, "at": T0 + 6 * MINUTE})
        cls.write("case-event", "O-1",
                  case_event(4, T0 + 6 * MINUTE, "REFUNDING", "REFUNDED"))
        cls.feeder.send_bytes("order-paid.dlq", "O-bad", b"\xc3\x01garbage", partition=2,
                              headers=LETTER_HEADERS)
        cls.feeder.flush()

    @staticmethod
    def paid_fact(line_no, sku):
        return {"kind": "PAID", "sku": sku, "at": T0, "order_id": "O-1", "line_no": line_no,
                "quantity": 1, "source_topic": "order-paid", "source_partition": 0,
                "source_offset": 0}

    def test_the_topics_are_as_they_should_be(self):
        self.assertIn("all 33 topics", self.shortfall("topics", "check"))
        self.assertIn("order-paid has 4 partitions, not 5",
                      self.shortfall("topics", "check", "--partitions", "5", exit_status=1))
        self.assertIn("0 topics made", self.shortfall("topics", "create"))
        self.shortfall("topics", "create", "--partitions", "5", exit_status=78)

    def test_tail_decodes_what_others_wrote(self):
        orders = self.lines("tail", "order-paid", "--until-end", "--key", "O-1")
        self.assertEqual(2, len(orders))
        for name, value in ORDER.items():
            self.assertEqual(value, orders[0].get(name), name)
        self.assertEqual(("order-paid", "O-1", T0),
                         tuple(orders[0][name] for name in ("_topic", "_key", "_timestamp")))
        self.assertEqual(1, len(self.lines("tail", "order-paid", "--limit", "1")))
        self.assertEqual([], self.lines("tail", "order-paid", "--from", "end", "--until-end"))
        offset = str(orders[1]["_offset"])
        self.assertEqual([orders[1]], self.lines("tail", "order-paid", "--from", offset,
                                                 "--until-end", "--key", "O-1"))

    def test_tail_shows_a_dead_letter_with_its_errors_and_bytes(self):
        [letter] = self.lines("tail", "order-paid.dlq", "--until-end", "--headers")
        self.assertEqual(b"\xc3\x01garbage", base64.b64decode(letter["_value"]))
        self.assertEqual(("INVALID", "sequencer", 7, 1), tuple(
            letter["_errors"][name] for name in ("reason", "stage", "offset", "attempt")))
        self.assertEqual("e1", letter["_headers"]["ce_id"])

    def test_the_case_is_told_in_order(self):
        told = self.shortfall("case", "O-1")
        parts = [f"Trace {TRACE_ID}", "Paid CNY 251.00", "(came 2 times)", "Line 1 can't be filled: 5 x A",
                 "Case: line 1 is now CONFIRMING (policy tmall@2026-04)", "Told the buyer (notice 1)",
                 "The buyer cancelled line 1, in answer to notice 1",
                 "Refund of CNY 250.00 for line 1", "the refund for line 1 succeeded",
                 "Now", "line 1, A: REFUNDED"]
        places = [told.find(part) for part in parts]
        self.assertNotIn(-1, places, told)
        self.assertEqual(sorted(places), places, told)
        as_json = json.loads(self.shortfall("case", "O-1", "--json"))
        self.assertEqual([{"line_no": 1, "sku": "A", "state": "REFUNDED"}], as_json["lines"])
        self.assertEqual(TRACE_ID, as_json["trace_id"])
        self.shortfall("case", "O-2", exit_status=1)

    def test_what_choices_cost_is_not_claimed_where_the_records_do_not_bear_it_out(self):
        told = self.shortfall("case", "O-1", "--lang", "zh-CN")
        self.assertIn("各选项的代价无法说明：", told)
        self.assertIn("第 1 行, A: REFUNDED, 已结束：已退款", told)

    def test_cases_lists_what_is_open_and_on_demand_what_has_ended(self):
        self.assertEqual([], self.lines("cases", "--json"))
        [line] = self.lines("cases", "--json", "--all", "--seller", "s1")
        self.assertEqual(("O-1", 1, "A", "REFUNDED", 25000, 6 * MINUTE), tuple(
            line[name] for name in ("order_id", "line_no", "sku", "state", "paid_minor", "age_ms")))
        self.assertEqual([], self.lines("cases", "--json", "--all", "--seller", "s2"))
        self.assertEqual([], self.lines("cases", "--json", "--all", "--older-than", "7m"))
        self.assertIn("0 open, 1 ended", self.shortfall("cases"))

    def test_a_dead_letter_goes_back_as_it_came(self):
        [kind] = self.lines("dlq", "list", "--json")
        self.assertEqual(("order-paid.dlq", "INVALID", 1), tuple(
            kind[name] for name in ("topic", "reason", "count")))
        shown = json.loads(self.shortfall("dlq", "show", "--topic", "order-paid", "--offset", "0"))
        self.assertIn("unreadable", shown["record"])
        self.assertIn("1 written to order-paid",
                      self.shortfall("dlq", "replay", "--topic", "order-paid", "--all"))
        [back] = self.lines("tail", "order-paid", "--until-end", "--key", "O-bad", "--headers")
        self.assertEqual(b"\xc3\x01garbage", base64.b64decode(back["_value"]))
        self.assertEqual({"ce_id": "e1", "traceparent": TRACEPARENT, "shortfall.attempt": "2"},
                         back["_headers"])
        self.shortfall("dlq", "replay", "--topic", "order-paid", "--offset", "9", exit_status=1)

    def test_the_summary_adds_up_until_something_is_lost(self):
        told = self.shortfall("summary")
        self.assertIn("✓ paid lines 2 = never short 1 + in cases 1 + dead letters 0", told)
        self.assertIn("✓ every refund succeeded exactly once, or a person was asked: 1 of 1", told)
        self.assertIn("by the buyer: CANCEL 1", told)
        self.assertIn("half within 2m", told)
        self.assertIn("order-paid INVALID", told)
        self.write("order-paid", "O-3", {**ORDER, "order_id": "O-3"})
        self.feeder.flush()
        self.assertIn("✗ paid lines 4 = never short 1 + in cases 1 + dead letters 0 + short without "
                      "a case 0 + not in the stock log 2", self.shortfall("summary", exit_status=1))


class Work(Fixture):
    """What people must do, and the reports: one order each for what may become of it."""

    HOUR = 60 * MINUTE
    DAY = 24 * HOUR

    @classmethod
    def short(cls, order_id, seller, currency, state, cause="OVERSOLD", at_ms=T0):
        cls.write("shortage", order_id, {
            **SHOP, **FACTS, "seller_id": seller, "currency": currency, "paid_minor": 1200,
            "at": T0, "kind": "UNFILLABLE", "order_id": order_id, "line_no": 1, "sku": "A",
            "quantity": 2, "episode": 1, "revision": 1, "cause": cause, "available": 0,
            "reserved": 0, "queue_place": 1, "ahead_quantity": 0, "stock_version": 20})
        cls.write("case-event", order_id,
                  {**cls.event(order_id, seller, "timer", b"", state), "at": at_ms})

    @staticmethod
    def event(order_id, seller, topic, fact, state=None):
        event = case_event(1, T0, "UNKNOWN", state or "UNKNOWN", topic, fact)
        return {**event, "seller_id": seller, "order_id": order_id, "case_id": order_id,
                "lines": event["lines"] if state else []}

    @classmethod
    def refund(cls, order_id, seller, currency, attempts, *results):
        for attempt in range(1, attempts + 1):
            cls.write("refund-request", order_id, {
                **REFUND, "seller_id": seller, "refund_id": order_id, "case_id": order_id,
                "order_id": order_id, "amount_minor": 1200, "currency": currency,
                "attempt": attempt, "at": T0 + attempt, "due_by": T0 + cls.DAY})
        for attempt, status, at_ms in results:
            cls.write("refund-result", order_id, {
                "refund_id": order_id, "order_id": order_id, "line_no": 1, "attempt": attempt,
                "status": status, "retryable": False, "at": at_ms})

    @classmethod
    def fact(cls, **more):
        return {"sku": "A", "source_topic": "x", "source_partition": 0, "source_offset": 0, **more}

    @classmethod
    def feed(cls):
        claim = {**DECISION, "id": "claim", "order_id": "R-claim", "line_no": 0, "choice": "CLAIM"}
        cls.short("R-claim", "s1", "CNY", "FILLED_LATE", "REPORTED")
        cls.write("case-event", "R-claim", cls.event(
            "R-claim", "s1", "buyer-decision", cls.schemas.encode("buyer-decision", claim)))
        cls.write("notification", "R-claim", {
            **notification(1, T0, "NEEDS_ACTION", reason="CLAIM", answer_by=T0 + cls.HOUR),
            "order_id": "R-claim", "case_id": "R-claim", "audience": "SELLER"})
        # A late success after a failure, which came twice; one for good; one without an answer.
        cls.short("R-late", "s1", "JPY", "REFUNDED", at_ms=T0 + cls.DAY + 1)
        cls.refund("R-late", "s1", "JPY", 2, (1, "FAILED", T0 + 2),
                   *[(2, "SUCCEEDED", T0 + cls.DAY + 1)] * 2)
        cls.short("R-failed", "s2", "KWD", "REFUND_FAILED")
        cls.refund("R-failed", "s2", "KWD", 1, (1, "FAILED", T0 + 2))
        cls.short("R-open", "s1", "CNY", "REFUNDING", "COUNT_FELL")
        cls.refund("R-open", "s1", "CNY", 1)
        cls.write("compensation", "R-claim", {
            **SHOP, "at": T0, "compensation_id": "c1", "case_id": "R-claim", "order_id": "R-claim",
            "line_no": 1, "kind": "PENALTY", "rule": "LATE", "amount_minor": 500,
            "currency": "CNY", "payer": "SELLER", "instrument": "CASH", "policy": "tmall@2026-04"})
        for version in range(1, 21):
            at_ms = T0 - (21 - version) * cls.HOUR
            cls.write("sku-event", None, {"log": at_ms + 5 * MINUTE, "facts": [
                cls.fact(kind="PAID", at=at_ms + MINUTE, order_id=f"S-{version}", line_no=1,
                         quantity=4),
                cls.fact(kind="LEVEL", at=at_ms, warehouse_id="w1", on_hand=9, safety_stock=1,
                         version=version)]}, partition=0)
        cls.feeder.flush()

    def test_todo_says_who_must_do_what_by_when(self):
        self.assertEqual([
            ("SELLER", "ANSWER_CLAIM", "R-claim", 0, T0 + self.HOUR, True, "CNY 12.00"),
            ("SUPPORT", "CHASE_REFUND", "R-open", 1, T0 + self.DAY, True, "CNY 12.00"),
            ("SUPPORT", "PAY_BY_HAND", "R-failed", 1, T0 + self.DAY, True, "KWD 1.200"),
        ], [tuple(item[name] for name in ("who", "action", "order_id", "line_no", "due", "overdue",
                                          "at_risk")) for item in self.lines("todo", "--json")])
        self.assertEqual(["R-claim"], [item["order_id"] for item in self.lines(
            "todo", "--json", "--seller", "s1")])
        self.assertEqual(["R-open"], [item["order_id"] for item in self.lines(
            "todo", "--json", "--support", "--limit", "1")])
        self.assertEqual([], self.lines("todo", "--json", "--seller", "s2"))
        told = self.shortfall("todo", "--limit", "1")
        self.assertIn("OVERDUE 23h", told)
        self.assertIn("answer the buyer's claim: offer a compensation, or decline  "
                      "(shortfall case R-claim)", told)
        self.assertIn("1 shown of 3 to do, 3 of them overdue", told)

    def test_the_money_adds_up_by_seller_and_currency(self):
        def sums(row):
            return {name: (value["count"], value["minor"]) for name, value in row.items()
                    if isinstance(value, dict) and value["count"]}
        rows = self.lines("report", "money", "--json")
        self.assertEqual({
            ("s1", "CNY"): {"requested": (1, 1200), "outstanding": (1, 1200),
                            "overdue": (1, 1200), "penalty": (1, 500), "by_seller": (1, 500)},
            ("s1", "JPY"): {"requested": (1, 1200), "succeeded": (1, 1200), "late": (1, 1200)},
            ("s2", "KWD"): {"requested": (1, 1200), "failed": (1, 1200), "overdue": (1, 1200)},
        }, {(row["seller_id"], row["currency"]): sums(row) for row in rows})
        self.assertEqual([T0 + self.DAY + 1] * 3, [row["as_of"] for row in rows])
        told = self.shortfall("report", "money")
        self.assertIn("✓ requested KWD 1.200 = succeeded KWD 0.000 + failed KWD 1.200 + "
                      "outstanding KWD 0.000", told)
        self.assertIn("✓ requested JPY 1200 = succeeded JPY 1200", told)
        self.assertEqual([], self.lines("report", "money", "--json", "--from", "2026-11-12"))

    def test_the_oversold_are_told_with_what_to_keep_back(self):
        [row] = self.lines("report", "oversell", "--json")
        self.assertEqual(("A", 4, 8, 2, 1, 1, 1, 4), tuple(row[name] for name in (
            "sku", "lines", "units", "oversold", "count_fell", "reported", "safety_stock",
            "suggested")))
        minutes = 5 * MINUTE
        self.assertEqual({"count": 20, "half": minutes, "high": minutes, "most": minutes},
                         row["delay_ms"])
        self.assertIn("for 95 of 100 of 20 levels at most 4 units were sold", row["why"])
        told = self.shortfall("report", "oversell", "--to", "2026-11-12")
        self.assertIn("behind: half within 1h", told)
        self.assertIn("1 skus, 4 lines, 8 units", told)
        self.assertIn("0 skus", self.shortfall("report", "oversell", "--to", "2026-11-11"))


class Played(Fixture):
    """What the workers recorded is played again by the command, and gives the same."""
    policies = ROOT / "tests/data/acceptance/policies"
    with_workers = True

    @classmethod
    def feed(cls):
        cases = [read_case(ROOT / f"tests/data/acceptance/cases/{name}.json")
                 for name in ("S01", "S03", "S04", "S05", "S13", "S16")]
        stage = Stage(cls.instance, triple=False)
        rows = [row for case in cases for row in case.inputs]
        times = {row.at_ms for case in cases for row in case.inputs + case.expected}
        for at_ms in sorted(times | {case.end_ms for case in cases}):
            for row in rows:
                if row.at_ms == at_ms:
                    stage.feed(row)
            stage.tick(at_ms)
        if stage.problems:
            raise RuntimeError("\n".join(stage.problems))

    def tried(self, policies):
        return json.loads(self.shortfall("policy", "dry-run", "--json", "--in-force",
                                         str(self.policies), policies=policies))

    def test_with_the_policies_in_force_nothing_would_have_been_otherwise(self):
        tried = self.tried(self.policies)
        self.assertEqual((0, 0), (tried["left_out"], tried["unreproduced"]))
        self.assertGreater(tried["cases"], 4)
        for row in tried["rows"]:
            self.assertEqual(row["as_it_was"], row["would_have_been"], row["marketplace"])
            self.assertEqual({0}, set(row["difference"].values()))
        self.assertGreater(sum(row["as_it_was"]["silent_refunds"] for row in tried["rows"]), 0)
        self.assertIn("Every one is reproduced", self.shortfall("policy", "dry-run"))

    def test_another_policy_is_tried_on_what_was_recorded(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in self.policies.glob("*.ini"):
                text = path.read_text().replace("silence = refund", "silence = wait")
                (Path(folder) / path.name).write_text(
                    text.replace("silence_with_eta = refund", "silence_with_eta = wait"))
            tried = self.tried(folder)
            nothing = json.loads(self.shortfall("policy", "dry-run", "--json", "--to", "2026-11-01",
                                                policies=folder))
        self.assertEqual((0, 0), (tried["left_out"], tried["unreproduced"]))
        self.assertLess(sum(row["difference"]["silent_refunds"] for row in tried["rows"]), 0)
        self.assertGreater(sum(row["difference"]["silent_waits"] for row in tried["rows"]), 0)
        self.assertEqual((0, []), (nothing["cases"], nothing["rows"]))

    def test_a_case_is_told_with_what_each_choice_costs(self):
        self.assertIn("Line 1, to cancel costs a refund of CNY 59.00.",
                      self.shortfall("case", "S01-2"))
        self.assertIn("第 1 行，若取消：退款 CNY 59.00。",
                      self.shortfall("case", "S01-2", "--lang", "zh-CN"))
        told = json.loads(self.shortfall("case", "S01-2", "--json"))
        [costs] = [entry["costs"] for entry in told["timeline"] if "costs" in entry]
        self.assertIn(("CANCEL", 5900), [(cost["choice"], cost["refund_minor"]) for cost in costs])

    def test_the_evidence_names_the_place_of_each_record(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "evidence.md"
            self.assertEqual("", self.shortfall("case", "S01-2", "--evidence", "--out", str(path)))
            text = path.read_text()
            self.assertEqual(text, self.shortfall("case", "S01-2", "--evidence"))
        for topic in ("order-paid", "shortage", "notification", "buyer-decision", "case-event",
                      "refund-request", "refund-result"):
            for record in self.lines("tail", topic, "--until-end", "--key", "S01-2"):
                self.assertIn(f"| {topic} | {record['_partition']} | {record['_offset']} |", text)
        self.assertIn("- source: ", text)
        self.assertIn("| SUCCEEDED ", text)
        self.shortfall("case", "S01-2", "--evidence", "--out", "/no/such/folder/x", exit_status=70)


if __name__ == "__main__":
    unittest.main()

#!/usr/bin/env python3
"""Each check of the fault tests finds what it is there for, in a small story told by hand."""
import copy
import json
import unittest
from collections import namedtuple

from flowlib.invariants import Facts, allocation, check_all, untold
from flowlib.overtaking import overtakings
from flowlib.torn import torn_offsets

Record = namedtuple("Record", "topic partition offset id value body")
LINE = {"sku": "A", "quantity": 1, "paid_minor": 100}
FACT = {"order_id": None, "line_no": 0, "sku": "A"}
LEVEL = {**FACT, "kind": "LEVEL", "warehouse_id": "w", "version": 1, "on_hand": 1, "at": 1}
RULES = {**FACT, "kind": "RULES", "sku": "", "rules": 2}


def record(topic, name, **body):
    return Record(topic, 0, 0, name.encode() if name else None,
                  json.dumps(body, sort_keys=True).encode(), body)


def event(sequence, before, after, effects):
    return record("case-event", f"e{sequence}", case_id="c", order_id="o", sequence=sequence,
                  lines=[{"line_no": 1, "before": before, "after": after}],
                  effects=[{"topic": topic, "id": name} for topic, name in effects])


def shortage(name, kind, reason=None, order_id="o", revision=0):
    return record("shortage", name, order_id=order_id, line_no=1, kind=kind, reason=reason, sku="A",
                  revision=revision)


def refund(name, **changed):
    body = {"refund_id": "r", "order_id": "o", "line_no": 1, "amount_minor": 100, "attempt": 1,
            "reason": "BUYER_CANCELLED", "at": 9}
    return record("refund-request", name, **{**body, **changed})


def notification(name, **changed):
    body = {"order_id": "o", "kind": "SHORTAGE", "reason": None, "amount_minor": None, "at": 2,
            "lines": [{"line_no": 1}]}
    return record("notification", name, **{**body, **changed})


def story():
    """An order of one line is short, cancelled and refunded; another order's line is covered."""
    return {
        "listing": record("listing-status", None, sku="A"),
        "log": record("sku-event", None, facts=[
            LEVEL,
            {**FACT, "kind": "PAID", "order_id": "p", "line_no": 1, "quantity": 1},
            {**FACT, "kind": "PAID", "order_id": "o", "line_no": 1, "quantity": 1},
            {**FACT, "kind": "CLOSED", "order_id": "o", "line_no": 1}]),
        "short": shortage("s1", "UNFILLABLE"),
        "opened": event(1, "UNKNOWN", "AWAITING_DECISION", [("notification", "n1")]),
        "notice": notification("n1"),
        "cancelled": event(2, "AWAITING_DECISION", "REFUNDING", [
            ("refund-request", "q1"), ("fulfilment-plan", "f1"), ("line-outcome", "l1")]),
        "refund": refund("q1"),
        "plan": record("fulfilment-plan", "f1", order_id="o", line_no=1, action="CANCEL", at=9),
        "outcome": record("line-outcome", "l1", order_id="o", line_no=1, reason="REFUNDED", at=9),
        "closed": shortage("s2", "CLOSED", "REFUNDED"),
        "refunded": event(3, "REFUNDING", "REFUNDED", []),
    }


def story_without(*names):
    return {name: one for name, one in story().items() if name not in names}


def broken_promises(told, lines=(("o", 1), ("p", 1)), torn=frozenset()):
    records = list(told.values())
    facts = Facts([one for one in records if one.topic == "sku-event"])
    return check_all(records, {line: LINE for line in lines}, facts, torn)


def without_fact(told, number):
    facts = copy.deepcopy(told["log"].body["facts"])
    del facts[number]
    return {**told, "log": record("sku-event", None, facts=facts)}


class Invariants(unittest.TestCase):
    def assert_breaks(self, promise, told):
        self.assertIn(promise, broken_promises(told))

    def test_a_good_story_breaks_none(self):
        self.assertEqual({}, broken_promises(story()))

    def test_a_topic_of_which_nothing_came(self):
        self.assert_breaks("something of each kind happened", story_without("listing"))

    def test_an_output_without_id(self):
        self.assert_breaks("every output has an id",
                           {**story(), "short": story()["short"]._replace(id=None)})

    def test_an_output_written_twice_or_with_another_content(self):
        for again in (story()["short"]._replace(offset=9),
                      story()["short"]._replace(offset=9, value=b"other")):
            self.assert_breaks("one content an id, written once", {**story(), "again": again})

    def test_what_kafka_wrote_and_forgot_may_come_again_as_it_was(self):
        told = {**story(), "again": story()["short"]._replace(offset=9)}
        self.assertEqual({}, broken_promises(told, torn={("shortage", 0, 0)}))
        self.assertIn("one content an id, written once",
                      broken_promises(told, torn={("shortage", 0, 9)}))
        told["again"] = told["again"]._replace(value=b"other")
        self.assertIn("one content an id, written once",
                      broken_promises(told, torn={("shortage", 0, 0)}))

    def test_torn_is_what_a_producer_had_not_ended_when_its_next_epoch_wrote(self):
        batches = [(0, 2, 5, 1, "false"), (3, 3, 7, 4, "false"), (4, 4, 5, 1, "true"),
                   (5, 6, 5, 1, "false"), (7, 7, 7, 4, "true"), (8, 8, 5, 2, "false"),
                   (9, 9, 5, 2, "true"), (10, 10, 5, 3, "false")]
        dump = "Dumping shortage-0\n" + "".join(
            f"baseOffset: {first} lastOffset: {last} producerId: {producer} producerEpoch: {epoch} "
            f"isControl: {control}\n| offset: {first} payload: x\n"
            for first, last, producer, epoch, control in batches)
        self.assertEqual({5, 6}, torn_offsets(dump))

    def test_a_paid_line_that_no_log_has(self):
        self.assertIn("every paid line is in the log of its SKU",
                      broken_promises(story(), [("o", 1), ("p", 1), ("lost", 1)]))

    def test_more_promised_than_there_is(self):
        told = without_fact(story(), 3)  # the order is still open and, without shortages, covered
        del told["short"], told["closed"]
        self.assert_breaks("each SKU's stock is promised once, and none lies idle", told)

    def test_a_short_line_that_fits_the_free_stock(self):
        told = without_fact(without_fact(story(), 3), 1)  # open, short, and nobody has the stock
        del told["closed"]
        self.assert_breaks("each SKU's stock is promised once, and none lies idle", told)

    def test_a_closing_that_was_not_told(self):
        self.assert_breaks("each SKU's stock is promised once, and none lies idle",
                           story_without("closed"))

    def test_two_refunds_of_a_line(self):
        self.assert_breaks("one refund a line, one content an attempt",
                           {**story(), "more": refund("q2", refund_id="r2")})

    def test_an_attempt_with_two_contents(self):
        self.assert_breaks("one refund a line, one content an attempt",
                           {**story(), "more": refund("q2", amount_minor=99)})

    def test_an_attempt_left_out(self):
        self.assert_breaks("one refund a line, one content an attempt",
                           {**story(), "more": refund("q2", attempt=3)})

    def test_more_refunded_of_a_line_and_its_substitute_than_paid(self):
        self.assert_breaks("no more is refunded than was paid", {
            **story(), "more": refund("q2", refund_id="r2", line_no=10_001, amount_minor=1)})

    def test_more_refunded_than_paid(self):
        self.assert_breaks("no more is refunded than was paid",
                           {**story(), "refund": refund("q1", amount_minor=101)})

    def test_a_refund_in_part_of_its_transaction(self):
        for name in ("refund", "plan", "outcome"):
            told = story_without(name)
            self.assert_breaks("a refunded line is freed and its plan cancelled at once", told)
            self.assert_breaks("an event's effects are all there, and no others", told)

    def test_what_was_free_is_told_of_and_not_requested(self):
        promise = "a refunded line is freed and its plan cancelled at once"
        told = story_without("refund")
        told["started"] = notification("n2", kind="REFUND_STARTED", amount_minor=0, at=9)
        self.assertNotIn(promise, broken_promises(told))
        told["started"] = notification("n2", kind="REFUND_STARTED", amount_minor=1, at=9)
        self.assert_breaks(promise, told)

    def test_a_lost_event(self):
        self.assert_breaks("each case's events follow one another", story_without("cancelled"))

    def test_a_change_from_a_state_that_was_not(self):
        self.assert_breaks("each case's events follow one another",
                           {**story(), "refunded": event(3, "RECOVERED", "REFUNDED", [])})

    def test_a_state_against_the_last_shortage(self):
        self.assert_breaks("a line's state agrees with its last shortage",
                           {**story(), "refunded": event(3, "REFUNDING", "FILLED_LATE", [])})

    def test_an_effect_of_no_event(self):
        self.assert_breaks("an event's effects are all there, and no others",
                           {**story(), "more": notification("n9")})

    def test_goods_that_left_after_their_refund(self):
        told = {**story(), "shipped": shortage("s3", "CLOSED", "SHIPPED")}
        self.assert_breaks(
            "support hears of goods that left after their refund or beside a substitute", told)
        told["support"] = notification("n2", reason="SHIPPED_AFTER_REFUND")
        told["heard"] = event(4, "REFUNDED", "REFUNDED", [("notification", "n2")])
        self.assertEqual({}, broken_promises(told))

    def test_goods_that_left_beside_a_substitute(self):
        shipped = shortage("s3", "CLOSED", "SHIPPED")
        told = notification("n2", reason="SHIPPED_AFTER_SUBSTITUTE")
        replaced = event(1, "SUBSTITUTING", "SUBSTITUTED", [])
        self.assertEqual(1, len(untold([replaced, shipped])))
        self.assertEqual([], untold([replaced, shipped, told]))


def paid(order_id, quantity):
    return {**FACT, "kind": "PAID", "order_id": order_id, "line_no": 1, "quantity": quantity}


def report(order_id, at):
    return {**FACT, "kind": "REPORT", "order_id": order_id, "line_no": 1, "at": at}


def served(*facts, shortages):
    """What the checks of the stock say of a log of one message; a shortage is (fact, order, kind)."""
    records = [record("sku-event", None, facts=list(facts))] + [
        shortage(f"s{number}", kind, order_id=order_id, revision=fact)
        for number, (fact, order_id, kind) in enumerate(shortages)]
    log = Facts(records[:1])
    return allocation(records, log), overtakings(records, log)


class InOrder(unittest.TestCase):
    def test_the_log_says_which_rules_hold_at_each_fact(self):
        # The small line that is paid second overtakes the large one, before the flip and after it.
        facts = [LEVEL, paid("large", 5), paid("small", 1), RULES, paid("late", 1)]
        _, found = served(*facts, shortages=[(1, "large", "UNFILLABLE")])
        self.assertEqual([1, 2], [each.rules for each in found])
        self.assertIn("('late', 1) is served before ('large', 1)", found[1].words)
        back = {**RULES, "rules": 1}
        _, found = served(*facts[:4], back, *facts[4:], shortages=[(1, "large", "UNFILLABLE")])
        self.assertEqual([1, 1], [each.rules for each in found])

    def test_who_waits_behind_the_oldest_overtakes_nobody(self):
        idle, found = served(RULES, LEVEL, paid("large", 5), paid("small", 1), shortages=[
            (2, "large", "UNFILLABLE"), (3, "small", "UNFILLABLE")])
        self.assertEqual(([], []), (idle, found))
        idle, _ = served(LEVEL, paid("large", 5), paid("small", 1), shortages=[
            (1, "large", "UNFILLABLE"), (2, "small", "UNFILLABLE")])
        self.assertEqual(1, len(idle))  # under the rules 1 it had to be served

    def test_the_oldest_must_be_served_when_it_fits(self):
        idle, _ = served(RULES, LEVEL, paid("first", 1), paid("second", 1), shortages=[
            (2, "first", "UNFILLABLE"), (3, "second", "UNFILLABLE")])
        self.assertEqual(1, len(idle))
        self.assertIn("('first', 1) is short", idle[0])

    def test_a_recovery_past_an_older_line_is_found(self):
        more = {**LEVEL, "version": 2, "on_hand": 2, "at": 2}
        _, found = served(RULES, LEVEL, paid("large", 5), paid("small", 2), more, shortages=[
            (2, "large", "UNFILLABLE"), (3, "small", "UNFILLABLE"), (4, "small", "RECOVERED")])
        self.assertEqual([2], [each.rules for each in found])

    def test_a_reported_line_may_be_overtaken_until_a_later_count(self):
        more = {**LEVEL, "version": 2, "on_hand": 2, "at": 9}
        facts = [RULES, LEVEL, paid("gone", 1), report("gone", 5), paid("next", 1)]
        shortages = [(3, "gone", "UNFILLABLE")]
        self.assertEqual([], served(*facts, shortages=shortages)[1])
        _, found = served(*facts, more, paid("later", 1), shortages=shortages)
        self.assertIn("('later', 1) is served before ('gone', 1)", found[0].words)


if __name__ == "__main__":
    unittest.main()

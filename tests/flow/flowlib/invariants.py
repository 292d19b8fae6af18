"""What must always hold, checked by reading nothing but topics.

Each check returns what is wrong, a line of text each. `records` are all that came out, with
repetitions; `lines` are the paid lines, (order, line) -> {"sku", "quantity", "paid_minor"}."""
from collections import Counter, defaultdict

from flowlib.overtaking import overtakings, revision_of
from flowlib.topics import OUTPUTS

SHORT = ("UNFILLABLE", "ETA_CHANGED")
SUBSTITUTE_BASE = 10_000  # line n's substitute is line 10000 + n, and was paid with its money
BY_THE_CASEWORKER = ("line-outcome", "notification", "refund-request", "fulfilment-plan",
                     "compensation")
# The last word on a line's shortage, and the states in which its case may be then, at rest.
STATES_AFTER = {
    ("UNFILLABLE", None): {"AWAITING_DECISION", "WAITING_RESTOCK"},
    ("ETA_CHANGED", None): {"AWAITING_DECISION", "WAITING_RESTOCK"},
    ("RECOVERED", None): {"RECOVERED"},
    # The shop may close a line while ours is already on its way to be refunded or replaced.
    ("CLOSED", "SHIPPED"): {"FILLED_LATE", "RECOVERED", "REFUNDED", "REFUNDING", "SUBSTITUTED"},
    ("CLOSED", "CANCELLED"): {"WITHDRAWN", "REFUNDED", "REFUNDING", "SUBSTITUTED"},
    ("CLOSED", "REFUNDED"): {"REFUNDED", "REFUNDING", "REFUND_FAILED"},
    ("CLOSED", "SUBSTITUTED"): {"SUBSTITUTED", "SUBSTITUTING"},
}
# SUPPORT is told with one of these when goods leave that nobody waits for any more.
SHIPPED_AFTER_ALL = ("SHIPPED_AFTER_REFUND", "SHIPPED_AFTER_SUBSTITUTE")


def of_topic(records, topic):
    return [record for record in records if record.topic == topic]


def line_of(body):
    return body["order_id"], body["line_no"]


def check_all(records, lines, facts, torn=frozenset()):
    """All of them, by name, so that a report shows at once which promise is broken. `torn`: what Kafka
    wrote and forgot (flowlib.torn), as (topic, partition, offset), and so was written again."""
    again = {id(later) for first, later in repetitions(records) if first.value == later.value and
             (first.topic, first.partition, first.offset) in torn}
    records = [record for record in records if id(record) not in again]
    checks = {
        "something of each kind happened": silent_topics(records),
        "every output has an id": missing_ids(records),
        "one content an id, written once": repeated(records),
        "every paid line is in the log of its SKU": unlogged(facts, lines),
        "each SKU's stock is promised once, and none lies idle": allocation(records, facts),
        "under the rules 2 nobody is overtaken": overtaken(records, facts),
        "one refund a line, one content an attempt": refunds(records),
        "no more is refunded than was paid": overpaid(records, lines),
        "a refunded line is freed and its plan cancelled at once": unfreed(records),
        "each case's events follow one another": broken_cases(records),
        "a line's state agrees with its last shortage": disagreeing(records),
        "support hears of goods that left after their refund or beside a substitute": untold(records),
        "an event's effects are all there, and no others": effects(records),
    }
    return {name: problems for name, problems in checks.items() if problems}


def silent_topics(records):
    """A promise kept where nothing happens is worth nothing. The policy knows no compensation."""
    return sorted(set(OUTPUTS) - {"compensation"} - {record.topic for record in records})


# --- identity ---

def missing_ids(records):
    return [f"{record.topic} {record.partition}/{record.offset}" for record in records
            if record.topic in OUTPUTS and record.topic != "listing-status" and not record.id]


def repetitions(records):
    """(first, again) of what came out with the same id."""
    seen = {}
    for record in records:
        if record.topic in OUTPUTS and record.id:
            first = seen.setdefault((record.topic, record.id), record)
            if first is not record:
                yield first, record


def repeated(records):
    return [f"{record.topic} {record.id.decode()} "
            f"{'again' if first.value == record.value else 'with another content'}: "
            f"{first.partition}/{first.offset} and {record.partition}/{record.offset}: {record.body}"
            for first, record in repetitions(records)]


# --- stock ---

class Facts:
    """The merged logs: all that the allocation may know."""

    def __init__(self, sku_events):
        self.paid, self.closed, self.levels = {}, {}, {}
        self.log = [(record.partition, revision_of(record, number), fact)
                    for record in sku_events for number, fact in enumerate(record.body["facts"])]
        self.partitions = {}  # of a SKU
        self.rules = {}       # of a partition: those in force at its end; 1 where it says nothing
        for partition, _, fact in self.log:
            if fact["kind"] == "RULES":
                self.rules[partition] = fact["rules"]
                continue
            self.partitions[fact["sku"]] = partition
            line = fact["order_id"], fact["line_no"]
            if fact["kind"] == "PAID":
                self.paid.setdefault(line, fact)
            elif fact["kind"] == "CLOSED":
                self.closed.setdefault(line, fact)
            elif fact["kind"] == "LEVEL":
                place = fact["sku"], fact["warehouse_id"]
                last = self.levels.get(place)
                if last is None or fact["version"] > last["version"]:
                    self.levels[place] = fact

    def rules_of(self, sku):
        return self.rules.get(self.partitions[sku], 1)


def unlogged(facts, lines):
    return [f"{order}/{line} was paid and is in no log" for order, line in lines
            if (order, line) not in facts.paid]


def last_shortages(records):
    """(order, line) -> its last shortage; a line is always in one partition."""
    return {line_of(record.body): record.body for record in of_topic(records, "shortage")}


def allocation(records, facts):
    """At rest, and when all that was shipped has been counted out: the covered lines of a SKU fit
    its stock, and no short line fits what is left of it; under the rules 2 only the oldest has to be
    served, and all others wait for it."""
    last = last_shortages(records)
    available, covered, short = Counter(), Counter(), defaultdict(list)
    for (sku, _), level in facts.levels.items():
        available[sku] += max(0, level["on_hand"])
    problems = []
    for line, fact in facts.paid.items():
        status = last.get(line, {"kind": None})
        if line in facts.closed:
            if status["kind"] not in (None, "CLOSED"):
                problems.append(f"{line} is closed, but its last shortage is {status['kind']}")
        elif status["kind"] == "CLOSED":
            problems.append(f"{line} is open, but its last shortage is CLOSED")
        elif status["kind"] in SHORT:
            short[fact["sku"]].append((line, fact["quantity"]))
        else:
            covered[fact["sku"]] += fact["quantity"]
    for sku, stock in available.items():
        if covered[sku] > stock:
            problems.append(f"{sku}: {covered[sku]} promised of {stock}")
        problems += [f"{sku}: {line} is short by its {quantity}, and {stock - covered[sku]} are free"
                     for line, quantity in short[sku][:1 if facts.rules_of(sku) == 2 else None]
                     if quantity <= stock - covered[sku]]
    return problems


def overtaken(records, facts):
    if not any(fact["kind"] == "RULES" for _, _, fact in facts.log):
        return []  # under the rules 1 nothing is asked; and the facts may be of two logs, of a move
    return [each.words for each in overtakings(records, facts) if each.rules == 2]


# --- money ---

def purpose_of(refund):
    """A line may be refunded once in full, and once for the difference of a cheaper substitute."""
    return "difference" if refund["reason"] == "SUBSTITUTE_DIFFERENCE" else "full"


def refunds(records):
    ids, contents = defaultdict(set), defaultdict(set)
    attempts = defaultdict(list)
    for record in of_topic(records, "refund-request"):
        body = record.body
        ids[(*line_of(body), purpose_of(body))].add(body["refund_id"])
        contents[body["refund_id"], body["attempt"]].add(record.value)
        attempts[body["refund_id"]].append(body["attempt"])
    return [f"{place}: refunds {sorted(found)}" for place, found in ids.items() if len(found) > 1] + [
        f"{place}: {len(found)} contents" for place, found in contents.items() if len(found) > 1] + [
        f"{refund}: attempts {found}" for refund, found in attempts.items()
        if found != list(range(1, len(found) + 1))]


def overpaid(records, lines):
    amounts = {}
    for record in of_topic(records, "refund-request"):
        amounts[record.body["refund_id"]] = record.body
    total = Counter()
    for body in amounts.values():
        total[body["order_id"], body["line_no"] % SUBSTITUTE_BASE] += body["amount_minor"]
    return [f"{line}: {amount} refunded of {lines[line]['paid_minor'] if line in lines else 'nothing'}"
            for line, amount in total.items()
            if line not in lines or amount > lines[line]["paid_minor"]]


def unfreed(records):
    """Of each full refund: the outcome, the cancelled plan and the message, all of the same moment.
    Of what was free of charge, as a substitute can be, nothing is requested, only told."""
    def moments(topic, **wanted):
        return {(line_of(record.body), record.body["at"]) for record in of_topic(records, topic)
                if all(record.body[name] == value for name, value in wanted.items())}

    begun = {(line_of(record.body), record.body["at"])
             for record in of_topic(records, "refund-request")
             if record.body["attempt"] == 1 and purpose_of(record.body) == "full"}
    begun |= {((record.body["order_id"], line["line_no"]), record.body["at"])
              for record in of_topic(records, "notification")
              if record.body["kind"] == "REFUND_STARTED" and record.body["amount_minor"] == 0
              for line in record.body["lines"]}
    problems = []
    for name, found in (("line-outcome", moments("line-outcome", reason="REFUNDED")),
                        ("fulfilment-plan", moments("fulfilment-plan", action="CANCEL"))):
        problems += [f"{line} at {at}: refund without {name}" for line, at in begun - found]
        problems += [f"{line} at {at}: {name} without refund" for line, at in found - begun]
    return problems


# --- cases ---

def broken_cases(records):
    """Sequences count from 1 without a gap, and each change begins where the last one ended."""
    problems, sequences, states = [], Counter(), {}
    for record in of_topic(records, "case-event"):
        body = record.body
        if body["sequence"] == 0:  # of no case
            continue
        sequences[body["case_id"]] += 1
        if body["sequence"] != sequences[body["case_id"]]:
            problems.append(f"{body['order_id']}: event {body['sequence']} comes as number "
                            f"{sequences[body['case_id']]}")
        for change in body["lines"]:
            line = body["order_id"], change["line_no"]
            if states.get(line, "UNKNOWN") != change["before"]:
                problems.append(f"{line}: from {change['before']}, but it was {states.get(line)}")
            states[line] = change["after"]
    return problems


def final_states(records):
    return {(record.body["order_id"], change["line_no"]): change["after"]
            for record in of_topic(records, "case-event") for change in record.body["lines"]}


def disagreeing(records):
    states = final_states(records)
    return [f"{line}: {states.get(line)} after {body['kind']} {body['reason'] or ''}"
            for line, body in last_shortages(records).items()
            if states.get(line) not in STATES_AFTER[body["kind"], body["reason"]]]


def untold(records):
    told = {(record.body["order_id"], line["line_no"])
            for record in of_topic(records, "notification")
            if record.body["reason"] in SHIPPED_AFTER_ALL for line in record.body["lines"]}
    states = final_states(records)
    return [f"{line} was shipped and is {states[line]}"
            for line, body in last_shortages(records).items()
            if body["reason"] == "SHIPPED"
            and states.get(line, "").startswith(("REFUND", "SUBSTITUT"))
            and line not in told]


def effects(records):
    """A case's event and what was written because of it are of one transaction: all or nothing."""
    told = Counter((effect["topic"], effect["id"]) for record in of_topic(records, "case-event")
                   for effect in record.body["effects"])
    written = Counter((record.topic, record.id.decode()) for record in records
                      if record.topic in BY_THE_CASEWORKER and record.id)
    return [f"{topic} {name}: {told[topic, name]} times told, {written[topic, name]} times written"
            for topic, name in sorted(set(told) | set(written))
            if told[topic, name] != written[topic, name]]

"""What came out against what a case expects: each expected record once, and nothing else.

Pure, so that it can be tested by itself: it knows records by topic, body, bytes and ce_id alone."""
from collections import defaultdict

from flowlib.case import offset_text

# The compared topics, each with the field that holds the time of its records.
TIME_FIELDS = {
    "shortage": "at",
    "notification": "at",
    "refund-request": "at",
    "fulfilment-plan": "at",
    "compensation": "at",
    "line-outcome": "at",
    "listing-status": "as_of",
    "case-event": "at",  # only REFUSED
}
# The cases' names of fields that the contract calls otherwise.
RENAMED = {"case-event": {"kind": "verdict"}}
NO_COMPENSATION = "NONE"


def compare_case(case, records):
    """Every problem of one case, a line of text each. `records` are all that came out, of any case,
    without repetitions."""
    mine = [record for record in records if record.body is not None and case.owns(record.body)]
    problems = []
    for topic in TIME_FIELDS:
        expected = [row for row in case.expected if row.topic == topic]
        actual = [record for record in mine if record.topic == topic and is_compared(record)]
        problems += compare_topic(topic, expected, actual, case.t0_ms)
    return problems + compare_final(case, mine) + compare_compensation(case, mine)


def is_compared(record):
    return record.topic != "case-event" or record.body["verdict"] == "REFUSED"


def distinct(records):
    """The records without repetitions, as a reader who deduplicates by id keeps them, and a line of
    text for each id that came with two contents."""
    kept, first_bytes, problems = [], {}, []
    for record in records:
        identity = (record.topic, record.id or record.value)
        if identity not in first_bytes:
            first_bytes[identity] = record.value
            kept.append(record)
        elif first_bytes[identity] != record.value:
            problems.append(f"two contents   {record.topic} {identity[1].decode()}: "
                            f"again in {record.partition}/{record.offset}: {record.body}")
    return kept, problems


# --- one topic ---

def compare_topic(topic, expected, actual, t0_ms):
    pairs = match(expected, actual)
    unmatched = [row for number, row in enumerate(expected) if number not in pairs]
    left = [record for number, record in enumerate(actual) if number not in pairs.values()]
    problems = []
    for row in unmatched:
        nearest = nearest_to(row, left)
        if nearest is None:
            problems.append(f"missing  {described(topic, row.at_ms, row.value, t0_ms)}")
        else:
            left.remove(nearest)
            problems.append(f"differs  {described(topic, row.at_ms, row.value, t0_ms)}")
            problems += [f"         {line}" for line in differences_of(row, nearest, t0_ms)]
    return problems + [
        f"extra    {described(topic, time_of(record), shown(record.body), t0_ms)}" for record in left]


def match(expected, actual):
    """The largest matching, expected number -> actual number. A row that lists few fields may fit
    several records, so the first fit is not always the right one."""
    fits = [[number for number, record in enumerate(actual) if not differences_of(row, record)]
            for row in expected]
    taken = {}  # actual number -> expected number

    def place(row, tried):
        for record in fits[row]:
            if record in tried:
                continue
            tried.add(record)
            if record not in taken or place(taken[record], tried):
                taken[record] = row
                return True
        return False

    for row in range(len(expected)):
        place(row, set())
    return {row: record for record, row in taken.items()}


def nearest_to(row, records):
    """The record that was probably meant: of the same order or sku, with the fewest differences."""
    about = subject_of(row.value)
    same = [record for record in records if subject_of(record.body) == about]
    return min(same, key=lambda record: len(differences_of(row, record)), default=None)


def subject_of(body):
    return body.get("order_id", body.get("sku")), body.get("kind") if "audience" in body else None


def differences_of(row, record, t0_ms=0):
    value = {RENAMED.get(row.topic, {}).get(name, name): item for name, item in row.value.items()}
    found = differences(value, record.body, "", t0_ms)
    if time_of(record) != row.at_ms:
        found.append(f"at {offset_text(time_of(record), t0_ms)}, "
                     f"expected {offset_text(row.at_ms, t0_ms)}")
    return found


def differences(expected, actual, path, t0_ms):
    """Compares listed fields only; lists item by item, and as long as expected."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [line for name, item in expected.items()
                for line in differences(item, actual.get(name), f"{path}.{name}" if path else name,
                                        t0_ms)]
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [line for number, (mine, theirs) in enumerate(zip(expected, actual))
                for line in differences(mine, theirs, f"{path}[{number}]", t0_ms)]
    if expected == actual and type(expected) is type(actual):
        return []
    return [f"{path} is {readable(actual, t0_ms)}, expected {readable(expected, t0_ms)}"]


def time_of(record):
    return record.body[TIME_FIELDS[record.topic]]


# --- words ---

TIMES_FROM_MS = 1_000_000_000_000  # 2001; no amount or quantity of a case is that large


def readable(value, t0_ms):
    """A value for people: times as offsets, what is not set left out."""
    if isinstance(value, dict):
        inside = ", ".join(f"{name}: {readable(item, t0_ms)}" for name, item in value.items()
                           if item is not None)
        return "{" + inside + "}"
    if isinstance(value, list):
        return "[" + ", ".join(readable(item, t0_ms) for item in value) + "]"
    if type(value) is int and value >= TIMES_FROM_MS:
        return offset_text(value, t0_ms)
    return str(value)


def shown(body):
    """Without the fields that say nothing about a difference: texts, ids, raw bytes."""
    hidden = ("subject", "body", "fact", "effects", "marketplace", "seller_id", "at", "as_of")
    return {name: value for name, value in body.items() if name not in hidden}


def described(topic, at_ms, value, t0_ms):
    return f"{topic} {offset_text(at_ms, t0_ms)} {readable(value, t0_ms)}"


# --- where it ended ---

def compare_final(case, records):
    states = line_states(records)
    return [f"final    line {line} is {states.get(line, 'in no case')}, expected {state}"
            for line, state in case.final.items() if states.get(line) != state]


def line_states(records):
    """Folds the changes that the events of the cases tell, in their order, into "order/line"."""
    states = {}
    for record in records:
        if record.topic == "case-event":
            for change in record.body["lines"]:
                states[f"{record.body['order_id']}/{change['line_no']}"] = change["after"]
    return states


def compare_compensation(case, records):
    states = compensation_states(records)
    return [f"final    compensation of {order} is {states[order]}, expected {state}"
            for order, state in case.compensation.items() if states[order] != state]


def compensation_states(records):
    """The contract has no field for it, so it is what the messages and payments say, in order."""
    states = defaultdict(lambda: NO_COMPENSATION)
    topics = ("notification", "compensation", "refund-request")
    for record in sorted((r for r in records if r.topic in topics), key=time_of):
        order = record.body["order_id"]
        state = compensation_state_after(record, states[order])
        if state is not None and states[order] not in ("AGREED", "RULED"):
            states[order] = state
    return states


def compensation_state_after(record, before):
    body = record.body
    if record.topic == "refund-request":
        ruled = body["reason"] == "RULING" and before == "ESCALATED"
        return "RULED" if ruled else None
    if record.topic == "compensation":
        return {"GOODWILL": "AGREED", "RULING": "RULED"}.get(body["kind"])
    if body["kind"] == "SETTLED":
        return "RULED" if body["reason"] in ("RULED", "DISMISSED") else "AGREED"
    if body["kind"] == "NEEDS_ACTION":
        return {"CLAIM": "CLAIMED", "REJECTED": "CLAIMED", "MEDIATE": "ESCALATED"}.get(
            body["reason"])
    return {"OFFER": "OFFERED", "DECLINED": "DECLINED"}.get(body["kind"])

"""Who was served before an older line of the same SKU that waits for goods, and under which rules.

Under the rules 1 of the allocation that is allowed, under the rules 2 it never happens. Which hold
is told by the log alone, at each fact."""
from collections import defaultdict, namedtuple

FACTS_BITS = 12  # of a revision: the place of a fact in its message

Overtaking = namedtuple("Overtaking", "rules words")


def revision_of(record, number):
    return record.offset << FACTS_BITS | number


class _Sku:
    """What is known of one SKU at one place of the log."""

    def __init__(self):
        self.places = {}    # paid line -> its place in the order of the log
        self.short = set()  # lines whose last shortage says so
        self.closed = set()
        self.reported = {}  # line -> time of the report that no later level has answered
        self.versions = {}  # warehouse -> of its last level

    def waits(self, line):
        """A line that was reported missing waits for an answer, not for goods. (One whose report came
        too late to count is taken for such a line too: better no finding than a wrong one.)"""
        return line in self.short and line not in self.reported

    def take(self, fact):
        """Returns the line that was paid for the first time, if any."""
        line = fact["order_id"], fact["line_no"]
        if fact["kind"] == "PAID" and line not in self.places and line not in self.closed:
            self.places[line] = len(self.places)
            return line
        if fact["kind"] == "CLOSED":
            self.closed.add(line)
        elif fact["kind"] == "REPORT":
            for each in self.places:
                if each[0] == line[0] and fact["line_no"] in (0, each[1]):
                    self.reported[each] = max(fact["at"], self.reported.get(each, 0))
        elif fact["kind"] == "LEVEL":
            self._count(fact)
        return None

    def _count(self, level):
        place = level["warehouse_id"]
        if level["version"] > self.versions.get(place, -1):
            self.versions[place] = level["version"]
            self.reported = {line: at for line, at in self.reported.items() if at >= level["at"]}

    def overtaken_by(self, line):
        return [older for older, place in self.places.items()
                if place < self.places[line] and self.waits(older)]


def overtakings(records, facts):
    """All of them, in the order of the log."""
    told = defaultdict(list)  # (partition, revision) -> shortages
    for record in records:
        if record.topic == "shortage":
            body = record.body
            told[facts.partitions.get(body["sku"]), body["revision"]].append(body)
    rules, skus, found = defaultdict(lambda: 1), defaultdict(_Sku), []
    for partition, revision, fact in facts.log:
        if fact["kind"] == "RULES":
            rules[partition] = fact["rules"]
        served = [] if fact["kind"] == "RULES" else [(fact["sku"], skus[fact["sku"]].take(fact))]
        for body in told[partition, revision]:
            line = body["order_id"], body["line_no"]
            if body["kind"] in ("UNFILLABLE", "ETA_CHANGED"):
                skus[body["sku"]].short.add(line)
            else:
                skus[body["sku"]].short.discard(line)
                served += [(body["sku"], line)] if body["kind"] == "RECOVERED" else []
        for name, line in served:
            if line is None or line in skus[name].short:
                continue
            found += [Overtaking(rules[partition], f"{name}: {line} is served before {older}, which "
                                                   f"waits, at revision {revision} of partition "
                                                   f"{partition}")
                      for older in skus[name].overtaken_by(line)]
    return found

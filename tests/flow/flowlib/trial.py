"""What the fault tests have in common: a market on a pipeline, brought to its end and judged."""
import json
from collections import Counter
from contextlib import ExitStack, closing

from flowlib.avro import Schemas
from flowlib.collector import Collector
from flowlib.drain import Drain, unread
from flowlib.feeder import Feeder
from flowlib.invariants import Facts, check_all, repetitions
from flowlib.local import Instance
from flowlib.market import DAY_MS, HOUR_MS, MINUTE_MS, Market
from flowlib.offsets import Offsets
from flowlib.poison import Poison, lost_poison, unexpected_letters
from flowlib.python import ROOT
from flowlib.relog import Relog
from flowlib.supervisor import Supervisor
from flowlib.topics import DEAD_LETTERS, GROUPS, OUTPUTS
from flowlib.torn import torn_offsets
from flowlib.waiting import wait_until_nothing_is

POLICIES = ROOT / "tests/data/acceptance/policies"
HEALED_S = 180  # until all is drained after the last fault
SHOWN = 8       # problems of one kind
# From the last order on: graces, answers, retries, the agreed date, silence upon silence.
STEPS_MS = [3 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 3 * HOUR_MS, DAY_MS, DAY_MS + HOUR_MS,
            12 * HOUR_MS, HOUR_MS, DAY_MS, DAY_MS, DAY_MS, 2 * DAY_MS, 5 * DAY_MS]
RESTOCK_STEP = 7  # a little before the date for which buyers wait


class Trial(ExitStack):
    """One pipeline under load. Use with `with`."""

    def __init__(self, workers, prepare=lambda trial: None):
        """`prepare` is called before anything runs, with the instance as it will be."""
        super().__init__()
        self.policies = POLICIES  # those that the workers were started with last
        self.instance = Instance("record", POLICIES, workers=workers)
        try:
            prepare(self)
            self._start()
        except BaseException:
            self.close()
            raise

    def _start(self):
        self.enter_context(self.instance)
        self.schemas = Schemas(self.instance.schemas)
        self.offsets = self.enter_context(closing(Offsets(self.instance.bootstrap)))
        self.feeder = Feeder(self.instance.bootstrap, self.schemas)
        self.collector = self.enter_context(closing(Collector(
            self.instance.bootstrap, self.schemas, self.offsets,
            OUTPUTS + DEAD_LETTERS + ["sku-event"])))
        self.supervisor = self.enter_context(Supervisor(self.instance))
        self.market = Market(self.feeder)
        self.poison = Poison(self.feeder, self.schemas)

    def settle(self):
        Drain(self.instance, self.offsets).wait(HEALED_S)

    def stop(self, kind, slot=1):
        """With SIGTERM, or it has ended by itself; then keeps it from being started again."""
        def missing():
            try:
                self.instance.kill(kind, slot, "TERM")
            except RuntimeError as error:
                if "does not run" not in str(error):
                    raise
            return [f"{kind}-{slot} runs"] if self.instance.runs(f"{kind}-{slot}") else []

        wait_until_nothing_is(missing, HEALED_S, "can't be stopped")

    def await_takeover(self, kind):
        """Of the partitions of a worker that is paused: all that is in its inputs now gets read."""
        group = f"shortfall-{kind}"
        ends = self.offsets.ends(GROUPS[group])

        def missing():
            return unread(ends, {group: self.offsets.committed(group)})

        wait_until_nothing_is(missing, HEALED_S, f"nobody takes over from a paused {kind}")

    def answer(self):
        return self.market.answer(self.collector.collect())

    def live_on(self, between=lambda step: None):
        """Plays all deadlines. `between` is called while each step's work is under way."""
        for step, later_ms in enumerate(STEPS_MS):
            if step == RESTOCK_STEP:
                self.market.restock()
            self.market.tick(later_ms)
            between(step)
            self.settle()
            while self.answer():
                self.settle()

    def verdict(self):
        """Everything that is wrong, as one text; empty when all is well."""
        for line in self.supervisor.restarts:
            print(f"started again: {line}")
        records = self.collector.collect()
        print(f"{len(self.market.lines)} lines paid; came out: "
              f"{dict(Counter(record.topic for record in records))}")
        facts = Facts([record for record in records if record.topic == "sku-event"])
        found = check_all(records, self.market.lines, facts, self.torn(records))
        found["garbage is a dead letter with its bytes"] = lost_poison(self.poison.sent, records)
        found["nothing good is a dead letter"] = unexpected_letters(self.poison.sent, records)
        found["no worker ends but to be started again"] = self.supervisor.problems
        found["the allocation is a pure function of its log"] = self.replayed(records)
        found["a case is a pure function of its facts"] = self.played_again(records)
        return "\n".join(f"NOT SO: {name} ({len(problems)} times)\n  " +
                         "\n  ".join(problems[:SHOWN])
                         for name, problems in found.items() if problems)

    def torn(self, records):
        """What Kafka wrote and forgot, of what came out twice."""
        found = set()
        for topic, partition in {(first.topic, first.partition) for first, _ in repetitions(records)}:
            offsets = torn_offsets(self.instance.dump(topic, partition))
            found |= {(topic, partition, offset) for offset in offsets}
        if found:
            print(f"Kafka tore a transaction apart, and this was written again: {sorted(found)}")
        return found

    def replayed(self, records):
        """The same log before an allocator that nobody disturbs must give the same, byte by byte."""
        topics = ["shortage", "listing-status"]
        with ExitStack() as stack:
            instance = stack.enter_context(Instance(
                "record", POLICIES, partitions=self.instance.partitions, with_workers=False))
            offsets = stack.enter_context(closing(Offsets(instance.bootstrap)))
            feeder = Feeder(instance.bootstrap, self.schemas)
            Relog(instance.bootstrap, feeder, offsets).write(
                [record for record in records if record.topic == "sku-event"])
            instance.start("allocator")
            Drain(instance, offsets, ["shortfall-allocator"]).wait(HEALED_S)
            collector = stack.enter_context(closing(Collector(
                instance.bootstrap, self.schemas, offsets, topics)))
            again = self.by_value(collector.collect(), topics)
        once = self.by_value(records, topics)
        return [f"only in the disturbed run: {body}" for value, body in once.items()
                if value not in again] + [
                f"only in the undisturbed run: {body}" for value, body in again.items()
                if value not in once]

    def played_again(self, records):
        """Each case once more from its recorded facts alone, by one program that nobody disturbs:
        the same messages and the same money must come of it."""
        tried = json.loads(self.instance.operator("policy", "dry-run", "--json",
                                                  "--policies", self.policies))
        cases = {record.body["case_id"] for record in records if record.topic == "case-event"}
        print(f"{tried['cases']} cases were played again from their facts")
        problems = [f"{tried[what]} cases {words}" for what, words in [
            ("left_out", "are not whole"), ("unreproduced", "come out otherwise")] if tried[what]]
        if tried["cases"] != len(cases):
            problems.append(f"of {len(cases)} cases {tried['cases']} could be played again")
        return problems + [f"as it was, and played again: {row}" for row in tried["rows"]
                           if row["as_it_was"] != row["would_have_been"]]

    def by_value(self, records, topics):
        return {(record.topic, record.value): record.body for record in records
                if record.topic in topics}

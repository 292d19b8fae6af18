#!/usr/bin/env python3
"""Whatever Redis does, cases go on, nothing is lost or doubled, and the view comes back.

It is flushed, loses fields, comes back with an old dump, is full, read-only, or hangs, each time in
the middle of a sale, and the caseworkers are killed meanwhile, so that what they restore from is
what the fault has left. In the end the view must hold what the topic holds, byte by byte."""
import shutil
import sys
import unittest

from flowlib.python import use_packages

use_packages()

# pylint: disable=wrong-import-position
from confluent_kafka import Consumer, TopicPartition  # noqa: E402
from redis import Redis  # noqa: E402
from flowlib.trial import HEALED_S, Trial  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

ORDERS_BETWEEN = 200
READ_S = 30
CLOSED_PORT = 1  # nobody serves there: a replica of it has no master
KEY = "shortfall:{{{}}}:cases"
MARK = b"mark"


def flush(trial, redis):
    redis.flushall()
    go_on(trial)


def lose_fields(_, redis):
    """As a memory that was evicted, or an operator's slip: the mark is right, the contents aren't."""
    lost = 0
    for key in redis.scan_iter(KEY.format("*")):
        field = next((name for name in redis.hkeys(key) if name != MARK), None)
        lost += redis.hdel(key, field) if field else 0
    assert lost, "there was nothing to lose"


def come_back_old(trial, redis):
    redis.save()
    dump = trial.instance.state / "data/redis/dump.rdb"
    shutil.copy(dump, dump.with_suffix(".old"))
    go_on(trial)
    trial.instance.kill("redis")
    shutil.copy(dump.with_suffix(".old"), dump)
    trial.instance.start("redis")


def be_full(trial, redis):
    redis.config_set("maxmemory", 1)
    go_on(trial)
    restart_caseworkers(trial)
    redis.config_set("maxmemory", 0)


def be_read_only(trial, redis):
    redis.replicaof("127.0.0.1", CLOSED_PORT)
    go_on(trial)
    restart_caseworkers(trial)
    redis.replicaof("NO", "ONE")


def hang(trial, _):
    trial.instance.kill("redis", signal="STOP")
    go_on(trial)
    trial.instance.kill("redis", signal="CONT")


FAULTS = [flush, lose_fields, come_back_old, be_full, be_read_only, hang, lose_fields]


def go_on(trial):
    """The work of the fault's time is done before it ends: it does not wait for Redis."""
    trial.market.sell(ORDERS_BETWEEN)
    trial.market.tick()
    trial.settle()
    trial.answer()


def restart_caseworkers(trial):
    for slot in (1, 2):
        trial.instance.kill("caseworker", slot)
    for slot in (1, 2):
        trial.instance.start("caseworker", slot)


def view_of(redis, partitions):
    found = {}
    for number in range(partitions):
        found.update((key, value) for key, value in redis.hgetall(KEY.format(number)).items()
                     if key != MARK)
    return found


def case_state_of(trial):
    """What its compaction leaves: the last value of each key, and nothing where it was removed."""
    ends = trial.offsets.ends(["case-state"], committed=True)
    consumer = Consumer({"bootstrap.servers": trial.instance.bootstrap, "group.id": "view",
                         "enable.auto.commit": False, "isolation.level": "read_committed",
                         "auto.offset.reset": "error"})
    consumer.assign([TopicPartition(*place, 0) for place in ends])
    found = {}

    def missing():
        for message in consumer.consume(1000, 0.1):
            assert message.error() is None, message.error()
            if message.value() is None:
                found.pop(message.key(), None)
            else:
                found[message.key()] = message.value()
        places = consumer.position([TopicPartition(*place) for place in ends])
        return [f"{place.topic} {place.partition}" for place in places
                if max(place.offset, 0) < ends[place.topic, place.partition]]

    wait_until_nothing_is(missing, READ_S, "case-state is not read to its end")
    consumer.close()
    return found


class View(unittest.TestCase):
    def test_faults_of_redis_cost_time_and_nothing_else(self):
        with Trial(workers=2) as trial, Redis.from_url(trial.instance.redis_url) as redis:
            with trial.market:
                trial.market.sell(ORDERS_BETWEEN)
                trial.market.tick()
                trial.settle()
                for fault in FAULTS:
                    print(f"{len(trial.market.lines)} lines sold: {fault.__name__}",
                          file=sys.stderr, flush=True)
                    fault(trial, redis)
                    restart_caseworkers(trial)
                    self.heals(trial, redis)
            trial.live_on()
            self.heals(trial, redis)
            said = "".join(trial.instance.log_of("caseworker", slot) for slot in (1, 2))
            for event in ("redis_stale", "redis_rebuilt", "redis_torn"):
                self.assertIn(f"event={event}", said)
            self.assertIn("level=warn event=redis_not_rebuilt", said)
            found = trial.verdict()
            if found:
                self.fail(found)

    def heals(self, trial, redis):
        trial.settle()
        truth = case_state_of(trial)
        self.assertTrue(truth)

        def different():
            view = view_of(redis, trial.instance.partitions)
            return [repr(key) for key in truth.keys() | view.keys()
                    if truth.get(key) != view.get(key)]

        wait_until_nothing_is(different, HEALED_S, "the view is not what case-state is")


if __name__ == "__main__":
    unittest.main()

"""What a broker says about ends and commits, asked in few requests."""
from confluent_kafka import (Consumer, ConsumerGroupTopicPartitions, IsolationLevel, KafkaException,
                             TopicPartition)
from confluent_kafka.admin import AdminClient, OffsetSpec

from flowlib.connection import connection
from flowlib.topics import GROUPS
from flowlib.waiting import wait_until_nothing_is

REQUEST_DEADLINE_S = 10
EMPTY_DEADLINE_S = 60


class Offsets:
    """Topics and groups are named without their prefix, both ways."""

    def __init__(self, bootstrap, prefix=""):
        self.prefix = prefix
        self._bootstrap = bootstrap
        self._admin = self._new_admin()
        # The admin client's list_consumer_group_offsets ends the whole process when a coordinator
        # moves or is new (seen with 2.16.1). A consumer that never joins asks the same safely.
        self._groups = {group: Consumer({
            **connection(bootstrap),
            "group.id": prefix + group,
            "enable.auto.commit": False,
            "isolation.level": "read_committed",  # commits of undecided transactions don't count
            "log_level": 2,
        }) for group in GROUPS}
        self._partitions = {}

    def partitions(self, topics):
        """(topic, partition) of all of the topics; asked once, until they are forgotten."""
        if any(topic not in self._partitions for topic in topics):
            known = {self._own(name): topic for name, topic in
                     self._admin.list_topics(timeout=REQUEST_DEADLINE_S).topics.items()
                     if name.startswith(self.prefix)}
            missing = [topic for topic in topics if topic not in known]
            if missing:
                raise RuntimeError(f"the broker has no topic {self.prefix}{', '.join(missing)}")
            self._partitions = {name: sorted(topic.partitions) for name, topic in known.items()}
        return [(topic, number) for topic in topics for number in self._partitions[topic]]

    def forget_partitions(self):
        """Some were added or taken away."""
        self._partitions = {}

    def ends(self, topics, committed=False):
        """The end of each partition: where the next record goes, or, with `committed`, up to where
        transactions are decided and visible."""
        level = IsolationLevel.READ_COMMITTED if committed else IsolationLevel.READ_UNCOMMITTED
        asked = {self.place(*place): OffsetSpec.latest() for place in self.partitions(topics)}
        try:
            return self._ask_ends(asked, level)
        except KafkaException:
            # An admin client does not ask for the leaders again, and a broker that came back with
            # a new epoch would be asked in vain for ever.
            self._admin = self._new_admin()
            return self._ask_ends(asked, level)

    def _ask_ends(self, asked, level):
        answers = self._admin.list_offsets(asked, isolation_level=level,
                                           request_timeout=REQUEST_DEADLINE_S)
        return {(self._own(place.topic), place.partition): answer.result().offset
                for place, answer in answers.items()}

    def committed(self, group):
        """{(topic, partition): offset} of all that the group reads; without a commit it is -1001."""
        places = [self.place(*place) for place in self.partitions(GROUPS[group])]
        answers = self._groups[group].committed(places, timeout=REQUEST_DEADLINE_S)
        for answer in answers:
            if answer.error is not None:
                raise KafkaException(answer.error)
        return {(self._own(answer.topic), answer.partition): answer.offset for answer in answers}

    def place(self, topic, partition, *offset):
        return TopicPartition(self.prefix + topic, partition, *offset)

    def _own(self, name):
        return name.removeprefix(self.prefix)

    def set_by_hand(self, group, offsets):
        """As an operator does who changes a group's offsets: {(topic, partition): offset}. The group
        must be empty, so this waits until those who were stopped have been forgotten."""
        places = [TopicPartition(*place, offset) for place, offset in offsets.items()]

        def missing():
            asked = self._admin.alter_consumer_group_offsets(
                [ConsumerGroupTopicPartitions(group, places)], request_timeout=REQUEST_DEADLINE_S)
            [answer] = asked.values()
            return [f"{place}: {place.error}" for place in answer.result().topic_partitions
                    if place.error]

        wait_until_nothing_is(missing, EMPTY_DEADLINE_S, f"the offsets of {group} can't be set")

    def _new_admin(self):
        return AdminClient({**connection(self._bootstrap), "log_level": 2})

    def close(self):
        for consumer in self._groups.values():
            consumer.close()

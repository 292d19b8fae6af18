"""The only way of waiting in these tests: for a condition, with a deadline, saying what is missing."""
import time

from confluent_kafka import KafkaException

POLL_S = 0.005


class NotInTime(Exception):
    """A condition did not come true before its deadline."""


def wait_until_nothing_is(missing, seconds, what):
    """Calls missing() until it returns an empty list. Its last answer is the error's text.

    An error of the broker is an answer too: a broker that has just started, or that a test has
    stopped, is as good a reason to ask again."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = missing()
        except KafkaException as error:
            answer = [f"the broker: {error}"]
        if not answer:
            return
        if time.monotonic() > end:
            raise NotInTime(f"{what}: after {seconds} s still\n  " + "\n  ".join(answer[:40]))
        time.sleep(POLL_S)

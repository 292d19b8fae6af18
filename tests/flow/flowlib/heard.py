"""What a worker says from some moment on: what the operator would read."""
import re

from flowlib.waiting import wait_until_nothing_is


class Heard:
    def __init__(self, instance, kind, slot=1):
        self._instance = instance
        self._who = kind, slot
        self._begin = len(instance.log_of(kind, slot))

    @property
    def text(self):
        return self._instance.log_of(*self._who)[self._begin:]

    def await_words(self, words, seconds):
        """words: a pattern of what it must have said, usually of one line."""
        def missing():
            text = self.text
            return [] if re.search(words, text) else text.splitlines()[-8:] or ["nothing"]

        kind, slot = self._who
        wait_until_nothing_is(missing, seconds, f"{kind}-{slot} does not say '{words}', but")

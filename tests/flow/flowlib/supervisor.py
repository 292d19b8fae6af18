"""What systemd does in production: a worker that ended by itself is started again.

"In doubt: exit; the restart restores the truth" is part of the design, so a pipeline without a
supervisor is half a pipeline. It keeps what it saw, because some ends must not be."""
import re
import threading

from flowlib.waiting import NotInTime

CHECK_S = 0.5
STOPPED = re.compile(r"event=stopped .*?exit=(\d+)")
NOT_TO_BE_STARTED = {"78": "its configuration is bad", "79": "somebody else has its identity"}


class Supervisor:
    """Use with `with`. `restarts` are the log lines of those that were started again; `problems` say
    which ends were none that a supervisor may mend."""

    def __init__(self, instance):
        self._instance = instance
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.restarts = []
        self.problems = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._ending.set()
        self._thread.join()

    def _watch(self):
        while not self._ending.wait(CHECK_S):
            for kind, slot in self._instance.died():
                self._judge(kind, slot)
                try:
                    self._instance.start_again(kind, slot)
                except (RuntimeError, NotInTime) as error:
                    self.problems.append(f"{kind}-{slot} can't be started again: {error}")

    def _judge(self, kind, slot):
        lines = self._instance.log_of(kind, slot).splitlines()
        said = next((line for line in reversed(lines[-20:]) if STOPPED.search(line)), None)
        if said is None:
            self.problems.append(f"{kind}-{slot} ended without a word: {lines[-1:]}")
            return
        self.restarts.append(said)
        code = STOPPED.search(said).group(1)
        if code in NOT_TO_BE_STARTED:
            self.problems.append(f"{NOT_TO_BE_STARTED[code]}, and nobody would start it again: "
                                 f"{said}")

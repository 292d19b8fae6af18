#!/usr/bin/env python3
"""Whatever point of its work a worker dies or sleeps at, nothing is lost or doubled.

    test_crash_points.py [--rounds N] [--only POINT] [--both]

A round takes one named point of the sources (kit/crash_point.h) and one way: SIGKILL, or SIGSTOP
until another worker has taken over and SIGCONT then. Each round strikes in the middle of a sale, on
a real broker and a real Redis; at the end the topics alone are judged, as in test_faults.py. Each
point is struck N times (once). --both has it stop in every other round, which takes longer; without
it all die, but for one that stops. SHORTFALL_LONG stands for --both --rounds 100."""
import argparse
import os
import random
import re
import sys
import time
import unittest
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGTERM

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
from flowlib.trial import Trial  # noqa: E402

KINDS = ("sequencer", "allocator", "caseworker")
ORDERS = 60
ROUNDS_OF_TRIAL = 10  # then all is judged, and a new pipeline begins
STRIKE_S = 60         # a point is reached within so long, or the round fails
PROVOKE_S = 8         # and what provokes it is done again
# Points that are only passed when something else happens, and what.
ON_RESTART = {"assigned-before-restore", "restoring", "restored-before-running"}
ON_TERM = {"revoked-before-checkpoint", "revoked-after-checkpoint"}
ON_REDIS_LOSS = {"redis-rebuilt-before-rename"}


def points():
    names = []
    for path in sorted((ROOT / "workers").rglob("*.c")):
        names += re.findall(r'CRASH_POINT\("([^"]+)"\)', path.read_text())
    return names


class Strike:
    """One file that says where to strike, and who was struck."""

    def __init__(self, state, point, way, passes):
        self._file = state / "crash"
        self._file.write_text(f"{point} {way} {passes}\n")

    def victim(self):
        taken = list(self._file.parent.glob("crash.*"))
        return int(taken[0].suffix[1:]) if taken else None

    def done(self):
        for path in [self._file, *self._file.parent.glob("crash.*")]:
            path.unlink(missing_ok=True)


def worker_of(instance, pid):
    for path in (instance.state / "run").glob("*-*.pid"):
        if path.read_text().strip() == str(pid):
            kind, slot = path.stem.rsplit("-", 1)
            return kind, int(slot)
    return None


def end(trial, kind, slot, how):
    """The supervisor starts it again; one that has just died by itself is started again as well."""
    try:
        os.kill(int((trial.instance.state / "run" / f"{kind}-{slot}.pid").read_text()), how)
    except ProcessLookupError:
        pass


def provoke(trial, point):
    """Makes the point be passed, where work alone does not."""
    kind = random.choice(KINDS[1:])  # allocator and caseworker have a state
    if point in ON_RESTART:
        end(trial, kind, 2, SIGKILL)
    elif point in ON_TERM:
        end(trial, kind, 2, SIGTERM)
    elif point in ON_REDIS_LOSS:
        trial.instance.kill("redis")
        trial.instance.start("redis")


def shorten_sessions(trial):
    """Whoever stops is given up sooner than in production, and there are more rounds in an hour."""
    for kind in KINDS:
        for slot in (1, 2):
            trial.instance.add_to(f"{kind}-{slot}", {"session.timeout.ms": "3000",
                                                     "heartbeat.interval.ms": "500"})


def strike(trial, point, way, number):
    passes = 0 if point in ON_RESTART | ON_TERM | ON_REDIS_LOSS else number % 7
    if point in ON_RESTART:
        provoke(trial, point)  # before the strike: what has stopped there must not be killed
    struck = Strike(trial.instance.state, point, way, passes)
    began = time.monotonic()
    provoke_at = began + (PROVOKE_S if point in ON_RESTART else 0)
    while struck.victim() is None:
        trial.market.sell(ORDERS)
        trial.answer()
        now = time.monotonic()
        if now >= provoke_at and struck.victim() is None:
            provoke(trial, point)
            provoke_at = now + PROVOKE_S
        if now > began + STRIKE_S:
            struck.done()
            raise AssertionError(f"nobody came to {point} in {STRIKE_S} s")
    pid = struck.victim()
    worker = worker_of(trial.instance, pid)
    print(f"{number}: {point} {way} {worker or 'runs again'}", file=sys.stderr, flush=True)
    if way == "STOP":
        trial.await_takeover(worker[0])
        trial.market.sell(ORDERS)
        os.kill(pid, SIGCONT)
    struck.done()


def judged(trial):
    """Workers that were killed at a point ended without a word, and that is no problem."""
    trial.supervisor.problems[:] = [problem for problem in trial.supervisor.problems
                                    if "ended without a word" not in problem]
    return trial.verdict()


class CrashPoints(unittest.TestCase):
    rounds = 1
    only = ""
    both = False

    def test_nothing_is_lost_or_doubled_at_any_point(self):
        chosen = [point for point in points() if self.only in point]
        self.assertGreater(len(chosen), 0)
        os.environ["SHORTFALL_BUILD"] = str(Path(os.environ["SHORTFALL_BUILD"]) /
                                            "tests/crash/build")
        for first in range(0, self.rounds, ROUNDS_OF_TRIAL):
            self._one_trial(chosen, range(first, min(first + ROUNDS_OF_TRIAL, self.rounds)))

    def _one_trial(self, chosen, rounds):
        with Trial(workers=2, prepare=shorten_sessions) as trial:
            os.environ["CRASH_POINT_FILE"] = str(trial.instance.state / "crash")
            for kind in KINDS:  # again, with the variable
                for slot in (1, 2):
                    trial.instance.kill(kind, slot)
                    trial.instance.start(kind, slot)
            with trial.market:
                for number in range(rounds.start * len(chosen), rounds.stop * len(chosen)):
                    point = chosen[number % len(chosen)]
                    stops = (number + number // len(chosen)) % 2 == 1 if self.both else number == 1
                    way = "STOP" if stops else "KILL"
                    strike(trial, point, way, number)
            trial.settle()
            trial.live_on()
            found = judged(trial)
            if found:
                self.fail(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    long = bool(os.environ.get("SHORTFALL_LONG"))
    parser.add_argument("--rounds", type=int, default=100 if long else 1)
    parser.add_argument("--only", default="")
    parser.add_argument("--both", action="store_true", default=long)
    options, rest = parser.parse_known_args()
    CrashPoints.rounds, CrashPoints.only = options.rounds, options.only
    CrashPoints.both = options.both
    unittest.main(argv=[sys.argv[0], *rest])

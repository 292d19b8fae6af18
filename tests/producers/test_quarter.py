#!/usr/bin/env python3
"""Plays real orders through the whole pipeline and compares its shortages with the brute force's.

    test_quarter.py [--long]

January of tests/data/wide-world-importers-quarter, or all of it with --long or SHORTFALL_LONG set.
shortfall-replay plays it exactly; tests/data/count-shortages.py says what must come out: each change
of each line at its time. Nobody answers and no deadline passes, so that only allocation decides.
"""
import collections
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/flow"))
from flowlib.python import use_packages  # noqa: E402

use_packages()

from flowlib.local import Instance  # noqa: E402  pylint: disable=wrong-import-position

DATA = ROOT / "tests/data/wide-world-importers-quarter"
BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release"))
os.environ["SHORTFALL_SCHEMAS"] = str(ROOT / "schemas")  # whatever folder this is called in
JANUARY_ENDS_MS = int(datetime(2016, 2, 1, tzinfo=timezone.utc).timestamp() * 1000)
TIMES = {"orders": "paid_at", "closed": "closed_at", "stock": "counted_at"}
REPLAY_DEADLINE_S = 1500


def cut(folder, until_ms):
    """Writes the facts before a time."""
    for name, time in TIMES.items():
        with gzip.open(DATA / f"{name}.jsonl.gz", "rt") as lines, \
             gzip.open(folder / f"{name}.jsonl.gz", "wt") as out:
            out.writelines(line for line in lines if json.loads(line)[time] < until_ms)


def patient_policies(folder):
    """The demo's policy with windows that do not end within the play."""
    target = folder / "policies"
    for name in ("default", "wide-world-importers"):
        for path in (ROOT / "deploy/policies" / name).glob("*.ini"):
            text = re.sub(r"^window = .*", "window = 366d", path.read_text(), flags=re.MULTILINE)
            (target / name).mkdir(parents=True, exist_ok=True)
            (target / name / path.name).write_text(text)
    return target


def expected(folder):
    done = subprocess.run([ROOT / "tests/data/count-shortages.py", folder, "--events"],
                          check=True, text=True, stdout=subprocess.PIPE)
    for line in done.stdout.splitlines():
        at, kind, sku, order_id, line_no, date = line.split()
        yield int(at), kind, sku, order_id, int(line_no), None if date == "-" else int(date)


def found(bootstrap):
    done = subprocess.run([BUILD / "workers/shortfall/shortfall", "tail", "shortage",
                           "--until-end", "--bootstrap", bootstrap],
                          check=True, text=True, stdout=subprocess.PIPE)
    for shortage in map(json.loads, done.stdout.splitlines()):
        if shortage["kind"] != "ETA_CHANGED":
            date = shortage.get("expected_at") if shortage["kind"] == "UNFILLABLE" else None
            yield (shortage["at"], shortage["kind"], shortage["sku"], shortage["order_id"],
                   shortage["line_no"], date)


def replay(bootstrap, folder):
    files = [word for name in TIMES for word in (f"--{name}", folder / f"{name}.jsonl.gz")]
    subprocess.run([BUILD / "producers/shortfall-replay", "--bootstrap", bootstrap, "--exact",
                    "--settle", "0s", *files],
                   check=True, timeout=REPLAY_DEADLINE_S)


def compare(wanted, came):
    """Says what is missing and what is too much; True: nothing."""
    wanted, came = collections.Counter(wanted), collections.Counter(came)
    for words, difference in (("missing", wanted - came), ("too much", came - wanted)):
        for change in sorted(difference, key=str)[:10]:
            print(f"{words}: {change}")
    print(f"{sum(came.values())} changes came, {sum(wanted.values())} were wanted")
    return wanted == came and len(wanted) > 0


def main(long):
    with tempfile.TemporaryDirectory(prefix="shortfall-quarter-") as name:
        folder = Path(name)
        cut(folder, sys.maxsize if long else JANUARY_ENDS_MS)
        with Instance(clock="record", policies=patient_policies(folder)) as instance:
            replay(instance.bootstrap, folder)
            same = compare(expected(folder), found(instance.bootstrap))
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main("--long" in sys.argv[1:] or bool(os.environ.get("SHORTFALL_LONG"))))

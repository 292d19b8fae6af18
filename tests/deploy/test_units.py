#!/usr/bin/env python3
"""The units for systemd: it takes them, they are hardened, and they restart where that helps."""
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy/systemd"
BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release"))
WORKERS = ("sequencer", "allocator", "caseworker")
EXPOSURE_MAX = 2.0


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Units(unittest.TestCase):
    def test_systemd_takes_them(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in UNITS.iterdir():
                text = path.read_text()
                for name in WORKERS:  # where the programs are that are not installed here
                    text = text.replace(f"/usr/bin/shortfall-{name} ",
                                        f"{BUILD}/workers/{name}/shortfall-{name} ")
                (Path(folder) / path.name).write_text(text)
            units = sorted(Path(folder).iterdir())
            self.assertEqual(4, len(units))
            done = analyze("verify", "--man=no", *units)
            self.assertEqual((0, ""), (done.returncode, done.stdout))

    def test_they_are_exposed_as_little_as_can_be(self):
        for name in WORKERS:
            done = analyze("security", "--offline=true", "--no-pager",
                           f"--threshold={EXPOSURE_MAX * 10:.0f}",
                           UNITS / f"shortfall-{name}@.service")
            exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
            self.assertIsNotNone(exposure, done.stdout)
            self.assertLessEqual(float(exposure[1]), EXPOSURE_MAX)
            self.assertEqual(0, done.returncode, done.stdout)

    def test_a_restart_is_spared_where_it_can_not_help(self):
        config_exit = re.search(r"SETTINGS_EXIT = (\d+)", (ROOT / "workers/kit/settings.h").read_text())[1]
        fenced_exit = re.search(r"EXIT_FENCED = (\d+)", (ROOT / "workers/kit/worker.h").read_text())[1]
        for name in WORKERS:
            text = (UNITS / f"shortfall-{name}@.service").read_text()
            self.assertIn(f"\nRestartPreventExitStatus={config_exit} {fenced_exit}\n", text)
            self.assertIn("\nType=notify\n", text)
            self.assertIn(" --slot %i\n", text)

    def test_they_differ_in_nothing_but_their_worker(self):
        texts = set()
        for name in WORKERS:
            text = (UNITS / f"shortfall-{name}@.service").read_text().replace(name, "WORKER")
            text = re.sub(r"slot %i: .*", "slot %i", text)
            texts.add(re.sub(r"19[123]", "19N", text))
        self.assertEqual(1, len(texts))


if __name__ == "__main__":
    unittest.main()

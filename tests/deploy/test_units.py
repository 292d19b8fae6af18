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
BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release")).resolve()
WORKERS = ("sequencer", "allocator", "caseworker")
EXPOSURE_MAX = 2.0


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *map(str, arguments)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Units(unittest.TestCase):
    def test_systemd_takes_them(self):
        with tempfile.TemporaryDirectory() as folder:
            for path in (*UNITS.glob("*.service"), *UNITS.glob("*.target")):
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


class Roll(unittest.TestCase):
    """shortfall-roll on a machine whose systemd only writes down what it is asked."""

    def roll(self, *words, broken=None, conf=""):
        with tempfile.TemporaryDirectory() as folder:
            for name in WORKERS:
                (Path(folder) / f"shortfall-{name}").symlink_to(
                    BUILD / f"workers/{name}/shortfall-{name}")
            systemctl = Path(folder) / "systemctl"
            systemctl.write_text(f"""#!/bin/sh
case $1 in
list-units) for slot in 1 2; do echo "$5 loaded active running" | sed "s/@[*]/@$slot/"; done ;;
restart) echo "$2" >>{folder}/asked; [ "$2" != "{broken}" ] ;;
esac
""")
            systemctl.chmod(0o755)
            settings = Path(folder) / "shortfall.conf"
            settings.write_text(f"bootstrap.servers = b:1\nschema.dir = {ROOT}/schemas\n"
                                f"policy.dir = {ROOT}/deploy/policies\n{conf}")
            done = subprocess.run([UNITS / "shortfall-roll", *words], text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env={"PATH": f"{folder}:{os.environ['PATH']}",
                                       "SHORTFALL_CONFIG": str(settings)})
            asked = Path(folder) / "asked"
            return done, asked.read_text().split() if asked.exists() else []

    def test_readers_are_restarted_before_those_who_write_for_them(self):
        done, asked = self.roll(conf="sasl.password_file = ${CREDENTIALS_DIRECTORY}/secret_kafka\n")
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertEqual([f"shortfall-{name}@{slot}.service" for name in reversed(WORKERS)
                          for slot in (1, 2)], asked)

    def test_one_kind_can_be_rolled_alone(self):
        self.assertEqual(["shortfall-allocator@1.service", "shortfall-allocator@2.service"],
                         self.roll("allocator")[1])

    def test_wrong_settings_touch_nothing(self):
        done, asked = self.roll(conf="batch.message = 3\n")
        self.assertEqual((1, []), (done.returncode, asked), done.stdout)
        self.assertIn("batch.messages", done.stdout)

    def test_it_ends_with_the_first_that_does_not_come_back(self):
        done, asked = self.roll(broken="shortfall-caseworker@2.service")
        self.assertEqual(1, done.returncode)
        self.assertEqual(["shortfall-caseworker@1.service", "shortfall-caseworker@2.service"], asked)
        self.assertIn("The others run on", done.stdout)


if __name__ == "__main__":
    unittest.main()

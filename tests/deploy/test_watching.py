#!/usr/bin/env python3
"""What people watch by: the alerts fire and are silent when they should, the dashboard and the alerts
ask for metrics that the workers give, and each alert has its page in docs/OPERATING.md."""
import functools
import json
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "deploy/prometheus/shortfall.rules.yml"
DASHBOARD = ROOT / "deploy/grafana/dashboards/shortfall.json"
MANUAL = ROOT / "docs/OPERATING.md"
METRIC = re.compile(r"\b(?:shortfall|process)_[a-z_]+\b")
OF_HISTOGRAMS = ("_bucket", "_sum", "_count")
PARTS = ("**Means:**", "**The buyer feels:**", "**Look at:**", "**Do:**")


@functools.cache
def exported():
    """The names that stand in the source of the workers, each a literal."""
    text = "".join(path.read_text() for path in ROOT.glob("workers/*/*.c"))
    return set(re.findall(r'"((?:shortfall|process)_[a-z_]+)"', text))


def metrics_in(text):
    names = set()
    for name in METRIC.findall(text):
        plain = next((name.removesuffix(end) for end in OF_HISTOGRAMS if name.endswith(end)), name)
        names.add(name if name in exported() else plain)
    return names


def expressions():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel.get("targets", [])]


def alerts():
    return re.findall(r"- alert: (\w+)", RULES.read_text())


class Watching(unittest.TestCase):
    def test_the_alerts_fire_when_they_should_and_only_then(self):
        done = subprocess.run(["promtool", "test", "rules", "shortfall.test.yml"], cwd=RULES.parent,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_every_alert_is_tried(self):
        tests = (RULES.parent / "shortfall.test.yml").read_text()
        tried = re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n", tests)
        self.assertEqual(set(alerts()), set(tried))

    def test_the_configuration_is_one_that_prometheus_takes(self):
        done = subprocess.run(["promtool", "check", "config", "prometheus.yml"], cwd=RULES.parent,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_alerts_ask_for_metrics_that_there_are(self):
        self.assertEqual(set(), metrics_in(RULES.read_text()) - exported())

    def test_the_dashboard_asks_for_metrics_that_there_are(self):
        self.assertGreater(len(expressions()), 30)
        self.assertEqual(set(), metrics_in("\n".join(expressions())) - exported())

    def test_the_manual_names_metrics_that_there_are(self):
        self.assertEqual(set(), metrics_in(MANUAL.read_text()) - exported())

    def test_every_panel_says_what_it_shows(self):
        panels = [panel for panel in json.loads(DASHBOARD.read_text())["panels"]
                  if panel["type"] != "row"]
        self.assertEqual([], [panel["title"] for panel in panels if not panel["description"]])

    def test_every_alert_has_its_page_with_all_its_parts(self):
        pages = re.findall(r"^### (Shortfall\w+)\n(.*?)(?=^##|\Z)", MANUAL.read_text(), re.M | re.S)
        self.assertEqual(alerts(), [name for name, _ in pages], "in the order of the rules")
        for name, text in pages:
            self.assertEqual([], [part for part in PARTS if part not in text], name)


if __name__ == "__main__":
    unittest.main()

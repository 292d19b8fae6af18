#!/usr/bin/env python3
"""Under a Kafka and a Redis that demand a login and forbid what is not allowed, all goes as ever; and
neither a password nor a buyer's name is to be seen where it does not belong."""
import re
import subprocess
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flowlib.python import ROOT, use_packages

use_packages()

# pylint: disable=wrong-import-position
import acceptance  # noqa: E402
from confluent_kafka import Producer  # noqa: E402

from flowlib.case import read_case  # noqa: E402
from flowlib.secured import BY_CERTIFICATE, BY_SCRAM, KINDS, Secured  # noqa: E402
from flowlib.waiting import wait_until_nothing_is  # noqa: E402

DATA = ROOT / "tests/data/acceptance"
CASES = ("S01", "S02", "T09")
BUYER = "buyer-erika.mustermann-0171"


def cases_of_a_known_buyer(folder):
    """The cases, with a buyer whose name would be found in a log."""
    for name in CASES:
        text = (DATA / f"cases/{name}.json").read_text()
        for buyer in set(re.findall(r'"buyer_id": "([^"]*)"', text)):
            text = text.replace(f'"{buyer}"', f'"{BUYER}"')
        # Nothing happens in them after that, and waiting is not what is tried here.
        text = text.replace('"run_until": "+40d"', '"run_until": "+4d"')
        (Path(folder) / f"{name}.json").write_text(text)
        yield read_case(Path(folder) / f"{name}.json")


class Security(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = cls.enterClassContext(Secured(DATA / "policies"))
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.cases = sorted(cases_of_a_known_buyer(folder), key=lambda case: case.t0_ms)
        cls.stage = acceptance.Stage(cls.pipeline, triple=False)
        cls.addClassCleanup(cls.stage.collector.close)
        cls.records = acceptance.play(cls.cases, cls.stage, reverse=False)

    def test_the_least_rights_are_enough_for_whole_cases(self):
        self.assertEqual(0, acceptance.report(self.cases, self.records, self.stage.problems))

    def test_redis_shows_the_cases_to_its_own_user(self):
        said = self.pipeline.log_of("caseworker")
        self.assertNotIn("Redis refuses", said)
        self.assertIn("event=redis_rebuilt", said)
        self.assertNotIn("redis_stale", said)
        print("Redis was used", "over TLS" if self.pipeline.redis_has_tls else
              "without TLS: hiredis has none in this build")
        order = next(record.key.decode() for record in self.records if record.topic == "shortage")
        self.assertIn(order, self.pipeline.tool("case", order, login="shortfall-operator"))

    def test_the_operator_may_flip_the_rules_of_allocation_and_no_worker_may(self):
        use = ("rules", "use", "2")
        refused = self.pipeline.run_tool("shortfall-caseworker", *use)
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("authoriz", refused.stdout.lower())
        self.assertIn("from here on", self.pipeline.tool(*use, login="shortfall-operator"))

        def missing():
            shown = self.pipeline.run_tool("shortfall-operator", "rules", "show")
            return shown.stdout.splitlines() if shown.returncode else []

        wait_until_nothing_is(missing, 60, "the rules do not come into force")
        self.assertIn("partition 0: rules 2",
                      self.pipeline.tool("rules", "show", login="shortfall-operator"))

    def test_no_password_and_no_buyer_is_in_a_log_or_a_list_of_processes(self):
        seen = {kind: self.pipeline.log_of(kind) for kind in KINDS}
        seen["command lines"] = self.pipeline.command_lines()
        seen["environments"] = self.pipeline.environments()
        self.assertTrue(any(record.body and record.body.get("recipient_id") == BUYER
                            for record in self.records), "nobody of that name was told anything")
        for where, text in seen.items():
            self.assertGreater(len(text), 100, where)
            self.assertNotIn(BUYER, text, where)
            for login, password in self.pipeline.passwords.items():
                self.assertNotIn(password, text, f"{login} in {where}")

    def test_what_a_worker_may_not_do_is_refused(self):
        """Else the rights would prove nothing, and the broker might know nobody by their login."""
        for login, topic in ((BY_CERTIFICATE, "refund-request"), (BY_SCRAM, "sku-event")):
            producer = Producer({**self.pipeline.client(login), "log_level": 0})
            refused = []
            producer.produce(topic, b"x", on_delivery=lambda error, _, to=refused: to.append(error))
            producer.flush(20)
            self.assertIn("TOPIC_AUTHORIZATION_FAILED", str(refused[0].name()), login)
        done = self.pipeline.run_tool("shop", "topics", "check")
        self.assertNotEqual(0, done.returncode)

    def test_a_login_that_is_not_right_and_a_server_that_is_not_ours_are_said_in_words(self):
        secret = Path(self.pipeline.state / "wrong.secret")
        secret.write_text("wrong-one\n")
        wrong_secret = {"sasl.password_file": secret}
        no_certificate = {"ssl.certificate.location": None, "ssl.key.location": None}
        wrong_ca = {"ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"}
        wrong = [("shortfall-operator", "authentication", wrong_secret),
                 (BY_SCRAM, "authentication", wrong_secret),
                 (BY_CERTIFICATE, "certificate", no_certificate),
                 ("shortfall-operator", "certificate", wrong_ca)]
        with ThreadPoolExecutor() as pool:  # each tries for a while
            tried = [(login, word, pool.submit(self.pipeline.run_tool, login, "topics", "check",
                                               **changed)) for login, word, changed in wrong]
        for login, word, future in tried:
            done = future.result()
            self.assertNotEqual(0, done.returncode, login)
            self.assertIn(word, done.stdout.lower(), login)
            self.assertNotIn("wrong-one", done.stdout, login)

    def test_a_librdkafka_that_is_too_old_for_scram_is_named(self):
        """The broker calls the password wrong, and nobody would look for the library."""
        self.assertNotIn("event=kafka_settings", self.pipeline.log_of("caseworker"))
        version = subprocess.run(["pkg-config", "--modversion", "rdkafka"], text=True, check=True,
                                 stdout=subprocess.PIPE).stdout
        if tuple(map(int, version.split("."))) >= (2, 6, 1):
            self.skipTest(f"librdkafka {version.strip()} is new enough")
        done = self.pipeline.run_tool(BY_SCRAM, "topics", "check",
                                      environment=self.pipeline.environment("shop"))
        self.assertNotEqual(0, done.returncode)
        self.assertIn("this librdkafka is older than 2.6.1", done.stdout)


if __name__ == "__main__":
    unittest.main()

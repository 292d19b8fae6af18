#!/usr/bin/env python3
"""What is for Kubernetes and compose, checked without either: against the schemas of the API, and
against what the programs say of themselves."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/flow"))
from flowlib.python import use_packages  # noqa: E402

use_packages()

# pylint: disable=wrong-import-position
import kubernetes_validate  # noqa: E402
import yaml  # noqa: E402

BUILD = Path(os.environ.get("SHORTFALL_BUILD", ROOT / "build/release")).resolve()
KUBERNETES = ROOT / "deploy/kubernetes"
COMPOSE = ROOT / "deploy/compose/compose.yaml"
WORKERS = ("sequencer", "allocator", "caseworker")
VERSIONS = ("1.31", "1.37")  # the oldest whose StatefulSets may count from 1, and the newest
BUILT_IN = re.compile(r"^(v1|apps/v1|batch/v1|policy/v1|networking\.k8s\.io/v1)$")
OTHERS = {"ScaledObject", "TriggerAuthentication", "PodMonitor", "Kustomization", "Component"}


def documents(folder=KUBERNETES):
    for path in sorted(folder.rglob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path.relative_to(KUBERNETES), document


def of_kind(kind):
    return [document for _, document in documents() if document["kind"] == kind]


def by_worker(kind):
    found = {document["metadata"]["name"].removeprefix("shortfall-"): document
             for document in of_kind(kind)}
    return {name: document for name, document in found.items() if name in WORKERS}


def number_in(path, pattern):
    return int(re.search(pattern, (ROOT / path).read_text(), re.S)[1])


def validate(program, text):
    """What a worker says to these settings, with its secrets where it can read them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in re.findall(r"/run/secrets/shortfall/(\w+)", text):
            (Path(folder) / name).write_text("secret\n")
        conf = Path(folder) / "shortfall.conf"
        conf.write_text(text.replace("/run/secrets/shortfall", folder))
        return subprocess.run([BUILD / f"workers/{program}/shortfall-{program}", "validate",
                               "--config", conf, "--schemas", ROOT / "schemas"], text=True,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              cwd=ROOT, env={"PATH": os.environ["PATH"]})


class Kubernetes(unittest.TestCase):
    def check(self, where, document):
        if document["kind"] in OTHERS:
            return
        self.assertRegex(document["apiVersion"], BUILT_IN, where)
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except kubernetes_validate.ValidationError as wrong:
                self.fail(f"{where}: {document['kind']}: {wrong.message} at {list(wrong.path)}")

    def test_the_api_takes_every_document(self):
        for where, document in documents():
            self.check(where, document)

    def test_the_api_takes_what_is_rendered(self):
        program = (["kubectl", "kustomize"] if shutil.which("kubectl") else
                   ["kustomize", "build"] if shutil.which("kustomize") else None)
        if not program:
            self.skipTest("neither kubectl nor kustomize is here, so nothing is rendered")
        for overlay in sorted((KUBERNETES / "overlays").iterdir()):
            done = subprocess.run([*program, overlay], check=True, stdout=subprocess.PIPE)
            rendered = list(yaml.safe_load_all(done.stdout))
            self.assertGreater(len(rendered), 10)
            for document in rendered:
                self.check(overlay.name, document)
                if document["kind"] != "Namespace":
                    self.assertEqual("shortfall", document["metadata"]["namespace"])

    def test_every_file_that_is_named_is_there(self):
        for where, document in documents():
            if document["kind"] not in ("Kustomization", "Component"):
                continue
            folder = (KUBERNETES / where).parent
            named = [*document.get("resources", []), *document.get("components", []),
                     *(name for generator in document.get("configMapGenerator", [])
                       for name in generator["files"])]
            self.assertEqual([], [name for name in named if not (folder / name).exists()], where)

    def test_no_container_can_do_more_than_it_must(self):
        for document in of_kind("StatefulSet") + of_kind("Job"):
            pod = document["spec"]["template"]["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertFalse(pod["automountServiceAccountToken"])
            self.assertEqual("RuntimeDefault", pod["securityContext"]["seccompProfile"]["type"])
            for container in pod["containers"]:
                self.assertEqual({"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                  "capabilities": {"drop": ["ALL"]}}, container["securityContext"])
                self.assertIn("memory", container["resources"]["limits"])

    def test_a_worker_is_given_the_time_to_drain(self):
        drain_ms = number_in("workers/kit/settings_table.c",
                             r'"drain\.timeout\.ms".*?default_value = "(\d+)"')
        extra_s = number_in("workers/kit/worker.c", r"END_EXTRA_MS = (\d+)") / 1000
        for document in by_worker("StatefulSet").values():
            self.assertGreater(document["spec"]["template"]["spec"]["terminationGracePeriodSeconds"],
                               drain_ms / 1000 + extra_s)

    def test_memory_is_limited_by_the_worker_before_the_kernel_does(self):
        limit_mb = number_in("deploy/kubernetes/overlays/production/shortfall.conf",
                             r"memory\.limit\.mb = (\d+)")
        for name in ("allocator", "caseworker"):
            container = by_worker("StatefulSet")[name]["spec"]["template"]["spec"]["containers"][0]
            gigabytes = int(container["resources"]["limits"]["memory"].removesuffix("Gi"))
            self.assertLess(limit_mb, gigabytes * 1024)

    def test_each_worker_is_watched_and_kept(self):
        for kind in ("StatefulSet", "Service", "PodDisruptionBudget", "ScaledObject"):
            self.assertEqual(set(WORKERS), set(by_worker(kind)), kind)
        for name, document in by_worker("StatefulSet").items():
            container = document["spec"]["template"]["spec"]["containers"][0]
            self.assertEqual(f"shortfall-{name}", container["command"][0])
            self.assertEqual("/livez", container["livenessProbe"]["httpGet"]["path"])
            self.assertEqual("/readyz", container["readinessProbe"]["httpGet"]["path"])
            self.assertEqual(1, document["spec"]["ordinals"]["start"], "slots begin with 1")

    def test_workers_grow_by_the_lag_of_their_own_group_up_to_the_partitions(self):
        job, = of_kind("Job")
        command = job["spec"]["template"]["spec"]["containers"][0]["command"]
        partitions = int(command[command.index("--partitions") + 1])
        for name, document in by_worker("ScaledObject").items():
            source = (ROOT / f"workers/{name}/{name}.c").read_text()
            trigger, = document["spec"]["triggers"]
            self.assertEqual(partitions, document["spec"]["maxReplicaCount"])
            self.assertIn(f'.group = "{trigger["metadata"]["consumerGroup"]}"', source)
            topic = "TOPIC_" + trigger["metadata"]["topic"].upper().replace("-", "_")
            self.assertRegex(source, rf"\.inputs = {{[^}}]*{topic}\b")

    def test_the_workers_take_the_settings(self):
        for path in sorted(KUBERNETES.rglob("shortfall.conf")):
            for name in WORKERS:
                done = validate(name, path.read_text())
                self.assertEqual(0, done.returncode, f"{path}: {done.stdout}")
                self.assertNotIn("= secret", done.stdout)


class Image(unittest.TestCase):
    def test_it_is_built_with_the_libraries_that_a_checkout_is_built_with(self):
        """What only tests need is not in it."""
        install = (ROOT / "deploy/local/install").read_text()
        wanted = set(re.search(r"^readonly libraries=\((.*?)\)", install, re.S | re.M)[1].split())
        build = (ROOT / "deploy/docker/Dockerfile").read_text().split("\nFROM ")[1]
        self.assertEqual(set(), wanted - {"libcmocka-dev", "ca-certificates"} - set(build.split()))


class Compose(unittest.TestCase):
    def setUp(self):
        self.services = yaml.safe_load(COMPOSE.read_text())["services"]

    def test_what_is_named_is_there(self):
        for name, service in self.services.items():
            for other in service.get("depends_on", {}):
                self.assertIn(other, self.services, name)
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                if source.startswith("."):
                    self.assertTrue((COMPOSE.parent / source).exists(), source)

    def test_every_image_has_a_version(self):
        for name, service in self.services.items():
            self.assertRegex(service["image"], r":v?\d+\.\d+", name)

    def test_workers_can_do_no_more_than_they_must(self):
        for name in WORKERS:
            for service in (self.services[name], self.services[f"{name}-2"]):
                self.assertEqual([f"shortfall-{name}"], service["command"])
                self.assertTrue(service["read_only"])
                self.assertEqual(["ALL"], service["cap_drop"])
                self.assertNotRegex(service["user"], "^0")

    def test_no_two_workers_of_a_kind_have_one_slot(self):
        slots = [(service["command"][0], service["environment"].get("SHORTFALL_SLOT", "1"))
                 for service in self.services.values()
                 if str(service.get("command", [""])[0]).startswith("shortfall-")]
        self.assertEqual(6, len(set(slots)))

    def test_the_workers_take_the_settings(self):
        for name in WORKERS:
            text = "".join(f"{key.removeprefix('SHORTFALL_').lower().replace('_', '.')} = {value}\n"
                           for key, value in self.services[name]["environment"].items())
            done = validate(name, text)
            self.assertEqual(0, done.returncode, done.stdout)

    def test_what_is_open_is_open_on_this_machine_alone(self):
        for name, service in self.services.items():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")

    def test_one_version_is_named_everywhere(self):
        version = re.search(r"project\(shortfall VERSION ([\d.]+)",
                            (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(f"shortfall:{version}", self.services["allocator"]["image"])
        base = yaml.safe_load((KUBERNETES / "base/kustomization.yaml").read_text())
        self.assertEqual(version, base["images"][0]["newTag"])


if __name__ == "__main__":
    unittest.main()

"""An instance of the pipeline of one's own: deploy/local's scripts on a temporary state folder."""
import os
import shlex
import shutil
import signal as signals
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

from flowlib.python import ROOT
from flowlib.readiness import ask
from flowlib.waiting import wait_until_nothing_is

SCRIPTS = ROOT / "deploy/local"
SCRIPT_DEADLINE_S = 180
PORT_DEADLINE_S = 10
LOG_LINES = 25


class Instance:
    """Kafka, Redis and workers, from `with` to the end of its block.

    After a failure the folder stays, for its logs; else nothing stays, unless `keep` is set."""

    def __init__(self, clock, policies, partitions=4, workers=1, with_workers=True,
                 keep=False, broker="quick"):
        self._options = ["--clock", clock, "--policies", str(policies), "--broker", broker,
                         "--partitions", str(partitions), "--workers", str(workers),
                         *([] if with_workers else ["--no-workers"])]
        self._clock = clock
        self.keep = keep
        self._stopped = set()
        self._lock = threading.Lock()  # of what is stopped, against who starts it again
        self._rolling = False
        self.partitions = partitions
        self.state = Path(tempfile.mkdtemp(prefix="shortfall-flow-"))

    def __enter__(self):
        try:
            self.up()
        except BaseException:
            self._end(failed=True)
            raise
        return self

    def __exit__(self, kind, error, trace):
        self._end(failed=kind is not None)

    def up(self):
        """Starts what does not run."""
        self._script("up", *self._options)
        self._stopped.clear()

    def add_to(self, name, lines):
        """Sets properties of a process ("kafka", "allocator-2"), from its next start on."""
        own = self.state / "own" / name
        own.parent.mkdir(exist_ok=True)
        old = dict(line.split(" = ", 1) for line in own.read_text().splitlines()
                   ) if own.exists() else {}
        own.write_text("".join(f"{key} = {value}\n" for key, value in {**old, **lines}.items()))

    def port(self, name):
        return int(self._ports()[name])

    def kill(self, kind, slot=1, signal="KILL"):
        with self._lock:
            if signal == "CONT":
                self._stopped.discard((kind, slot))
            else:
                self._stopped.add((kind, slot))  # before it dies: nobody takes it for an accident
            self._script("kill", kind, str(slot), signal)
        if signal not in ("CONT", "STOP"):
            self.await_port_free(kind, slot)

    def start(self, kind, slot=1, wait=True):
        self._script("start", kind, str(slot), *([] if wait else ["--no-wait"]))
        self._stopped.discard((kind, slot))

    def start_again(self, kind, slot):
        """What died; not what somebody has stopped since that was seen."""
        self.await_port_free(kind, slot)
        with self._lock:
            if (kind, slot) not in self._stopped:
                self.start(kind, slot, wait=False)

    def terminate_workers(self):
        """All at the same time; gives the names of those that ran."""
        names = [path.stem for path in (self.state / "run").glob("*-*.pid")]
        with self._lock:
            self._stopped.update((kind, int(slot)) for kind, slot in
                                 (name.rsplit("-", 1) for name in names))
            names = [name for name in names if self.runs(name)]
            for name in names:
                os.kill(self.pid(name), signals.SIGTERM)
        return names

    def roll(self, *options):
        """Restarts the workers one after the other; each is meant to end on the way."""
        self._rolling = True
        try:
            self._script("roll", *map(str, options))
        finally:
            self._rolling = False

    @property
    def build(self):
        lines = dict(line.split("=", 1) for line in (self.state / "settings").read_text().split("\n")
                     if line)
        return Path(lines["build"])

    def builds_that_run(self):
        """The build folders of the workers' programs, as the kernel knows them."""
        return {Path(os.readlink(f"/proc/{path.read_text().strip()}/exe")).parents[2]
                for path in (self.state / "run").glob("*-*.pid")}

    def redis(self, *words):
        """What Redis answers, as redis-cli prints it."""
        return self._run(["redis-cli", "-p", self.port("redis"), *words]).strip()

    def died(self):
        """(kind, slot) of the workers that ended although nobody killed them."""
        found = []
        if self._rolling:
            return found
        for path in sorted((self.state / "run").glob("*-*.pid")):
            kind, slot = path.stem.rsplit("-", 1)
            if (kind, int(slot)) not in self._stopped and not runs(path.read_text().strip()):
                found.append((kind, int(slot)))
        return found

    def pid(self, name):
        return int((self.state / "run" / f"{name}.pid").read_text())

    def runs(self, name):
        return runs(self.pid(name))

    def log_of(self, kind, slot):
        return self.log(f"{kind}-{slot}")

    def log(self, name):
        return (self.state / "log" / f"{name}.log").read_text(errors="replace")

    def tool(self, name, *arguments):
        """Runs one of Kafka's own tools and returns what it printed."""
        return self._run([SCRIPTS / "kafka-tool", name, "--bootstrap-server", self.bootstrap,
                          *arguments])

    def dump(self, topic, partition):
        """What lies in a partition of the broker's disk, batch by batch, as Kafka's own tool tells it."""
        files = sorted((self.state / "data/kafka" / f"{topic}-{partition}").glob("*.log"))
        return self._run([SCRIPTS / "kafka-tool", "org.apache.kafka.tools.DumpLogSegments",
                          "--files", ",".join(map(str, files))])

    def operator(self, *words):
        """What the operator's command prints."""
        return self._run([self.build / "workers/shortfall/shortfall", *words, "--bootstrap",
                          self.bootstrap, "--schemas", self.schemas, "--clock", self._clock])

    @property
    def bootstrap(self):
        return self._env()["SHORTFALL_BOOTSTRAP"]

    @property
    def schemas(self):
        return self._env()["SHORTFALL_SCHEMAS"]

    @property
    def redis_url(self):
        return self._env()["SHORTFALL_REDIS"]

    def http_addresses(self, kind):
        """Of the workers that are meant to answer. The addresses are in the order of the slots."""
        addresses = self._env()[f"SHORTFALL_HTTP_{kind.upper()}"].split()
        return [address for slot, address in enumerate(addresses, start=1)
                if (kind, slot) not in self._stopped]

    def await_port_free(self, kind, slot):
        """A large process is gone a moment before the kernel has closed its sockets, and what is
        started on the port in that moment fails."""
        ports = self._ports()
        port = int(ports.get(f"{kind}-{slot}") or ports[kind])

        def served():
            with socket.socket() as probe:
                return [f"port {port}"] if probe.connect_ex(("127.0.0.1", port)) == 0 else []

        wait_until_nothing_is(served, PORT_DEADLINE_S, f"{kind} was killed and still serves")

    def last_words(self):
        """Whether the workers are ready and the ends of their logs, for a report."""
        text = []
        if (self.state / "env").exists():
            text += [f"--- {kind} at {address}: {ask(address)}"
                     for kind in ("sequencer", "allocator", "caseworker")
                     for address in self.http_addresses(kind)]
        for path in sorted((self.state / "log").glob("*-*.log")):
            lines = path.read_text(errors="replace").splitlines()[-LOG_LINES:]
            text += [f"--- {path.name}", *lines]
        return "\n".join(text)

    def _ports(self):
        return dict(line.split("=") for line in (self.state / "ports").read_text().split())

    def _env(self):
        """Read anew each time, because a start of one more worker changes it."""
        lines = (self.state / "env").read_text().splitlines()
        words = (shlex.split(line.removeprefix("export "))[0] for line in lines)
        return dict(word.split("=", 1) for word in words)

    def _script(self, name, *arguments):
        return self._run([SCRIPTS / name, *arguments, "--state", str(self.state)])

    def _run(self, command):
        # What is a word of the tests alone, a program would take for a setting that is not known.
        own = {name: value for name, value in os.environ.items() if name != "SHORTFALL_LONG"}
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=own,
                              timeout=SCRIPT_DEADLINE_S, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}:\n"
                               f"{done.stdout}")
        return done.stdout

    def _end(self, failed):
        if failed:
            print(self.last_words(), file=sys.stderr)
        try:
            if (self.state / "settings").exists():
                self._script("down")
        except RuntimeError:
            if not failed:
                raise
        if failed or self.keep:
            print(f"the instance's logs and data are in {self.state}", file=sys.stderr)
        else:
            shutil.rmtree(self.state)


def runs(pid):
    """Whether the process is there and no zombie, whose command line is empty."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""
    except FileNotFoundError:
        return False

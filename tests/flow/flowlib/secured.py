"""A pipeline whose Kafka and Redis let in only those who log in, and let them do only what they must:
TLS with certificates made for the occasion, passwords, Kafka's own authorizer with the rights that
`shortfall topics acl` lists, and a user of Redis that may touch nothing but our keys."""
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient,
                                   ResourcePatternType, ResourceType)

from flowlib.ports import free_port
from flowlib.python import ROOT
from flowlib.waiting import wait_until_nothing_is

KINDS = ("sequencer", "allocator", "caseworker")
LOGINS = ("admin", "shop", "shortfall-sequencer", "shortfall-allocator", "shortfall-caseworker",
          "shortfall-operator")
START_DEADLINE_S = 60
STOP_DEADLINE_S = 60
JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m"]


def kafka_version():
    pom = (ROOT / "deploy/local/pom.xml").read_text()
    return (os.environ.get("SHORTFALL_KAFKA_VERSION")
            or re.search(r"<kafka\.version>(.*)</kafka\.version>", pom)[1])


class Secured:
    """From `with` to the end of its block. What it starts, it stops; after a failure its folder stays."""

    def __init__(self, policies, partitions=4):
        self.state = Path(tempfile.mkdtemp(prefix="shortfall-secured-"))
        self.schemas = str(ROOT / "schemas")
        self.passwords = {login: secrets.token_hex(16) for login in (*LOGINS, "redis")}
        self._build = Path(os.environ["SHORTFALL_BUILD"])
        self._policies = policies
        self._partitions = partitions
        self._ports = {name: free_port() for name in ("kafka", "controller", "redis", *KINDS)}
        self._processes = {}
        self._files = 0

    def __enter__(self):
        try:
            self._make_certificates()
            self._start_kafka()
            self._start_redis()
            self.tool("topics", "create", "--partitions", str(self._partitions))
            self._give_rights()
            for kind in KINDS:
                self.start(kind)
        except BaseException:
            self._end(failed=True)
            raise
        return self

    def __exit__(self, kind, error, trace):
        self._end(failed=kind is not None)

    @property
    def bootstrap(self):
        """Of the test's own clients, who stand for the shop and all others around."""
        return self.client("admin")

    def client(self, login):
        return {"bootstrap.servers": f"127.0.0.1:{self._ports['kafka']}",
                "security.protocol": "SASL_SSL",
                "ssl.ca.location": str(self.state / "ca.pem"),
                "sasl.mechanism": "PLAIN",
                "sasl.username": login,
                "sasl.password": self.passwords[login]}

    def http_addresses(self, kind):
        return [f"127.0.0.1:{self._ports[kind]}"]

    def log_of(self, name):
        return (self.state / f"{name}.log").read_text(errors="replace")

    def command_lines(self):
        return "\n".join(Path(f"/proc/{process.pid}/cmdline").read_text().replace("\0", " ")
                         for name, process in self._processes.items() if name in KINDS)

    def environments(self):
        return "\n".join(Path(f"/proc/{process.pid}/environ").read_text().replace("\0", " ")
                         for name, process in self._processes.items() if name in KINDS)

    # --- settings ---

    def settings(self, login, **changed):
        """The file of a worker or tool that logs in so; its secrets are files beside it."""
        values = {**self.client(login), "clock": "record", "schema.dir": self.schemas,
                  "policy.dir": str(self._policies),
                  "redis.url": f"redis://shortfall@127.0.0.1:{self._ports['redis']}",
                  "redis.password_file": self._secret("redis", self.passwords["redis"])}
        del values["sasl.password"]
        values["sasl.password_file"] = self._secret(login, self.passwords[login])
        values.update(changed)
        self._files += 1
        path = self.state / f"{login}-{self._files}.conf"
        path.write_text("".join(f"{key} = {value}\n" for key, value in values.items()))
        return path

    def _secret(self, name, text):
        path = self.state / f"{name}.secret"
        path.write_text(text + "\n")
        path.chmod(0o600)
        return str(path)

    # --- certificates ---

    def _openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, cwd=self.state,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _make_certificates(self):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", "/CN=test CA", "-keyout", "ca.key",
                      "-out", "ca.pem")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                      "-keyout", "server.key", "-out", "server.csr")
        self._openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", "2", "-copy_extensions", "copy",
                      "-out", "server.crt")
        parts = (self.state / "server.key", self.state / "server.crt")
        (self.state / "server.pem").write_text("".join(part.read_text() for part in parts))

    # --- servers ---

    def _start_kafka(self):
        home = ROOT / ".local/cache" / f"kafka-{kafka_version()}"
        shutil.copytree(home / "data", self.state / "data")
        properties = (ROOT / "deploy/local/kafka.properties.in").read_text()
        for name, value in (("DATA", self.state / "data"), ("PORT", self._ports["kafka"]),
                            ("CONTROLLER_PORT", self._ports["controller"])):
            properties = properties.replace(f"@{name}@", str(value))
        users = " ".join(f'user_{login}="{self.passwords[login]}"' for login in LOGINS)
        module = ("org.apache.kafka.common.security.plain.PlainLoginModule required "
                  f'username="admin" password="{self.passwords["admin"]}" {users};')
        # A later line wins over an earlier one of the same name.
        properties += f"""
listeners=SECURE://127.0.0.1:{self._ports['kafka']},CONTROLLER://127.0.0.1:{self._ports['controller']}
advertised.listeners=SECURE://127.0.0.1:{self._ports['kafka']}
listener.security.protocol.map=SECURE:SASL_SSL,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=SECURE
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.secure.plain.sasl.jaas.config={module}
listener.name.controller.plain.sasl.jaas.config={module}
ssl.keystore.type=PEM
ssl.keystore.location={self.state}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={self.state}/ca.pem
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:admin
"""
        (self.state / "kafka.properties").write_text(properties)
        self._launch("kafka", [*JAVA, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp",
                               f"{home}/lib/*", "kafka.Kafka", self.state / "kafka.properties"])
        admin = AdminClient({**self.client("admin"), "log_level": 0})
        self._await("kafka", lambda: admin.list_topics(timeout=1).topics)

    def _start_redis(self):
        (self.state / "redis.conf").write_text(f"""bind 127.0.0.1
port {self._ports['redis']}
save ""
maxmemory-policy noeviction
user default off
user shortfall on >{self.passwords['redis']} ~shortfall:* -@all +@hash +@scripting +unlink +rename +expire +info +ping +del +exists
""")
        self._launch("redis", ["redis-server", self.state / "redis.conf"])
        self._await("redis", lambda: socket.create_connection(("127.0.0.1", self._ports["redis"]),
                                                              1).close() or True)

    def start(self, kind):
        conf = self.settings(f"shortfall-{kind}",
                             **{"http.listen": f"127.0.0.1:{self._ports[kind]}"})
        self._launch(kind, [self._build / f"workers/{kind}/shortfall-{kind}", "--config", conf])

    def _launch(self, name, command):
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith("SHORTFALL_")}
        with open(self.state / f"{name}.log", "ab") as log:
            self._processes[name] = subprocess.Popen([str(word) for word in command], stdout=log,
                                                     stderr=log, stdin=subprocess.DEVNULL,
                                                     env=environment, cwd=self.state)

    def _await(self, name, answers):
        def missing():
            if self._processes[name].poll() is not None:
                raise RuntimeError(f"{name} ended:\n{self.log_of(name)[-3000:]}")
            try:
                return [] if answers() else ["no answer"]
            except Exception as error:  # pylint: disable=broad-except
                return [str(error)]

        wait_until_nothing_is(missing, START_DEADLINE_S, f"{name} does not start")

    # --- rights ---

    def run_tool(self, login, *words, **changed):
        return subprocess.run([self._build / "workers/shortfall/shortfall", *words, "--config",
                               self.settings(login, **changed)], text=True, check=False,
                              cwd=self.state, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def tool(self, *words, login="admin"):
        done = self.run_tool(login, *words)
        if done.returncode != 0:
            raise RuntimeError(f"shortfall {' '.join(words)}: {done.stdout}")
        return done.stdout

    def rights(self):
        return [json.loads(line) for line in self.tool("topics", "acl", "--json").splitlines()]

    def _give_rights(self):
        admin = AdminClient(self.client("admin"))
        bindings = [AclBinding({"TOPIC": ResourceType.TOPIC, "GROUP": ResourceType.GROUP,
                                "TRANSACTIONAL_ID": ResourceType.TRANSACTIONAL_ID}[right["resource"]],
                               right["name"],
                               ResourcePatternType[right["pattern"]], right["principal"], "*",
                               AclOperation[right["operation"]], AclPermissionType.ALLOW)
                    for right in self.rights()]
        for future in admin.create_acls(bindings).values():
            future.result(10)

    # --- the end ---

    def _end(self, failed):
        for name in (*KINDS, "redis", "kafka"):
            process = self._processes.get(name)
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_DEADLINE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        if failed:
            for name in self._processes:
                print(f"--- {name}\n{self.log_of(name)[-3000:]}")
            print(f"its logs are in {self.state}")
        else:
            shutil.rmtree(self.state)

"""A pipeline whose Kafka and Redis let in only those who log in, and let them do only what they must:
TLS with certificates made for the occasion, Kafka's own authorizer with the rights that
`shortfall topics acl` lists, and a user of Redis that may touch nothing but our keys.

Each worker logs in to Kafka in another way: the sequencer by a password (SASL PLAIN), the caseworker
by one that never goes over the wire (SASL SCRAM-SHA-512), the allocator by a certificate of its own.
A broker of Kafka 4 takes SCRAM from librdkafka 2.6.1 on, so whoever logs in by it here is given the
library that the tests' own clients bring along. Redis has TLS where the build's hiredis has it."""
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import confluent_kafka
from confluent_kafka.admin import (AclBinding, AclOperation, AclPermissionType, AdminClient,
                                   ResourcePatternType, ResourceType, ScramCredentialInfo,
                                   ScramMechanism, UserScramCredentialUpsertion)

from flowlib.ports import free_port
from flowlib.python import ROOT
from flowlib.waiting import wait_until_nothing_is

KINDS = ("sequencer", "allocator", "caseworker")
# How they log in; all others with PLAIN.
BY_SCRAM = "shortfall-caseworker"
BY_CERTIFICATE = "shortfall-allocator"
LOGINS = ("admin", "shop", "shortfall-sequencer", "shortfall-allocator", "shortfall-caseworker",
          "shortfall-operator")
SCRAM_ITERATIONS = 4096
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
        self._ports = {name: free_port() for name in ("kafka", "mutual", "controller", "redis", *KINDS)}
        self._libraries = self.state / "libraries"
        # A build without TLS to Redis refuses its address, whatever else it is asked for.
        self.redis_has_tls = subprocess.run(
            [self._build / "workers/shortfall/shortfall", "schema", "list", "--schemas",
             self.schemas, "--redis", "rediss://localhost"], check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
        self._processes = {}
        self._files = 0

    def __enter__(self):
        try:
            self._make_certificates()
            self._take_current_library()
            self._start_kafka()
            self._start_redis()
            self.tool("topics", "create", "--partitions", str(self._partitions))
            self._give_rights()
            self._give_scram_password()
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
        if login == BY_CERTIFICATE:
            return {"bootstrap.servers": f"127.0.0.1:{self._ports['mutual']}",
                    "security.protocol": "SSL",
                    "ssl.ca.location": str(self.state / "ca.pem"),
                    "ssl.certificate.location": str(self.state / f"{login}.crt"),
                    "ssl.key.location": str(self.state / f"{login}.key")}
        return {"bootstrap.servers": f"127.0.0.1:{self._ports['kafka']}",
                "security.protocol": "SASL_SSL",
                "ssl.ca.location": str(self.state / "ca.pem"),
                "sasl.mechanism": "SCRAM-SHA-512" if login == BY_SCRAM else "PLAIN",
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
        """The file of a worker or tool that logs in so; its secrets are files beside it. What is
        changed to None is left out."""
        values = {**self.client(login), "clock": "record", "schema.dir": self.schemas,
                  "policy.dir": str(self._policies),
                  "redis.url": f"redis://shortfall@127.0.0.1:{self._ports['redis']}",
                  **self._redis_over_tls(),
                  "redis.password_file": self._secret("redis", self.passwords["redis"])}
        if values.pop("sasl.password", None):
            values["sasl.password_file"] = self._secret(login, self.passwords[login])
        values.update(changed)
        self._files += 1
        path = self.state / f"{login}-{self._files}.conf"
        path.write_text("".join(f"{key} = {value}\n" for key, value in values.items()
                                if value is not None))
        return path

    def _redis_over_tls(self):
        if not self.redis_has_tls:
            return {}
        return {"redis.url": f"rediss://shortfall@127.0.0.1:{self._ports['redis']}",
                "redis.ca.file": str(self.state / "ca.pem"),
                "redis.certificate.file": str(self.state / f"{BY_CERTIFICATE}.crt"),
                "redis.key.file": str(self.state / f"{BY_CERTIFICATE}.key")}

    def _secret(self, name, text):
        path = self.state / f"{name}.secret"
        path.write_text(text + "\n")
        path.chmod(0o600)
        return str(path)

    def environment(self, login):
        """Of a program that logs in so; ours must come from its file alone."""
        values = {key: value for key, value in os.environ.items()
                  if not key.startswith("SHORTFALL_")}
        return {**values, "LD_LIBRARY_PATH": str(self._libraries)} if login == BY_SCRAM else values

    def _take_current_library(self):
        [library] = (Path(confluent_kafka.__file__).parents[1] /
                     "confluent_kafka.libs").glob("librdkafka-*.so.1")
        self._libraries.mkdir()
        (self._libraries / "librdkafka.so.1").symlink_to(library)

    # --- certificates ---

    def _openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, cwd=self.state,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _make_certificates(self):
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", "/CN=test CA", "-keyout", "ca.key",
                      "-out", "ca.pem")
        self._make_certificate("server", "127.0.0.1")
        self._make_certificate(BY_CERTIFICATE, BY_CERTIFICATE)
        parts = (self.state / "server.key", self.state / "server.crt")
        (self.state / "server.pem").write_text("".join(part.read_text() for part in parts))

    def _make_certificate(self, name, subject):
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", f"/CN={subject}", "-addext", "subjectAltName=IP:127.0.0.1",
                      "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", "2", "-copy_extensions", "copy",
                      "-out", f"{name}.crt")

    # --- servers ---

    def _start_kafka(self):
        home = ROOT / ".local/cache" / f"kafka-{kafka_version()}"
        if not (home / "data").exists():  # any of Kafka's tools makes ready what all need
            subprocess.run([ROOT / "deploy/local/kafka-tool", "kafka.tools.StorageTool",
                            "random-uuid"], check=True, stdout=subprocess.DEVNULL)
        shutil.copytree(home / "data", self.state / "data")
        properties = (ROOT / "deploy/local/kafka.properties.in").read_text()
        for name, value in (("DATA", self.state / "data"), ("PORT", self._ports["kafka"]),
                            ("CONTROLLER_PORT", self._ports["controller"])):
            properties = properties.replace(f"@{name}@", str(value))
        if kafka_version().startswith("3."):  # share groups are of Kafka 4 only
            properties = re.sub(r"^share\..*\n", "", properties, flags=re.M)
        users = " ".join(f'user_{login}="{self.passwords[login]}"' for login in LOGINS
                         if login not in (BY_SCRAM, BY_CERTIFICATE))
        module = ("org.apache.kafka.common.security.plain.PlainLoginModule required "
                  f'username="admin" password="{self.passwords["admin"]}" {users};')
        # A later line wins over an earlier one of the same name.
        public = (f"SECURE://127.0.0.1:{self._ports['kafka']},"
                  f"MUTUAL://127.0.0.1:{self._ports['mutual']}")
        properties += f"""
listeners={public},CONTROLLER://127.0.0.1:{self._ports['controller']}
advertised.listeners={public}
listener.security.protocol.map=SECURE:SASL_SSL,MUTUAL:SSL,CONTROLLER:SASL_PLAINTEXT
inter.broker.listener.name=SECURE
listener.name.secure.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.controller.sasl.enabled.mechanisms=PLAIN
listener.name.mutual.ssl.client.auth=required
listener.name.mutual.ssl.principal.mapping.rules=RULE:^CN=(.*)$/$1/
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.secure.plain.sasl.jaas.config={module}
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
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
        port = f"port {self._ports['redis']}"
        if self.redis_has_tls:
            port = f"""port 0
tls-port {self._ports['redis']}
tls-cert-file {self.state}/server.crt
tls-key-file {self.state}/server.key
tls-ca-cert-file {self.state}/ca.pem"""
        (self.state / "redis.conf").write_text(f"""bind 127.0.0.1
{port}
save ""
maxmemory-policy noeviction
user default off
user shortfall on >{self.passwords['redis']} ~shortfall:* -@all +@hash +@scripting +unlink +rename +expire +persist +info +ping +del +exists
""")
        self._launch("redis", ["redis-server", self.state / "redis.conf"])
        self._await("redis", lambda: socket.create_connection(("127.0.0.1", self._ports["redis"]),
                                                              1).close() or True)

    def start(self, kind):
        conf = self.settings(f"shortfall-{kind}",
                             **{"http.listen": f"127.0.0.1:{self._ports[kind]}"})
        self._launch(kind, [self._build / f"workers/{kind}/shortfall-{kind}", "--config", conf])

    def _launch(self, name, command):
        environment = self.environment(f"shortfall-{name}")
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

    def run_tool(self, login, *words, environment=None, **changed):
        return subprocess.run([self._build / "workers/shortfall/shortfall", *words, "--config",
                               self.settings(login, **changed)], text=True, check=False,
                              env=environment or self.environment(login), cwd=self.state,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

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

    def _give_scram_password(self):
        """As kafka-configs.sh does. The broker takes it up a moment after it has said so."""
        admin = AdminClient(self.client("admin"))
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, SCRAM_ITERATIONS)
        given = UserScramCredentialUpsertion(BY_SCRAM, info, self.passwords[BY_SCRAM].encode())
        for future in admin.alter_user_scram_credentials([given]).values():
            future.result(10)
        known = AdminClient({**self.client(BY_SCRAM), "log_level": 0})
        self._await("kafka", lambda: known.list_topics(timeout=1).brokers)

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

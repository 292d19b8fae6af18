"""A real schema registry (Apicurio, Confluent's API), and a front that can be made to fail.

The front speaks TLS and wants a name and a password, as a registry of a company does; the registry
itself listens on this machine alone. What the front does is in its `mode`: "serve", "hang", a
status of HTTP, or "away", when nobody listens."""
import base64
import http.client
import json
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flowlib.ports import free_port
from flowlib.python import ROOT
from flowlib.waiting import wait_until_nothing_is

API = "/apis/ccompat/v7"
CONTENT_TYPE = "application/vnd.schemaregistry.v1+json"
START_DEADLINE_S = 60
HANG_DEADLINE_S = 60  # far longer than a client waits
NAME, PASSWORD = "shop", "secret"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Registry:
    """The registry's process, from `with` to the end of its block."""

    def __init__(self):
        self.port = free_port()
        self._process = None
        self._log = tempfile.NamedTemporaryFile(prefix="shortfall-registry-", suffix=".log")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}{API}"

    def __enter__(self):
        [jar] = (ROOT / ".local/cache").glob("apicurio-*/apicurio-registry-app-*-runner.jar")
        self._process = subprocess.Popen(
            ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
             "-Dquarkus.http.host=127.0.0.1", f"-Dquarkus.http.port={self.port}",
             "-jar", str(jar)], stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        try:
            wait_until_nothing_is(self._unanswered, START_DEADLINE_S, "the registry does not start")
        except BaseException:
            print(Path(self._log.name).read_text()[-2000:], file=sys.stderr)
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()

    def _unanswered(self):
        if self._process.poll() is not None:
            raise RuntimeError(f"the registry ended with {self._process.returncode}")
        return [] if self._answers() else ["no answer"]

    def _answers(self):
        try:
            return self.ask("GET", "/subjects") is not None
        except OSError:
            return False

    def ask(self, method, path, body=None):
        """The answer; an error of HTTP is one of Python."""
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": CONTENT_TYPE})
        with OPENER.open(request, timeout=10) as response:
            return json.load(response)

    def add(self, subject, schema, references=()):
        """Registers a schema as a shop would; its id. References: (name, subject, version)."""
        return self.ask("POST", f"/subjects/{subject}/versions", {
            "schema": json.dumps(schema),
            "references": [dict(zip(("name", "subject", "version"), each)) for each in references],
        })["id"]


def certificate(folder):
    """A certificate for this machine that signs itself, and its key."""
    files = Path(folder) / "front.pem", Path(folder) / "front.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-out", str(files[0]), "-keyout", str(files[1])],
                   check=True, capture_output=True)
    return files


class Front:
    """TLS, a password and faults before the registry; `folder` gets its files."""

    def __init__(self, registry, folder):
        self.registry = registry
        self.mode = "serve"
        self.requests = []
        self.certificate, self._key = certificate(folder)
        self.password_file = Path(folder) / "password"
        self.password_file.write_text(PASSWORD + "\n")
        self.port = free_port()
        self._server = None
        self.listen()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}{API}"

    @property
    def settings(self):
        """As environment of workers and tools."""
        return {"SHORTFALL_SCHEMA_REGISTRY_URL": self.url,
                "SHORTFALL_SCHEMA_REGISTRY_USERNAME": NAME,
                "SHORTFALL_SCHEMA_REGISTRY_PASSWORD_FILE": str(self.password_file),
                "SHORTFALL_SCHEMA_REGISTRY_CA_FILE": str(self.certificate),
                "SHORTFALL_SCHEMA_REGISTRY_TIMEOUT_MS": "2000"}

    def listen(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self._key)
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), handler_of(self))
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.mode = "serve"

    def go_away(self):
        self.mode = "away"
        self._server.shutdown()
        self._server.server_close()


def handler_of(front):
    expected = "Basic " + base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            front.requests.append((front.mode, self.path))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if front.mode == "hang":
                wait_until_nothing_is(lambda: [mode for mode in [front.mode] if mode == "hang"],
                                      HANG_DEADLINE_S, "the front hangs still")
            if isinstance(front.mode, int):
                self.reply(front.mode, b'{"error_code":50001,"message":"as the test wants it"}')
            elif self.headers.get("Authorization") != expected:
                self.reply(401, b'{"error_code":401,"message":"Unauthorized"}')
            else:
                self.reply(*self.forwarded(body))

        def forwarded(self, body):
            connection = http.client.HTTPConnection("127.0.0.1", front.registry.port, timeout=30)
            connection.request(self.command, self.path, body, {"Content-Type": CONTENT_TYPE})
            with connection.getresponse() as response:
                answer = response.status, response.read()
            connection.close()
            return answer

        def reply(self, status, body):
            try:
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the client waited no longer

        do_GET = do_POST = do_PUT = answer

        def log_message(self, *_):
            pass

    return Handler

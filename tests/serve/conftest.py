"""A running server for a test, and what it serves."""

import http.client
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import tempfile

import pytest

PROGRAM = os.environ["UPDRAFT_PROGRAM"]
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

ASSETS = [
    {"id": "holiday/tree.svg", "title": "Christmas tree", "tags": ["holiday"], "folder": "holiday"},
    {"id": "holiday/gift.svg", "title": "Gift box with a bow", "tags": ["holiday", "gift"], "folder": "holiday"},
    {"id": "beach.svg", "title": "Beach with an umbrella", "tags": ["summer"], "folder": "travel"},
    {"id": "cake.svg", "title": "Birthday cake", "tags": ["party"], "folder": "food"},
]


class Server:
    """`updraft serve` on a port of its own; killed at the end of a test."""

    def __init__(self, folder, *arguments, limits=None):
        self.log = open(folder / "server.log", "ab")
        self.process = subprocess.Popen(
            # A busy machine shall not decide a test.
            [PROGRAM, "serve", "--port", "0", "--request-seconds", "3600", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=self.log,
            preexec_fn=limits,
        )
        line = self.process.stdout.readline().decode()
        assert line.startswith("http://"), (folder / "server.log").read_text()
        self.url = line.strip().rstrip("/")
        self.port = int(self.url.rsplit(":", 1)[1])

    def ask(self, method, path, body=None, headers=None, timeout=120):
        """(status, headers, JSON or text)"""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        is_json = response.getheader("Content-Type", "").startswith("application/json")
        return response.status, response.headers, json.loads(text) if is_json else text

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.log.close()
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()


def new_key(keys):
    """A key of the file `keys`."""
    return subprocess.run([PROGRAM, "serve", "--keys", keys, "--new-key", "shop"], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    source = folder / "assets.jsonl"
    source.write_text("\n".join(json.dumps(asset) for asset in ASSETS) + "\n")
    target = folder / "catalogue"
    subprocess.run([PROGRAM, "index", source, "--catalogue", target, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    return target


@pytest.fixture
def start(tmp_path):
    """Starts servers that do not outlive the test."""
    servers = []

    def start(*arguments, **options):
        servers.append(Server(tmp_path, *arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.kill()


@pytest.fixture(scope="module")
def server(tmp_path_factory, catalogue):
    folder = tmp_path_factory.mktemp("server")
    running = Server(folder, "--catalogue", catalogue, "--feedback", folder / "feedback.sqlite")
    yield running
    assert running.stop() == 0, pathlib.Path(folder / "server.log").read_text()[-2000:]


class Postgres:
    """A real PostgreSQL server (Debian's package) in a folder of its own, reached by a socket there."""

    password = "s3cret"

    def __init__(self, folder):
        self.folder = folder
        self.bin = max(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        self.user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        (folder / "password").write_text(self.password)
        for path in (folder, folder / "password"):
            if self.user:
                shutil.chown(path, self.user)
        self.call("initdb", "--pgdata", folder / "data", "--username", "postgres", "--auth", "scram-sha-256", "--pwfile", folder / "password", "--encoding", "UTF8", "--no-locale", "--no-sync")
        self.run()
        self.url = f"postgresql://postgres:{self.password}@/postgres?host={folder}"

    def call(self, program, *arguments):
        subprocess.run([self.bin / program, *arguments], user=self.user, cwd="/", check=True, stdout=subprocess.DEVNULL)

    def run(self):
        self.call("pg_ctl", "start", "--wait", "--timeout=120", "--pgdata", self.folder / "data", "--log", self.folder / "log", "--options", f"-k {self.folder} -c listen_addresses= -c fsync=off")

    def stop(self):
        self.call("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", self.folder / "data")


@pytest.fixture
def postgres():
    with tempfile.TemporaryDirectory(prefix="updraft-postgres-") as folder:
        running = Postgres(pathlib.Path(folder))
        yield running
        running.stop()


def raise_file_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard

"""A running server for a test, and what it serves."""

import http.client
import json
import os
import pathlib
import resource
import signal
import subprocess

import pytest

PROGRAM = os.environ["UPDRAFT_PROGRAM"]

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


def raise_file_limit():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard

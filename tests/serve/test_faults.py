"""What goes wrong around a server: it goes on, and loses nothing that it has acknowledged."""

import concurrent.futures
import json
import math
import pathlib
import re
import resource
import signal
import socket
import subprocess
import threading
import time

import pytest
from conftest import PROGRAM, ROOT, raise_file_limit

SUGGEST = {"text": "holiday sale", "tasks": ["query"], "n": 4}


def event(i):
    return {"id": f"event-{i}", "kind": "click", "user": "ann", "intent": "holiday sale", "task": "query", "prompt": f"sign {i}", "position": 0, "words": 3, "return": 9}


def raw(server, timeout=60):
    return socket.create_connection(("127.0.0.1", server.port), timeout=timeout)


def still_serves(server):
    status, _, answer = server.ask("POST", "/v1/suggest", SUGGEST)
    assert status == 200 and answer["suggestions"], answer


def test_a_kill_loses_no_feedback_that_was_acknowledged(start, tmp_path):
    store = tmp_path / "feedback.sqlite"
    acknowledged = []
    for round in range(3):
        server = start("--feedback", store)
        stop = threading.Event()

        def send(worker):
            i = 0
            while not stop.is_set():
                name = f"{round}-{worker}-{i}"
                try:
                    status, _, answer = server.ask("POST", "/v1/feedback", {"events": [event(name)]}, timeout=10)
                except OSError:
                    return
                if status == 200:
                    acknowledged.append(name)
                i += 1

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for worker in range(4):
                pool.submit(send, worker)
            while len(acknowledged) < 20 * (round + 1):
                time.sleep(0.01)
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            stop.set()
    server = start("--feedback", store)
    for begin in range(0, len(acknowledged), 500):
        names = acknowledged[begin : begin + 500]
        status, _, answer = server.ask("POST", "/v1/feedback", {"events": [event(name) for name in names]})
        assert status == 200 and answer == {"stored": 0, "known": len(names)}


def test_a_full_disk_is_told_and_survived(start, tmp_path):
    def limits():  # no file grows beyond this, as if the disk were full
        resource.setrlimit(resource.RLIMIT_FSIZE, (256 << 10, 256 << 10))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    store = tmp_path / "feedback.sqlite"
    server = start("--feedback", store, "--quiet", limits=limits)
    long = "x" * 900
    stored, refused = 0, None
    for i in range(1000):
        status, _, answer = server.ask("POST", "/v1/feedback", {"events": [{**event(i), "prompt": long}]})
        if status != 200:
            refused = status, answer
            break
        stored += answer["stored"]
    assert refused is not None and refused[0] == 503 and refused[1]["error"]["code"] == "unavailable", refused
    assert "/" not in refused[1]["error"]["message"]
    still_serves(server)
    assert server.stop() == 0
    again = start("--feedback", store)
    status, _, answer = again.ask("POST", "/v1/feedback", {"events": [event(i) for i in range(stored)]})
    assert status == 200 and answer == {"stored": 0, "known": stored}


def test_malformed_requests_are_refused(server):
    for text in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nA\r\n\r\n", b"\r\n" * 5 + b"x", b"POST /v1/suggest HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", bytes(range(256)) * 80):
        with raw(server) as connection:
            connection.sendall(text)
            connection.shutdown(socket.SHUT_WR)
            answer = b""
            while part := connection.recv(4096):
                answer += part
        assert answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 413", b"HTTP/1.1 431")), answer[:100]
    still_serves(server)


def finished(server, route):
    """How many requests to the route have been answered, to the end of their answers."""
    _, _, metrics = server.ask("GET", "/metrics")
    return sum(float(line.split()[-1]) for line in metrics.splitlines() if line.startswith("updraft_requests_total{") and f'route="{route}"' in line)


def test_a_client_that_reads_slowly_is_waited_for_and_holds_up_nobody(server):
    route = "/openapi.json"
    before = finished(server, route)
    size = int(server.ask("GET", route)[1]["Content-Length"])
    most_sent = int(pathlib.Path("/proc/sys/net/ipv4/tcp_wmem").read_text().split()[2])
    count = 2 * most_sent // size + 50  # far more than the sockets hold, whatever the server sends
    request = b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
    slow = socket.socket()
    with slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # before it connects: the window never grows
        slow.settimeout(120)
        slow.connect(("127.0.0.1", server.port))
        pipelined = (request % (route.encode(), b"")) * (count - 1) + request % (route.encode(), b"Connection: close\r\n")
        sender = threading.Thread(target=slow.sendall, args=(pipelined,))
        sender.start()
        for _ in range(3):
            still_serves(server)
        assert finished(server, route) - before < count - 10  # it waits
        assert server.ask("GET", "/v1/status")[2]["rss_mb"] < 1000
        answers = tail = b""
        answered = 0
        while part := slow.recv(1 << 16):
            answers = tail + part
            answered += answers.count(b"HTTP/1.1 200 OK")
            tail = answers[-14:]
        sender.join()
    assert answered == count


def test_a_client_that_writes_slowly_holds_up_nobody(server):
    with raw(server) as half:
        half.sendall(b"POST /v1/suggest HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{")
        still_serves(server)


def test_a_half_open_connection_is_left(server):
    with raw(server) as connection:
        connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: localhost\r\n")
        connection.settimeout(30)
        answer = connection.recv(4096)  # after the time that a head may take
        assert answer.startswith(b"HTTP/1.1 408") or answer == b""


def test_clients_that_go_away_free_their_places(server):
    body = json.dumps({**SUGGEST, "text": "a client that leaves", "n": 32, "tasks": ["image", "template"]}).encode()
    for _ in range(20):
        with raw(server) as connection:
            connection.sendall(b"POST /v1/suggest HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    still_serves(server)
    deadline = time.monotonic() + 60
    while (status := server.ask("GET", "/v1/status")[2])["active"] + status["queued"] > 0:
        assert time.monotonic() < deadline, status
        time.sleep(0.05)


def test_10000_idle_connections_are_held_and_the_others_served(start, capsys):
    count, limit = 10_000, raise_file_limit()
    assert limit >= count + 200, f"a process may open {limit} files alone: raise its hard limit (ulimit -Hn) to {count + 200} for this test"
    server = start("--quiet")
    before = server.ask("GET", "/v1/status")[2]["rss_mb"]
    idle = []
    try:
        for _ in range(count):
            idle.append(raw(server))
        still_serves(server)
        after = server.ask("GET", "/v1/status")[2]["rss_mb"]
        assert after < before + 100
        _, _, metrics = server.ask("GET", "/metrics")
        held = next(float(line.split()[1]) for line in metrics.splitlines() if line.startswith("updraft_connections "))
        assert held >= count
        with capsys.disabled():
            print(f"\n{held:.0f} connections held in {after - before:.0f} MB", end=" ")
    finally:
        for connection in idle:
            connection.close()
    still_serves(server)


def test_more_than_may_wait_are_shed_and_the_rest_answered(start):
    server = start("--queue", "4", "--cache-mb", "0", "--quiet")

    def ask(i):
        return server.ask("POST", "/v1/suggest", {**SUGGEST, "text": f"holiday sale {i}"})

    with concurrent.futures.ThreadPoolExecutor(48) as pool:
        answers = list(pool.map(ask, range(48)))
    statuses = [status for status, _, _ in answers]
    assert set(statuses) <= {200, 429} and statuses.count(200) >= 4 and statuses.count(429) >= 1, statuses
    assert all(int(headers["Retry-After"]) >= 1 for status, headers, _ in answers if status == 429)
    assert all(answer["candidates"] <= 4 for status, _, answer in answers if status == 200)
    still_serves(server)


def test_a_stop_lets_requests_end(start):
    server = start("--quiet")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(server.ask, "POST", "/v1/suggest", {**SUGGEST, "text": f"sale {i}", "tasks": ["image"]}) for i in range(4)]
        deadline = time.monotonic() + 60
        while (load := server.ask("GET", "/v1/status")[2])["active"] + load["queued"] + sum(one.done() for one in asked) < 4:
            assert time.monotonic() < deadline  # until all of them have arrived
        server.process.send_signal(signal.SIGTERM)
        for one in asked:
            try:
                assert one.result()[0] == 200
            except ConnectionError:
                pytest.fail("a request that had begun was dropped")
    assert server.process.wait(timeout=60) == 0


def test_weights_are_swapped_without_a_request_lost(server):
    stop = threading.Event()

    def ask(worker):
        statuses, i = [], 0
        while not stop.is_set():
            statuses.append(server.ask("POST", "/v1/suggest", {**SUGGEST, "text": f"sale {worker} {i}"})[0])
            i += 1
        return statuses

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, worker) for worker in range(3)]
        for _ in range(3):
            status, _, answer = server.ask("POST", "/v1/reload")
            assert status == 200 and answer["reloaded"], answer
        server.process.send_signal(signal.SIGHUP)
        stop.set()
        assert {status for one in asked for status in one.result()} == {200}


def test_logs_hold_no_text_that_somebody_typed(start, tmp_path):
    server = start()
    server.ask("POST", "/v1/suggest", {**SUGGEST, "text": "zebra kindergarten"})
    server.ask("GET", "/v1/assets/zebra")
    server.ask("POST", "/v1/suggest", {"zebra": 1})
    assert server.stop() == 0
    log = (tmp_path / "server.log").read_text()
    assert "zebra" not in log and "/v1/suggest" in log
    assert all(json.loads(line)["event"] for line in log.splitlines())


def listening(port):
    """The addresses that the port is listened to on, as the system's tables have them."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            address, of = line.split()[1].split(":")
            if int(of, 16) == port and line.split()[3] == "0A":
                found.add(address)
    return found


def test_nobody_else_reaches_a_server_unless_it_is_told_so(start, tmp_path):
    assert listening(start().port) == {"0100007F"}  # 127.0.0.1
    assert listening(start("--host", "0.0.0.0").port) == {"00000000"}
    assert "anybody who reaches 0.0.0.0 may ask" in (tmp_path / "server.log").read_text()


def test_feedback_goes_to_postgresql_which_may_go_and_come_back(start, postgres):
    sent = {"events": [event("1"), event("2")]}
    server = start("--feedback", postgres.url)
    assert server.ask("POST", "/v1/feedback", sent)[2] == {"stored": 2, "known": 0}
    server.kill()
    server = start("--feedback", postgres.url)
    assert server.ask("POST", "/v1/feedback", sent)[2] == {"stored": 0, "known": 2}
    postgres.stop()
    status, headers, answer = server.ask("POST", "/v1/feedback", sent)
    assert status == 503 and headers["Retry-After"] and postgres.password not in json.dumps(answer)
    still_serves(server)
    postgres.run()
    assert server.ask("POST", "/v1/feedback", sent)[2] == {"stored": 0, "known": 2}
    assert server.ask("DELETE", "/v1/users/ann/events")[2] == {"deleted": 2}


@pytest.mark.parametrize("place, code", [("weaviate://127.0.0.1:1/Pictures", 1), ("weaviate://127.0.0.1:1/pictures", 2), ("weaviate://", 2)])
def test_a_cluster_that_does_not_answer_or_is_none_ends_the_start_with_a_reason(place, code):
    ended = subprocess.run([PROGRAM, "serve", "--port", "0", "--catalogue", place], capture_output=True, text=True, timeout=120)
    assert ended.returncode == code and ended.stdout == "" and ended.stderr.startswith("updraft: ") and ended.stderr.count("\n") == 1, ended


def test_metrics_have_the_histograms_that_the_documents_name(server):
    still_serves(server)
    named = set(re.findall(r"`(updraft_\w+)` \(histogram\)", (ROOT / "docs/api.md").read_text()))
    assert {"updraft_request_seconds", "updraft_step_seconds", "updraft_waiting_seconds"} <= named
    _, _, text = server.ask("GET", "/metrics")
    types = dict(re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE))
    assert {name for name, kind in types.items() if kind == "histogram"} == named
    series = {}  # of each histogram, by its labels: [(bound, count), ...]
    for name, labels, bound, count in re.findall(r'^(\w+)_bucket\{(.*?),?le="([^"]+)"\} (\d+)$', text, re.MULTILINE):
        series.setdefault((name, labels), []).append((float(bound.replace("+Inf", "inf")), int(count)))
    assert {name for name, _ in series} == named
    for (name, labels), buckets in series.items():
        bounds, counts = zip(*buckets)
        assert list(bounds) == sorted(set(bounds)) and bounds[-1] == math.inf and len(bounds) >= 7, name
        assert list(counts) == sorted(counts), name
        suffix = "{" + labels + "}" if labels else ""
        total, sum_ = (float(re.search(rf"^{name}_{what}{re.escape(suffix)} (\S+)$", text, re.MULTILINE)[1]) for what in ("count", "sum"))
        assert counts[-1] == total and sum_ >= 0
        if name.endswith("_seconds"):
            assert bounds[0] <= 0.001 and 1 <= bounds[-2] <= 60, name  # from what is fast to what a request may take
    asked = next(buckets for (name, labels), buckets in series.items() if name == "updraft_request_seconds" and "/v1/suggest" in labels)
    assert 0 < asked[-1][1] and asked[0][1] < asked[-1][1]  # a suggestion takes more than a millisecond

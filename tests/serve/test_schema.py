"""The server does what its own OpenAPI document says: schemathesis makes requests of it, good ones and bad ones."""

import base64
import os
import pathlib
import subprocess
import sys

import pytest
from conftest import new_key
from schema_hooks import DRAWING, PICTURE

HERE = pathlib.Path(__file__).parent


def schemathesis(server, folder, *options):
    run = subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("schemathesis"),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            server.url + "/openapi.json",
            "--seed=1",
            "--request-timeout=300",
            "--continue-on-failure",
            "--suppress-health-check=all",
            "--no-shrink",
            *options,
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE), "SCHEMATHESIS_HOOKS": "schema_hooks"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-8000:]
    assert server.ask("GET", "/health/ready")[0] == 200


def test_the_document_is_true(start, catalogue, tmp_path):
    """Every answer has a status, a content type and a form that the document names; bad requests are refused, good ones taken."""
    # One thread, which waits for no other one: the machine is busy with the requests' making, too.
    server = start("--catalogue", catalogue, "--feedback", tmp_path / "feedback.sqlite", "--threads", "1", "--quiet")
    schemathesis(server, tmp_path, "--phases=examples,coverage,fuzzing", "--max-examples=25")


def test_the_document_is_true_where_keys_are_asked_for(start, catalogue, tmp_path):
    """What takes a key takes none else: without one, or with a wrong one, each request is answered 401."""
    keys = tmp_path / "keys"
    key = new_key(keys)
    server = start("--catalogue", catalogue, "--feedback", tmp_path / "feedback.sqlite", "--keys", keys, "--threads", "1", "--quiet")
    paths = server.ask("GET", "/openapi.json")[2]["paths"]
    needing = [(method, path) for path, methods in paths.items() for method, what in methods.items() if what.get("security") != []]
    assert len(needing) >= 15
    for method, path in needing:
        assert server.ask(method.upper(), path.replace("{", "").replace("}", ""), {})[0] == 401, (method, path)
    schemathesis(server, tmp_path, "--phases=fuzzing", "--max-examples=5", "--mode=positive", f"--header=Authorization: Bearer {key}")


def test_pictures_are_taken(server):
    for path, more in {"/v1/intent": {}, "/v1/suggest": {"tasks": ["query"], "n": 2}, "/v1/search": {}, "/v1/recommend": {}}.items():
        for words in ({}, {"text": "like this but in blue"}):
            status, _, answer = server.ask("POST", path, {"image": PICTURE, **words, **more})
            assert status == 200, (path, answer)
            seen = answer["understood"]["seen"] if path == "/v1/suggest" else answer["seen"]
            assert seen["format"] == "SVG" and seen["palette"] == {"red": 1.0} and seen["written"] == "", seen
    status, _, answer = server.ask("POST", "/v1/intent", {"image": {"data": base64.b64encode(DRAWING[:90]).decode()}})
    assert status == 422 and "SVG" in answer["error"]["message"], answer


@pytest.mark.skipif("testdata" in os.environ["UPDRAFT_IMAGE_ENCODER"], reason="the image encoder that comes with updraft is not here")
def test_what_is_seen_is_what_a_person_sees(server):
    drawings = pathlib.Path("/usr/share/openclipart/svg/holidays/christmas")
    drawing = next(iter(sorted(drawings.rglob("*santa*.svg"))), None)
    if drawing is None:
        pytest.skip("openclipart's drawings are not here")
    status, _, answer = server.ask("POST", "/v1/intent", {"image": {"data": base64.b64encode(drawing.read_bytes()).decode()}})
    assert status == 200, answer
    assert "christmas" in " ".join(answer["seen"]["tags"]).lower(), answer["seen"]


def test_good_requests_are_taken(server):
    for path, body in {
        "/v1/intent": {"text": "need a flyer for our xmas sale pls"},
        "/v1/suggest": {"text": "holiday sale", "tasks": ["query"], "n": 2, "words": {"min": 2, "max": 5}, "return": 9, "seed": 1, "temperature": 0.5, "candidates": 2},
        "/v1/search": {"text": "christmas", "queries": ["gift"], "filters": {"folder": ["holiday"]}, "facets": ["folder"], "explain": True},
        "/v1/recommend": {"assets": ["holiday/tree.svg"], "events": [{"asset": "cake.svg", "event": "like", "time": 1}], "lambda": 0.5},
        "/v1/completions": {"model": "updraft-135m", "prompt": "holiday sale", "n": None},
        "/v1/embeddings": {"model": "minilm-l6", "input": "holiday sale"},
        "/v1/feedback": {"events": []},
    }.items():
        status, _, answer = server.ask("POST", path, body)
        assert status == 200, (path, answer)

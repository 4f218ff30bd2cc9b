"""The server does what its own OpenAPI document says: schemathesis makes requests of it, good ones and bad ones."""

import pathlib
import subprocess
import sys


def test_the_document_is_true(server, tmp_path):
    """Every answer has a status, a content type and a form that the document names; bad requests are refused, good ones taken."""
    run = subprocess.run(
        [
            pathlib.Path(sys.executable).with_name("schemathesis"),
            "run",
            server.url + "/openapi.json",
            # What cannot be said in a schema (min is at most max, ids that are there) is refused with 422.
            "--exclude-checks=positive_data_acceptance,ignored_auth,ensure_resource_availability,use_after_free",
            "--phases=examples,fuzzing",
            "--max-examples=6",
            "--seed=1",
            "--request-timeout=120",
            "--continue-on-failure",
            "--suppress-health-check=all",
            "--no-shrink",
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-8000:]
    assert server.ask("GET", "/health/ready")[0] == 200


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

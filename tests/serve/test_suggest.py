"""Suggestions of the shipped weights as they come, event by event."""

import http.client
import json


def events(server, body):
    """(name, data) of a stream's events, in order"""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request("POST", "/v1/suggest", json.dumps(body | {"stream": True}), {"Content-Type": "application/json"})
    response = connection.getresponse()
    assert response.status == 200
    blocks = response.read().decode().strip().split("\n\n")
    connection.close()
    found = []
    for block in blocks:
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        found.append((fields["event"], json.loads(fields["data"])))
    return found


def chosen(found):
    return [(data["task"], [one["text"] for one in data["suggestions"]]) for name, data in found if name == "suggestions"]


def test_texts_grow_while_what_was_typed_is_understood(start):
    server = start("--cache-mb", "0", "--quiet")  # nothing is answered by what was written before
    for text in ("need a flyer for our xmas sale pls", "holiday sale"):  # understood in other words, and as it stands
        found = events(server, {"text": text, "tasks": ["query", "template"], "n": 2, "candidates": 4})
        names = [name for name, _ in found]
        assert names.index("text") < names.index("understood") < names.index("suggestions"), names
        intent = found[-1][1]["intent"]
        assert (intent == text) == (text == "holiday sale")
        meant = events(server, {"text": intent, "raw": True, "tasks": ["query", "template"], "n": 2, "candidates": 4})
        assert not meant[-1][1]["cached"]
        assert chosen(found) == chosen(meant)

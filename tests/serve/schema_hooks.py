"""What schemathesis cannot know of a good request, because a schema cannot say it, and what keeps a request short.

Bad requests are sent as they are.
"""

import base64

import schemathesis

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="40"><rect width="60" height="40" fill="#d01818"/></svg>'
PICTURE = {"data": base64.b64encode(DRAWING).decode()}
ASSET = "beach.svg"
WRITERS = {"/v1/suggest", "/v1/completions"}


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    if case.path.startswith("/v1/assets/{id}") and len(case.path_parameters["id"]) < 3:  # longer ones are not there
        case.path_parameters["id"] = ASSET
    if not isinstance(case.body, dict):
        return
    body = dict(case.body)
    if "image" in body:  # base64 of a picture
        body["image"] = PICTURE
    if "cursor" in body:  # one that an answer told
        del body["cursor"]
    if "events" in body and case.path == "/v1/recommend":  # of assets that the catalogue does not hold
        body.setdefault("text", "gift")
    if words := body.get("words"):
        body["words"] = {"min": min(words.values()), "max": max(words.values())}
    if case.path in WRITERS:
        body["n"] = 1
    if case.path == "/v1/suggest":
        body["candidates"] = 1
    if body.get("best_of"):
        body["best_of"] = 1
    if isinstance(prompts := body.get("prompt"), list):
        body["prompt"] = prompts[:2]
    case.body = body

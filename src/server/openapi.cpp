#include "server/openapi.h"

namespace updraft::server {
namespace {

constexpr std::string_view document = R"json({
"openapi": "3.1.0",
"info": {
  "title": "updraft",
  "version": "1",
  "description": "From what a person wants, a few words, to prompts for search, recommendation and image generation, and to what a catalogue holds for them. Text is UTF-8. Fields that a request does not have are refused.",
  "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}
},
"servers": [{"url": "/"}],
"security": [{}, {"key": []}],
"paths": {
  "/v1/intent": {"post": {
    "operationId": "intent",
    "summary": "What is wanted, from what was typed and shown",
    "parameters": [{"$ref": "#/components/parameters/session"}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/IntentRequest"}}}},
    "responses": {
      "200": {"description": "What was understood", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Understood"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/suggest": {"post": {
    "operationId": "suggest",
    "summary": "Prompts for what is wanted",
    "description": "With `stream`, or where events are accepted, the answer is a stream of server-sent events: `understood` (as /v1/intent answers), `text` (task, index, text: a candidate as far as it has grown), `suggestions` (task, suggestions: those that were chosen), `done` (intent, candidates, cached, timings) or `error` (as any error).",
    "parameters": [{"$ref": "#/components/parameters/session"}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SuggestRequest"}}}},
    "responses": {
      "200": {"description": "The best that differ, of each task", "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Suggested"}},
        "text/event-stream": {"schema": {"$ref": "#/components/schemas/ServerSentEvent"}}
      }},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/search": {"post": {
    "operationId": "search",
    "summary": "What the catalogue holds for a text or a picture",
    "parameters": [{"$ref": "#/components/parameters/session"}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SearchRequest"}}}},
    "responses": {
      "200": {"description": "A page of hits", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Searched"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/recommend": {"post": {
    "operationId": "recommend",
    "summary": "What goes with a text, a picture, assets, or what somebody did",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/RecommendRequest"}}}},
    "responses": {
      "200": {"description": "Assets, with reasons", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Recommended"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/assets": {"get": {
    "operationId": "assets",
    "summary": "Assets of the catalogue, in the order in which they are named",
    "parameters": [{"name": "id", "in": "query", "required": true, "description": "Once for each asset; 404 names the first that is not there",
      "schema": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 512}}}],
    "responses": {
      "200": {"description": "The assets", "content": {"application/json": {"schema": {
        "type": "object", "required": ["assets"], "properties": {"assets": {"type": "array", "items": {"$ref": "#/components/schemas/Asset"}}}}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/assets/{id}": {"get": {
    "operationId": "asset",
    "summary": "An asset of the catalogue",
    "parameters": [{"$ref": "#/components/parameters/asset"}],
    "responses": {
      "200": {"description": "The asset", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Asset"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/assets/{id}/picture": {"get": {
    "operationId": "picture",
    "summary": "The picture of an asset",
    "parameters": [{"$ref": "#/components/parameters/asset"}],
    "responses": {
      "200": {"description": "The picture", "content": {"image/*": {}}},
      "302": {"description": "It is somewhere on the web"},
      "304": {"description": "It is the one that you have"},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/feedback": {"post": {
    "operationId": "feedback",
    "summary": "What people did with suggestions",
    "description": "The answer comes when the events are safe on disk. An event whose id is known changes nothing: send it again whenever its fate is unknown.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FeedbackRequest"}}}},
    "responses": {
      "200": {"description": "They are stored", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/FeedbackStored"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/users/{user}/events": {"delete": {
    "operationId": "forget",
    "summary": "Deletes all that is known of a user",
    "parameters": [{"name": "user", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[^\\u0000-\\u001F\\u007F]*[^\\u0000-\\u0020\\u007F][^\\u0000-\\u001F\\u007F]*$"}}],
    "responses": {
      "200": {"description": "How many events that were", "content": {"application/json": {"schema": {
        "type": "object", "required": ["deleted"], "properties": {"deleted": {"type": "integer", "minimum": 0}}}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/models": {"get": {
    "operationId": "models",
    "summary": "The models, as OpenAI's API lists them",
    "responses": {
      "200": {"description": "The models", "content": {"application/json": {"schema": {
        "type": "object", "required": ["object", "data"],
        "properties": {"object": {"const": "list"}, "data": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}}}}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/models/{id}": {"get": {
    "operationId": "model",
    "summary": "One of the models",
    "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 64}}],
    "responses": {
      "200": {"description": "The model", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Model"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/completions": {"post": {
    "operationId": "completions",
    "summary": "Prompts, as OpenAI's API completes a text",
    "description": "The prompt is an intent; each choice is a suggestion for it. With `stream`, choices come as server-sent events, each when it is complete, and what they cost behind them, where `stream_options` asks for it. What cannot be done is refused by its name, other values than those that ask for nothing.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/CompletionRequest"}}}},
    "responses": {
      "200": {"description": "The choices", "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/Completion"}},
        "text/event-stream": {"schema": {"$ref": "#/components/schemas/ServerSentEvent"}}
      }},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/embeddings": {"post": {
    "operationId": "embeddings",
    "summary": "Texts as points, as OpenAI's API embeds them",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EmbeddingRequest"}}}},
    "responses": {
      "200": {"description": "A point of unit length a text", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Embeddings"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/status": {"get": {
    "operationId": "status",
    "summary": "What the server is doing",
    "responses": {
      "200": {"description": "Now, and over the last ten seconds", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Status"}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/v1/reload": {"post": {
    "operationId": "reload",
    "summary": "Reads weights, the image encoder, keys and the studio again",
    "description": "With a key, or, where none are configured, from the same machine. Requests that have begun end with the old weights.",
    "responses": {
      "200": {"description": "The new ones are in use", "content": {"application/json": {"schema": {
        "type": "object", "required": ["reloaded", "load_ms"], "properties": {"reloaded": {"const": true}, "load_ms": {"type": "number"}}}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/openapi.json": {"get": {
    "operationId": "document", "summary": "This document", "security": [],
    "responses": {"200": {"description": "OpenAPI 3.1", "content": {"application/json": {"schema": {"type": "object"}}}},
      "default": {"$ref": "#/components/responses/error"}}
  }},
  "/health/live": {"get": {
    "operationId": "live", "summary": "Whether the process lives", "security": [],
    "responses": {"200": {"description": "It does", "content": {"application/json": {"schema": {
      "type": "object", "required": ["live"], "properties": {"live": {"const": true}}}}}},
      "default": {"$ref": "#/components/responses/error"}}
  }},
  "/health/ready": {"get": {
    "operationId": "ready", "summary": "Whether requests are taken", "security": [],
    "responses": {
      "200": {"description": "They are", "content": {"application/json": {"schema": {
        "type": "object", "required": ["ready"], "properties": {"ready": {"const": true}}}}}},
      "default": {"$ref": "#/components/responses/error"}
    }
  }},
  "/metrics": {"get": {
    "operationId": "metrics", "summary": "For Prometheus",
    "responses": {"200": {"description": "Prometheus' text format", "content": {"text/plain": {"schema": {"type": "string"}}}},
      "default": {"$ref": "#/components/responses/error"}}
  }}
},)json"
                                      R"json(
"components": {
  "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "Where the server was started with --keys"}},
  "parameters": {
    "session": {"name": "X-Updraft-Session", "in": "header", "required": false,
      "description": "Of one person who types: a newer request of the session to the same path ends an older one, which is answered 409 (code cancelled)",
      "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"}},
    "asset": {"name": "id", "in": "path", "required": true, "description": "The asset's id, percent-encoded", "schema": {"type": "string", "minLength": 1, "maxLength": 512}}
  },
  "responses": {
    "error": {"description": "400: no JSON; 401, 403: not allowed; 404: not there; 405: another method; 408: too slow; 409: a newer request of the session came; 413, 431: too large; 422: a value that cannot be taken; 429: too many are waiting, see Retry-After; 500: the server failed; 503: not now, or not configured",
      "headers": {"Retry-After": {"description": "Seconds, with 429 and 503", "schema": {"type": "integer"}}},
      "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
  },
  "schemas": {
    "ServerSentEvent": {"type": "object", "required": ["data"], "description": "One of the stream, as its fields", "properties": {
      "event": {"enum": ["understood", "text", "suggestions", "done", "error", "message"], "description": "A completion's are not named: message"},
      "data": {"type": "string", "description": "JSON in one line; [DONE] at the end of a completion"}}},
    "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "object", "required": ["code", "message"], "properties": {
      "code": {"enum": ["invalid_argument", "unauthorized", "not_found", "too_large", "busy", "unavailable", "internal", "cancelled"]},
      "message": {"type": "string", "description": "One line, for people"}}}}},
    "Text": {"type": "string", "minLength": 1, "maxLength": 1000, "pattern": "[^ \\t\\r\\n]"},
    "Line": {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": "^[^\\u0000-\\u001F\\u007F]*[^\\u0000-\\u0020\\u007F][^\\u0000-\\u001F\\u007F]*$", "description": "Without control characters; at most 4096 bytes"},
    "Task": {"enum": ["query", "related", "template", "image"]},
    "Picture": {"type": "object", "additionalProperties": false, "required": ["data"], "properties": {
      "data": {"type": "string", "contentEncoding": "base64", "description": "The bytes of a picture, at most 8 MB: PNG, JPEG, WebP, GIF, BMP, TIFF or SVG. 503: nothing looks at pictures here"}}},
    "Values": {"type": "object", "maxProperties": 16, "propertyNames": {"minLength": 1, "maxLength": 64},
      "additionalProperties": {"anyOf": [{"type": "string", "minLength": 1, "maxLength": 1000}, {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "minLength": 1, "maxLength": 1000}}]}},
    "IntentRequest": {"type": "object", "additionalProperties": false, "properties": {
      "text": {"$ref": "#/components/schemas/Text"}, "image": {"$ref": "#/components/schemas/Picture"}},
      "anyOf": [{"required": ["text"]}, {"required": ["image"]}]},
    "Correction": {"type": "object", "additionalProperties": false, "required": ["intent"], "properties": {
      "intent": {"$ref": "#/components/schemas/Text"},
      "goal": {"enum": ["search", "template", "generate", "recommend"]},
      "category": {"enum": ["art_design", "beauty_fashion", "business", "civic", "community_nonprofit", "education", "events", "family_kids", "fantasy_scifi", "finance", "food_drink", "games", "health_fitness", "holidays", "home_realestate", "lifestyle", "music_entertainment", "nature_animals", "religion_culture", "retail", "science", "sports", "technology", "transport", "travel_places"]},
      "facets": {"$ref": "#/components/schemas/Values"}}},
    "SuggestRequest": {"type": "object", "additionalProperties": false, "properties": {
      "text": {"$ref": "#/components/schemas/Text"},
      "image": {"$ref": "#/components/schemas/Picture"},
      "understood": {"$ref": "#/components/schemas/Correction", "description": "As the person corrected it: nothing is detected, and the picture is not looked at"},
      "tasks": {"type": "array", "minItems": 1, "maxItems": 4, "uniqueItems": true, "items": {"$ref": "#/components/schemas/Task"}},
      "n": {"type": "integer", "minimum": 1, "maximum": 32, "default": 8},
      "words": {"type": "object", "additionalProperties": false, "required": ["min", "max"], "description": "min is at most max", "properties": {
        "min": {"type": "integer", "minimum": 1, "maximum": 99}, "max": {"type": "integer", "minimum": 1, "maximum": 99}}},
      "return": {"type": "integer", "minimum": 0, "maximum": 9, "default": 9},
      "seed": {"type": "integer", "minimum": 0, "maximum": 9223372036854775807, "default": 0},
      "temperature": {"type": "number", "minimum": 0, "maximum": 2, "description": "Not given: 1, or 0.8 where candidates is 1"},
      "candidates": {"type": "integer", "minimum": 1, "maximum": 8, "description": "Texts drawn for each suggestion. Not given: 4, and fewer where many requests wait"},
      "raw": {"type": "boolean", "default": false, "description": "The text is the intent as it stands, behind what is seen on the picture"},
      "stream": {"type": "boolean", "default": false}},
      "anyOf": [{"required": ["text"]}, {"required": ["image"]}, {"required": ["understood"]}]},
    "SearchRequest": {"type": "object", "additionalProperties": false, "properties": {
      "text": {"$ref": "#/components/schemas/Text"},
      "image": {"$ref": "#/components/schemas/Picture"},
      "queries": {"anyOf": [{"type": "boolean"}, {"type": "array", "maxItems": 16, "items": {"$ref": "#/components/schemas/Text"}}], "default": true, "description": "Searched beside the text; true: the model tells what is meant, and writes eight for that"},
      "raw": {"type": "boolean", "default": false, "description": "Queries are written for the text as it stands, behind what is seen on the picture"},
      "filters": {"$ref": "#/components/schemas/Values"},
      "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
      "cursor": {"type": "string", "maxLength": 64, "description": "`next` of the page before"},
      "explain": {"type": "boolean", "default": false},
      "facets": {"type": "array", "maxItems": 32, "items": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "[^ \\t\\r\\n]"}}},
      "anyOf": [{"required": ["text"]}, {"required": ["image"]}]},
    "RecommendRequest": {"type": "object", "additionalProperties": false, "properties": {
      "text": {"$ref": "#/components/schemas/Text"},
      "image": {"$ref": "#/components/schemas/Picture"},
      "assets": {"type": "array", "maxItems": 32, "items": {"type": "string", "minLength": 1, "maxLength": 512, "pattern": "[^ \\t\\r\\n]"}, "description": "Ids: more like these"},
      "events": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/AssetEvent"}},
      "lambda": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.6},
      "popularity": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.2, "description": "How much more the most popular asset counts than one that nobody knows"},
      "appeal": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "description": "How much more counts what everybody wants, as feedback tells, than what nobody does"},
      "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
      "filters": {"$ref": "#/components/schemas/Values"}},
      "anyOf": [{"required": ["text"]}, {"required": ["image"]},
        {"required": ["assets"], "properties": {"assets": {"minItems": 1}}}, {"required": ["events"], "properties": {"events": {"minItems": 1}}}]},
    "AssetEvent": {"type": "object", "required": ["asset", "event"], "properties": {
      "asset": {"type": ["string", "number"], "minLength": 1, "maxLength": 512},
      "event": {"enum": ["view", "click", "like", "buy", "dismiss"]},
      "time": {"anyOf": [{"type": "number"}, {"type": "string", "format": "date-time"}, {"type": "null"}]}}},
    "FeedbackRequest": {"type": "object", "additionalProperties": false, "required": ["events"], "properties": {
      "events": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/FeedbackEvent"}}}},
    "FeedbackEvent": {"type": "object", "additionalProperties": false, "required": ["id", "kind", "intent", "task", "prompt", "position", "words", "return"], "properties": {
      "id": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$", "description": "Yours: the same id is the same event"},
      "kind": {"enum": ["impression", "click", "like", "insert", "dismiss"]},
      "user": {"$ref": "#/components/schemas/Name"}, "session": {"$ref": "#/components/schemas/Name"},
      "intent": {"type": "string", "minLength": 1, "maxLength": 4096, "pattern": "^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F]*[^\\u0000-\\u0020\\u007F][^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F]*$", "description": "As Line, with tabs and line breaks"},
      "task": {"$ref": "#/components/schemas/Task"}, "prompt": {"$ref": "#/components/schemas/Line"},
      "position": {"type": "integer", "minimum": 0, "maximum": 999},
      "words": {"type": "integer", "minimum": 1, "maximum": 99}, "return": {"type": "integer", "minimum": 0, "maximum": 9},
      "asset": {"type": ["string", "null"], "maxLength": 512, "pattern": "^$|^[^\\u0000-\\u001F\\u007F]*[^\\u0000-\\u0020\\u007F][^\\u0000-\\u001F\\u007F]*$"}, "at": {"type": ["string", "null"], "format": "date-time", "pattern": "^(19[7-9][0-9]|[2-9][0-9]{3})-"}}},
    "Name": {"type": ["string", "null"], "maxLength": 64, "pattern": "^$|^[^\\u0000-\\u001F\\u007F]*[^\\u0000-\\u0020\\u007F][^\\u0000-\\u001F\\u007F]*$", "description": "Without control characters"},
    "FeedbackStored": {"type": "object", "required": ["stored", "known"], "properties": {
      "stored": {"type": "integer", "minimum": 0}, "known": {"type": "integer", "minimum": 0}}},
    "CompletionRequest": {"type": "object", "additionalProperties": false, "required": ["model", "prompt"], "properties": {
      "model": {"enum": ["updraft-135m"]},
      "prompt": {"anyOf": [{"$ref": "#/components/schemas/Text"}, {"type": "array", "minItems": 1, "maxItems": 8, "items": {"$ref": "#/components/schemas/Text"}}]},
      "task": {"enum": ["query", "related", "template", "image", null], "description": "Ours: what the choices are (query)"},
      "n": {"type": ["integer", "null"], "minimum": 1, "maximum": 32},
      "best_of": {"type": ["integer", "null"], "minimum": 1, "maximum": 256, "description": "Texts to choose from: at least 4 for each choice, at most 8"},
      "max_tokens": {"type": ["integer", "null"], "minimum": 1, "maximum": 2147483647},
      "temperature": {"type": ["number", "null"], "minimum": 0, "maximum": 2},
      "top_p": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
      "seed": {"type": ["integer", "null"], "minimum": -9223372036854775808, "maximum": 9223372036854775807},
      "stop": {"anyOf": [{"type": "null"}, {"type": "string", "maxLength": 64}, {"type": "array", "maxItems": 4, "items": {"type": "string", "minLength": 1, "maxLength": 64}}]},
      "stream": {"type": ["boolean", "null"]},
      "stream_options": {"type": ["object", "null"], "additionalProperties": false, "properties": {
        "include_usage": {"type": "boolean"}, "include_obfuscation": {"const": false}}},
      "frequency_penalty": {"enum": [0, null]}, "presence_penalty": {"enum": [0, null]},
      "logit_bias": {"type": ["object", "null"], "maxProperties": 0}, "logprobs": {"type": "null"},
      "echo": {"enum": [false, null]}, "suffix": {"enum": ["", null]},
      "user": {"type": ["string", "null"], "maxLength": 1000}}},
    "EmbeddingRequest": {"type": "object", "additionalProperties": false, "required": ["model", "input"], "properties": {
      "model": {"enum": ["minilm-l6"]},
      "input": {"anyOf": [{"$ref": "#/components/schemas/LongText"}, {"type": "array", "minItems": 1, "maxItems": 64, "items": {"$ref": "#/components/schemas/LongText"}}]},
      "encoding_format": {"enum": ["float", "base64", null]},
      "dimensions": {"enum": [384, null], "description": "As many as the model's points have"},
      "user": {"type": ["string", "null"], "maxLength": 1000}}},
    "Seen": {"type": "object", "required": ["kind", "tags", "palette", "written", "format", "width", "height", "aspect", "timings"], "description": "On the picture", "properties": {
      "kind": {"enum": ["photo", "illustration", "icon", "screenshot", "document"]},
      "tags": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}, "description": "The likeliest, with their probabilities"},
      "palette": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}, "description": "Colours with their shares of the picture"},
      "written": {"type": "string", "description": "Empty: a server does not read what is written in pictures"},
      "format": {"type": "string"}, "width": {"type": "integer"}, "height": {"type": "integer"},
      "aspect": {"enum": ["banner", "landscape", "square", "portrait", "tall"]},
      "timings": {"type": "object", "required": ["look_ms", "read_ms"], "properties": {"look_ms": {"type": "number"}, "read_ms": {"type": "number"}}}}},
    "LongText": {"type": "string", "minLength": 1, "maxLength": 8192, "pattern": "[^ \\t\\r\\n]"},)json"
                                      R"json(
    "Understood": {"type": "object", "required": ["utterance", "intent", "goal", "category", "facets", "language", "confidence", "goals", "categories", "timings"], "properties": {
      "seen": {"$ref": "#/components/schemas/Seen"},
      "utterance": {"type": "string"},
      "intent": {"type": "string", "description": "The canonical intent; where hardly anything was understood (confidence below 0.25), what was typed"},
      "goal": {"type": "string"}, "category": {"type": "string"},
      "facets": {"type": "object", "additionalProperties": {"type": "string"}, "description": "Those that were stated: format, occasion, subject, style, mood, colors, audience, count, without, size, date, price"},
      "language": {"type": "string"},
      "confidence": {"type": "number", "minimum": 0, "maximum": 1},
      "goals": {"type": "object", "additionalProperties": {"type": "number"}},
      "categories": {"type": "object", "additionalProperties": {"type": "number"}},
      "timings": {"type": "object", "required": ["load_ms", "total_ms"], "properties": {"load_ms": {"type": "number"}, "total_ms": {"type": "number"}}}}},
    "Suggested": {"type": "object", "required": ["intent", "understood", "suggestions", "candidates", "cached", "timings"], "properties": {
      "intent": {"type": "string", "description": "What the suggestions are for"},
      "understood": {"anyOf": [{"$ref": "#/components/schemas/Understood"}, {"type": "null"}]},
      "suggestions": {"type": "array", "items": {"$ref": "#/components/schemas/Suggestion"}},
      "candidates": {"type": "integer", "description": "Texts that were drawn for each suggestion"},
      "cached": {"type": "boolean", "description": "It was answered a short time ago"},
      "timings": {"$ref": "#/components/schemas/Timings"}}},
    "Suggestion": {"type": "object", "required": ["id", "text", "words", "score", "task"], "properties": {
      "id": {"type": "string"}, "text": {"type": "string"}, "words": {"type": "integer"},
      "score": {"type": "number", "minimum": 0, "maximum": 1}, "task": {"$ref": "#/components/schemas/Task"}}},
    "Timings": {"type": "object", "required": ["load_ms", "prefill_ms", "decode_ms", "choice_ms", "total_ms", "prompt_tokens", "decoded_tokens", "peak_rss_mb"], "properties": {
      "load_ms": {"type": "number"}, "prefill_ms": {"type": "number"}, "decode_ms": {"type": "number"}, "choice_ms": {"type": "number"},
      "total_ms": {"type": "number"}, "prompt_tokens": {"type": "integer"}, "decoded_tokens": {"type": "integer"}, "peak_rss_mb": {"type": "number"}}},
    "Asset": {"type": "object", "required": ["id", "title", "description", "tags", "facets", "popularity", "url"], "properties": {
      "id": {"type": "string"}, "title": {"type": "string"}, "description": {"type": "string"},
      "tags": {"type": "array", "items": {"type": "string"}},
      "facets": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
      "popularity": {"type": "number"}, "url": {"type": "string"}}},
    "Hit": {"allOf": [{"$ref": "#/components/schemas/Asset"}, {"type": "object", "required": ["score"], "properties": {
      "score": {"type": "number"},
      "evidence": {"type": "array", "items": {"type": "object", "required": ["query", "index", "rank"], "properties": {
        "query": {"type": "string"}, "index": {"enum": ["words", "meaning"]}, "rank": {"type": "integer"}}}}}}]},
    "Searched": {"type": "object", "required": ["text", "queries", "corrections", "found", "next", "hits", "facets", "timings"], "properties": {
      "seen": {"$ref": "#/components/schemas/Seen"},
      "text": {"type": "string"},
      "understood": {"type": "object", "required": ["goal", "category", "facets", "confidence", "total_ms"], "description": "Not there where nothing was detected", "properties": {
        "goal": {"type": "string"}, "category": {"type": "string"}, "facets": {"type": "object"}, "confidence": {"type": "number"}, "total_ms": {"type": "number"}}},
      "queries": {"type": "array", "items": {"type": "string"}, "description": "Searched beside the text: what was understood, where that says something else, and what was written for it"},
      "corrections": {"type": "object", "additionalProperties": {"type": "string"}},
      "found": {"type": "integer", "description": "Over all pages; 200: there may be more"},
      "next": {"type": "string", "description": "The next page's cursor; empty: this is the last one"},
      "hits": {"type": "array", "items": {"$ref": "#/components/schemas/Hit"}},
      "facets": {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}}},
      "timings": {"type": "object"}}},
    "Recommended": {"type": "object", "required": ["text", "queries", "like", "corrections", "unknown", "recommendations", "timings"], "properties": {
      "seen": {"$ref": "#/components/schemas/Seen"},
      "text": {"type": "string"}, "queries": {"type": "array", "items": {"type": "string"}}, "like": {"type": "array", "items": {"type": "string"}},
      "corrections": {"type": "object", "additionalProperties": {"type": "string"}},
      "unknown": {"type": "array", "items": {"type": "string"}},
      "recommendations": {"type": "array", "items": {"allOf": [{"$ref": "#/components/schemas/Asset"}, {"type": "object", "required": ["score", "reasons", "because"], "properties": {
        "score": {"type": "number"}, "because": {"type": "string"},
        "appeal": {"type": "number", "minimum": 0, "maximum": 1, "description": "How much people want it, as feedback tells; 0.5: as much as others"},
        "reasons": {"type": "array", "items": {"type": "object", "required": ["kind", "share"], "properties": {
          "kind": {"enum": ["text", "query", "picture", "like", "event"]}, "share": {"type": "number"}, "query": {"type": "string"}, "event": {"type": "string"}, "asset": {"type": "string"}}}}}}]}},
      "timings": {"type": "object"}}},
    "Model": {"type": "object", "required": ["id", "object", "created", "owned_by"], "properties": {
      "id": {"type": "string"}, "object": {"const": "model"}, "created": {"type": "integer"}, "owned_by": {"type": "string"}}},
    "Completion": {"type": "object", "required": ["id", "object", "created", "model", "choices", "usage"], "properties": {
      "id": {"type": "string"}, "object": {"const": "text_completion"}, "created": {"type": "integer"}, "model": {"type": "string"},
      "choices": {"type": "array", "items": {"type": "object", "required": ["text", "index", "finish_reason"], "properties": {
        "text": {"type": "string"}, "index": {"type": "integer"}, "logprobs": {"type": "null"}, "finish_reason": {"enum": ["stop", "length"]}}}},
      "usage": {"type": "object", "properties": {"prompt_tokens": {"type": "integer"}, "completion_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}}}},
    "Embeddings": {"type": "object", "required": ["object", "data", "model", "usage"], "properties": {
      "object": {"const": "list"}, "model": {"type": "string"},
      "data": {"type": "array", "items": {"type": "object", "required": ["object", "index", "embedding"], "properties": {
        "object": {"const": "embedding"}, "index": {"type": "integer"},
        "embedding": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "string", "description": "Base64 of little-endian 32-bit floats"}]}}}},
      "usage": {"type": "object", "properties": {"prompt_tokens": {"type": "integer"}, "total_tokens": {"type": "integer"}}}}},
    "Status": {"type": "object", "required": ["ready", "model", "catalogue", "requests_per_s", "suggestions_per_s", "active", "queued", "latency_ms", "uptime_s", "rss_mb"], "properties": {
      "ready": {"type": "boolean"}, "model": {"type": "string"},
      "catalogue": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["assets"], "properties": {"assets": {"type": "integer"}}}]},
      "requests_per_s": {"type": "number"}, "suggestions_per_s": {"type": "number"},
      "active": {"type": "integer"}, "queued": {"type": "integer"},
      "latency_ms": {"type": "object", "required": ["p50", "p99"], "properties": {"p50": {"type": "number"}, "p99": {"type": "number"}}},
      "uptime_s": {"type": "number"}, "rss_mb": {"type": "number"}}}
  }
}
}
)json";

}  // namespace

std::string openapi_document(bool needs_key) {
  std::string text(document);
  constexpr std::string_view optional = R"([{}, {"key": []}])";
  if (needs_key) text.replace(text.find(optional), optional.size(), R"([{"key": []}])");
  return text;
}

}  // namespace updraft::server

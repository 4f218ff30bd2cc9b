"""The real `openai` client against the OpenAI-compatible routes."""

import math

import openai
import pytest
from conftest import new_key


@pytest.fixture
def client(server):
    return openai.OpenAI(base_url=server.url + "/v1", api_key="unused", max_retries=0, timeout=120)


def test_models_are_listed(client):
    assert {model.id for model in client.models.list()} == {"updraft-135m", "minilm-l6"}


def test_a_model_is_told_by_its_name(client):
    model = client.models.retrieve("updraft-135m")
    assert (model.id, model.object, model.owned_by) == ("updraft-135m", "model", "updraft") and model.created > 1_700_000_000
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-4")


def test_a_completion_is_a_suggestion_for_the_prompt(client):
    completion = client.completions.create(model="updraft-135m", prompt="holiday sale", n=4, seed=1)
    assert completion.object == "text_completion"
    assert len(completion.choices) == 4
    assert [choice.index for choice in completion.choices] == [0, 1, 2, 3]
    assert all(2 <= len(choice.text.split()) <= 7 for choice in completion.choices)
    assert completion.usage.total_tokens == completion.usage.prompt_tokens + completion.usage.completion_tokens
    again = client.completions.create(model="updraft-135m", prompt="holiday sale", n=4, seed=1)
    assert [choice.text for choice in again.choices] == [choice.text for choice in completion.choices]


def test_another_task_is_asked_for_in_the_extra_body(client):
    completion = client.completions.create(model="updraft-135m", prompt="holiday sale", extra_body={"task": "image"})
    assert len(completion.choices[0].text.split()) >= 8


def test_several_prompts_are_completed_in_their_order(client):
    prompts = ["holiday sale", "birthday cake"]
    both = client.completions.create(model="updraft-135m", prompt=prompts, n=2)
    assert [choice.index for choice in both.choices] == [0, 1, 2, 3]
    for i, prompt in enumerate(prompts):
        alone = client.completions.create(model="updraft-135m", prompt=prompt, n=2)
        assert [choice.text for choice in both.choices[2 * i : 2 * i + 2]] == [choice.text for choice in alone.choices]


def test_a_text_ends_where_it_is_told_to(client):
    whole = client.completions.create(model="updraft-135m", prompt="holiday sale").choices[0]
    assert whole.finish_reason == "stop"
    cut = client.completions.create(model="updraft-135m", prompt="holiday sale", max_tokens=1).choices[0]
    assert cut.finish_reason == "length"
    assert whole.text.startswith(cut.text) and len(cut.text) < len(whole.text)
    stopped = client.completions.create(model="updraft-135m", prompt="holiday sale", stop=" ").choices[0]
    assert stopped.text == whole.text.split(" ")[0]


def test_a_completion_streams(client):
    whole = client.completions.create(model="updraft-135m", prompt="holiday sale", n=3)
    parts = list(client.completions.create(model="updraft-135m", prompt="holiday sale", n=3, stream=True))
    assert [part.choices[0].text for part in parts] == [choice.text for choice in whole.choices]
    assert len({part.id for part in parts}) == 1


# What clients send though it asks for nothing: LangChain's OpenAI the first three, always.
NEUTRAL = {"frequency_penalty": 0, "presence_penalty": 0, "logprobs": None, "best_of": 1, "logit_bias": {}, "echo": False, "suffix": "", "user": "ann", "stop": [], "max_tokens": 16384}


def test_what_asks_for_nothing_changes_nothing(client):
    plain = client.completions.create(model="updraft-135m", prompt="holiday sale", n=2, seed=3)
    neutral = client.completions.create(model="updraft-135m", prompt="holiday sale", n=2, seed=3, **NEUTRAL)
    assert [choice.text for choice in neutral.choices] == [choice.text for choice in plain.choices]


@pytest.mark.parametrize(
    "asked",
    [{"frequency_penalty": 0.5}, {"presence_penalty": 1}, {"logit_bias": {"50256": -100}}, {"logprobs": 5}, {"echo": True}, {"suffix": "!"}, {"best_of": 1000}, {"prompt": [1, 2, 3]}],
    ids=lambda asked: next(iter(asked)),
)
def test_what_cannot_be_done_is_refused_by_its_name(client, asked):
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.completions.create(**{"model": "updraft-135m", "prompt": "holiday sale", **asked})
    assert f"'{next(iter(asked))}'" in str(refused.value)


def test_a_stream_tells_its_usage_where_it_is_asked_to(client):
    whole = client.completions.create(model="updraft-135m", prompt="holiday sale", n=2)
    parts = list(client.completions.create(model="updraft-135m", prompt="holiday sale", n=2, stream=True, stream_options={"include_usage": True}))
    assert [part.usage for part in parts[:-1]] == [None, None]
    assert parts[-1].choices == [] and parts[-1].usage == whole.usage


def test_embeddings_have_the_dimension_that_they_have(client):
    answer = client.embeddings.create(model="minilm-l6", input="holiday sale", dimensions=384, user="ann")
    assert len(answer.data[0].embedding) == 384
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.embeddings.create(model="minilm-l6", input="holiday sale", dimensions=256)
    assert "'dimensions' is not 384" in str(refused.value)


# LangChain's OpenAIEmbeddings sends tokens of a tokenizer of OpenAI's, unless told check_embedding_ctx_length=False.
@pytest.mark.parametrize("tokens", [[91, 92], [[91, 92], [93]]], ids=["one text", "several"])
def test_tokens_of_another_tokenizer_are_refused(client, tokens):
    with pytest.raises(openai.UnprocessableEntityError) as refused:
        client.embeddings.create(model="minilm-l6", input=tokens)
    assert "'input' holds tokens" in str(refused.value)


def test_embeddings_are_points_of_unit_length_that_say_what_is_alike(client):
    for encoding in ({"encoding_format": "float"}, {}):  # by itself the client asks for base64, and decodes it
        answer = client.embeddings.create(model="minilm-l6", input=["christmas tree", "xmas fir", "tax return"], **encoding)
        points = [item.embedding for item in answer.data]
        assert [len(point) for point in points] == [384] * 3
        assert all(math.isclose(math.hypot(*point), 1, abs_tol=1e-3) for point in points)
        near, far = (sum(a * b for a, b in zip(points[0], other)) for other in points[1:])
        assert near > far + 0.2


def test_errors_are_the_clients_own(client):
    with pytest.raises(openai.NotFoundError):
        client.completions.create(model="gpt-4", prompt="holiday sale")
    with pytest.raises(openai.UnprocessableEntityError) as wrong:
        client.completions.create(model="updraft-135m", prompt="holiday sale", temperature=3)
    assert "temperature" in str(wrong.value)


def test_a_key_is_asked_for_where_there_are_keys(start, tmp_path):
    keys = tmp_path / "keys"
    key = new_key(keys)
    assert key not in keys.read_text()
    server = start("--keys", keys)
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=server.url + "/v1", api_key="wrong", max_retries=0).models.list()
    assert list(openai.OpenAI(base_url=server.url + "/v1", api_key=key, max_retries=0).models.list())

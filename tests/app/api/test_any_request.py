"""Whatever is sent, the server answers with a completion or with its error object, never with a fault of its own."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.api.requests import ChatRequest
from tests.app.api.conftest import WAIT_S, Running

Post = Callable[..., httpx.Response]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
TEXT = st.text(max_size=40)
MESSAGE = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant"]) | st.sampled_from(["system", "tool", "x"]), "content": TEXT | JSON},
    optional={"name": TEXT, "reasoning_content": TEXT},
)
TALK = st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": TEXT}), max_size=6)
GOOD: dict[str, st.SearchStrategy[Any]] = {
    "temperature": st.floats(0, 2) | st.just(1e-50),  # too cold for float32
    "top_p": st.floats(0, 1, exclude_min=True),
    "seed": st.integers(-(2**63), 2**63 - 1),
    "stop": st.text(min_size=1, max_size=5) | st.lists(st.text(min_size=1, max_size=5), max_size=4),
    "stream": st.booleans(),
    "sotto": st.fixed_dictionaries(
        {},
        optional={
            "method": st.sampled_from(["async", "async-safe", "think", "no-think", "hogwild", "fork-join"]),
            "patience": st.floats(0, 1),
        },
    ),
}
FIRST = {"role": "user", "content": "hello"}
WELL_FORMED = st.fixed_dictionaries(
    {
        "model": st.just("demo"),
        "messages": TALK.map(lambda talk: [FIRST, *talk, FIRST]),
        "max_tokens": st.integers(1, 3),
    },
    optional=GOOD,
)
FIELDS = st.sampled_from(sorted(ChatRequest.model_fields))
ANY_BODY = (
    JSON
    | st.dictionaries(FIELDS, JSON, max_size=5)
    | st.tuples(WELL_FORMED, st.dictionaries(FIELDS, JSON, max_size=2)).map(lambda both: both[0] | {"x": 1} | both[1])
    | st.fixed_dictionaries(
        {"model": st.just("demo"), "messages": st.lists(MESSAGE, max_size=4), "max_tokens": st.just(1)}
    )
)
FEW = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def post(running: Running) -> Iterator[Post]:
    with httpx.Client(timeout=WAIT_S, headers={"content-type": "application/json"}) as client:
        yield partial(client.post, f"{running.api}/chat/completions")


@FEW
@given(body=ANY_BODY)
def test_any_body_is_answered_or_refused_by_name(post: Post, body: Any) -> None:
    answer = post(json=body)
    assert answer.status_code in {200, 400, 404}
    if answer.status_code != 200:
        error = answer.json()["error"]
        assert set(error) == {"message", "type", "param", "code"} and error["message"]
        assert "\n" not in error["message"]


@FEW
@given(body=WELL_FORMED)
def test_a_well_formed_request_is_answered(post: Post, body: dict[str, Any]) -> None:
    answer = post(json=body)
    if body.get("sotto", {}).get("method") == "async-safe":  # the bundled model has no prompts for it
        assert answer.status_code == 400
        return
    assert answer.status_code == 200, answer.text
    if body.get("stream"):
        assert answer.text.endswith("data: [DONE]\n\n")
    else:
        assert answer.json()["usage"]["completion_tokens"] <= body["max_tokens"]


@FEW
@given(content=st.binary(max_size=200))
def test_any_bytes_are_refused(post: Post, content: bytes) -> None:
    answer = post(content=content)
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "invalid_request_error"


def test_the_document_names_every_parameter_and_answer(running: Running) -> None:
    document = httpx.get(f"{running.api}/openapi.json", timeout=WAIT_S).json()
    assert set(document["paths"]) == {"/chat/completions", "/models", "/models/{model}"}
    operation = document["paths"]["/chat/completions"]["post"]
    assert set(operation["responses"]) >= {"200", "400", "401", "403", "404", "408", "413", "429", "500"}
    assert set(document["components"]["schemas"]["ChatRequest"]["properties"]) == set(ChatRequest.model_fields)

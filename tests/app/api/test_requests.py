"""Bodies of requests: what is accepted, and how a bad one is told. The engine never runs: refusals come before."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.api.door import Door
from app.api.requests import NEUTRAL, ChatRequest
from app.assistant import Assistant
from app.config import load_settings
from app.web.server import build_app
from engine.methods import METHODS

HELLO: dict[str, Any] = {"model": "demo", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    settings = load_settings()
    assistant = Assistant(settings)
    app = build_app(assistant, settings, page=False, door=Door(assistant, settings))
    yield TestClient(app, base_url="http://localhost")
    assistant.close()


def said(**changes: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", **changes}]}


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"temperature": 2.1}, "temperature", "number_above_max_value"),
        ({"temperature": "0.5"}, "temperature", "invalid_type"),
        ({"temperature": True}, "temperature", "invalid_type"),
        ({"top_p": 0}, "top_p", "number_below_min_value"),
        ({"max_tokens": 0}, "max_tokens", "number_below_min_value"),
        ({"max_tokens": 1.5}, "max_tokens", "invalid_type"),
        ({"max_tokens": 3, "max_completion_tokens": 3}, "max_tokens", "invalid_parameter_combination"),
        ({"seed": 2**63}, "seed", "number_above_max_value"),
        ({"seed": 10**400}, "seed", "number_above_max_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "too_long"),
        ({"stop": ["a", ""]}, "stop[1]", "empty_value"),
        ({"stop": 5}, "stop", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_parameter_combination"),
        ({"stream": True, "stream_options": {"x": 1}}, "stream_options.x", "unknown_parameter"),
        ({"messages": []}, "messages", "empty_value"),
        ({"messages": "hello"}, "messages", "invalid_type"),
        ({"messages": None}, "messages", "invalid_type"),
        (said(), "messages[0]", "invalid_value"),
        (said(content=5), "messages[0].content", "invalid_type"),
        (said(content="a", colour="red"), "messages[0].colour", "unknown_parameter"),
        (said(content=[{"type": "image_url", "image_url": {}}]), "messages[0].content[0].type", "invalid_value"),
        (said(content=[{"type": "text"}]), "messages[0].content[0].text", "missing_required_parameter"),
        (said(role="robot", content="a"), "messages[0].role", "invalid_value"),
        (said(role="system", content="Be brief."), "messages[0].role", "unsupported_value"),
        ({"sotto": {"method": "telepathy"}}, "sotto.method", "invalid_value"),
        ({"sotto": {"patience": 1.1}}, "sotto.patience", "number_above_max_value"),
        ({"sotto": {"patients": 1}}, "sotto.patients", "unknown_parameter"),
        ({"temperture": 1}, "temperture", "unknown_parameter"),
        ({"n": 2}, "n", "unsupported_parameter"),
        ({"reasoning_effort": "high"}, "reasoning_effort", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"tools": [{"type": "function"}]}, "tools", "unsupported_parameter"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"presence_penalty": False}, "presence_penalty", "unsupported_parameter"),
    ],
)
def test_a_bad_parameter_is_named_in_the_apis_error_object(
    client: TestClient, changes: dict[str, Any], param: str, code: str
) -> None:
    answer = client.post("/v1/chat/completions", json=HELLO | changes)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"], error["code"]) == (
        400,
        "invalid_request_error",
        param,
        code,
    )
    assert error["message"] and "\n" not in error["message"]


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_what_is_required_is_asked_for(client: TestClient, missing: str) -> None:
    body = {name: value for name, value in HELLO.items() if name != missing}
    error = client.post("/v1/chat/completions", json=body).json()["error"]
    assert (error["param"], error["code"]) == (missing, "missing_required_parameter")


def test_an_unknown_model_is_not_found(client: TestClient) -> None:
    for answer in (
        client.post("/v1/chat/completions", json=HELLO | {"model": "gpt-9"}),
        client.get("/v1/models/gpt-9"),
        client.get("/v1/models/../etc"),
    ):
        assert answer.status_code == 404
    assert client.get("/v1/models/gpt-9").json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nonsense", b"[1]", b'"text"', b"null", b"[" * 100_000, b"\xff\xfe", b"NaN",
        b'{"model": "\\ud800"}', b'{"seed": ' + b"9" * 5000 + b"}",
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_told_so(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400 and answer.json()["error"]["type"] == "invalid_request_error"


def test_another_content_type_is_refused(client: TestClient) -> None:
    """A foreign page could send it without asking first."""
    body = b'{"model": "demo", "messages": [{"role": "user", "content": "hello"}]}'
    answer = client.post("/v1/chat/completions", content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 400


def test_other_addresses_and_methods_are_told_as_the_api_does(client: TestClient) -> None:
    unknown = client.get("/v1/completions")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_url")
    wrong = client.get("/v1/chat/completions")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_supported")


def test_values_that_ask_for_nothing_pass() -> None:
    for name, values in NEUTRAL.items():
        for value in (None, *values):
            ChatRequest.model_validate(HELLO | {name: value}).check()
    ChatRequest.model_validate(HELLO | {"user": "me", "metadata": {"a": "b"}, "presence_penalty": 0.0}).check()


def test_what_the_sdk_sends_back_of_an_answer_passes() -> None:
    answer = {"role": "assistant", "content": "hi", "refusal": None, "reasoning_content": "so", "tool_calls": None}
    ChatRequest.model_validate({"model": "demo", "messages": [HELLO["messages"][0], answer]})


def test_every_method_of_the_engine_can_be_asked_for() -> None:
    for method in METHODS:
        ChatRequest.model_validate(HELLO | {"sotto": {"method": method}})


def test_one_stop_is_a_list_of_one() -> None:
    assert ChatRequest.model_validate(HELLO | {"stop": "."}).stop == ["."]

"""Where the door meets the rest of the server: the socket's programs, the page's turns, the commands."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from app.api.chat import model_name
from app.api.door import Door
from app.api.keys import add_key
from app.assistant import Assistant
from app.config import Settings, load_settings
from app.conversation.events import TurnDone
from app.web.server import build_app
from tests.app.web.fake_assistant import FakeAssistant


def served(settings: Settings) -> TestClient:
    """A socket with a fake assistant behind it, and the door of one that never ran."""
    door = Door(Assistant(settings), settings)
    return TestClient(build_app(FakeAssistant(), settings, page=False, door=door), base_url="http://localhost")


def opens_socket(client: TestClient, headers: dict[str, str]) -> bool:
    try:
        with client.websocket_connect("ws://localhost/v1/realtime?modality=text", headers=dict(headers)) as socket:
            return bool(socket.receive_json()["type"] == "session.created")
    except WebSocketDisconnect:
        return False


def test_a_socket_needs_a_key_where_a_request_does(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    key = add_key(file, "laptop")
    client = served(load_settings(flags={"api_key_file": str(file)}))
    for headers, welcome in (({}, False), ({"authorization": f"Bearer {key}"}, True), ({"authorization": "x"}, False)):
        assert opens_socket(client, headers) == welcome
        assert client.get("/v1/models", headers=headers).is_success == welcome
        assert client.get("/metrics", headers=headers).is_success == welcome
    assert client.get("/healthz").is_success and client.get("/v1/openapi.json").is_success


def test_on_this_machine_a_socket_needs_none() -> None:
    assert opens_socket(served(load_settings()), {})


def test_beyond_this_machine_without_keys_no_program_is_served() -> None:
    client = served(load_settings(flags={"host": "0.0.0.0"}))
    assert not opens_socket(client, {"authorization": "Bearer anything"})
    refused = client.get("/v1/models", headers={"authorization": "Bearer anything"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "no_api_keys")


def test_an_engine_that_does_not_run_is_not_ready_and_the_metrics_say_so() -> None:
    client = served(load_settings())
    assert client.get("/readyz").status_code == 503
    assert "sotto_engine_up 0.0" in client.get("/metrics").text


def test_spoken_turns_are_told_under_the_names_of_their_delays() -> None:
    settings = load_settings()
    assistant = Assistant(settings)
    client = TestClient(
        build_app(FakeAssistant(), settings, page=False, door=Door(assistant, settings)), base_url="http://localhost"
    )
    assert assistant.on_turn is not None
    assistant.on_turn(TurnDone(0.0, 1, "a", "a", False, {"e2e_latency": 1400.0, "steps_to_first": 6.0}))
    metrics = client.get("/metrics").text
    assert 'sotto_e2e_latency_seconds_sum{door="realtime"} 1.4' in metrics
    assert 'sotto_steps_to_first_sum{door="realtime"} 6.0' in metrics


def test_a_folder_of_a_model_is_told_by_its_name_alone(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    folder.mkdir()
    assert model_name(str(folder)) == "my-model" and model_name("Qwen/Qwen3-8B") == "Qwen/Qwen3-8B"
    client = served(load_settings(flags={"model": str(folder)}))
    assert client.get("/v1/models").json()["data"][0]["id"] == "my-model"
    assert str(tmp_path) not in client.get("/v1/models/x").text


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_every_refusal_is_the_apis_error_object(method: str) -> None:
    client = served(load_settings())
    for path in ("/v1", "/v1/", "/v1/nothing", "/v1/realtime", "/v1/chat/completions/x"):
        answer = client.request(method, path, follow_redirects=False)
        if answer.status_code != 307:
            assert set(answer.json()["error"]) == {"message", "type", "param", "code"}

"""What a peer may say is checked; what it may not say is explained."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.realtime import client_events as client
from app.realtime.errors import ProtocolError


def refusal(message: object) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        client.parse(message if isinstance(message, str) else json.dumps(message))
    return caught.value


def test_sound_arrives_as_the_bytes_that_were_sent() -> None:
    pcm = bytes(range(64))
    event = client.parse(
        json.dumps({"type": "input_audio_buffer.append", "audio": base64.b64encode(pcm).decode(), "event_id": "e1"})
    )
    assert isinstance(event, client.AudioAppend)
    assert (event.pcm(), event.event_id) == (pcm, "e1")


def test_a_session_update_of_openais_own_clients_is_understood() -> None:
    event = client.parse(
        json.dumps(
            {
                "type": "session.update",
                "session": {
                    "type": "realtime",
                    "output_modalities": ["audio"],
                    "audio": {
                        "input": {
                            "format": {"type": "audio/pcm", "rate": 24000},
                            "turn_detection": {"type": "server_vad"},
                            "transcription": {"model": "whisper-1"},
                        },
                        "output": {"format": {"type": "audio/pcm", "rate": 24000}},
                    },
                },
            }
        )
    )
    assert isinstance(event, client.SessionUpdate)
    assert event.session.output_modalities == ("audio",)


def test_text_parts_of_a_message_are_joined_by_lines() -> None:
    content = [{"type": "input_text", "text": "one"}, {"type": "input_text", "text": "two"}]
    event = client.parse(
        json.dumps(
            {"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": content}}
        )
    )
    assert isinstance(event, client.ItemCreate)
    assert event.item.text == "one\ntwo"


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("{nonsense", "invalid_json", None),
        ("[1, 2]", "missing_type", "type"),
        ("null", "missing_type", "type"),
        ({"audio": "AAAA"}, "missing_type", "type"),
        ({"type": "session.destroy"}, "unknown_event", "type"),
        ({"type": 7}, "unknown_event", "type"),
        ({"type": "input_audio_buffer.append"}, "invalid_value", "audio"),
        ({"type": "input_audio_buffer.commit", "hurry": True}, "unknown_parameter", "hurry"),
        ({"type": "sotto.playback", "epoch": -1, "played_samples": 0}, "invalid_value", "epoch"),
        ({"type": "sotto.playback", "epoch": 1, "played_samples": 10**400}, "invalid_value", "played_samples"),
        ({"type": "response.create", "response": {"instructions": "sing"}}, "unknown_parameter", None),
        ({"type": "session.update", "session": {"instructions": "sing"}}, "unknown_parameter", "session.instructions"),
        (
            {"type": "session.update", "session": {"output_modalities": ["audio", "text"]}},
            "invalid_value",
            "session.output_modalities",
        ),
        (
            {"type": "session.update", "session": {"audio": {"input": {"turn_detection": None}}}},
            "invalid_value",
            "session.audio.input.turn_detection",
        ),
        (
            {"type": "session.update", "session": {"sotto": {"method": "magic"}}},
            "invalid_value",
            "session.sotto.method",
        ),
        *(
            (
                {"type": "session.update", "session": {"sotto": {"patience": wrong}}},
                "invalid_value",
                "session.sotto.patience",
            )
            for wrong in (1.5, -0.1, "much", True)
        ),
        (
            {"type": "session.update", "session": {"audio": {"input": {"format": {"rate": 96000}}}}},
            "invalid_value",
            "session.audio.input.format.rate",
        ),
    ],
)
def test_a_bad_message_is_refused_with_code_and_field(message: object, code: str, param: str | None) -> None:
    error = refusal(message)
    assert error.code == code
    assert error.param == param or param is None
    assert "\n" not in str(error)


def test_a_refusal_names_the_clients_event() -> None:
    assert refusal({"type": "response.cancel", "event_id": "mine", "reason": "bored"}).event_id == "mine"


def test_sound_that_is_not_base64_is_refused() -> None:
    event = client.parse(json.dumps({"type": "input_audio_buffer.append", "audio": "***"}))
    assert isinstance(event, client.AudioAppend)
    with pytest.raises(ProtocolError, match="not base64"):
        event.pcm()


def test_typed_text_has_a_limit() -> None:
    content = [{"type": "input_text", "text": "x" * (client.TYPED_TEXT_LIMIT + 1)}]
    item = {"type": "message", "role": "user", "content": content}
    assert refusal({"type": "conversation.item.create", "item": item}).code == "invalid_value"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
known_types = st.sampled_from(
    ["session.update", "input_audio_buffer.append", "conversation.item.create", "response.create", "sotto.playback"]
)


@given(st.one_of(st.text(), json_values.map(json.dumps)))
def test_whatever_is_sent_is_understood_or_refused_in_one_line(text: str) -> None:
    try:
        client.parse(text)
    except ProtocolError as error:
        assert "\n" not in str(error)


@given(known_types, st.dictionaries(st.sampled_from(["session", "audio", "item", "response", "epoch"]), json_values))
def test_whatever_a_known_event_carries_is_understood_or_refused(kind: str, fields: dict[str, object]) -> None:
    try:
        client.parse(json.dumps({"type": kind, **fields}))
    except ProtocolError as error:
        assert error.code

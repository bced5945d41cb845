"""One connection from its first message to its last, without a network and with a scripted assistant."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import pytest

from app.errors import SettingsError
from app.realtime.outbox import CAP_BYTES
from tests.app.realtime.peer import Peer, connected
from tests.app.web.fake_assistant import FakeAssistant, FakeConversation, Script, tone

QUICK = Script(thoughts=("Think.",), phrases=("One.", " Two."), phrase_s=0.1, token_s=0.001)


def quick(room: int = 8) -> FakeAssistant:
    return FakeAssistant(
        Script(thoughts=QUICK.thoughts, phrases=QUICK.phrases, phrase_s=QUICK.phrase_s, token_s=QUICK.token_s), room
    )


def run(scenario: Callable[[Peer], Awaitable[None]], assistant: FakeAssistant) -> None:
    async def main() -> None:
        async with connected(assistant) as peer:
            await scenario(peer)
        assert assistant.open == 0, "a conversation was left open"
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a task was left running"

    asyncio.run(main())


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def test_the_first_event_is_the_session() -> None:
    async def scenario(peer: Peer) -> None:
        event = await peer.next()
        assert isinstance(event, dict)
        assert event["type"] == "session.created"
        assert event["event_id"] == "event_1"
        assert event["session"]["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 24_000}
        assert event["session"]["sotto"]["method"] == "async"

    run(scenario, quick())


def test_a_typed_question_is_answered_to_its_end_by_a_peer_that_reports_nothing() -> None:
    async def scenario(peer: Peer) -> None:
        peer.type("What is two plus two?")
        events = await peer.until("sotto.turn")
        assert types(events).index("conversation.item.added") < types(events).index("response.created")
        assert (
            "".join(e["delta"] for e in events if e["type"] == "response.output_audio_transcript.delta") == "One. Two."
        )
        assert "".join(e["delta"] for e in events if e["type"] == "response.reasoning_text.delta") == "Think."
        pcm = b"".join(base64.b64decode(e["delta"]) for e in events if e["type"] == "response.output_audio.delta")
        assert len(pcm) == 2 * 2 * 2_400
        assert events[-1]["heard"] == "One. Two."
        assert events[-2]["response"]["status"] == "completed"

    assistant = quick()
    run(scenario, assistant)
    assert assistant.script.said == ["What is two plus two?"]


def test_sound_comes_as_binary_to_those_who_ask_for_it() -> None:
    async def scenario(peer: Peer) -> None:
        peer.say("session.update", session={"sotto": {"audio_frames": "binary"}})
        peer.type("hello")
        while not isinstance(data := await peer.next(), bytes):
            assert data["type"] != "response.output_audio.delta"
        assert data[:8] == b"\x01\0\0\0\0\0\0\0"
        assert np.array_equal(np.frombuffer(data[8:], "<i2"), tone(440.0, 0.1))

    run(scenario, quick())


@pytest.mark.parametrize("binary", [True, False])
def test_microphone_sound_reaches_the_conversation_at_16_khz(binary: bool) -> None:
    assistant = quick()
    second = tone(440.0, 1.0, rate_hz=24_000).tobytes()

    async def scenario(peer: Peer) -> None:
        for start in range(0, len(second), 960):
            chunk = second[start : start + 960]
            peer.say_raw(chunk) if binary else peer.append(chunk)
        await peer.until("input_audio_buffer.speech_started")
        peer.say("input_audio_buffer.commit")
        await peer.until("input_audio_buffer.committed")

    run(scenario, assistant)
    heard = np.concatenate(assistant.script.heard)
    assert 15_000 <= len(heard) <= 16_000
    spectrum = np.abs(np.fft.rfft(heard.astype(float)))
    assert abs(int(spectrum.argmax()) * 16_000 / len(heard) - 440) < 3


def test_a_bad_message_is_told_and_the_connection_lives() -> None:
    async def scenario(peer: Peer) -> None:
        peer.say_raw("{not json")
        peer.say_raw(b"odd")
        peer.say("input_audio_buffer.clear")
        peer.say("response.create", event_id="empty")
        errors = [(await peer.until("error"))[-1]["error"] for _ in range(4)]
        assert [error["code"] for error in errors] == [
            "invalid_json",
            "invalid_audio",
            "not_supported",
            "nothing_to_respond_to",
        ]
        assert errors[3]["event_id"] == "empty"
        peer.type("still there?")
        await peer.until("response.done")

    run(scenario, quick())


def test_cancelling_silences_and_cancels_the_response() -> None:
    async def scenario(peer: Peer) -> None:
        peer.type("hello")
        await peer.until("response.output_audio.delta")
        peer.say("response.cancel")
        events = await peer.until("response.done")
        assert "sotto.flush" in types(events)
        assert events[-1]["response"]["status"] == "cancelled"
        peer.say("response.cancel")
        assert (await peer.until("error"))[-1]["error"]["code"] == "response_cancel_not_active"

    run(scenario, FakeAssistant())


def test_a_flush_keeps_back_the_sound_that_was_still_waiting() -> None:
    """The script makes 4.8 s of sound at once; two seconds go ahead, the rest must not come after the flush."""

    async def scenario(peer: Peer) -> None:
        peer.type("hello")
        await peer.until("response.output_audio_transcript.done")
        peer.say("response.cancel")
        await peer.until("sotto.flush")
        peer.say("response.cancel")
        after = await peer.until("error")
        assert "response.output_audio.delta" not in types(after)

    run(scenario, FakeAssistant(Script(token_s=0.001)))


def test_a_changed_method_begins_another_conversation_whose_epochs_go_on() -> None:
    assistant = quick()

    async def scenario(peer: Peer) -> None:
        peer.type("one")
        first = (await peer.until("response.output_audio.delta"))[-1]["sotto"]["epoch"]
        peer.say("session.update", session={"sotto": {"method": "think"}})
        events = await peer.until("session.updated")
        while events[-1]["session"]["sotto"]["method"] != "think":
            events = await peer.until("session.updated")
        assert events[-2] | {"event_id": ""} == {
            "event_id": "",
            "type": "sotto.flush",
            "response_id": None,
            "epoch": first,
        }
        peer.say("sotto.playback", epoch=first, played_samples=10)
        peer.type("two")
        event = (await peer.until("response.output_audio.delta"))[-1]
        assert event["sotto"]["epoch"] > first
        assert event["response_id"] == "resp_2_1"
        peer.say("sotto.playback", epoch=event["sotto"]["epoch"], played_samples=7)
        peer.say("response.create")
        await peer.until("response.output_audio_transcript.done")

    run(scenario, assistant)
    assert assistant.script.methods == [None, "think"]
    assert (1, 7, False) in assistant.conversations[1].reports
    assert all(samples != 10 for _, samples, _ in assistant.conversations[1].reports)


def test_patience_is_told_to_the_running_conversation_and_to_those_that_follow() -> None:
    assistant = quick()

    async def scenario(peer: Peer) -> None:
        assert (await peer.until("session.created"))[-1]["session"]["sotto"]["patience"] is None
        peer.say("session.update", session={"sotto": {"patience": 0.9}})
        assert (await peer.until("session.updated"))[-1]["session"]["sotto"]["patience"] == 0.9
        assert [one.patience for one in assistant.conversations] == [[0.9]]
        peer.say("session.update", session={"sotto": {"method": "think"}})
        assert (await peer.until("session.updated"))[-1]["session"]["sotto"]["patience"] == 0.9

    run(scenario, assistant)
    assert [one.patience for one in assistant.conversations] == [[0.9], [0.9]]


def test_a_method_that_cannot_be_had_is_told_and_the_former_stays() -> None:
    class Picky(FakeAssistant):
        def converse(self, method: str | None = None, voice: bool = True) -> FakeConversation:
            if method == "think":
                raise SettingsError("think needs a larger model")
            return super().converse(method, voice)

    async def scenario(peer: Peer) -> None:
        await peer.until("session.created")
        peer.say("session.update", session={"sotto": {"method": "think"}})
        assert (await peer.until("error"))[-1]["error"]["message"] == "think needs a larger model"
        assert (await peer.until("session.updated"))[-1]["session"]["sotto"]["method"] == "async"

    run(scenario, Picky())


def test_a_text_session_has_no_sound() -> None:
    async def scenario(peer: Peer) -> None:
        peer.say("session.update", session={"output_modalities": ["text"]})
        peer.type("hello")
        events = await peer.until("response.done")
        assert "response.output_text.done" in types(events)
        assert "response.output_audio.delta" not in types(events)

    run(scenario, quick())


def test_a_full_engine_is_told_and_closes_with_1008() -> None:
    async def scenario(peer: Peer) -> None:
        events = await peer.until("error")
        assert types(events) == ["error"]
        assert events[0]["error"]["code"] == "engine_full"
        await asyncio.sleep(0.01)
        assert peer.closed == (1008, "engine_full")

    run(scenario, FakeAssistant(room=0))


def test_a_fault_nobody_foresaw_is_told_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(FakeConversation):
        async def say(self, text: str) -> None:
            raise ZeroDivisionError("secret detail")

    class BrokenAssistant(FakeAssistant):
        def converse(self, method: str | None = None, voice: bool = True) -> FakeConversation:
            conversation = super().converse(method, voice)
            conversation.__class__ = Broken
            return conversation

    async def scenario(peer: Peer) -> None:
        peer.type("hello")
        error = (await peer.until("error"))[-1]["error"]
        assert (error["type"], error["code"]) == ("server_error", "internal_error")
        assert "secret" not in error["message"]
        await asyncio.sleep(0.01)
        assert peer.closed == (1011, "internal_error")

    run(scenario, BrokenAssistant())
    assert "secret detail" in caplog.text


def test_heard_sound_may_be_told_the_apis_way() -> None:
    assistant = FakeAssistant()

    async def scenario(peer: Peer) -> None:
        peer.type("hello")
        item = (await peer.until("response.output_audio.delta"))[-1]["item_id"]
        peer.say("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=500)
        assert (await peer.until("conversation.item.truncated"))[-1]["audio_end_ms"] == 500
        peer.say("conversation.item.truncate", item_id="nobody", content_index=0, audio_end_ms=500)
        assert (await peer.until("error"))[-1]["error"]["code"] == "item_not_found"

    run(scenario, assistant)
    assert assistant.conversations[0].reports == [(1, 12_000, True)]


def test_a_peer_that_takes_no_messages_is_given_up() -> None:
    long = Script(phrases=("Long.",), phrase_s=1.0 + CAP_BYTES / 48_000, token_s=0.001)

    async def scenario(peer: Peer) -> None:
        await peer.until("session.created")
        peer.deaf = True
        peer.type("hello")
        for _ in range(200):
            if peer.closed:
                break
            await asyncio.sleep(0.01)
        assert peer.closed == (1013, "too_slow")

    run(scenario, FakeAssistant(long))

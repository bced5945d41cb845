"""A conversation's events become the API's, in the API's order; thoughts and answers never share an item."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.conversation import events
from app.conversation.events import ConversationEvent, Mind, Mouth
from app.realtime.messages import Event, Sound
from app.realtime.server_events import Translator

PCM = b"\x01\x00" * 480


def told(translator: Translator, *happened: ConversationEvent, heard_ms: int = 0) -> list[dict[str, Any]]:
    """The bodies of all messages for these events, sound included."""
    messages = [message for event in happened for message in translator.translate(event, heard_ms)]
    return [message.as_json() if isinstance(message, Sound) else message.body for message in messages]


def types(bodies: list[dict[str, Any]]) -> list[str]:
    return [body["type"] for body in bodies]


def spoken_turn(turn: int = 1, interrupted: bool = False) -> list[ConversationEvent]:
    return [
        events.SpeechStarted(0.0),
        events.PartialTranscript(0.2, "two plus"),
        events.SpeechEnded(0.9),
        events.UserTurn(1.0, turn, "two plus two", spoken=True),
        events.ThoughtDelta(1.1, turn, "2+2=4", step=1),
        events.AnswerDelta(1.2, turn, "It is", step=2),
        events.AudioDelta(1.3, turn, turn, PCM, "It is four."),
        events.AudioDelta(1.3, turn, turn, PCM, ""),
        events.AnswerDelta(1.4, turn, " four.", step=3),
        events.ThoughtsDone(1.5, turn),
        events.AnswerDone(1.6, turn, "It is four."),
        events.AudioDone(1.7, turn, turn),
        events.TurnDone(2.0, turn, "It is four.", "It is", interrupted, {"ttft": 7.0}),
    ]


def test_a_spoken_turn_is_told_in_the_apis_order() -> None:
    assert types(told(Translator(voice=True), *spoken_turn())) == [
        "input_audio_buffer.speech_started",
        "sotto.transcript.partial",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.completed",
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.reasoning_text.delta",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "sotto.phrase",
        "response.output_audio.delta",
        "response.output_audio.delta",
        "response.output_audio_transcript.delta",
        "response.reasoning_text.done",
        "response.output_audio_transcript.done",
        "response.output_audio.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "sotto.turn",
    ]


def test_a_text_session_tells_output_text_and_no_sound() -> None:
    silent = [event for event in spoken_turn() if not isinstance(event, events.AudioDelta | events.AudioDone)]
    told_types = types(told(Translator(voice=False), *silent))
    assert "response.output_text.delta" in told_types
    assert "response.output_text.done" in told_types
    assert not any("audio" in kind for kind in told_types if kind.startswith("response."))


def test_thoughts_and_answer_never_share_an_item() -> None:
    bodies = told(Translator(voice=True), *spoken_turn())
    thought_items = {body["item_id"] for body in bodies if "reasoning" in body["type"]}
    answer_items = {body["item_id"] for body in bodies if "output_audio" in body["type"]}
    assert len(thought_items) == len(answer_items) == 1
    assert thought_items.isdisjoint(answer_items)
    assert {body["output_index"] for body in bodies if "reasoning" in body["type"]} == {1}
    assert {body["output_index"] for body in bodies if "output_audio" in body["type"]} == {0}


def test_thoughts_may_begin_before_the_user_has_finished() -> None:
    translator = Translator(voice=True)
    bodies = told(
        translator,
        events.SpeechStarted(0.0),
        events.ThoughtDelta(0.5, 1, "hm", step=1),
        events.UserTurn(1.0, 1, "two plus two", spoken=True),
    )
    assert types(bodies).count("response.created") == 1
    assert types(bodies).index("response.created") < types(bodies).index("input_audio_buffer.committed")


def test_an_interrupted_turn_is_cancelled_and_its_item_incomplete() -> None:
    bodies = told(Translator(voice=True), *spoken_turn(interrupted=True))
    done = next(body for body in bodies if body["type"] == "response.done")["response"]
    assert (done["status"], done["output"][0]["status"]) == ("cancelled", "incomplete")
    turn = bodies[-1]
    assert (turn["heard"], turn["interrupted"], turn["latency"]) == ("It is", True, {"ttft": 7.0})


def test_sound_counts_its_samples_within_its_epoch() -> None:
    translator = Translator(voice=True)
    first = translator.translate(events.AudioDelta(0.0, 1, 1, PCM, ""))[-1]
    second = translator.translate(events.AudioDelta(0.0, 1, 1, PCM, ""))[-1]
    other = translator.translate(events.AudioDelta(0.0, 2, 2, PCM, ""))[-1]
    assert isinstance(first, Sound) and isinstance(second, Sound) and isinstance(other, Sound)
    assert [sound.first_sample for sound in (first, second, other)] == [0, 480, 0]
    assert second.as_binary() == b"\x01\x00\x00\x00\xe0\x01\x00\x00" + PCM


def test_the_last_sound_event_waits_behind_the_sound() -> None:
    translator = Translator(voice=True)
    translator.translate(events.AudioDelta(0.0, 1, 1, PCM, ""))
    [done] = translator.translate(events.AudioDone(0.0, 1, 1))
    assert isinstance(done, Event) and done.after_sound
    assert done.body["sotto"] == {"epoch": 1, "samples": 480}


def test_a_later_conversation_continues_the_peers_epochs_and_names() -> None:
    translator = Translator(voice=True, prefix="2_", first_epoch=10)
    sound = translator.translate(events.AudioDelta(0.0, 1, 1, PCM, ""))[-1]
    assert isinstance(sound, Sound)
    assert (sound.epoch, sound.body["response_id"], translator.last_epoch) == (11, "resp_2_1", 11)
    assert (translator.own_epoch(11), translator.own_epoch(9)) == (1, None)


def test_partial_transcripts_say_how_much_is_agreed() -> None:
    partials = [events.PartialTranscript(0.0, "what is"), events.PartialTranscript(0.0, "what is seven", agreed=7)]
    bodies = told(Translator(voice=True), *partials)
    assert [body["text"][: body["agreed"]] for body in bodies] == ["", "what is"]
    assert len({body["item_id"] for body in bodies}) == 1


def test_speech_positions_count_received_sound() -> None:
    translator = Translator(voice=True)
    [started] = told(translator, events.SpeechStarted(0.0), heard_ms=1_200)
    [stopped] = told(translator, events.SpeechEnded(0.0), heard_ms=2_700)
    bodies = told(translator, events.UserTurn(0.0, 1, "hello", spoken=True))
    completed = next(body for body in bodies if body["type"].endswith("transcription.completed"))
    assert (started["audio_start_ms"], stopped["audio_end_ms"]) == (1_200, 2_700)
    assert completed["usage"] == {"type": "duration", "seconds": 1.5}
    assert started["item_id"] == stopped["item_id"] == completed["item_id"]


def test_states_gate_flush_and_faults_have_names_of_their_own() -> None:
    bodies = told(
        Translator(voice=True),
        events.StateChanged(0.0, Mind.THINKING, Mouth.SPEAKING),
        events.GateAsked(0.0, 3, 17, -0.5, open=False, probability=0.25),
        events.Flush(0.0, 3, 5),
        events.Fault(0.0, "tts_died", "The synthesizer died."),
    )
    assert bodies[0] == {"type": "sotto.state", "mind": "thinking", "mouth": "speaking"}
    assert bodies[1] == {"type": "sotto.gate", "response_id": "resp_3", "step": 17} | {
        "log_odds": -0.5,
        "probability": 0.25,
        "open": False,
    }
    assert bodies[2] == {"type": "sotto.flush", "response_id": "resp_3", "epoch": 5}
    assert bodies[3]["error"]["code"] == "tts_died"


happenings = st.one_of(
    st.builds(
        events.ThoughtDelta,
        st.just(0.0),
        st.just(1),
        st.text(max_size=5),
        st.integers(0, 99),
        st.sampled_from(["", "1", "2.1"]),
    ),
    st.builds(events.AnswerDelta, st.just(0.0), st.just(1), st.text(max_size=5), st.integers(0, 99)),
    st.builds(events.AudioDelta, st.just(0.0), st.just(1), st.just(1), st.just(PCM), st.sampled_from(["", "a phrase"])),
    st.builds(events.AnswerDone, st.just(0.0), st.just(1), st.text(max_size=5)),
    st.builds(events.ThoughtsDone, st.just(0.0), st.just(1)),
    st.builds(events.AudioDone, st.just(0.0), st.just(1), st.just(1)),
    st.builds(events.UserTurn, st.just(0.0), st.just(1), st.text(max_size=5), st.booleans()),
)


@given(st.lists(happenings, max_size=30), st.booleans(), st.booleans())
def test_whatever_happens_each_part_opens_and_closes_once(
    happened: list[ConversationEvent], voice: bool, interrupted: bool
) -> None:
    bodies = told(Translator(voice), *happened, events.TurnDone(0.0, 1, "all", "", interrupted))
    counts = Counter(types(bodies))
    assert counts["response.created"] == counts["response.done"] == 1
    assert counts["response.output_item.added"] == counts["response.output_item.done"] == 1
    assert counts["response.content_part.added"] == counts["response.content_part.done"] <= 1
    text = "response.output_audio_transcript" if voice else "response.output_text"
    lanes = {event.lane for event in happened if isinstance(event, events.ThoughtDelta)}
    assert counts["response.reasoning_text.done"] <= len(lanes)  # what comes after the end is not told again
    for part in (text, "response.output_audio"):
        assert counts[f"{part}.done"] <= 1
        if counts[f"{part}.delta"]:
            assert counts[f"{part}.done"] == 1
    assert types(bodies)[-2:] == ["response.done", "sotto.turn"]


def test_every_worker_that_thinks_is_a_content_part_of_its_own() -> None:
    happened = [
        *(events.ThoughtDelta(0.5, 1, text, 1, lane) for lane, text in (("1", "a"), ("2", "b"), ("1", "c"))),
        events.ThoughtsDone(1.0, 1),
    ]
    bodies = [body for body in told(Translator(voice=False), *happened) if "reasoning" in body["type"]]
    assert [(body["content_index"], body["sotto"]["lane"]) for body in bodies] == [
        (0, "1"),
        (1, "2"),
        (0, "1"),
        (0, "1"),
        (1, "2"),
    ]
    assert [body["text"] for body in bodies if body["type"].endswith("done")] == ["ac", "b"]


def test_a_response_that_has_no_more_room_is_incomplete() -> None:
    happened = [*spoken_turn()[:-1], events.TurnDone(2.0, 1, "It is", "It is", interrupted=False, broke_off=True)]
    bodies = told(Translator(voice=True), *happened)
    done = next(body for body in bodies if body["type"] == "response.done")["response"]
    assert (done["status"], done["output"][0]["status"]) == ("incomplete", "incomplete")
    assert done["status_details"] == {"type": "incomplete", "reason": "max_output_tokens"}
    assert bodies[-1]["broke_off"]

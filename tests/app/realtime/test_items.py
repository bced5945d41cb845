"""Deleted items are nobody's predecessors, utterances that are no turns leave nothing, and nothing piles up."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.conversation import events
from app.realtime.messages import Event
from app.realtime.server_events import MOST_ANSWERS, Translator
from tests.app.realtime.test_server_events import spoken_turn, told, types


def withdrawn(turn: int, stands: bool = False) -> events.TurnDone:
    return events.TurnDone(2.0, turn, "", "", interrupted=True, withdrawn=True, stands=stands)


def test_an_utterance_that_is_no_turn_is_dropped_by_its_name() -> None:
    happened = [events.SpeechStarted(0.0), events.PartialTranscript(0.1, "mhm"), events.PassedOver(0.5)]
    bodies = told(Translator(voice=True), *happened)
    assert types(bodies)[-1] == "sotto.transcript.dropped"
    assert len({body["item_id"] for body in bodies}) == 1
    assert told(Translator(voice=True), events.PassedOver(0.5)) == [], "nothing was told of it"


def test_what_follows_a_turn_that_was_withdrawn_follows_what_stood_before_it() -> None:
    translator = Translator(voice=True)
    told(translator, *spoken_turn(1))
    happened = [events.SpeechStarted(3.0), events.TurnOpened(3.1, 2), withdrawn(2), *spoken_turn(3)]
    bodies = told(translator, *happened)
    deleted = {body["item_id"] for body in bodies if body["type"] == "conversation.item.deleted"}
    assert deleted == {"item_answer_2", "item_user_2"}
    (committed,) = (body for body in bodies if body["type"] == "input_audio_buffer.committed")
    assert (committed["item_id"], committed["previous_item_id"]) == ("item_user_3", "item_answer_1")


def test_words_that_stand_are_kept_and_what_is_typed_follows_them() -> None:
    translator = Translator(voice=True)
    told(translator, events.SpeechStarted(0.0), events.UserTurn(1.0, 1, "two plus two", spoken=True))
    added, _ = (message.body for message in translator.typed_item("times four", None) if isinstance(message, Event))
    assert added["previous_item_id"] == "item_answer_1"
    whole = events.UserTurn(2.0, 2, "two plus two\ntimes four", spoken=False)
    bodies = told(translator, withdrawn(1, stands=True), whole)
    assert [body["item_id"] for body in bodies if body["type"] == "conversation.item.deleted"] == ["item_answer_1"]


def test_typing_while_somebody_speaks_does_not_change_what_the_spoken_item_follows() -> None:
    translator = Translator(voice=True)
    told(translator, events.SpeechStarted(0.0), events.TurnOpened(0.1, 1))
    translator.typed_item("a note", "note")
    bodies = told(translator, events.UserTurn(1.0, 1, "two plus two", spoken=True))
    assert bodies[0]["type"] == "input_audio_buffer.committed" and bodies[0]["previous_item_id"] is None


def test_a_long_conversation_costs_no_more_than_a_short_one() -> None:
    translator = Translator(voice=True)
    for turn in range(1, 200):
        if turn % 3:
            told(translator, *spoken_turn(turn))
        else:
            told(translator, events.SpeechStarted(0.0), events.TurnOpened(0.1, turn), withdrawn(turn))
    assert len(translator.epoch_of_item) <= MOST_ANSWERS and "item_answer_199" in translator.epoch_of_item
    assert len(translator._order) <= 3 and not translator._users._of_turn and not translator.active


TURNS = st.lists(st.tuples(st.sampled_from(["spoken", "typed", "open"]), st.sampled_from(["done", "cut", "withdrawn"])))


@given(TURNS)
def test_nothing_is_told_to_follow_an_item_that_was_deleted(turns: list[tuple[str, str]]) -> None:
    translator = Translator(voice=True)
    standing: set[str | None] = {None}
    for turn, (begins, ends) in enumerate(turns, 1):
        bodies: list[dict[str, Any]] = []
        match begins:
            case "typed":
                bodies += [message.body for message in translator.typed_item("hi", None) if isinstance(message, Event)]
                bodies += told(translator, events.UserTurn(0.0, turn, "hi", spoken=False))
            case "spoken":
                bodies += told(translator, *spoken_turn(turn)[:4])
            case "open":
                bodies += told(translator, events.SpeechStarted(0.0), events.TurnOpened(0.0, turn))
        over = events.TurnDone(0.0, turn, "", "", interrupted=ends == "cut")
        bodies += told(translator, withdrawn(turn, stands=begins == "typed") if ends == "withdrawn" else over)
        for body in bodies:
            assert body.get("previous_item_id") in standing
            if body["type"] == "conversation.item.added":
                standing.add(body["item"]["id"])
            if body["type"] == "conversation.item.deleted":
                standing.remove(body["item_id"])

"""Messages to turns, and which of them are refused."""

from typing import Any

import pytest

from app.api.errors import ApiError
from app.api.requests import Message
from app.api.transcript import PastTurn, Transcript, read_transcript


def read(*messages: tuple[str, Any]) -> Transcript:
    return read_transcript([Message.model_validate({"role": role, "content": content}) for role, content in messages])


def refusal(*messages: tuple[str, Any], **more: object) -> ApiError:
    body = [Message.model_validate({"role": role, "content": content}) for role, content in messages]
    body[0] = body[0].model_copy(update=more)
    with pytest.raises(ApiError) as error:
        read_transcript(body)
    return error.value


def test_turns_are_what_was_said_and_answered() -> None:
    found = read(("user", "a"), ("assistant", "A"), ("user", "b"), ("assistant", None), ("user", "c"))
    assert found == Transcript((PastTurn("a", "A", 2), PastTurn("b", "", 2)), "c")


def test_messages_of_one_speaker_in_a_row_are_one() -> None:
    found = read(("user", "a"), ("user", "b"), ("assistant", "A"), ("assistant", "B"), ("user", "c"), ("user", "d"))
    assert found == Transcript((PastTurn("a\nb", "A\nB", 4),), "c\nd")


def test_text_parts_are_one_text() -> None:
    parts = [{"type": "text", "text": "what is "}, {"type": "text", "text": "2?"}]
    assert read(("user", parts)).question == "what is 2?"


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_are_refused_by_name_unless_they_say_nothing(role: str) -> None:
    error = refusal(("user", "a"), (role, "Be brief."))
    assert (error.status, error.code, error.param) == (400, "unsupported_value", "messages[1].role")
    assert read((role, " "), ("user", "a")).question == "a"


def test_tools_are_refused() -> None:
    assert refusal(("tool", "4"), ("user", "a")).param == "messages[0].role"
    assert refusal(("user", "a"), tool_calls=[{"id": "x"}]).param == "messages[0].tool_calls"


@pytest.mark.parametrize("messages", [[("user", " ")], [("user", "a"), ("assistant", "A")], [("system", "")]])
def test_there_must_be_words_to_answer(messages: list[tuple[str, Any]]) -> None:
    assert refusal(*messages).param == f"messages[{len(messages) - 1}]"


def test_the_user_speaks_first() -> None:
    assert refusal(("assistant", "hello"), ("user", "a")).param == "messages[0].role"


def test_forgotten_messages_are_those_of_the_oldest_turns() -> None:
    past = (PastTurn("a", "A", 3), PastTurn("b", "B", 2), PastTurn("c", "C", 2))
    found = Transcript(past, "d")
    assert [found.forgotten_messages(turns) for turns in range(5)] == [7, 5, 3, 0, 0]

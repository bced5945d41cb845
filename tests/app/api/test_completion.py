"""How a completion is told when the engine fails, and when several think. The generation is scripted."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import cast

import pytest

from app.api.completion import DONE, Completion
from app.api.course import Course, Delta
from app.api.errors import ApiError
from app.api.generation import Generation, Limits, TooLong, as_read
from app.api.transcript import PastTurn, Transcript
from engine.events import ConversationFailed, EndReason, Event, StreamName, TokenGenerated, TurnEnded


class Scripted:
    """Stands for a generation whose engine tells these events."""

    def __init__(self, *events: Event) -> None:
        self.course, self._events = Course(), events
        self.opened = type("Opened", (), {"prompt_tokens": 3})

    async def deltas(self) -> AsyncIterator[Delta]:
        for event in self._events:
            for delta in self.course.take([event]):
                yield delta


def token(stream: StreamName, text: str, lane: str = "") -> TokenGenerated:
    return TokenGenerated(1, 1, 1, 0.1, stream, 7, text, lane)


def completion(*events: Event) -> Completion:
    return Completion(cast(Generation, Scripted(*events)), "demo", "async", 0, 1, usage=False)


SAID, FAILED = token(StreamName.OUTPUT, "so"), ConversationFailed(1, 1, 0.2, "/home/x: it broke")


def test_an_engine_that_fails_is_a_fault_that_tells_nothing_of_itself() -> None:
    with pytest.raises(ApiError) as error:
        asyncio.run(completion(SAID, FAILED).whole())
    assert error.value.status == 500 and "/home" not in str(error.value)


def test_in_mid_stream_it_is_an_error_object_and_no_done() -> None:
    async def told() -> list[str]:
        return [chunk async for chunk in completion(SAID, FAILED).chunks()]

    *_, said, last = asyncio.run(told())
    assert json.loads(said)["choices"][0]["delta"] == {"content": "so"}
    assert json.loads(last)["error"]["code"] == "internal_error" and "/home" not in last and last != DONE


def test_thoughts_of_several_are_told_one_after_the_other() -> None:
    thoughts = [token(StreamName.THOUGHTS, text, lane) for text, lane in (("a", "1"), ("x", "2"), ("b", "1"))]
    whole = asyncio.run(completion(*thoughts, SAID, TurnEnded(1, 1, 4, 0.4, EndReason.FINISHED)).whole())
    assert whole.choices[0].message.reasoning_content == "ab\n\nx"
    assert (whole.usage.completion_tokens, whole.usage.completion_tokens_details.reasoning_tokens) == (4, 3)


PAST = tuple(PastTurn(f"said {n}", f"answer {n}", 2) for n in range(5))


@pytest.mark.parametrize(("turns", "first"), [(0, None), (2, "SAID 3"), (9, "SAID 0")])
def test_only_turns_that_the_model_sees_are_read_and_only_the_users_words_are_spelled(
    turns: int, first: str | None
) -> None:
    words = as_read(Transcript(PAST, "now"), Limits(1000, turns), str.upper)
    assert words.question == "NOW" and len(words.past) == min(turns, 5)
    assert first is None or words.past[0] == (first, PAST[int(first[-1])].answer)


def test_what_is_far_too_long_is_not_even_tokenized() -> None:
    with pytest.raises(TooLong):
        as_read(Transcript((), "a" * 8001), Limits(1000, 3), str)
    assert as_read(Transcript((PastTurn("a" * 9000, "", 2),), "a"), Limits(1000, 0), str).past == ()

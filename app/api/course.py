"""The course of one completion: the engine's events to text deltas, counts, and the reason it ends. Pure.

Thoughts and answer grow at once, so deltas of both come in the order of the engine's steps. The limit counts both, as
OpenAI's does; stop sequences end the answer, thoughts know none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.api.stop import StopCutter
from app.latency import Moments
from engine.events import ConversationFailed, EndReason, Event, StreamName, TokenGenerated, TurnEnded


class FinishReason(StrEnum):
    """Why a completion ended, in the API's words."""

    STOP = "stop"
    LENGTH = "length"


@dataclass(frozen=True, slots=True)
class Delta:
    """What was added to the thoughts or to the answer. lane: which of several thinkers ("" for a single one)."""

    stream: StreamName
    text: str
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """The engine could not go on with this conversation."""

    message: str


class Course:
    """Takes the events of one turn. finish: set once it is over, and nothing is taken any more. moments: for its
    delays.
    """

    def __init__(self, most_tokens: int | None = None, stops: Sequence[str] = ()) -> None:
        self._most_tokens = most_tokens
        self._cutter = StopCutter(stops)
        self.finish: FinishReason | Failed | None = None
        self.moments = Moments()
        self.thought_tokens = self.answer_tokens = self.steps = 0

    @property
    def tokens(self) -> int:
        return self.thought_tokens + self.answer_tokens

    def take(self, events: Sequence[Event]) -> list[Delta]:
        """What these events add."""
        return [delta for event in events for delta in self._take(event) if delta.text]

    def _take(self, event: Event) -> Iterator[Delta]:
        if self.finish is not None:
            return
        match event:
            case TokenGenerated():
                self.steps = event.step
                yield self._token(event)
                if self._cutter.met:
                    self.finish = FinishReason.STOP
                elif self.tokens == self._most_tokens:
                    yield from self._end(FinishReason.LENGTH)
            case TurnEnded(step=step, reason=reason):
                self.steps = step
                yield from self._end(FinishReason.STOP if reason is EndReason.FINISHED else FinishReason.LENGTH)
            case ConversationFailed(out_of_room=True):
                yield from self._end(FinishReason.LENGTH)
            case ConversationFailed(message=message):
                self.finish = Failed(message)

    def _token(self, event: TokenGenerated) -> Delta:
        moments = self.moments
        moments.first_token_s = event.at_s if moments.first_token_s is None else moments.first_token_s
        if event.stream is StreamName.THOUGHTS:
            self.thought_tokens += 1
            return Delta(event.stream, event.text, event.lane)
        self.answer_tokens += 1
        moments.first_answer_s = event.at_s if moments.first_answer_s is None else moments.first_answer_s
        moments.answer_steps.append(event.step)
        return Delta(event.stream, self._cutter.push(event.text))

    def _end(self, reason: FinishReason) -> Iterator[Delta]:
        self.finish = reason
        yield Delta(StreamName.OUTPUT, self._cutter.flush())

"""One question of `eval --live` in one conversation, heard word by word, and the outcome."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.checking import is_right
from app.errors import RunError
from app.evaluation.live_question import LiveKind, LiveQuestion, Said, SpokenPace, spoken
from engine.conversation import Conversation
from engine.events import ConversationFailed, EndReason, Event, StreamCut, StreamName, TokenGenerated, TurnEnded


@dataclass(frozen=True, slots=True)
class LiveOutcome:
    """One question under one policy. wait_steps: from the last word that was heard to the first token of the answer,
    negative if the answer was begun before; None if there is no answer. taken_back: characters of thoughts and answer
    that were dropped.
    """

    policy: str
    kind: LiveKind
    question: str
    expected: str
    answer: str
    right: bool
    wait_steps: int | None
    steps: int
    taken_back: int


class Listening:
    """A conversation that hears one question."""

    def __init__(
        self, number: int, asked: LiveQuestion, policy: str, pace: SpokenPace, conversation: Conversation
    ) -> None:
        self.number, self.asked, self.policy, self.conversation = number, asked, policy, conversation
        everything = list(spoken(asked.live, pace, late=asked.kind is LiveKind.LATE))
        self._to_say = [Said(0, everything[-1].text, over=True)] if policy == "whole" else everything
        self._now = self._heard_at = self._first_at = self._taken_back = 0
        self._text = dict.fromkeys(StreamName, "")
        self.ended: TurnEnded | None = None

    def speak(self) -> None:
        """What the user says before the next step."""
        while self._to_say and self._to_say[0].step <= self._now:
            said = self._to_say.pop(0)
            self.conversation.listen(said.text)
            if said.over:
                self.conversation.end_input()
            self._heard_at = self._now
        self._now += 1

    def take(self, event: Event) -> None:
        match event:
            case TokenGenerated(stream=stream, text=text):
                if stream is StreamName.OUTPUT and not self._text[stream]:
                    self._first_at = self._now
                self._text[stream] += text
            case StreamCut(stream=stream, characters=characters):
                self._taken_back += len(self._text[stream]) - characters
                self._text[stream] = self._text[stream][:characters]
            case TurnEnded():
                self.ended = event
            case ConversationFailed(message=message):
                raise RunError(f"the engine failed at {self.asked.live.whole.question!r}: {message}")

    @property
    def over(self) -> bool:
        """Has the turn ended? What was still to be said is then never heard."""
        return self.ended is not None

    def outcome(self) -> LiveOutcome:
        assert self.ended is not None
        written = self._text[StreamName.OUTPUT]
        answer = written.strip()
        whole = self.asked.live.whole
        return LiveOutcome(
            policy=self.policy,
            kind=self.asked.kind,
            question=whole.question,
            expected=whole.result,
            answer=answer,
            right=self.ended.reason is EndReason.FINISHED and is_right(whole, answer),
            wait_steps=self._first_at - self._heard_at if written else None,
            steps=self.ended.step,
            taken_back=self._taken_back,
        )

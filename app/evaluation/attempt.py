"""One task in one conversation: what is said, what comes back, and the outcome."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from app.evaluation.grid import Cell
from app.evaluation.speech import spoken_words
from app.evaluation.task import Task
from app.latency import SPEECH_STEPS, silences
from app.written import Written, phrases_of, ready_in_step
from engine.conversation import Conversation
from engine.errors import ContextFull
from engine.events import ConversationFailed, EndReason, Event, StreamName, TokenGenerated, TurnEnded

FAILED = "failed"  # begins the reason
CUT, SILENT = "cut", "nothing was said"  # no room or budget left; an answer without a word


@dataclass(frozen=True, slots=True)
class Outcome:
    """One task under one setting of the grid.

    missing: why there is no complete answer, None if there is one; what is missing is never right.
    Of the judged turn: first_answer_step, steps, thinking_steps (until the last thought), tokens (of all thoughts and
    the answer), silence_steps (the initial wait and every gap, a spoken token lasting SPEECH_STEPS), phrases (the step
    from which each can be spoken, by app.written, and its spoken words), ttfat_ms (measured; None if others were served
    at once).
    """

    method: str
    patience: float | None
    task: str
    kind: str
    question: str
    expected: str
    answer: str
    thoughts: str
    right: bool
    missing: str | None
    first_answer_step: int | None
    silence_steps: float
    steps: int
    thinking_steps: int
    tokens: int
    phrases: tuple[tuple[int, int], ...]
    ttfat_ms: float | None

    @property
    def failed(self) -> bool:
        """Did the engine fail, so that there is nothing to measure?"""
        return self.missing is not None and self.missing.startswith(FAILED)


class Attempt:
    """A conversation at work on a task."""

    def __init__(
        self,
        task: Task,
        conversation: Conversation,
        clock: Callable[[], float],
        spelled: Callable[[str], str] = str,
    ) -> None:
        """spelled: the user's words as the model reads them."""
        self.task, self.conversation = task, conversation
        self._clock = clock
        self._to_say = [spelled(turn) for turn in task.turns]
        self._asked_s = 0.0
        self.missing: str | None = None
        self.over = False
        self._begin_turn()

    def _begin_turn(self) -> None:
        self._users_turn = True
        self._text = dict.fromkeys(StreamName, "")
        self._written: list[Written] = []
        self._thinking_steps = self._steps = self._tokens = 0
        self._first_s: float | None = None

    def speak(self) -> None:
        """Say the next turn if it is the user's; if it is more than the model can take, the attempt is over."""
        if not self._users_turn:
            return
        self._users_turn = False
        try:
            self.conversation.listen(self._to_say.pop(0))
        except ContextFull as error:
            self.fail(str(error))
            return
        self.conversation.end_input()
        self._asked_s = self._clock()

    def take(self, event: Event) -> None:
        match event:
            case TokenGenerated(stream=stream, text=text, step=step):
                self._text[stream] += text
                self._tokens += 1
                if stream is StreamName.OUTPUT:
                    self._take_answer(text, step, event.at_s)
                else:
                    self._thinking_steps = step
            case TurnEnded(step=step, reason=reason):
                self._steps = step
                self._end_turn(finished=reason is EndReason.FINISHED)
            case ConversationFailed(message=message):
                self.fail(message)

    def fail(self, message: str) -> None:
        """The engine could not serve it."""
        self.missing, self.over = f"{FAILED}: {message}", True

    def _take_answer(self, text: str, step: int, at_s: float) -> None:
        if not self._written:
            self._first_s = at_s
        self._written.append(Written(step, text))

    def _end_turn(self, finished: bool) -> None:
        if finished and self._to_say:
            self._begin_turn()
            return
        said = bool(self._text[StreamName.OUTPUT].strip())
        self.missing, self.over = CUT if not finished else None if said else SILENT, True

    def outcome(self, cell: Cell, is_right: Callable[[Task, str], bool], alone: bool) -> Outcome:
        """alone: no other conversation was served at once, so that times are its own."""
        assert self.over
        answer = self._text[StreamName.OUTPUT].strip()
        first_s = self._first_s if alone else None
        heard = silences((float(token.step), float(SPEECH_STEPS)) for token in self._written)
        phrases = phrases_of(self._text[StreamName.OUTPUT])
        return Outcome(
            method=cell.method,
            patience=cell.patience,
            task=self.task.id,
            kind=self.task.kind,
            question=self.task.question,
            expected=self.task.answer,
            answer=answer,
            thoughts=self._text[StreamName.THOUGHTS].strip(),
            right=self.missing is None and is_right(self.task, answer),
            missing=self.missing,
            first_answer_step=self._written[0].step if self._written else None,
            silence_steps=sum(heard) if self._written else float(self._steps),
            steps=self._steps,
            thinking_steps=self._thinking_steps,
            tokens=self._tokens,
            phrases=tuple(
                (ready_in_step(self._written, phrase.start, phrase.text), spoken_words(phrase.text))
                for phrase in phrases
            ),
            ttfat_ms=None if first_s is None else round(1000 * (first_s - self._asked_s), 1),
        )

"""Thinking: the private streams of a turn, as the turn's policy sees them.

A turn decides who runs when; its thinking says what there is to run, what the writer sees of it, and when there is no
more. `Thinker` is the plain case, one stream; threads.py and workers.py hold the others.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from torch import Tensor

from engine.block import Block
from engine.events import EndReason, Event, StreamName
from engine.generation import Generation, Moment, Planned
from engine.view import View

Before = Callable[[], View]  # what stands before the thoughts in the thinkers' views, as it is now


class Thinking(ABC):
    """before: see `Before`. listening: the user has not finished, so nothing is final.

    paragraph_ended: called when a thought is complete, which may change the gate's answer.
    """

    def __init__(self, generation: Generation, before: Before, paragraph_ended: Callable[[], None]) -> None:
        self.generation, self.before, self.paragraph_ended = generation, before, paragraph_ended
        self.listening = False

    @property
    @abstractmethod
    def parts(self) -> list[Block]:
        """What the writer sees of the thoughts, in order."""

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Is there no more to come?"""

    @property
    @abstractmethod
    def begun(self) -> bool:
        """Is there a thought yet?"""

    @property
    @abstractmethod
    def question_before(self) -> View:
        """What a question about the thoughts stands behind."""

    @abstractmethod
    def plan(self) -> list[Planned]:
        """The thinkers' feeds of the next step."""

    @abstractmethod
    def plan_closing(self) -> list[Planned]:
        """Once the thoughts have ended: their newest tokens, where these do not stand in the blocks yet. A limit, or
        another worker's answer, ends a stream in the step in which it chose its last token.
        """

    @abstractmethod
    def wake(self) -> None:
        """There is something new to see: who rests, or has ended, looks again."""

    @abstractmethod
    def cut_since(self, step: int, now: Moment) -> list[Event]:
        """Take back what was thought from this step of the turn on."""

    @abstractmethod
    def compact(self, tokens: int, now: Moment) -> list[Event]:
        """Keep no more than about so many tokens, the newest."""

    @abstractmethod
    def stop(self, now: Moment, reason: EndReason) -> list[Event]:
        """No more thoughts."""

    @abstractmethod
    def hand_over(self) -> list[Block]:
        """All its blocks, for somebody else to own."""

    def release(self) -> None:
        """Give all its blocks back."""
        for block in self.hand_over():
            self.generation.arena.release(block)

    @property
    def length(self) -> int:
        """Tokens of all thoughts that stand in blocks."""
        return sum(block.length for block in self.parts)

    @property
    @abstractmethod
    def margin(self) -> int:
        """Tokens that the thinkers may add in the next step."""


class Thinker(Thinking):
    """One stream of thoughts: [before | thoughts →]"""

    def __init__(
        self,
        generation: Generation,
        before: Before,
        paragraph_ended: Callable[[], None],
        prefix: tuple[int, ...],
        carried: Sequence[Block] = (),
    ) -> None:
        super().__init__(generation, before, paragraph_ended)
        self.stream = generation.stream(StreamName.THOUGHTS, prefix, carried=carried)
        self._goes_on = bool(carried)

    @property
    def parts(self) -> list[Block]:
        return self.stream.blocks

    @property
    def ended(self) -> bool:
        return self.stream.ended

    @property
    def begun(self) -> bool:
        return bool(self.stream.generated)

    @property
    def question_before(self) -> View:
        return View(self.before(), *self.stream.blocks)

    def plan(self) -> list[Planned]:
        return [Planned(self.stream.feed(self.before()), self._take)] if self.stream.active else []

    def plan_closing(self) -> list[Planned]:
        return self.plan_show() if self.stream.unread else []

    def plan_show(self) -> list[Planned]:
        """Put its newest token into its block without going on, unless it stands there already."""
        return [] if self.stream.shown else [Planned(self.stream.show(self.before()))]

    def wake(self) -> None:
        self.stream.wake()

    def cut_since(self, step: int, now: Moment) -> list[Event]:
        return self.generation.cut(self.stream, self.stream.born_before(step), now)

    def compact(self, tokens: int, now: Moment) -> list[Event]:
        return self.generation.compact(self.stream, tokens, now)

    def stop(self, now: Moment, reason: EndReason) -> list[Event]:
        return [] if self.stream.ended else [self.generation.end(self.stream, now, reason)]

    def hand_over(self) -> list[Block]:
        return self.stream.hand_over()

    @property
    def margin(self) -> int:
        return self.stream.growth

    @property
    def _may_end(self) -> bool:
        """A thinker that rests until a question is complete ("why" may yet become "why is the sky blue") does not see
        that the user has finished: then it has to think something.
        """
        may_rest = self.generation.model.prompts.input.live
        return self.listening or self.begun or self._goes_on or not may_rest

    def _take(self, logits: Tensor, now: Moment) -> list[Event]:
        generation, stream = self.generation, self.stream
        end = generation.model.tokens.end_of_thoughts
        token = generation.pick(logits, {end} if self._may_end else ())
        if token == end and self.listening:
            stream.rest()
            return []
        if token == end:
            return [generation.end(stream, now, EndReason.FINISHED)]
        events: list[Event] = [generation.accept(stream, token, now)]
        if len(stream.generated) >= generation.model.thought_tokens:
            events.append(generation.end(stream, now, EndReason.LIMIT))
        if generation.model.paragraph_end(stream.generated):
            self.paragraph_ended()
        return events

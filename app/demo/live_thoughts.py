"""What a thinker should think next while the question is still on its way: pure, token by token.

The thoughts are a row of paragraphs: perhaps the question's kind and a plan of the steps heard so far, then one worked
line for each step, and, where a step had been worked with a number that was then taken back, "correction, 25 not 38."
and the line again.
Each next token goes with what is heard by now: a paragraph that has been begun takes in what has come since, as long as
that agrees with what stands already ("47+" goes on with the corrected number, "47+3" is finished as it was begun). So
nothing is ever learned that is wrong given what can be seen.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.demo.live_input import Question
from app.demo.problems.build import plan_of
from app.demo.problems.kind import SUM

if TYPE_CHECKING:
    from app.demo.problems import LiveProblem
    from app.demo.problems.arithmetic import Step
    from app.demo.traces import Encode


class What(enum.Enum):
    """What a paragraph of live thoughts is."""

    KIND = enum.auto()
    PLAN = enum.auto()
    STEP = enum.auto()
    NOTE = enum.auto()  # of a correction


@dataclass(frozen=True, slots=True)
class Paragraph:
    """wrong: the step was worked with the number that was said first and taken back later."""

    what: What
    step: int = 0
    wrong: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in the thoughts: whole paragraphs, and the tokens of the one that is being written."""

    done: tuple[Paragraph, ...] = ()
    current: Paragraph | None = None
    tokens: tuple[int, ...] = ()

    @property
    def planned(self) -> bool:
        return any(paragraph.what is What.PLAN for paragraph in self.done)

    @property
    def noted(self) -> bool:
        return any(paragraph.what is What.NOTE for paragraph in self.done)

    def steps(self, corrected: bool) -> int:
        """How many steps have been worked out, rightly as far as is known."""
        return sum(p.what is What.STEP and not (p.wrong and corrected) for p in self.done)

    @property
    def worked_wrongly(self) -> bool:
        return any(paragraph.wrong for paragraph in self.done)


@dataclass(frozen=True, slots=True)
class Known:
    """What can be known by now: how many steps may be worked out, and whether the correction has been heard."""

    steps: int
    corrected: bool


@dataclass(frozen=True, slots=True)
class LiveThoughts:
    """Decides the next token. planning: the thoughts begin with the question's kind and a plan."""

    live: LiveProblem
    question: Question
    encode: Encode
    planning: bool

    def known(self, characters: int) -> Known:
        """What so many characters of the question tell. A step that is being taken back is not to be worked out."""
        steps = sum(end <= characters for end in self.question.step_ends)
        corrected = self.question.corrected <= characters
        correction = self.live.correction
        if correction is not None and not corrected and self.question.told <= characters:
            steps = min(steps, correction.step)
        return Known(steps, corrected)

    def next(self, written: Written, known: Known) -> tuple[int, Written] | None:
        """The next token and what stands in the thoughts with it; None if there is nothing (more) to think."""
        if written.current is None:
            paragraph = self._wanted(written, known)
            if paragraph is None:
                return None
            written = Written(written.done, paragraph, ())
        at = len(written.tokens)
        for paragraph, tokens in self._versions(written, known):
            if tokens[:at] == written.tokens:
                token, whole = tokens[at], tokens[: at + 1]
                if at + 1 == len(tokens):
                    return token, Written((*written.done, paragraph))
                return token, Written(written.done, paragraph, whole)
        raise AssertionError(f"no version of {written.current} goes on from what stands there")

    def ready(self, paragraph: int, written: Written, characters: int) -> bool:
        """Do these thoughts hold what this paragraph of the answer rests on? The outline rests on a first paragraph;
        what follows, on the steps as they were corrected.
        """
        if paragraph == 0:
            return bool(written.done)
        return written.steps(self.known(characters).corrected) >= paragraph

    def _wanted(self, written: Written, known: Known) -> Paragraph | None:
        """The paragraph that should come next."""
        if self.planning and not written.planned:
            what = What.PLAN if written.done else What.KIND
            return Paragraph(what) if known.steps else None
        if known.corrected and written.worked_wrongly and not written.noted:
            return Paragraph(What.NOTE)
        step = written.steps(known.corrected)
        if step >= known.steps:
            return None
        correction = self.live.correction
        wrong = correction is not None and correction.step == step and not known.corrected
        return Paragraph(What.STEP, step, wrong)

    def _versions(self, written: Written, known: Known) -> Iterator[tuple[Paragraph, tuple[int, ...]]]:
        """How the paragraph that is being written may go on, the best first."""
        paragraph = written.current
        assert paragraph is not None
        match paragraph.what:
            case What.KIND:
                yield paragraph, self._tokens(f"{SUM}.")
            case What.PLAN:
                yield from ((paragraph, self._tokens(plan_of(steps))) for steps in self._planned(known))
            case What.NOTE:
                correction = self.live.correction
                assert correction is not None
                yield paragraph, self._tokens(f"correction, {correction.right} not {correction.wrong}.")
            case What.STEP:
                if not paragraph.wrong or known.corrected:
                    right = Paragraph(What.STEP, paragraph.step)
                    yield right, self._tokens(f"{self.live.steps[paragraph.step].worked_line}.")
                if paragraph.wrong:
                    yield paragraph, self._tokens(f"{self.live.first_steps[paragraph.step].worked_line}.")

    def _planned(self, known: Known) -> Iterator[tuple[Step, ...]]:
        """The steps a plan may name: all that are known; last, those it was begun with though they are taken back."""
        live = self.live
        for count in range(known.steps, 0, -1):
            if known.corrected:
                yield live.steps[:count]
            yield live.first_steps[:count]
        yield from (live.first_steps[:count] for count in range(known.steps + 1, len(live.first_steps) + 1))

    def _tokens(self, text: str) -> tuple[int, ...]:
        return tuple(self.encode(f"{text}\n\n"))

"""What a take measured, by turn of the script: the delays of the answer, its gaps, the simulated delay beside. Pure.

The conversation's own moments are the start; where microphone and loudspeaker know better (when the user's voice really
ended, what was really played when), their truth is put in their place.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace

from app.conversation.events import AnswerDelta, AudioDelta, Flush, ThoughtDelta, TurnDone, UserTurn
from app.latency import Moments
from app.scripted import simulate
from app.scripted.played import audible_from, audible_until, phrases, played_at, sample_of
from app.scripted.script import Script, Turn
from app.scripted.take import Take
from app.written import Written

NOT_COMPARED = ("total_delay", "adjusted_delay", "steps_delay")  # of an answer that was cut: there was more to come


@dataclass(frozen=True, slots=True)
class Answered:
    """One turn of the conversation. delays in ms (steps for names that begin with `steps`), gaps_ms: the silences after
    the first sound; simulated: the same by the papers' rule; step_ms: the mean step.
    """

    turn: int
    words: str
    spoken: bool
    answer: str
    heard: str
    interrupted: bool
    delays: dict[str, float]
    gaps_ms: list[float]
    simulated: dict[str, float]
    step_ms: float | None
    moments: Moments
    epoch: int | None

    @property
    def comparable(self) -> dict[str, float]:
        """The delays that may stand in one column with those of answers that were heard out."""
        cut = NOT_COMPARED if self.interrupted else ()
        return {name: value for name, value in self.delays.items() if name not in cut}


@dataclass(frozen=True, slots=True)
class Measured:
    """One turn of the script. answers: of all turns the conversation made of it; one, unless a pause or a late addition
    split it. late_s: by how much the hearing fell behind at most. wanted: the word that carries the result, if the
    script says.
    """

    number: int
    answers: tuple[Answered, ...]
    notes: tuple[str, ...] = ()
    late_s: float = 0.0
    wanted: str | None = None
    broken: tuple[str, ...] = ()

    @property
    def last(self) -> Answered | None:
        """The one that counts."""
        return self.answers[-1] if self.answers else None

    @property
    def result_heard(self) -> bool:
        """Did the word that carries the result sound?"""
        return self.last is not None and self.last.moments.result_s is not None


def measure(take: Take, script: Script, step_ms: float | None = None) -> list[Measured]:
    """By turn of the script, as far as the take came. step_ms: the pace, if there was one, for the simulation."""
    begins = [said.begun_s for said in take.said] + [math.inf]
    done = {event.turn: event for event in take.events if isinstance(event, TurnDone) and not event.withdrawn}
    measured = []
    for index, said in enumerate(take.said):
        turns = [
            event
            for event in take.events
            if isinstance(event, UserTurn) and begins[index] <= event.at_s < begins[index + 1] and event.turn in done
        ]
        answers = tuple(_answered(take, event, done[event.turn], script.turn[index], step_ms) for event in turns)
        measured.append(Measured(index + 1, answers, tuple(said.notes), said.late_s, script.turn[index].expected))
    return measured


def _answered(take: Take, user: UserTurn, done: TurnDone, wanted: Turn, step_ms: float | None) -> Answered:
    sounds = [event for event in take.events if isinstance(event, AudioDelta) and event.turn == user.turn]
    tokens = [event for event in take.events if isinstance(event, AnswerDelta) and event.turn == user.turn]
    answer = "".join(token.text for token in tokens)
    epoch = sounds[0].epoch if sounds else None
    spans = [span for span in take.spans if span.epoch == epoch]
    spoken = phrases(answer, sounds)
    character = place_of(wanted.expected, answer)
    sample = None if character is None else sample_of(character, spoken)
    voice_s, silenced_s = _interruption(take, user)
    moments = replace(
        done.moments,
        speech_end_s=_speech_end(done.moments, take, user),
        sounds=[(span.at_s, span.duration_s) for span in spans],
        first_audible_s=audible_from(spans, take.pcm),
        result_s=None if sample is None else played_at(sample, spans),
        voice_s=voice_s,
        silenced_s=silenced_s,
    )
    mean_s = simulate.mean_step_s(_steps(take, user.turn))
    step_s = step_ms / 1000 if step_ms else mean_s
    papers: dict[str, float] = {}
    if spoken and not done.interrupted and step_s is not None:
        written = [Written(token.step, token.text) for token in tokens]
        pieces = [simulate.Phrase(phrase.text, phrase.start, phrase.duration_s) for phrase in spoken]
        papers = simulate.delays(simulate.simulated(written, pieces, step_s, character))
    return Answered(
        turn=user.turn,
        words=user.text,
        spoken=user.spoken,
        answer=done.answer,
        heard=done.heard,
        interrupted=done.interrupted,
        delays=moments.delays(),
        gaps_ms=_gaps_ms(moments),
        simulated=papers,
        step_ms=None if mean_s is None else round(1000 * mean_s, 2),
        moments=moments,
        epoch=epoch,
    )


def place_of(word: str | None, text: str) -> int | None:
    """The first character of this word in the text, as a word or number of its own; capitals do not matter."""
    if word is None:
        return None
    found = re.search(rf"(?<!\w)(?<!\d[.,:]){re.escape(word)}(?!\w)(?![.,:]\d)", text, re.IGNORECASE)
    return None if found is None else found.start()


def _steps(take: Take, turn: int) -> list[tuple[int, float]]:
    """(step, when) of all tokens of the turn, in order."""
    return [
        (event.step, event.at_s)
        for event in take.events
        if isinstance(event, ThoughtDelta | AnswerDelta) and event.turn == turn
    ]


def _speech_end(moments: Moments, take: Take, user: UserTurn) -> float | None:
    """When the user's voice really ended, by the microphone: the detector hears late what is taken in late. Its word
    counts where the turn was decided over in the middle of a piece.
    """
    detected_s, decided_s = moments.speech_end_s, moments.decided_s
    if detected_s is None or decided_s is None:
        return detected_s
    turns = [event.at_s for event in take.events if isinstance(event, UserTurn) and event.turn < user.turn]
    before_s = max(turns, default=take.zero_s)
    ends = [piece.end_s for piece in take.voiced if before_s < piece.end_s <= decided_s]
    return ends[-1] if ends else detected_s


def _interruption(take: Take, user: UserTurn) -> tuple[float | None, float | None]:
    """(when the user's voice began that interrupted the turn before this one, when that fell silent); None if there was
    nothing to be heard, or nobody's voice.
    """
    flushes = [event for event in take.events if isinstance(event, Flush) and event.turn == user.turn - 1]
    if not flushes or not user.spoken:
        return None, None
    flush = flushes[-1]
    begins = [piece.start_s for piece in take.voiced if piece.start_s <= flush.at_s]
    last_s = audible_until([span for span in take.spans if span.epoch == flush.epoch], take.pcm)
    if not begins or last_s is None:
        return None, None
    return begins[-1], max(begins[-1], last_s)


def _gaps_ms(moments: Moments) -> list[float]:
    return [round(1000 * silence, 1) for silence in moments.silences()[1:]]

"""A turn of a take as lanes of time: what the user said, what was understood, thought, asked, written and heard. Pure.

Times are seconds since the user's last speech (the end of typed input), so that methods can be laid under each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.conversation.events import AnswerDelta, AudioDelta, GateAsked, PartialTranscript, ThoughtDelta, UserTurn
from app.recorder import Span
from app.scripted.measures import Answered, Measured
from app.scripted.played import phrases, played_at
from app.scripted.results import Repeat
from audio.pcm import OUTPUT_RATE_HZ

LEAD_S = 0.3  # shown before the user begins
INTERRUPTED_LEAD_S = 2.0  # and of what is interrupted
RUN_S = 0.12  # tokens nearer than this, or three steps, are one stroke


@dataclass(frozen=True, slots=True)
class Stroke:
    """Something that lasts."""

    start_s: float
    end_s: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happens at once."""

    at_s: float
    text: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One turn under one method. gate: (when, its answer). delays: those of the turn that counts, by their names.

    silent_since_s: when what the user interrupted was silent, voice_s: when that interruption began.
    """

    method: str
    start_s: float
    end_s: float
    user: list[Stroke]
    partials: list[Mark]
    finals: list[Mark]
    thoughts: list[Stroke]
    gate: list[tuple[float, bool]]
    answer: list[Stroke]
    audio: list[Stroke]
    first_sound_s: float | None
    result_s: float | None
    voice_s: float | None
    silent_since_s: float | None
    delays: dict[str, float]
    heard: str
    note: str


def panel(one: Repeat, number: int) -> Panel | None:
    """The lanes of this turn of the script; None if the take did not come so far."""
    take = one.take
    if number > len(one.turns):
        return None
    measured, said = one.turns[number - 1], take.said[number - 1]
    last = measured.last
    zero_s = said.ended_s if last is None or last.moments.waiting_since_s is None else last.moments.waiting_since_s
    following_s = take.said[number].begun_s if number < len(take.said) else None
    own = {answer.turn for answer in measured.answers}
    interrupting = last is not None and last.moments.voice_s is not None and last.turn - 1 not in own
    start_s = said.begun_s - (INTERRUPTED_LEAD_S if interrupting else LEAD_S)
    ends = [event.at_s for event in take.events] + [span.end_s for span in take.spans]
    until_s = max([*ends, said.ended_s]) if following_s is None else following_s

    def within(start: float, end: float) -> bool:
        return end > start_s and start < until_s

    def tokens(kind: type[ThoughtDelta] | type[AnswerDelta]) -> list[ThoughtDelta | AnswerDelta]:
        return [event for event in take.events if isinstance(event, kind) and within(event.at_s, event.at_s)]

    audio = [stroke for stroke in _audio(one) if within(stroke.start_s, stroke.end_s)]
    voices = [Stroke(piece.start_s, piece.end_s) for piece in take.voiced if within(piece.start_s, piece.end_s)]
    events = [event for event in take.events if within(event.at_s, event.at_s)]
    shift = _Shift(zero_s, start_s, until_s)
    thoughts, answer = _runs(tokens(ThoughtDelta)), _runs(tokens(AnswerDelta))
    shown = [*voices, *thoughts, *answer, *audio]
    moments = None if last is None else last.moments
    return Panel(
        method=one.method,
        start_s=start_s - zero_s,
        end_s=min(until_s, max([stroke.end_s for stroke in shown] or [until_s])) - zero_s,
        user=shift.strokes(voices) or shift.strokes([Stroke(said.begun_s, said.begun_s)]),
        partials=[Mark(e.at_s - zero_s, e.text) for e in events if isinstance(e, PartialTranscript)],
        finals=[Mark(e.at_s - zero_s, e.text) for e in events if isinstance(e, UserTurn)],
        thoughts=shift.strokes(thoughts),
        gate=[(event.at_s - zero_s, event.open) for event in events if isinstance(event, GateAsked)],
        answer=shift.strokes(answer),
        audio=shift.strokes(audio),
        first_sound_s=shift.moment(None if moments is None else _first_sound(moments.first_audible_s, moments.sounds)),
        result_s=shift.moment(None if moments is None else moments.result_s),
        voice_s=shift.moment(None if moments is None else moments.voice_s),
        silent_since_s=shift.moment(None if moments is None else moments.silenced_s),
        delays={} if last is None else last.delays,
        heard="" if last is None else last.heard,
        note=_note(measured, last),
    )


@dataclass(frozen=True, slots=True)
class _Shift:
    """To the panel's time, within its window."""

    zero_s: float
    start_s: float
    until_s: float

    def strokes(self, found: Iterable[Stroke]) -> list[Stroke]:
        return [
            Stroke(max(one.start_s, self.start_s) - self.zero_s, min(one.end_s, self.until_s) - self.zero_s, one.text)
            for one in found
        ]

    def moment(self, at_s: float | None) -> float | None:
        return None if at_s is None else at_s - self.zero_s


def _first_sound(audible_s: float | None, sounds: Sequence[tuple[float, float]]) -> float | None:
    return audible_s if audible_s is not None or not sounds else sounds[0][0]


def _runs(tokens: Sequence[ThoughtDelta | AnswerDelta]) -> list[Stroke]:
    """Tokens in a row as strokes; a stream that pauses leaves a hole."""
    steps = sorted(b.at_s - a.at_s for a, b in pairwise(tokens))
    usual_s = steps[len(steps) // 2] if steps else 0.0
    found: list[Stroke] = []
    for token in tokens:
        if found and token.at_s - found[-1].end_s <= max(RUN_S, 3 * usual_s):
            found[-1] = Stroke(found[-1].start_s, token.at_s, found[-1].text + token.text)
        else:
            found.append(Stroke(token.at_s, token.at_s, token.text))
    return found


def _audio(one: Repeat) -> list[Stroke]:
    """What was played, phrase by phrase, gaps as holes."""
    take, found = one.take, []
    for epoch in dict.fromkeys(span.epoch for span in take.spans):
        spans = [span for span in take.spans if span.epoch == epoch]
        sounds = [event for event in take.events if isinstance(event, AudioDelta) and event.epoch == epoch]
        text = "".join(sound.text for sound in sounds)
        for phrase in phrases(text, sounds):
            found += _played(phrase.text.strip(), phrase.first, phrase.first + phrase.samples, spans)
    return found


def _played(text: str, first: int, end: int, spans: Sequence[Span]) -> list[Stroke]:
    """These samples of an epoch, as far as they were played; the text with the first piece."""
    found = []
    for span in spans:
        begin, until = max(first, span.first), min(end, span.first + span.samples)
        start_s = played_at(begin, [span]) if begin < until else None
        if start_s is not None:
            found.append(Stroke(start_s, start_s + (until - begin) / OUTPUT_RATE_HZ, text))
            text = ""
    return found


def _note(measured: Measured, last: Answered | None) -> str:
    """What one should know to read this panel."""
    notes = list(measured.notes)
    if len(measured.answers) > 1:
        notes.append(f"heard as {len(measured.answers)} turns")
    if last is not None and last.interrupted:
        notes.append("interrupted")
    return "; ".join(notes + [line.partition(":")[0] + " broken" for line in measured.broken])

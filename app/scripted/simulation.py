"""`latency --simulate`: the script's words typed to the model, and the papers' delay computed from the answer's steps
and the length of its phrases' sound. Nothing runs in real time; pauses, late additions and interruptions are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.conversation.events import AnswerDelta, ThoughtDelta, TurnDone
from app.errors import InputError
from app.files import as_json
from app.latency import NAMES
from app.scripted import simulate
from app.scripted.course import Course
from app.scripted.measures import place_of
from app.scripted.results import GAPS, Spread
from app.scripted.script import Script, Turn
from app.scripted.table import spread_lines
from app.written import Written, phrases_of
from audio.pcm import OUTPUT_RATE_HZ
from audio.text.speak import speak
from audio.tts.synthesizer import Synthesizer

if TYPE_CHECKING:
    from app.realtime.interfaces import Assistant


@dataclass(frozen=True, slots=True)
class Simulated:
    """One turn under one method. step_ms: what every step was taken to last; None if that is not known (a turn of one
    step), and then there are no delays, nor where nothing is spoken.
    """

    method: str
    repeat: int
    number: int
    words: str
    answer: str
    step_ms: float | None
    delays: dict[str, float]
    gaps_ms: list[float]
    tokens: list[Written]
    phrases: list[simulate.Phrase]


def check(script: Script) -> None:
    """Raises InputError if the words of a turn are not known."""
    for number, turn in enumerate(script.turn, 1):
        if turn.words is None:
            raise InputError(f"turn {number} of the script is a WAV; --simulate needs its words: give it 'text'")


async def simulate_script(
    assistant: Assistant,
    method: str,
    repeat: int,
    script: Script,
    synthesizer: Synthesizer,
    step_ms: float | None,
    on_turn: Callable[[int], None] = lambda _: None,
) -> list[Simulated]:
    """All turns in one conversation. step_ms: None takes each turn's own mean step."""
    found = []
    conversation, course = assistant.converse(method=method, voice=False), Course()
    async with conversation:
        events = conversation.events()
        for number, turn in enumerate(script.turn, 1):
            on_turn(number)
            assert turn.words is not None
            await conversation.say(turn.words)
            begun = len(course.events)
            async for event in events:
                course.take(event)
                if course.failure is not None:
                    raise course.failure
                if isinstance(event, TurnDone):
                    break
            tokens = [e for e in course.events[begun:] if isinstance(e, ThoughtDelta | AnswerDelta)]
            mean_s = simulate.mean_step_s([(token.step, token.at_s) for token in tokens])
            answer = [Written(token.step, token.text) for token in tokens if isinstance(token, AnswerDelta)]
            step_s = step_ms / 1000 if step_ms else mean_s
            found.append(_simulated(method, repeat, number, turn, answer, step_s, synthesizer))
    return found


def _simulated(
    method: str,
    repeat: int,
    number: int,
    turn: Turn,
    tokens: list[Written],
    step_s: float | None,
    synthesizer: Synthesizer,
) -> Simulated:
    answer = "".join(token.text for token in tokens)
    phrases = _phrases(answer, synthesizer)
    delays: dict[str, float] = {}
    gaps_ms: list[float] = []
    if phrases and step_s is not None:
        moments = simulate.simulated(tokens, phrases, step_s, place_of(turn.expected, answer))
        delays = simulate.delays(moments)
        gaps_ms = [round(1000 * silence, 1) for silence in moments.silences()[1:]]
    return Simulated(
        method,
        repeat,
        number,
        turn.words or "",
        answer.strip(),
        None if step_s is None else round(1000 * step_s, 2),
        delays,
        gaps_ms,
        tokens,
        phrases,
    )


def _phrases(answer: str, synthesizer: Synthesizer) -> list[simulate.Phrase]:
    """The answer's phrases as the mouth would cut them, and how long each lasts; what cannot be spoken is left out."""
    found = []
    for phrase in phrases_of(answer):
        stream = speak(synthesizer, phrase.text)
        if stream is not None:
            samples = sum(len(chunk.pcm) for chunk in stream)
            found.append(simulate.Phrase(phrase.text, phrase.start, samples / OUTPUT_RATE_HZ))
    return found


def simulated_table(found: Sequence[Simulated], title: str, width: int) -> str:
    """Percentiles of every delay that a simulation knows, by method."""
    spreads: dict[str, dict[str, Spread]] = {}
    for method in dict.fromkeys(one.method for one in found):
        own = [one for one in found if one.method == method]
        values = {name: [one.delays[name] for one in own if name in one.delays] for name in NAMES}
        values[GAPS] = [gap for one in own for gap in one.gaps_ms]
        spreads[method] = {name: spread for name, some in values.items() if (spread := Spread.of(some))}
    known = [name for name in (*NAMES, GAPS) if any(name in spread for spread in spreads.values())]
    return "\n".join([title, *spread_lines(spreads, known, width)])


def simulated_document(head: dict[str, Any], found: Sequence[Simulated], interrupted: bool) -> bytes:
    """The simulation as JSON."""
    turns = [
        {
            "method": one.method,
            "repeat": one.repeat,
            "turn": one.number,
            "words": one.words,
            "answer": one.answer,
            "step_ms": one.step_ms,
            "simulated": one.delays,
            "gaps_ms": one.gaps_ms,
            "answer_steps": [token.step for token in one.tokens],
            "phrases": [
                {"text": phrase.text, "duration_ms": round(1000 * phrase.duration_s, 1)} for phrase in one.phrases
            ],
        }
        for one in found
    ]
    return as_json({**head, "interrupted": interrupted, "turns": turns})

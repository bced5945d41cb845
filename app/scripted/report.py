"""The measurement as JSON: every event with its time, measures by turn and repeat, and all that is needed to make them
again. Times in ms since the take began.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from app.config import Settings
from app.conversation.event_log import as_record
from app.files import as_json
from app.machine import machine
from app.scripted.measures import Answered, Measured
from app.scripted.results import Repeat, beside, by_method, measured_spreads
from app.scripted.script import Script
from app.scripted.simulate import WHY_DIFFERENT
from app.scripted.take import Take

SETTINGS = (
    "device", "dtype", "workers", "layout", "history", "corrections", "patience", "rotation", "threads", "temperature",
    "top_p", "seed", "asr", "asr_model", "asr_device", "compute_type", "beam_size",
    "asr_threads", "asr_share", "tts", "tts_model", "voice", "rate_wpm", "silence_ms", "language",
)  # fmt: skip


def header(script: Script, settings: Settings, kind: str, repeats: int) -> dict[str, Any]:
    """What was asked for, and on what. kind: measured or simulated."""
    return {
        "kind": kind,
        "model": settings.model,
        "paced": bool(settings.step_ms),
        "step_ms": settings.step_ms,
        "repeats": repeats,
        "settings": {name: getattr(settings, name) for name in SETTINGS if hasattr(settings, name)},
        "script": script.model_dump(mode="json", exclude_defaults=True),
        **machine(),
    }


def document(head: Mapping[str, Any], repeats: Sequence[Repeat], interrupted: bool) -> bytes:
    """The whole file. interrupted: by Ctrl-C; what was finished before is kept."""
    told = {
        **head,
        "interrupted": interrupted,
        "simulated_differs": " ".join(WHY_DIFFERENT.split()),
        "summary": {
            method: {
                name: {key: round(value, 1) for key, value in asdict(spread).items()}
                for name, spread in measured_spreads(own).items()
            }
            for method, own in by_method(repeats).items()
        },
        "beside": [
            {name: round(value, 1) if isinstance(value, float) else value for name, value in asdict(one).items()}
            for one in beside(repeats)
        ],
        "takes": [_take(one) for one in repeats],
    }
    return as_json(told)


def _take(one: Repeat) -> dict[str, Any]:
    take = one.take
    return {
        "method": one.method,
        "repeat": one.repeat,
        "turns": [_turn(turn) for turn in one.turns],
        "user_voice": [{"from_ms": _ms(take, piece.start_s), "to_ms": _ms(take, piece.end_s)} for piece in take.voiced],
        "played": [
            {"epoch": span.epoch, "from_ms": _ms(take, span.at_s), "to_ms": _ms(take, span.end_s)}
            for span in take.spans
        ],
        "events": [as_record(event, take.zero_s) for event in take.events],
    }


def _turn(turn: Measured) -> dict[str, Any]:
    return {
        "turn": turn.number,
        "answers": [_answer(answer) for answer in turn.answers],
        "result_heard": turn.result_heard if turn.wanted is not None else None,
        "hearing_late_ms": round(1000 * turn.late_s, 1),
        "notes": list(turn.notes),
        "broken": list(turn.broken),
    }


def _answer(answer: Answered) -> dict[str, Any]:
    return {
        "turn": answer.turn,
        "words": answer.words,
        "spoken": answer.spoken,
        "answer": answer.answer,
        "heard": answer.heard,
        "interrupted": answer.interrupted,
        "measured": answer.delays,
        "gaps_ms": answer.gaps_ms,
        "simulated": answer.simulated,
        "mean_step_ms": answer.step_ms,
    }


def _ms(take: Take, at_s: float) -> float:
    return round(1000 * (at_s - take.zero_s), 1)

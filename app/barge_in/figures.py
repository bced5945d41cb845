"""The figures of a run: what was asked, every barge-in, and what they come to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app.barge_in.trial import BargeIn, HeardAnswer
from app.percentile import percentile
from audio.asr.transcript import digits

MOST_UNTOLD = 16  # characters of the newest thought token, which no view has seen when the turn is cut off


@dataclass(frozen=True, slots=True)
class KeptThoughts:
    """Of an interrupted turn. told: their text by the events. block: what stood in the engine's blocks at the turn's
    last step (tokens); same_tokens, same_keys: how many of them the next turn's thinker found as they were.
    """

    told: str
    block: int
    same_tokens: int
    same_keys: int
    complete: bool

    @property
    def kept(self) -> bool:
        """Are all of them there, unchanged?"""
        return self.complete and self.block == self.same_tokens == self.same_keys


@dataclass(frozen=True, slots=True)
class BargeInRun:
    """first: the question that nobody interrupted. thoughts: by barge-in; None where none were thought. over: answers
    that had ended before they could be interrupted; missed: that went on though the user spoke.
    """

    first: HeardAnswer
    barge_ins: Sequence[BargeIn]
    thoughts: Sequence[KeptThoughts | None]
    over: int
    missed: int

    @property
    def answers(self) -> list[HeardAnswer]:
        """To all spoken questions that were heard out."""
        return [self.first, *(one.next for one in self.barge_ins)]


def thoughts_of(kept: dict[str, Any] | None, told: str) -> KeptThoughts | None:
    """What a witness found (`witness.Kept`), beside what the events told of the same turn. complete: the blocks hold
    all that was told but for the newest token.
    """
    if kept is None or not told:
        return None
    return KeptThoughts(
        told, kept["thought"], kept["same_tokens"], kept["same_keys"], untold(kept["text"], told) <= MOST_UNTOLD
    )


def untold(block: str, told: str) -> int:
    """How many of the last characters of `told` are not at the end of the block's text; all, if nothing fits."""
    return next((len(told) - end for end in range(len(told), 0, -1) if block.endswith(told[:end])), len(told))


def understood(answer: HeardAnswer) -> bool:
    """Were the user's words heard as they were said?"""
    return digits(answer.question) == answer.understood


def summary(run: BargeInRun) -> dict[str, Any]:
    """The figures that count; delays in ms. None where there is nothing to tell."""
    errors = [abs(one.heard_error_ms) for one in run.barge_ins if one.heard_error_ms is not None]
    thoughts = [one for one in run.thoughts if one is not None]
    lost = [answer.lost_ms for answer in run.answers if answer.lost_ms is not None]
    return {
        "barge_ins": len(run.barge_ins),
        "not_interrupted": run.missed,
        "over_before": run.over,
        "interrupt_to_silence_ms": _spread([one.silent_ms for one in run.barge_ins]),
        "heard_error_ms": _spread(errors),
        "heard_error_unknown": len(run.barge_ins) - len(errors),
        "e2e_ms": _spread([answer.e2e_ms for answer in run.answers if answer.e2e_ms is not None]),
        "e2e_told_ms": _spread([a.told["e2e_latency"] for a in run.answers if "e2e_latency" in a.told]),
        "questions": len(run.answers),
        "understood": sum(map(understood, run.answers)),
        "answered_right": sum(answer.right for answer in run.answers),
        "answered_right_of_understood": sum(answer.right for answer in run.answers if understood(answer)),
        "recording_transcribed_right": sum(answer.transcript_right for answer in run.answers),
        "recording_fit": min(answer.fit for answer in run.answers),
        "next_answers_right": sum(one.next.right for one in run.barge_ins),
        "thoughts_interrupted": len(thoughts),
        "thoughts_kept": sum(one.kept for one in thoughts),
        "sound_lost_ms": max(lost) if lost else None,
    }


def lines(run: BargeInRun) -> list[str]:
    """What is printed at the end."""
    found = summary(run)
    n, asked = found["barge_ins"], found["questions"]
    return [
        f"spoken questions: {asked}, understood {found['understood']}, answered right {found['answered_right']} "
        f"({found['answered_right_of_understood']} of those understood); right in the transcript of the recording "
        f"{found['recording_transcribed_right']}; the answer's own sound in the recording: fit ≥ "
        f"{found['recording_fit']:.2f}",
        f"voice to voice {_shown(found['e2e_ms'])} in the recordings, {_shown(found['e2e_told_ms'])} as told",
        f"barge-ins: {n} (not interrupted {found['not_interrupted']}, answer over before {found['over_before']})",
        f"interrupt to silence {_shown(found['interrupt_to_silence_ms'])}",
        f"heard, told against recorded {_shown(found['heard_error_ms'])} (unknown in {found['heard_error_unknown']})",
        f"thoughts of the interrupted turn in the next one's view, token for token and key for key: "
        f"{found['thoughts_kept']} of {found['thoughts_interrupted']}",
        f"next answer right: {found['next_answers_right']} of {n}",
        "sound lost or doubled on the way to the recogniser: "
        + ("unknown" if found["sound_lost_ms"] is None else f"{found['sound_lost_ms']:.0f} ms at most"),
    ]


def document(run: BargeInRun) -> dict[str, Any]:
    """All of it, for a file."""
    return {
        "summary": summary(run),
        "first": asdict(run.first),
        "barge_ins": [
            {**asdict(one), "thoughts": None if thoughts is None else {**asdict(thoughts), "kept": thoughts.kept}}
            for one, thoughts in zip(run.barge_ins, run.thoughts, strict=True)
        ],
    }


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {"p50": round(percentile(values, 50), 1), "p95": round(percentile(values, 95), 1), "n": len(values)}


def _shown(spread: dict[str, float] | None) -> str:
    return (
        "unknown" if spread is None else f"p50 {spread['p50']:.1f} p95 {spread['p95']:.1f} ms (n = {spread['n']:.0f})"
    )

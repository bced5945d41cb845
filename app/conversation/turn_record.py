"""The record of one turn as far as it has come: the answer's text, its sound, how much of that was played. Pure; it is
told the time.

A client that reports its position is believed; for one that never did, time tells: sound is taken to be played when it
goes out, piece after piece. Times are seconds of the conversation's clock, positions samples at 24 kHz.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from app.latency import Moments
from audio.pcm import OUTPUT_RATE_HZ, audible

UNREPORTED_GRACE_S = 1.0  # network and buffers of a client that does not report its position
CHARACTERS_PER_S = 15.0  # about what is spoken of the answer's text in a second
GO_ON_AT = 0.7  # of the most speech that may be unheard: the writer needs time to find its next words
SILENT_GRACE_S = 5.0  # a client that did report is given up on so long after its sound should have ended


@dataclass(slots=True)
class TurnRecord:
    """The turn at hand. sound_over: no more sound will be made; failed: speaking failed, the rest was not spoken."""

    turn: int
    epoch: int
    moments: Moments = field(default_factory=Moments)
    answer: str = ""
    thoughts_open: bool = False
    sound_over: bool = False
    failed: bool = False
    made_samples: int = 0
    cut_at_s: float | None = None  # when the turn was interrupted: what sounds later is not heard
    hushed_at_s: float | None = None  # since when the sound is held
    reported_samples: int | None = None
    reported_at_s: float = 0.0

    def sound(self, pcm: bytes, now_s: float) -> None:
        """More sound goes out, 24 kHz mono s16le."""
        moments, samples = self.moments, np.frombuffer(pcm, "<i2")
        moments.sounds.append((now_s, len(samples) / OUTPUT_RATE_HZ))
        if moments.first_audible_s is None and (loud := audible(samples)) is not None:
            moments.first_audible_s = moments.sounds[0][0] + (self.made_samples + loud[0]) / OUTPUT_RATE_HZ
        self.made_samples += len(samples)

    def cut(self, now_s: float) -> None:
        """The turn is interrupted; only the first time counts."""
        if self.cut_at_s is None:
            self.cut_at_s = now_s

    def hush(self, now_s: float) -> None:
        """The sound is held where it is; only the first time counts."""
        if self.hushed_at_s is None:
            self.hushed_at_s = now_s

    def unhush(self, now_s: float) -> None:
        """It goes on: what was not played yet sounds later."""
        if self.hushed_at_s is None:
            return
        moments, since_s, self.hushed_at_s = self.moments, self.hushed_at_s, None
        moments.sounds = list(held(moments.sounds, since_s, now_s))
        if moments.first_audible_s is not None and moments.first_audible_s > since_s:
            moments.first_audible_s += now_s - since_s
        self.reported_at_s = max(self.reported_at_s, now_s)

    def report(self, samples: int, now_s: float) -> None:
        """The client has played so much of the sound; positions never go back, nor beyond what was made."""
        position = max(samples, self.reported_samples or 0)
        self.reported_samples, self.reported_at_s = min(position, self.made_samples), now_s

    def played_samples(self, now_s: float) -> int:
        """How much of the sound was played by now."""
        if self.reported_samples is not None:
            return self.reported_samples
        until_s = min(now_s, *(at_s for at_s in (self.cut_at_s, self.hushed_at_s) if at_s is not None), math.inf)
        return round(played_s(self.moments.sounds, until_s) * OUTPUT_RATE_HZ)

    def ahead_s(self, now_s: float) -> float:
        """How much sound is made and not yet played; none, once its client must be taken to have gone."""
        return 0.0 if now_s >= self.silent_at_s() else (self.made_samples - self.played_samples(now_s)) / OUTPUT_RATE_HZ

    def silent_at_s(self) -> float:
        """When the sound made so far is over, or its client must be taken to have gone; never, while it is held."""
        if self.hushed_at_s is not None:
            return math.inf
        if self.reported_samples is None:
            return ends_at_s(self.moments.sounds) + UNREPORTED_GRACE_S if self.made_samples else 0.0
        left = self.made_samples - self.reported_samples
        return self.reported_at_s + left / OUTPUT_RATE_HZ + SILENT_GRACE_S if left else 0.0


def unheard_s(ahead_s: float, unspoken_characters: int) -> float:
    """How much speech is made and not yet played, and written and not yet made."""
    return ahead_s + unspoken_characters / CHARACTERS_PER_S


def shall_hold(held: bool, waiting_s: float, most_s: float) -> bool:
    """Shall the writer pause when so much speech is unheard? Once it does, until a good part of it was heard."""
    return waiting_s > (GO_ON_AT * most_s if held else most_s)


def held(sounds: Iterable[tuple[float, float]], since_s: float, until_s: float) -> Iterator[tuple[float, float]]:
    """The sounds when none of them was played between those times."""
    free_at = 0.0
    for ready, duration in sounds:
        begins = max(ready, free_at)
        free_at = begins + duration
        if free_at <= since_s:
            yield ready, duration
        elif begins < since_s:
            yield ready, since_s - begins
            yield until_s, free_at - since_s
        else:
            yield max(ready, until_s), duration


def played_s(sounds: Iterable[tuple[float, float]], now_s: float) -> float:
    """How much of the sounds, each (when it went out, how long it lasts), was played by now, one after the other."""
    total, free_at = 0.0, 0.0
    for ready, duration in sounds:
        begins = max(ready, free_at)
        total += min(max(now_s - begins, 0.0), duration)
        free_at = begins + duration
    return total


def ends_at_s(sounds: Iterable[tuple[float, float]]) -> float:
    """When the last of the sounds is over."""
    free_at = 0.0
    for ready, duration in sounds:
        free_at = max(ready, free_at) + duration
    return free_at

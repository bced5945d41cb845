"""The demo model's domain: spoken arithmetic and small word problems, drawn without end from a seeded generator.

Five in a hundred problems are held out, by a hash of their family and numbers, so no wording of a held-out problem
is ever trained on; and they are asked in wordings that are never trained on either (see rewording.py). Small talk has
no numbers to hold out by.
"""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from app.demo.problems.build import Problem
from app.demo.problems.calendar import date
from app.demo.problems.chains import chain, single, story
from app.demo.problems.chat import chat
from app.demo.problems.clock import clock
from app.demo.problems.follow_up import follow_up, number_of
from app.demo.problems.goods import asmany, boxes, compare, larger, share, shop
from app.demo.problems.live import LiveProblem, draw_live, live_keys
from app.demo.problems.measures import units
from app.demo.problems.motion import rate, save, train
from app.demo.problems.parts import parts
from app.demo.problems.rewording import reworded
from app.demo.problems.slips import slipped
from app.demo.problems.weekday import weekday

__all__ = [
    "FAMILIES",
    "SUM_FAMILIES",
    "Family",
    "LiveProblem",
    "Problem",
    "is_held_out",
    "number_of",
    "sample_follow_up",
    "sample_live",
    "sample_problem",
]


@dataclass(frozen=True, slots=True)
class Family:
    draw: Callable[[Random], Problem]
    weight: float


FAMILIES = {
    "single": Family(single, 1.6),
    "chain": Family(chain, 2.0),
    "story": Family(story, 1.6),
    "boxes": Family(boxes, 1.2),
    "train": Family(train, 1.0),
    "shop": Family(shop, 1.0),
    "compare": Family(compare, 1.6),
    "units": Family(units, 1.0),
    "share": Family(share, 1.8),
    "clock": Family(clock, 1.0),
    "weekday": Family(weekday, 1.2),
    "asmany": Family(asmany, 1.2),
    "save": Family(save, 0.8),
    "parts": Family(parts, 1.4),
    "date": Family(date, 1.6),
    "rate": Family(rate, 1.0),
    "larger": Family(larger, 1.0),
    "chat": Family(chat, 2.4),
}
SUM_FAMILIES = tuple(name for name in FAMILIES if name != "chat")
"""The families with a number, a time or a day to get right."""

_HELD_OUT_ONE_IN = 20


def is_held_out(key: tuple[str | int, ...]) -> bool:
    return key[0] != "chat" and zlib.crc32(repr(key).encode()) % _HELD_OUT_ONE_IN == 0


def sample_problem(rng: Random, held_out: bool, families: Sequence[str] | None = None, slips: bool = True) -> Problem:
    """The next problem of a family drawn by weight, from the held-out problems or from the others.

    slips: some are as a speech recogniser mishears them.

    Small talk is drawn only for training, held_out=False. Raises ValueError for an unknown family or none to draw.
    """
    unknown = set(families or ()) - FAMILIES.keys()
    if unknown:
        raise ValueError(f"unknown problem families {sorted(unknown)}; known: {', '.join(FAMILIES)}")
    names = [name for name in families or FAMILIES if not (held_out and name == "chat")]
    if not names:
        raise ValueError("no family left to draw from: small talk has no held-out problems; name another family")
    family = FAMILIES[rng.choices(names, [FAMILIES[name].weight for name in names])[0]]
    while True:
        problem = family.draw(rng)
        if is_held_out(problem.key) == held_out:
            return problem if problem.family == "chat" else _asked_anew(problem, rng, held_out, slips)


def sample_follow_up(rng: Random, before: int, held_out: bool, slips: bool = True) -> Problem:
    """The next question that goes on with the number `before`, the last answer."""
    while True:
        problem = follow_up(rng, before)
        if is_held_out(problem.key) == held_out:
            return _asked_anew(problem, rng, held_out, slips)


def _asked_anew(problem: Problem, rng: Random, held_out: bool, slips: bool) -> Problem:
    pieces = reworded(problem.pieces or (problem.question,), rng, held_out)
    if slips:
        pieces = slipped(pieces, rng)
    return replace(problem, question="".join(pieces), pieces=pieces if problem.pieces else None)


def sample_live(rng: Random, held_out: bool, before: int | None = None, slips: bool = True) -> LiveProblem:
    """The next problem heard in pieces, or a follow-up on the number `before`; in training neither its first nor its
    corrected form is held out.
    """
    while True:
        live = draw_live(rng, held_out, before, slips)
        corrected, first = live_keys(live)
        if held_out and is_held_out(corrected):
            return live
        if not held_out and not is_held_out(corrected) and not is_held_out(first):
            return live

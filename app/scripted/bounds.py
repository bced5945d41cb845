"""Were a turn's bounds kept? A delay that was not measured keeps none. Pure."""

from __future__ import annotations

from app.scripted.measures import Answered, Measured, place_of
from app.scripted.script import Bounds, Turn

_DELAYS = {
    "max_e2e_ms": "e2e_latency",
    "max_total_delay_ms": "total_delay",
    "max_interrupt_ms": "interrupt_to_silence",
}


def broken(measured: Measured, turn: Turn, bounds: Bounds) -> list[str]:
    """One line for each bound that this turn broke. bounds: of the whole script, where they make sense for the turn and
    it has none of its own.
    """
    last = measured.last
    found = []
    for key, name in _DELAYS.items():
        limit = getattr(turn, key)
        if limit is None and _concerns(key, turn, last):
            limit = getattr(bounds, key)
        if limit is not None and (line := _too_long(last, name, key, limit)):
            found.append(line)
    heard = last.heard if last is not None else ""
    found += [f"must_contain: {text!r} is not in {_quoted(heard)}" for text in turn.must_contain if _lacks(heard, text)]
    found += [
        f"must_not_contain: {text!r} is in {_quoted(heard)}"
        for text in turn.must_not_contain
        if not _lacks(heard, text)
    ]
    return found


def _concerns(key: str, turn: Turn, last: Answered | None) -> bool:
    """Does a bound of the whole script concern this turn?"""
    match key:
        case "max_e2e_ms":
            return turn.spoken
        case "max_interrupt_ms":
            return turn.spoken and turn.interrupt_at_ms is not None
        case _:
            return last is None or not last.interrupted


def _too_long(last: Answered | None, name: str, key: str, limit: int) -> str | None:
    delay = None if last is None else last.delays.get(name)
    if delay is None:
        return f"{key}: {name} was not measured, at most {limit} ms are allowed"
    return f"{key}: {name} was {delay:.0f} ms, at most {limit} ms are allowed" if delay > limit else None


def _lacks(heard: str, text: str) -> bool:
    return place_of(text, heard) is None


def _quoted(heard: str) -> str:
    return repr(heard) if heard else "the answer, of which nothing was heard"

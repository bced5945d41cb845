"""The methods: policies over blocks and views, one per file, chosen by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.methods.asynchronous import AsyncTurn
from engine.methods.base import Turn, TurnSetup
from engine.methods.fork_join import ForkJoinTurn
from engine.methods.hogwild import HogwildTurn
from engine.methods.interleaved import InterleavedTurn
from engine.methods.no_think import NoThinkTurn
from engine.methods.safe import SafeTurn
from engine.methods.think import ThinkTurn

METHODS: Mapping[str, type[Turn]] = MappingProxyType(
    {
        "async": AsyncTurn,
        "async-safe": SafeTurn,
        "think": ThinkTurn,
        "no-think": NoThinkTurn,
        "interleaved": InterleavedTurn,
        "hogwild": HogwildTurn,
        "fork-join": ForkJoinTurn,
    }
)

__all__ = [
    "METHODS",
    "AsyncTurn",
    "ForkJoinTurn",
    "HogwildTurn",
    "InterleavedTurn",
    "NoThinkTurn",
    "SafeTurn",
    "ThinkTurn",
    "Turn",
    "TurnSetup",
]

"""Random lives of conversations: what users do to them at any moment, as data, and what must hold after every step.

A life is a list of moves, so that a failure shrinks to a few readable ones. A move that is not possible just then (more
input before anything was said) is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from engine.arena import whole_pages
from engine.conversation import Conversation
from engine.engine import Engine
from engine.errors import ContextFull, EngineFull
from engine.events import (
    ConversationFailed,
    EndReason,
    Event,
    StreamCut,
    StreamName,
    TokenGenerated,
    TurnEnded,
)
from engine.methods.thinking import Thinker
from engine.sampling import Sampling
from engine.stream import Stream
from tests.engine.replayed import ReplayedRunner

SLOTS = 3  # conversations at once
WORDS = (
    "what",
    " is",
    " 12",
    " plus",
    " 30",
    ", no wait,",
    " make that",
    " 25",
    " 😀",
    " and so on and so on and so on",
)


@dataclass(frozen=True)
class Open:
    """slot: which of the conversations; one that is open already stays."""

    slot: int
    method: str
    patience: float | None = None


@dataclass(frozen=True)
class Close:
    slot: int


@dataclass(frozen=True)
class Listen:
    """kept: so many of the words said in this turn stay as they were (percent); words: what follows them."""

    slot: int
    kept: int
    words: tuple[str, ...]
    spoken: int = 0


@dataclass(frozen=True)
class EndInput:
    slot: int


@dataclass(frozen=True)
class Interrupt:
    """heard: so much of the answer (percent)."""

    slot: int
    heard: int


@dataclass(frozen=True)
class Hold:
    """Enough, or no longer enough, waits to be spoken."""

    slot: int
    held: bool


@dataclass(frozen=True)
class Steps:
    count: int


Move = Open | Close | Listen | EndInput | Interrupt | Hold | Steps

slots, percents = st.integers(0, SLOTS - 1), st.sampled_from([0, 30, 60, 100, 100])
methods = st.sampled_from(["async", "async", "think", "no-think", "interleaved", "hogwild", "fork-join"])
patiences = st.sampled_from([None, None, 0.0, 0.9, 1.0])
spoken = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(tuple)
listens = st.builds(Listen, slots, percents, spoken, percents)
ends, interrupts = st.builds(EndInput, slots), st.builds(Interrupt, slots, percents)
steps = st.builds(Steps, st.sampled_from([1, 2, 3, 5, 9, 20, 40, 80]))


def turn(slot: int, heard: list[tuple[Listen, Steps]], writes: Steps, interrupted: int | None) -> list[Move]:
    """What a turn usually is: words, more or other words, their end, an answer, perhaps an interruption."""
    said: list[Move] = [move for words, pause in heard for move in (replace(words, slot=slot), pause)]
    end: list[Move] = [] if interrupted is None else [Interrupt(slot, interrupted)]
    return [*said, EndInput(slot), writes, *end]


turns = st.builds(
    turn, slots, st.lists(st.tuples(listens, steps), min_size=1, max_size=3), steps, st.none() | st.none() | percents
)
closes = st.tuples(st.builds(Close, slots), st.builds(Open, slots, methods, patiences))
holds = st.builds(Hold, slots, st.booleans())
strays = st.lists(listens | ends | steps | interrupts | holds, min_size=1, max_size=3) | closes.map(list)
moves = st.lists(turns | turns | strays, min_size=8, max_size=20).map(
    lambda found: [one for part in found for one in part]
)


@dataclass(eq=False)
class Life:
    """One conversation as its user knows it. words: of the turn at hand, None before the first."""

    conversation: Conversation
    words: tuple[str, ...] | None = None
    listening: bool = False
    answer: str = ""
    written: dict[StreamName, str] = field(default_factory=lambda: defaultdict(str))

    def turn_over(self) -> None:
        self.words, self.listening = None, False

    def take(self, event: Event) -> None:
        """The texts as somebody knows them who sees only events."""
        match event:
            case TokenGenerated():
                self.written[event.stream] += event.text
            case StreamCut():
                assert event.characters <= len(self.written[event.stream])
                self.written[event.stream] = self.written[event.stream][: event.characters]
            case TurnEnded():
                self.answer = self.written[StreamName.OUTPUT]
                self.written.clear()
                self.turn_over()


class Lives:
    """Plays moves on an engine. only: nobody but this slot's conversations lives."""

    def __init__(self, engine: Engine, runner: ReplayedRunner, only: int | None = None) -> None:
        self.engine, self.runner, self.only = engine, runner, only
        self.lives: dict[int, Life] = {}
        self.events: list[Event] = []
        self.past: list[list[Life]] = [[] for _ in range(SLOTS)]  # by slot, all that ever were

    def play(self, moves: Sequence[Move]) -> None:
        for move in moves:
            self.make(move)
            self.check()

    def make(self, move: Move) -> None:
        if isinstance(move, Steps):
            for _ in range(move.count):
                self.step()
            return
        if self.only is not None and move.slot != self.only:
            return
        life = self.lives.get(move.slot)
        match move:
            case Open() if life is None:
                self.open(move)
            case Close() if life is not None:
                self.engine.close(self.lives.pop(move.slot).conversation)
            case Listen() if life is not None:
                self.listen(life, move)
            case EndInput() if life is not None:
                if life.words is not None and (life.listening or not life.conversation.running):
                    life.conversation.end_input()
                    life.listening = False
            case Interrupt() if life is not None:
                self.interrupt(life, move.heard)
            case Hold() if life is not None:
                life.conversation.hold(move.held)

    def open(self, move: Open) -> None:
        try:
            self.lives[move.slot] = Life(self.engine.open(move.method, Sampling(), move.patience))
        except EngineFull:
            return
        self.past[move.slot].append(self.lives[move.slot])

    def listen(self, life: Life, move: Listen) -> None:
        before = life.words or ()
        words = (*before[: len(before) * move.kept // 100], *move.words)
        spoken = len(life.written[StreamName.OUTPUT]) * move.spoken // 100
        try:
            life.conversation.listen("".join(words), spoken)
        except ContextFull:
            return
        life.words, life.listening = words, life.conversation.running

    def interrupt(self, life: Life, percent: int) -> None:
        running = life.conversation.running
        text = life.written[StreamName.OUTPUT] if running else life.answer
        life.conversation.interrupt(len(text) * percent // 100, at_s=0.0)
        if running:
            life.answer = text
            life.written.clear()
            life.turn_over()

    def step(self) -> None:
        if not self.engine.has_work:
            return
        events = self.engine.step()
        self.events += events
        by_identity = {life.conversation.id: life for life in self.lives.values()}
        for event in events:
            assert not isinstance(event, ConversationFailed), event
            life = by_identity[event.conversation]
            if not (isinstance(event, TurnEnded) and event.reason is EndReason.INTERRUPTED):  # known since it was done
                life.take(event)
        self.check()
        self.check_texts(events)

    def check(self) -> None:
        """What must hold at any moment."""
        arena, limit = self.engine.runner.arena, self.engine.conversation_tokens
        assert self.runner.longest_view <= limit
        held: dict[int, int] = defaultdict(int)
        for block in arena.blocks:
            held[id(block.account)] += whole_pages(block.length)
        assert arena.used_tokens == sum(held.values())
        for life in self.lives.values():
            conversation = life.conversation
            account = conversation._account
            assert held[id(account)] == account.used <= account.reserved
            turn = conversation._turn
            if turn is not None:
                self.check_stream(turn.output)
                if isinstance(turn.thinking, Thinker):
                    self.check_stream(turn.thinking.stream)

    def check_stream(self, stream: Stream) -> None:
        """Its blocks hold what it wrote, whatever was dropped, cut or shown."""
        held = [token for block in stream.blocks for token in block.tokens]
        held += () if stream.shown else stream.pending
        own = list(stream.standing)
        assert held[len(held) - len(own) :] == own

    def check_texts(self, events: Sequence[Event]) -> None:
        """Who sees only the events knows the streams' texts."""
        told = {event.conversation for event in events}
        for life in self.lives.values():
            turn = life.conversation._turn
            if turn is not None and life.conversation.id in told:
                assert turn.output.text == life.written[StreamName.OUTPUT]
                if isinstance(turn.thinking, Thinker):
                    assert turn.thinking.stream.text == life.written[StreamName.THOUGHTS]

    def end(self) -> None:
        """Close everybody; nothing may be left."""
        self.engine.shut_down()
        arena = self.engine.runner.arena
        assert arena.used_tokens == arena.reserved_tokens == 0 and arena.blocks == ()
        assert not self.engine.conversations

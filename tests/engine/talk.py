"""What the tests of methods and engine share: engines over tiny models, a runner that keeps a record, and turns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.arena import Arena
from engine.conversation import Conversation
from engine.engine import Engine, EngineSettings
from engine.events import EndReason, Event, StreamName, TokenGenerated, TurnEnded
from engine.prompts import Prompts, read_prompts
from engine.runner import ModelRunner
from engine.sampling import Sampling
from engine.view import Feed, Logits

PROMPTS = Path(__file__).parents[2] / "assets" / "prompts"
GREEDY = Sampling()
ROOM_TOKENS = 1400  # of a conversation; the tiny vocabulary makes Qwen3's system prompt long


@dataclass(frozen=True, slots=True)
class Ran:
    """One feed of a step: the names of the blocks it saw, all tokens it saw (its own included), its own, its logits."""

    blocks: tuple[str, ...]
    saw: tuple[int, ...]
    tokens: tuple[int, ...]
    logits: Tensor | None

    @property
    def target(self) -> str:
        return self.blocks[-1]


class RecordingRunner:
    """A runner that remembers what every step ran."""

    def __init__(self, runner: ModelRunner) -> None:
        self.runner = runner
        self.steps: list[list[Ran]] = []

    @property
    def arena(self) -> Arena:
        return self.runner.arena

    @property
    def vocab_size(self) -> int:
        return self.runner.vocab_size

    @property
    def max_positions(self) -> int:
        return self.runner.max_positions

    def run(self, feeds: Sequence[Feed]) -> list[Tensor | None]:
        found = self.runner.run(feeds)
        self.steps.append([_ran(feed, logits) for feed, logits in zip(feeds, found, strict=True)])
        return found

    @property
    def latest(self) -> list[Ran]:
        return self.steps[-1]

    def of(self, target: str, *, generating: bool = False) -> list[list[Ran]]:
        """By step: the feeds into blocks of this name; `generating`: those that got logits."""
        return [
            [ran for ran in step if ran.target == target and (ran.logits is not None or not generating)]
            for step in self.steps
        ]


def _ran(feed: Feed, logits: Tensor | None) -> Ran:
    """After the step; a feed that was not kept stands no more in its block."""
    again = () if feed.keep else tuple(feed.tokens)
    assert (logits is None) == (feed.logits is Logits.NONE)
    names = tuple(piece.block.name for piece in feed.view.slices)
    return Ran(names, (*feed.view.token_ids(), *again), tuple(feed.tokens), logits)


def prompts_of(name: str, *, turns: int | None = None, live: bool = False, **gate: Any) -> Prompts:
    """A family's prompts, with another history or gate if wanted; live: thinking begins with the first words.

    Whatever a model's gate was calibrated to, here log-odds mean what they say; and whatever the demo model remembers,
    here it remembers nothing unless so many turns are asked for, and thoughts of an interrupted turn are carried on.
    """
    prompts = read_prompts(PROMPTS / f"{name}.toml")
    remembered = turns if turns is not None else 0 if name == "demo" else prompts.history.turns
    history = prompts.history.model_copy(update={"turns": remembered, "policy": "drop", "carry_thoughts": True})
    listening = prompts.input.model_copy(update={"live": live})
    plain = {"bias": 0.0, "scale": 1.0, **gate}
    changes = {"gate": prompts.gate.model_copy(update=plain), "history": history, "input": listening}
    return prompts.model_copy(update=changes)


def live_prompts(turns: int) -> Prompts:
    """The demo's prompts with a history, live input and corrections, and a gate that is asked often."""
    prompts = prompts_of("demo", turns=turns, every_steps=2, ask_while_writing=True)
    corrections = prompts_of("qwen3").input.corrections
    return prompts.model_copy(
        update={"input": prompts.input.model_copy(update={"live": True, "corrections": corrections})}
    )


def make_engine(
    tokenizer: PreTrainedTokenizerBase,
    prompts: Prompts,
    runner: Any,
    conversation_tokens: int = ROOM_TOKENS,
    **settings: Any,
) -> Engine:
    """An engine whose clock counts its own calls, in seconds."""
    ticks = count()
    wanted = EngineSettings(conversation_tokens, **settings)
    return Engine(runner, tokenizer, prompts, wanted, clock=lambda: float(next(ticks)))


def ask(conversation: Conversation, text: str) -> None:
    conversation.listen(text)
    conversation.end_input()


def run(engine: Engine, steps: int = 10**6) -> list[Event]:
    """Up to so many steps; all that happens."""
    events: list[Event] = []
    while engine.has_work and steps:
        events += engine.step()
        steps -= 1
    return events


def tokens_of(events: Iterable[Event], stream: StreamName, conversation: int | None = None) -> list[int]:
    return [
        event.token
        for event in events
        if isinstance(event, TokenGenerated) and event.stream is stream and conversation in (None, event.conversation)
    ]


def text_of(events: Iterable[Event], stream: StreamName) -> str:
    return "".join(e.text for e in events if isinstance(e, TokenGenerated) and e.stream is stream)


def end_of(events: Iterable[Event]) -> EndReason:
    """Why the one turn ended."""
    (reason,) = (event.reason for event in events if isinstance(event, TurnEnded))
    return reason

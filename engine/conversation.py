"""A conversation at the token level: its context, the running turn, and what the user does to them.

It plans feeds and takes logits like a method does; the engine runs them. It knows no text but the user's and the
answers'.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from engine.arena import Arena
from engine.block import Account, Block
from engine.context import Context
from engine.corrections import taken_back
from engine.events import EndReason, Event, TurnEnded
from engine.generation import Generation, Moment, Planned
from engine.methods import METHODS, Turn, TurnSetup
from engine.model import CorrectionPolicy, Model
from engine.patience import checked
from engine.reading import common_prefix
from engine.sampling import Sampler
from engine.stream import Stream
from engine.text import user_ids


class Conversation:
    """One conversation. Made by `Engine.open`; all its methods are called on the engine's thread.

    steps: of the running turn, or the latest. input_ended_step: its step after which the user had finished; None while
    the user goes on. patience: of the turns to come; it may be changed at any time.
    """

    def __init__(
        self,
        identity: int,
        method: str,
        model: Model,
        arena: Arena,
        account: Account,
        system: Block,
        sampler: Sampler,
        patience: float,
    ) -> None:
        self.id, self.method, self.turn_number, self.steps, self.closed = identity, method, 0, 0, False
        self.input_ended_step: int | None = None
        self.patience = patience
        self._model, self._arena, self._account, self._sampler = model, arena, account, sampler
        self._context = Context(model, arena, account, system)
        self._text = ""
        self._turn: Turn | None = None
        self._latest_output: Stream | None = None
        self._carried: list[Block] = []
        self._taken_back: tuple[int, int] | None = None  # from which step on, and how much of the answer was spoken
        self._outbox: list[Event] = []
        self._idle = False  # the turn waits for the user

    # -- what the user does

    def listen(self, text: str, spoken_characters: int = 0, turn: int | None = None) -> None:
        """The user's words so far in this turn are exactly this text: what is new is fed, what was revised is fed
        again, at any time, also while the answer is being written; the answer then waits for `end_input`. The oldest
        turns are forgotten if they leave no room for it.

        spoken_characters: so much of the answer is spoken, and cannot be taken back if a correction should ask for it.
        turn: the caller's number for a turn that begins with these words; None counts on.
        Raises ContextFull if the model cannot take so much text; then nothing has changed.
        """
        if self.closed:
            raise RuntimeError("the conversation is closed")
        words = (*self._model.tokens.input_open, *user_ids(self._model.tokenizer, text))
        revised = self._context.say(words, self.steps + 1 if self._turn is not None else 0)
        corrected = self._corrected(text)
        self._text = text
        if self._turn is None:
            if self._live:
                self._begin(turn)
        else:
            self._take_back([step for step in (revised, corrected) if step is not None], spoken_characters)
        if self._turn is not None:
            self._turn.hear()
            self.input_ended_step, self._idle = None, False

    def end_input(self, turn: int | None = None) -> None:
        """The user has finished, for now: the answer may begin. turn: as for `listen`, if no turn is running yet."""
        if self.closed or not self._context.said:
            raise RuntimeError("nothing was said, or the conversation is closed")
        if self._turn is None:
            self._begin(turn)
        elif not self._turn.listening:
            raise RuntimeError("the input has ended already")
        else:
            self._turn.end_input()
        self.input_ended_step, self._idle = self.steps, False

    def remember(self, text: str, answer: str) -> None:
        """The user said this and was answered so, in a conversation that is gone on with here. Before the first words
        of a turn; the oldest turns are forgotten where the model sees no more of them.
        """
        if self.closed or self._turn is not None or self._context.said:
            raise RuntimeError("a turn has begun, or the conversation is closed")
        words = (*self._model.tokens.input_open, *user_ids(self._model.tokenizer, text))
        self._context.remember(words, user_ids(self._model.tokenizer, answer))

    def hold(self, held: bool, turn: int | None = None) -> None:
        """Enough of the answer is written and not yet heard: the writer pauses at the next end of a clause, the
        thoughts go on. held=False: it goes on where it stopped. turn: which one is meant; without effect when it is not
        running. None: the latest. Every turn begins without a hold.
        """
        if self._turn is not None and turn in (None, self.turn_number):
            self._turn.hold(held)
            self._idle = False

    def interrupt(self, heard_characters: int, at_s: float, turn: int | None = None, withdrawn: bool = False) -> None:
        """The user heard only so many characters of the answer: end the turn if it still runs, and remember no more
        than that of the answer. Its thoughts are kept for the next turn, if that sees this one. turn: which one is
        meant; without effect once another has begun. None: the latest. withdrawn: remember nothing of the turn, as
        the user is about to say it again, with more words.
        """
        if self.closed or (turn is not None and turn != self.turn_number):
            return
        if self._turn is not None:
            self._outbox.append(TurnEnded(self.id, self.turn_number, self.steps, at_s, EndReason.INTERRUPTED))
            history = self._model.prompts.history
            if history.turns and history.carry_thoughts and self._turn.thinking is not None:
                self._carried = self._turn.thinking.hand_over()
            self._close_turn(self._turn.output.within(heard_characters))
        elif self._latest_output is not None and not withdrawn:
            self._context.shorten(self._latest_output.within(heard_characters))
        if withdrawn and self._latest_output is not None:
            self._context.forget_newest()
            self._latest_output = None

    def close(self) -> None:
        """Give everything back to the arena."""
        if self.closed:
            return
        self.closed = True
        if self._turn is not None:
            self._turn.release()
            self._turn = None
        self._release_carried()
        self._context.release()
        self._arena.close(self._account)

    @property
    def patience(self) -> float:
        """How sure the gate must be, from 0 to 1 (patience.py). Setting it raises ValueError for anything else."""
        return self._patience

    @patience.setter
    def patience(self, patience: float) -> None:
        self._patience = checked(patience)

    # -- what the engine does

    @property
    def running(self) -> bool:
        """Is a turn running?"""
        return self._turn is not None

    @property
    def context_tokens(self) -> int:
        """What stands before the thoughts and the answer: system prompt, earlier turns, the user's words."""
        return self._context.length

    @property
    def remembered_turns(self) -> int:
        """How many finished turns the next one sees."""
        return self._context.remembered_turns

    @property
    def history_ids(self) -> list[int]:
        """Finished turns as the next one sees them (tokens); what is still to be read of them is missing."""
        return self._context.past.token_ids()

    @property
    def waiting_tokens(self) -> int:
        """How many tokens it still has to read."""
        return self._context.reading.waiting_tokens

    @property
    def has_work(self) -> bool:
        """Would `plan` or `drain` give anything?"""
        return bool(self.waiting_tokens or self._outbox or (self._turn is not None and not self._idle))

    def plan(self, budget_tokens: int, at_s: float) -> list[Planned]:
        """The feeds of the next step, of which so many tokens may be read ones. The streams wait while more is to be
        read.
        """
        if self._turn is None:
            return self._read(budget_tokens)
        now = Moment(self.steps + 1, at_s)
        if self._taken_back is not None:
            self._outbox += self._turn.take_back(*self._taken_back, now)
            self._taken_back = None
        self._outbox += self._turn.make_room(now)
        planned = self._read(budget_tokens)
        if not (self.waiting_tokens or self._turn.done):
            planned += self._turn.plan()
        self._idle = not planned
        self.steps += bool(planned)
        return planned

    def take(self, item: Planned, logits: Tensor | None, at_s: float) -> Sequence[Event]:
        """The logits [n, V] of a planned feed; returns what follows from the last of them."""
        if item.take is None or logits is None:
            return ()
        return item.take(logits[-1], Moment(self.steps, at_s))

    def settle(self) -> None:
        """After a step's logits were taken: close a turn that is done."""
        if self._turn is not None and self._turn.done:
            self._close_turn(len(self._turn.output.generated))

    def drain(self) -> list[Event]:
        """Events that came up outside a step, or before its logits."""
        events, self._outbox = self._outbox, []
        return events

    # -- inside

    @property
    def _live(self) -> bool:
        return METHODS[self.method].listens(self._model)

    def _read(self, budget_tokens: int) -> list[Planned]:
        return [Planned(feed) for feed in self._context.reading.take(budget_tokens)]

    def _begin(self, number: int | None) -> None:
        number = self.turn_number + 1 if number is None else number
        generation = Generation(self.id, number, self._arena, self._account, self._model, self._sampler)
        carried, self._carried = self._carried, []
        self._turn = METHODS[self.method](TurnSetup(generation, self._context, self.patience, carried))
        self.turn_number, self.steps, self.input_ended_step = number, 0, None

    def _corrected(self, text: str) -> int | None:
        """In which step the words were heard that this text corrects, if it newly does."""
        place = taken_back(self._text, text, self._model.prompts.input.corrections)
        if place is None:
            return None
        before = (*self._model.tokens.input_open, *user_ids(self._model.tokenizer, text[:place]))
        return self._context.heard_at[min(common_prefix(before, self._context.said), len(self._context.heard_at) - 1)]

    def _take_back(self, steps: Sequence[int], spoken_characters: int) -> None:
        if not steps or self._model.corrections is CorrectionPolicy.KEEP:
            return
        step = min(steps) if self._taken_back is None else min(*steps, self._taken_back[0])
        self._taken_back = step, spoken_characters

    def _close_turn(self, heard_tokens: int) -> None:
        assert self._turn is not None
        turn, self._turn = self._turn, None
        self._latest_output, self._taken_back, self._text = turn.output, None, ""
        thoughts = turn.thinking.parts if turn.thinking is not None else []
        self._context.finish(turn.hand_over(), thoughts, turn.output, heard_tokens)

    def _release_carried(self) -> None:
        for block in self._carried:
            self._arena.release(block)
        self._carried = []

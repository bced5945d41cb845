"""A chat over a pipe: every line is a turn and waits for its answer, so that scripts get the same each time."""

import sys
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from app.conversation.events import ConversationEvent, Fault, TurnDone, UserTurn
from app.errors import RunError
from app.terminal import QUIT
from app.terminal.keyboard import lines
from app.terminal.transcript import BROKE_OFF

if TYPE_CHECKING:
    from app.realtime.interfaces import Conversation


async def chat_by_lines(conversation: "Conversation", descriptor: int) -> int:
    """Prints the answer to each line read from `descriptor`; returns the exit code. Raises RunError for a fault."""
    async with conversation:
        events = conversation.events()
        async for line in lines(descriptor):
            if line.strip() == QUIT:
                break
            if line.strip():
                await conversation.say(line.strip())
                print(await _answer(events), flush=True)
    return 0


async def _answer(events: AsyncIterator[ConversationEvent]) -> str:
    """The answer of the turn that begins next."""
    turn: int | None = None
    async for event in events:
        match event:
            case UserTurn():
                turn = event.turn
            case TurnDone() if event.turn == turn:
                if event.broke_off:
                    print(BROKE_OFF, file=sys.stderr)
                return event.answer.strip()
            case Fault():
                raise RunError(event.message)
    raise RunError("the conversation ended before the answer")

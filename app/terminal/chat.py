"""A chat on a terminal: thoughts and answer grow side by side, and what is typed meanwhile is input."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from app.conversation.events import ConversationEvent
from app.errors import INTERRUPTED
from app.terminal import QUIT
from app.terminal.interrupt import TWICE_WITHIN_S, InterruptKey, Wish
from app.terminal.keyboard import LineEditor, chunks, key_by_key
from app.terminal.screen import exchange_view, live_view
from app.terminal.transcript import Transcript

if TYPE_CHECKING:
    from app.realtime.interfaces import Conversation

HELP = "Type and press Enter, also while Sotto thinks. Ctrl-C stops the answer, twice quits; /quit quits too."
FRAMES_PER_S = 12


async def chat_by_keys(conversation: "Conversation", descriptor: int) -> int:
    """Chats until the user quits; returns the exit code. `descriptor` is the terminal's."""
    chat = Chat(conversation, Console())
    with key_by_key(descriptor), on_interrupt(chat.press_interrupt):
        await chat.run(descriptor)
    return INTERRUPTED if chat.interrupted else 0


class Chat:
    """Owns the transcript, the line being typed, and what the keys mean."""

    def __init__(self, conversation: "Conversation", console: Console) -> None:
        self.transcript = Transcript()
        self.editor = LineEditor()
        self.notice = ""
        self.interrupted = False
        self._conversation = conversation
        self._console = console
        self._interrupt_key = InterruptKey()
        self._over = asyncio.Event()
        self._stopping: asyncio.Task[None] | None = None

    async def run(self, descriptor: int) -> None:
        """Until the user quits; `descriptor` hands over key by key."""
        self._console.print(Text(HELP, style="dim"))
        with Live(
            get_renderable=lambda: live_view(self.transcript, self.editor.text, self.notice, self._console),
            console=self._console,
            refresh_per_second=FRAMES_PER_S,
            transient=True,
        ):
            async with self._conversation:
                await _until_first(self._type(descriptor), self._follow(), self._quit())

    def press_interrupt(self) -> None:
        """Ctrl-C: the first press stops what is being answered, the second quits."""
        if self._interrupt_key.press(time.monotonic()) is Wish.QUIT:
            self.interrupted = True
            self._over.set()
            return
        self._say_briefly("Ctrl-C again quits")
        if self.transcript.busy:
            self._stopping = asyncio.create_task(self._conversation.stop())

    def take(self, event: ConversationEvent) -> None:
        """Shows what `event` changes; what is over moves up, out of the part that is redrawn."""
        after = self.transcript.after(event)
        self.transcript = after.taken()
        for exchange in after.over:
            self._console.print(exchange_view(exchange, self._console))
        for fault in after.faults:
            self._console.print(Text(fault, style="red"))

    def _say_briefly(self, notice: str) -> None:
        self.notice = notice
        asyncio.get_running_loop().call_later(TWICE_WITHIN_S, self._forget_notice)

    def _forget_notice(self) -> None:
        self.notice = ""

    async def _quit(self) -> None:
        await self._over.wait()

    async def _follow(self) -> None:
        async for event in self._conversation.events():
            self.take(event)

    async def _type(self, descriptor: int) -> None:
        async for keys in chunks(descriptor):
            self._forget_notice()
            for line in self.editor.type(keys):
                if line.strip() == QUIT:
                    return
                if line.strip():
                    await self._conversation.say(line.strip())
            if self.editor.closed:
                return


async def _until_first(*parts: Coroutine[Any, Any, None]) -> None:
    """Runs all parts until the first ends, then cancels the others. Raises what it raised."""
    tasks = [asyncio.create_task(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def on_interrupt(action: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `action` on the event loop for as long as the block runs."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, action)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)

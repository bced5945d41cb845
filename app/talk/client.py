"""The desktop client: ties one conversation to sound, keys and screen.

Everything happens on the event loop: the conversation's events, the keys, and a tick of 10 ms that moves sound, decides
what the talk key means, and shows how things are. The decisions are those of the pure modules.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app.conversation.events import (
    ConversationEvent,
    Mouth,
    PartialTranscript,
    SpeechEnded,
    StateChanged,
    TurnDone,
    UserTurn,
)
from app.errors import INTERRUPTED
from app.talk import keys
from app.talk.ears import ECHO_TAIL_S, Echo, ears
from app.talk.hold import HoldKey, TalkKey
from app.talk.keys import Key, KeyAction, KeyReader, KittyAnswered
from app.talk.line import HearingLine
from app.talk.printing import Printer
from app.talk.screen import METER_WIDTH, TalkView, delays
from app.talk.sound import DesktopSound
from app.talk.terminal import Kitty
from app.terminal.interrupt import TWICE_WITHIN_S, InterruptKey, Wish
from app.terminal.keyboard import LineEditor
from app.terminal.transcript import Exchange, plain

if TYPE_CHECKING:
    from app.realtime.interfaces import Conversation

TICK_S = 0.01
SETTLE_S = 0.12  # what the loudspeaker has in its buffers when the talk key silences it
KEY = "key"


@dataclass(frozen=True, slots=True)
class Manner:
    """How the client behaves. step_ms: the engine's pace, to be told with every delay."""

    open_mic: bool
    echo: Echo
    step_ms: float | None = None


class Talk:
    """One conversation at the desktop. exit_code: valid when `run` has returned."""

    def __init__(
        self,
        conversation: Conversation,
        line: HearingLine,
        sound: DesktopSound,
        talk_key: TalkKey,
        manner: Manner,
        view: TalkView,
        printer: Printer,
        clock: Callable[[], float],
        sinks: Sequence[Callable[[ConversationEvent], None]] = (),
    ) -> None:
        self.exit_code = 0
        self._conversation, self._line, self._sound = conversation, line, sound
        self._talk_key, self._manner, self._view, self._printer = talk_key, manner, view, printer
        self._clock, self._sinks = clock, sinks
        self._kitty: Kitty | None = None
        self._reader, self._editor = KeyReader(), LineEditor()
        self._interrupt_key = InterruptKey()
        self._talking = False
        self._open_from_s = 0.0  # the talk key is obeyed from then on
        self._spoke_s = float("-inf")  # when the loudspeaker was last at work
        self._stopping: asyncio.Task[None] | None = None
        self._over = asyncio.Event()

    async def run(self, typed: AsyncIterator[str] | None = None, kitty: Kitty | None = None) -> None:
        """Until the user quits, the keys or the conversation end, or `end` is called. Raises what any part raised."""
        self._kitty = kitty
        async with self._conversation:
            try:
                await self._sound.start(self._clock())
                parts = [self._follow(), self._tick_on(), self._quit()]
                await _until_first([*parts, self._type(typed)] if typed is not None else parts)
            finally:
                await self._line.close()
                await self._sound.close()

    def end(self, exit_code: int) -> None:
        """Leave as soon as possible."""
        self.exit_code = exit_code
        self._over.set()

    def press_interrupt(self) -> None:
        """Ctrl-C: the first press stops the answer, the second quits."""
        if self._interrupt_key.press(self._clock()) is Wish.QUIT:
            self.end(INTERRUPTED)
            return
        self._stop()
        self.tell("Ctrl-C again quits")

    def tell(self, notice: str) -> None:
        """Say it for a while."""
        self._view.notice = notice
        asyncio.get_running_loop().call_later(TWICE_WITHIN_S, self._forget, notice)

    def lose_words(self, error: Exception) -> None:
        """The conversation could not take sound in. It stays to be read: the user has to say them again."""
        self._printer.fault(f"some words were lost: {error}")

    # -- the conversation

    def take(self, event: ConversationEvent) -> None:
        """Whatever happens: to the loudspeaker first."""
        self._sound.player.take(event)
        for sink in self._sinks:
            sink(event)
        view = self._view
        match event:
            case PartialTranscript(text=text):
                view.partial = plain(text)
            case SpeechEnded() | UserTurn():  # the words are a turn's from now on, or were none
                view.partial = ""
            case StateChanged(mouth=mouth):
                view.mouth = mouth
            case TurnDone():
                view.latency = delays(event.latency, self._manner.step_ms) or view.latency
        after = view.transcript.after(event)
        view.transcript = after.taken()
        for exchange in after.over:
            self._printer.exchange(as_heard(exchange, event))
        for fault in after.faults:
            self._printer.fault(fault)

    async def _follow(self) -> None:
        async for event in self._conversation.events():
            self.take(event)

    def _stop(self) -> None:
        self._stopping = asyncio.create_task(self._conversation.stop())

    # -- time

    def tick(self, now_s: float) -> None:
        """Everything that time changes."""
        self._talk_key.tick(now_s)
        if self._talk_key.talking != self._talking:
            self._talking = self._talk_key.talking
            self._begin_talking(now_s) if self._talking else self._end_talking()
        player, view = self._sound.player, self._view
        if player.speaking or view.mouth is Mouth.SPEAKING:
            self._spoke_s = now_s
        speaking = now_s - self._spoke_s < ECHO_TAIL_S
        view.ears = ears(
            open_mic=self._manner.open_mic,
            talking=self._talking and now_s >= self._open_from_s,
            muted=view.muted,
            speaking=speaking,
            echo=self._manner.echo,
        )
        self._sound.tick(now_s, view.ears, speaking)
        meter = self._sound.microphone.meter
        view.talking, view.meter, view.clipped = self._talking, meter.bar(METER_WIDTH), meter.clipped

    async def _tick_on(self) -> None:
        while True:
            self.tick(self._clock())
            await asyncio.sleep(TICK_S)

    def _begin_talking(self, now_s: float) -> None:
        """The loudspeaker stands still at once: whoever presses the key wants to be heard."""
        if self._view.muted:
            self.tell("muted: press m to be heard")
        if self._sound.player.speaking and self._manner.echo is Echo.HALF:
            self._open_from_s = now_s + SETTLE_S
        self._sound.player.pause(KEY)  # an answer that begins meanwhile waits too

    def _end_talking(self) -> None:
        """The turn is over; if nothing was said, the answer goes on where it stood."""
        self._sound.microphone.forget()
        if isinstance(self._talk_key, HoldKey) and not self._talk_key.repeated:
            self.tell("that was a tap: hold the space bar while you speak (or start with --toggle)")

        def go_on() -> None:
            if not self._talking:
                self._sound.player.resume(KEY)

        self._line.commit(go_on)

    # -- keys

    async def _type(self, typed: AsyncIterator[str]) -> None:
        async for text in typed:
            for key in self._reader.take(text):
                if isinstance(key, KittyAnswered):
                    if self._kitty is not None:
                        self._kitty.answered()
                elif self._view.typed is None:
                    self.press(key)
                else:
                    await self._edit(key)
            if self._over.is_set():
                return

    def press(self, key: Key) -> None:
        """What a key means while nothing is being typed."""
        now_s = self._clock()
        if key.char == keys.SPACE:
            if key.action is KeyAction.RELEASE:
                self._talk_key.up(now_s)
            elif key.action is KeyAction.PRESS:
                self._talk_key.down(now_s, key.exact)
            return
        if key.action is not KeyAction.PRESS:
            return
        match key.char:
            case "m":
                self._view.muted = not self._view.muted
            case "s" | keys.ESCAPE:
                self._stop()
            case "t" | keys.ENTER:
                self._switch_typing("")
            case "q" | keys.END_OF_INPUT:
                self.end(0)
            case keys.INTERRUPT:
                self.press_interrupt()

    async def _edit(self, key: Key) -> None:
        if key.action is KeyAction.RELEASE:
            return
        if key.char == keys.ESCAPE:
            self._editor = LineEditor()
            self._switch_typing(None)
            return
        for line in self._editor.type(key.char):
            self._switch_typing(None)
            if line.strip():
                await self._conversation.say(line.strip())
            return
        self._view.typed = self._editor.text

    def _switch_typing(self, typed: str | None) -> None:
        """The kitty protocol tells keys, not text: it is off while a line is typed."""
        self._view.typed = typed
        if self._kitty is not None:
            self._kitty.switch(typed is None)

    def _forget(self, notice: str) -> None:
        if self._view.notice == notice:
            self._view.notice = ""

    async def _quit(self) -> None:
        await self._over.wait()


def as_heard(exchange: Exchange, event: ConversationEvent) -> Exchange:
    """A turn that is over as it stays on the screen: of an interrupted answer what was heard."""
    if isinstance(event, TurnDone) and event.interrupted:
        return replace(exchange, answer=plain(event.heard))
    return exchange


async def _until_first(parts: Sequence[Coroutine[Any, Any, None]]) -> None:
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

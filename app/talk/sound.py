"""Sound: the two devices, the player and the microphone as one thing that outlives an unplugged device.

While a device is gone both are: PortAudio must be started anew to see new ones, and a new process does so. The answer
stands still and goes on from where it was heard, also at another sample rate; the microphone brings nothing. Opening
and closing may block, so a thread does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from app.errors import SottoError
from app.recorder import Report
from app.talk.ears import Ears
from app.talk.echo import EchoCanceller
from app.talk.line import HearingLine
from app.talk.microphone import GatedMicrophone
from app.talk.player import Player
from app.talk.watch import DeviceWatch, WatchOrder
from audio.errors import AudioError
from audio.pcm import Pcm

if TYPE_CHECKING:
    from app.talk.sound_card import SoundCard

NOTHING: Pcm = np.zeros(0, np.int16)


class DesktopSound:
    """All methods run on the event loop. `card` is checked but not started; `again` looks for the devices anew.

    on_trouble: told what is wrong, and "" when it no longer is.
    """

    def __init__(
        self,
        card: SoundCard,
        again: Callable[[], SoundCard],
        report: Report,
        line: HearingLine,
        canceller: EchoCanceller | None,
        on_trouble: Callable[[str], None],
    ) -> None:
        self.player = Player(report, card.output.rate_hz)
        self.microphone = GatedMicrophone(line, canceller)
        self._card = card
        self._again, self._on_trouble = again, on_trouble
        self._watch = DeviceWatch()
        self._reopening: asyncio.Task[None] | None = None

    @property
    def devices(self) -> str:
        """Their names."""
        return f"{self._card.input.device.name} → {self._card.output.device.name}"

    async def start(self, now_s: float) -> None:
        """Let sound flow. Raises DeviceUnavailable."""
        await asyncio.to_thread(self._card.start, self.player.playback)
        self._started(now_s)

    async def close(self) -> None:
        """Harmless when repeated."""
        if self._reopening is not None:
            await asyncio.gather(self._reopening, return_exceptions=True)
        await asyncio.to_thread(self._card.close)

    def tick(self, now_s: float, ears: Ears, speaking: bool) -> None:
        """Must be called often: moves sound both ways and looks after the devices."""
        if self._reopening is not None and not self._reopening.done():
            self.player.settle()
        else:
            self._look(now_s)
        if not self._watch.lost:
            card = self._card
            far = NOTHING if card.copied is None else card.copied.take_all()
            self.microphone.take(card.heard.take_all(), far, ears, speaking)
        self.player.tick(now_s)

    def _look(self, now_s: float) -> None:
        match self._watch.look(now_s, self._card.running, self._card.calls):
            case WatchOrder.GIVE_UP:
                self._on_trouble(f"{self.devices}: a device is gone; waiting for it to come back")
                self._reopening = asyncio.create_task(asyncio.to_thread(self._card.close))
            case WatchOrder.TRY:
                self._reopening = asyncio.create_task(self._reopen(now_s))
            case WatchOrder.NOTHING if self._watch.lost:
                self.player.settle()
            case _:
                pass

    async def _reopen(self, now_s: float) -> None:
        try:
            card = await asyncio.to_thread(self._again)
            if card.output.rate_hz != self.player.rate_hz:
                self.player = self.player.moved_to(card.output.rate_hz)
            await asyncio.to_thread(card.start, self.player.playback)
        except (AudioError, SottoError) as error:
            self._on_trouble(f"waiting for the sound devices: {error}")
            return
        self._card = card
        self._started(now_s)
        self._on_trouble("")

    def _started(self, now_s: float) -> None:
        self._watch.found(now_s)
        self.microphone.set_rates(self._card.input.rate_hz, self._card.output.rate_hz)

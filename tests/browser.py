"""Drives the page in a real Chromium: a fake microphone, a tap on the loudspeaker, a served application.

    with serving(lambda: build_app(assistant, settings)) as url, sync_playwright() as playwright:
        browser = chromium(playwright, path, microphone_wav=wav)
        tab = Tab(browser, url)
        tab.start_microphone()
        tab.say("What is two plus two?")
        tab.wait_for_text(".answer p", "four")
        sound, rate_hz = tab.sound()

Screenshots go to the folder named by SOTTO_SHOTS, if it is set.
"""

import base64
import os
import socket
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import uvicorn
from numpy.typing import NDArray
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request

TAP = Path(__file__).with_name("tap.js")
WAIT_MS = 15_000


@contextmanager
def serving(build: Callable[[], Any], port: int = 0) -> Iterator[str]:
    """Builds an ASGI application and serves it on the loopback address, in a thread; gives its URL."""
    listener = socket.create_server(("127.0.0.1", port))
    servers: list[uvicorn.Server] = []

    def serve() -> None:
        servers.append(uvicorn.Server(uvicorn.Config(build(), log_level="critical", timeout_graceful_shutdown=1)))
        servers[0].run(sockets=[listener])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        while not (servers and servers[0].started):
            assert thread.is_alive(), "the server died while starting"
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        for server in servers:
            server.should_exit = True
        thread.join()
        listener.close()


def chromium(
    playwright: Playwright, path: str, microphone_wav: Path | None = None, *arguments: str, deny: bool = False
) -> Browser:
    """A headless Chromium whose microphone plays a WAV file once, or whose user denies the microphone."""
    prompts = "--deny-permission-prompts" if deny else "--use-fake-ui-for-media-stream"
    flags = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream", prompts, *arguments]
    if microphone_wav is not None:
        flags.append(f"--use-file-for-fake-audio-capture={microphone_wav}%noloop")
    return playwright.chromium.launch(executable_path=path, headless=True, args=flags)


class Tab:
    """One tab with the page, ready to be used; remembers what the console said and which hosts were asked."""

    def __init__(
        self, browser: Browser, url: str, size: tuple[int, int] = (1100, 860), dark: bool = False, wait: bool = True
    ) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self._url = url
        self._blocks: list[tuple[float, int, NDArray[np.int16]]] = []
        self._rate_hz = 0
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._note_request)
        self.page.add_init_script(path=TAP)
        self.page.goto(url, wait_until="load")
        if wait:
            self.wait_for_state("link", "connected")

    def close(self) -> None:
        self.context.close()

    # What the user does

    def start_microphone(self) -> None:
        self.page.click(".sotto-composer .mic")
        self.page.wait_for_selector(".mic[data-mic=on]", timeout=WAIT_MS)

    def say(self, text: str) -> None:
        self.page.fill("#sotto-text", text)
        self.page.press("#sotto-text", "Enter")

    def stop(self) -> None:
        self.page.click(".sotto-composer .stop")

    # What the user sees and hears

    def wait_for_text(self, selector: str, text: str, timeout_ms: int = WAIT_MS) -> None:
        """Waits until the last element of this selector shows the text."""
        self.page.locator(selector, has_text=text).last.wait_for(state="visible", timeout=timeout_ms)

    def wait_for_state(self, name: str, value: str, timeout_ms: int = WAIT_MS) -> None:
        self.page.wait_for_selector(f"[data-state={name}][data-value={value}]", state="attached", timeout=timeout_ms)

    def text(self, selector: str) -> str:
        return self.page.locator(selector).last.inner_text()

    def screenshot(self, name: str) -> None:
        if folder := os.environ.get("SOTTO_SHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(folder) / f"{name}.png")

    def sound(self) -> tuple[NDArray[np.int16], int]:
        """All sound that went to the loudspeaker so far, int16 [samples], and its rate."""
        self._drain()
        return np.concatenate([block for _, _, block in self._blocks] or [np.zeros(0, np.int16)]), self._rate_hz

    def silent_from_s(self, after_s: float, for_s: float = 0.2, threshold: int = 100) -> float:
        """When, in seconds since 1970, the loudspeaker first fell silent for a while at or after this moment."""
        self._drain()
        silent_since_s: float | None = None
        for at_ms, _, block in self._blocks:
            end_s = at_ms / 1000
            loud = np.flatnonzero(np.abs(block.astype(np.int32)) > threshold)
            if len(loud):
                silent_since_s = end_s - (len(block) - 1 - int(loud[-1])) / self._rate_hz
            silent_since_s = end_s if silent_since_s is None else silent_since_s
            if end_s >= after_s and end_s - max(silent_since_s, after_s) >= for_s:
                return max(silent_since_s, after_s)
        raise AssertionError("the loudspeaker never fell silent")

    def wait(self, seconds: float) -> None:
        """Lets the page run; Playwright's callbacks come through meanwhile."""
        self.page.wait_for_timeout(seconds * 1000)

    @property
    def foreign_hosts(self) -> set[str]:
        """Hosts other than the server that the page asked anything of."""
        return self.hosts - {urlsplit(self._url).netloc}

    def _drain(self) -> None:
        taken = self.page.evaluate("window.__tap.drain()")
        self._rate_hz = int(taken["rate"]) or self._rate_hz
        for at_ms, first, samples in taken["blocks"]:
            self._blocks.append((at_ms, first, np.frombuffer(base64.b64decode(samples), "<i2")))

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _note_request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"}:
            self.hosts.add(address.netloc)


def write_microphone(path: Path, sound: NDArray[np.int16], rate_hz: int) -> Path:
    """A WAV file for Chromium's fake microphone; it is played from the moment the microphone is opened."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(sound.astype("<i2").tobytes())
    return path


def voice(seconds: float, rate_hz: int) -> NDArray[np.int16]:
    """Four syllables a second of a gliding hum with harmonics; a browser's noise suppression lets it through."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 1.5 * time_s)) / rate_hz
    hum = sum(np.sin(number * phase) / number**0.7 for number in range(1, 25))
    syllables = hum * np.sqrt(np.clip(np.sin(2 * np.pi * 4 * time_s), 0, 1))
    return (20_000 * syllables / np.abs(syllables).max()).astype(np.int16)


def strength(sound: NDArray[np.int16], rate_hz: int, tone_hz: float) -> float:
    """Share of the sound's energy within 15 Hz of a tone; 1 is the tone and nothing else."""
    spectrum = np.abs(np.fft.rfft(sound.astype(np.float64) * np.hanning(len(sound)))) ** 2
    frequencies = np.fft.rfftfreq(len(sound), 1 / rate_hz)
    return float(spectrum[np.abs(frequencies - tone_hz) <= 15].sum() / spectrum.sum())

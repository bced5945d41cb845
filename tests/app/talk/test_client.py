"""The client: keys, sound and a fake conversation, on a clock that is set by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from app.conversation.events import (
    AnswerDelta,
    AudioDelta,
    ConversationEvent,
    Fault,
    Flush,
    Mind,
    Mouth,
    PartialTranscript,
    SpeechEnded,
    StateChanged,
    ThoughtDelta,
    TurnDone,
    UserTurn,
)
from app.talk import keys
from app.talk.client import Manner, Talk
from app.talk.ears import Ears, Echo
from app.talk.flow import Shape
from app.talk.hold import HoldKey, TalkKey, ToggleKey
from app.talk.keys import Key, KeyAction
from app.talk.line import HearingLine
from app.talk.printing import PlainPrinter, ScreenPrinter
from app.talk.screen import TalkView, delays, live_view
from app.talk.sound import DesktopSound
from app.talk.terminal import Kitty
from app.terminal.transcript import Exchange
from tests.app.fakes import FakeConversation
from tests.app.talk.test_devices import LAPTOP

LEVEL = np.full(1_600, 3_000, np.int16)


class FakeCard:
    """Devices whose streams run as long as nobody unplugs them."""

    def __init__(self) -> None:
        from app.talk.ring import SoundRing

        self.input = self.output = Shape(LAPTOP, 24_000, 1)
        self.heard = SoundRing(100_000)
        self.copied = None
        self.running = False
        self.calls = 0
        self.closed = False
        self.playback: Any = None

    def start(self, playback: Any) -> None:
        self.running, self.playback = True, playback

    def close(self) -> None:
        self.running, self.closed = False, True


@dataclass
class Printed:
    """What is over."""

    exchanges: list[Exchange] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def exchange(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    def fault(self, message: str) -> None:
        self.faults.append(message)

    def trouble(self, message: str) -> None: ...


class Desk:
    """A client with everything around it fake; `now_s` is its clock."""

    def __init__(self, open_mic: bool = False, echo: Echo = Echo.HALF, key: TalkKey | None = None) -> None:
        self.now_s = 0.0
        self.conversation = FakeConversation()
        self.card = FakeCard()
        self.view = TalkView(devices="", keys="keys")
        self.printed = Printed()
        self.line = HearingLine(self.conversation, lambda error: None)
        self.sound = DesktopSound(
            self.card,  # type: ignore[arg-type]
            lambda: self.card,  # type: ignore[arg-type,return-value]
            self.conversation.played,
            self.line,
            None,
            lambda message: setattr(self.view, "trouble", message),
        )
        self.talk = Talk(
            self.conversation,
            self.line,
            self.sound,
            key or HoldKey(),
            Manner(open_mic, echo),
            self.view,
            self.printed,
            lambda: self.now_s,
        )

    async def __aenter__(self) -> Desk:
        await self.sound.start(0.0)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.line.close()
        await self.sound.close()

    async def pass_time(self, duration_s: float, spaces: bool = False) -> np.ndarray:
        """Time passes while the microphone hears something; `spaces`: a held key repeats. What was played."""
        played = []
        for step in range(round(duration_s / 0.02)):
            if spaces and step % 2 == 0:
                self.talk.press(Key(keys.SPACE))
            self.now_s += 0.02
            self.card.calls += 1
            self.card.heard.write(LEVEL[:480])
            out = np.zeros(480, np.int16)
            self.card.playback.fill(out, self.now_s)
            played.append(out)
            self.talk.tick(self.now_s)
            await asyncio.sleep(0)
        await asyncio.sleep(0.03)  # what waits behind the scenes
        return np.concatenate(played)

    def answer(self, seconds: float = 5.0) -> None:
        pcm = np.full(round(24_000 * seconds), 900, "<i2").tobytes()
        self.talk.take(StateChanged(self.now_s, Mind.WRITING, Mouth.SPEAKING))
        self.talk.take(AudioDelta(self.now_s, 1, 1, pcm, "words"))


def run(work: Any) -> None:
    asyncio.run(asyncio.wait_for(work(), timeout=30))


# holding the talk key


def test_what_is_said_while_the_key_is_held_is_one_turn() -> None:
    async def work() -> None:
        async with Desk() as desk:
            await desk.pass_time(1.0)
            assert desk.conversation.heard_samples == 0
            await desk.pass_time(1.0, spaces=True)
            assert desk.view.ears is Ears.OPEN
            assert desk.view.talking
            await desk.pass_time(0.5)
            assert desk.view.ears is Ears.SHUT
            assert desk.conversation.commits == 1
            assert desk.conversation.heard_samples == pytest.approx(16_000 * 1.4, rel=0.1)

    run(work)


def test_the_loudspeaker_stands_still_while_the_key_is_held_and_goes_on_if_nothing_was_said() -> None:
    async def work() -> None:
        async with Desk() as desk:
            desk.answer()
            assert (await desk.pass_time(0.5)).any()
            await desk.pass_time(0.04, spaces=True)
            assert not (await desk.pass_time(1.0, spaces=True)).any()
            await desk.pass_time(0.4)
            assert (await desk.pass_time(0.5)).any()

    run(work)


def test_an_answer_that_begins_while_the_key_is_held_waits() -> None:
    async def work() -> None:
        async with Desk() as desk:
            await desk.pass_time(0.5, spaces=True)
            desk.answer()
            assert not (await desk.pass_time(1.0, spaces=True)).any()
            await desk.pass_time(0.4)
            assert (await desk.pass_time(0.5)).any()

    run(work)


def test_the_answer_goes_on_even_if_the_end_of_the_turn_could_not_be_told() -> None:
    class Failing(FakeConversation):
        async def commit(self) -> None:
            raise OSError("the recogniser is gone")

    async def work() -> None:
        async with Desk() as desk:
            desk.line._conversation = Failing()
            desk.answer()
            await desk.pass_time(1.0, spaces=True)
            await desk.pass_time(0.4)
            assert (await desk.pass_time(0.5)).any()

    run(work)


def test_words_said_meanwhile_end_the_old_answer_for_good() -> None:
    async def work() -> None:
        async with Desk() as desk:
            desk.answer()
            await desk.pass_time(0.5)
            await desk.pass_time(0.6, spaces=True)
            desk.talk.take(Flush(desk.now_s, 1, 1))
            await desk.pass_time(0.5)
            assert not (await desk.pass_time(0.5)).any()
            assert desk.conversation.positions[-1][0] == 1
            assert desk.conversation.positions[-1][2]

    run(work)


def test_what_the_loudspeaker_still_has_is_not_heard_as_the_user() -> None:
    async def work() -> None:
        async with Desk() as desk:
            desk.answer()
            await desk.pass_time(0.5)
            desk.talk.press(Key(keys.SPACE))
            await desk.pass_time(0.1)
            assert desk.conversation.heard_samples == 0
            await desk.pass_time(0.2)
            assert desk.conversation.heard_samples > 0

    run(work)


def test_a_tap_is_explained() -> None:
    async def work() -> None:
        async with Desk() as desk:
            desk.talk.press(Key(keys.SPACE))
            await desk.pass_time(1.0)
            assert "that was a tap" in desk.view.notice

    run(work)


def test_exact_keys_end_the_turn_when_the_key_goes_up() -> None:
    async def work() -> None:
        async with Desk() as desk:
            desk.talk.press(Key(keys.SPACE, KeyAction.PRESS, exact=True))
            await desk.pass_time(2.0)
            desk.talk.press(Key(keys.SPACE, KeyAction.REPEAT, exact=True))
            assert desk.view.ears is Ears.OPEN
            desk.talk.press(Key(keys.SPACE, KeyAction.RELEASE, exact=True))
            await desk.pass_time(0.12)
            assert desk.view.ears is Ears.SHUT
            assert desk.conversation.commits == 1
            assert not desk.view.notice

    run(work)


def test_a_toggle_hears_from_tap_to_tap() -> None:
    async def work() -> None:
        async with Desk(key=ToggleKey()) as desk:
            desk.talk.press(Key(keys.SPACE))
            await desk.pass_time(2.0)
            assert desk.view.ears is Ears.OPEN
            desk.talk.press(Key(keys.SPACE))
            await desk.pass_time(0.1)
            assert desk.view.ears is Ears.SHUT
            assert desk.conversation.commits == 1

    run(work)


# an open microphone


def test_half_duplex_hears_silence_while_the_assistant_speaks() -> None:
    async def work() -> None:
        async with Desk(open_mic=True) as desk:
            await desk.pass_time(0.5)
            assert desk.view.ears is Ears.OPEN
            desk.answer()
            await desk.pass_time(0.5)
            assert desk.view.ears is Ears.DEAF
            await desk.pass_time(0.3, spaces=True)
            assert desk.view.ears is Ears.OPEN

    run(work)


def test_half_duplex_hears_again_a_little_after_the_last_sound() -> None:
    async def work() -> None:
        async with Desk(open_mic=True) as desk:
            desk.answer(0.3)
            await desk.pass_time(0.2)
            desk.talk.take(Flush(desk.now_s, 1, 1))
            desk.talk.take(StateChanged(desk.now_s, Mind.IDLE, Mouth.SILENT))
            await desk.pass_time(0.2)
            assert desk.view.ears is Ears.DEAF
            await desk.pass_time(0.2)
            assert desk.view.ears is Ears.OPEN

    run(work)


def test_without_echo_the_microphone_stays_open() -> None:
    async def work() -> None:
        async with Desk(open_mic=True, echo=Echo.NONE) as desk:
            desk.answer()
            await desk.pass_time(0.5)
            assert desk.view.ears is Ears.OPEN

    run(work)


# other keys


def test_mute_stop_and_quit() -> None:
    async def work() -> None:
        async with Desk(open_mic=True) as desk:
            desk.talk.press(Key("m"))
            await desk.pass_time(0.1)
            assert desk.view.ears is Ears.DEAF
            desk.talk.press(Key("m"))
            await desk.pass_time(0.1)
            assert desk.view.ears is Ears.OPEN
            desk.talk.press(Key("s"))
            desk.talk.press(Key("\x1b"))
            await asyncio.sleep(0)
            assert desk.conversation.stops == 2

    run(work)


async def typing(*pieces: str) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece
        await asyncio.sleep(0.01)
    await asyncio.sleep(3600)


def test_a_typed_line_is_said_and_letters_in_it_are_no_commands() -> None:
    async def work() -> None:
        desk = Desk()
        await desk.talk.run(typing("t", "stop me\x7f\x7fnow", "\r", "t", "gone", "\x1b", "q"))
        assert desk.conversation.said == ["stop now"]
        assert desk.conversation.stops == 0
        assert desk.talk.exit_code == 0
        assert desk.card.closed

    run(work)


def test_the_kitty_protocol_is_used_where_the_terminal_has_it_and_not_while_typing() -> None:
    async def work() -> None:
        desk = Desk()
        written: list[str] = []
        kitty = Kitty(written.append)
        kitty.ask()
        sent = ("\x1b[?0u", "\x1b[116u", "t", "\x1b", "\x1b[113u")
        await desk.talk.run(typing(*sent), kitty)
        assert written == [keys.ASK_KITTY, keys.KITTY_ON, keys.KITTY_OFF, keys.KITTY_ON]

    run(work)


def test_control_c_stops_first_and_quits_then_also_as_a_kitty_key() -> None:
    async def work() -> None:
        desk = Desk()
        await desk.talk.run(typing("\x1b[99;5u", "\x1b[99;5u"))
        assert desk.conversation.stops == 1
        assert desk.talk.exit_code == 130

    run(work)


def test_what_fails_ends_the_client_and_closes_the_devices() -> None:
    class Broken(FakeConversation):
        async def events(self) -> AsyncIterator[ConversationEvent]:
            raise OSError("the conversation broke")
            yield

    async def work() -> None:
        desk = Desk()
        desk.talk._conversation = Broken()
        with pytest.raises(OSError, match="the conversation broke"):
            await desk.talk.run(typing("x"))
        assert desk.card.closed

    run(work)


# what is shown


def drawn(view: TalkView, height: int = 20) -> str:
    console = Console(width=100, height=height, record=True, file=StringIO())
    console.print(live_view(view, console))
    return console.export_text()


def test_thoughts_stand_beside_the_answer_and_are_marked() -> None:
    desk = Desk()
    for event in (
        PartialTranscript(0, "what is"),
        UserTurn(0, 1, "what is 2 plus 3", True),
        ThoughtDelta(0, 1, "2 + 3 = 5", 1),
        AnswerDelta(0, 1, "It is 5.", 2),
        StateChanged(0, Mind.WRITING, Mouth.SPEAKING),
        PartialTranscript(1, "and\x1b[2J"),
    ):
        desk.talk.take(event)
    desk.view.ears, desk.view.meter = Ears.OPEN, "███···"
    text = drawn(desk.view)
    assert "thoughts (not spoken)" in text
    assert any("2 + 3 = 5" in line and "It is 5." in line for line in text.splitlines())
    assert "you  and[2J" in text
    assert "● listening ███···   mind writing   mouth speaking" in text
    assert text.splitlines()[-1].strip() == "keys"


def test_words_that_were_no_turn_do_not_stay_on_the_screen() -> None:
    desk = Desk()
    desk.talk.take(PartialTranscript(0, "mhm"))
    assert desk.view.partial == "mhm"
    desk.talk.take(SpeechEnded(1))
    assert not desk.view.partial


def test_sound_that_is_lost_is_told_and_stays_to_be_read() -> None:
    desk = Desk()
    desk.talk.lose_words(OSError("hearing is 30 s behind"))
    assert desk.printed.faults == ["some words were lost: hearing is 30 s behind"]


def test_a_small_terminal_is_not_overrun() -> None:
    desk = Desk()
    desk.talk.take(UserTurn(0, 1, "x", True))
    desk.talk.take(ThoughtDelta(0, 1, "line\n" * 200, 1))
    desk.view.partial, desk.view.latency, desk.view.trouble = "p", "l", "t"
    assert len(drawn(desk.view, height=16).splitlines()) <= 16


def test_trouble_notice_typing_and_too_loud_are_seen() -> None:
    view = TalkView(devices="", keys="keys", trouble="a device is gone", notice="muted", clipped=True, ears=Ears.OPEN)
    text = drawn(view)
    assert "a device is gone" in text
    assert "too loud" in text
    assert text.splitlines()[-1].strip() == "muted"
    view.typed, view.muted = "hel", True
    text = drawn(view)
    assert "› hel" in text
    assert "● muted" in text


def test_of_an_interrupted_answer_only_what_was_heard_stays() -> None:
    desk = Desk()
    desk.talk.take(UserTurn(0, 1, "count", True))
    desk.talk.take(AnswerDelta(0, 1, "One, two, three, four.", 2))
    desk.talk.take(TurnDone(0, 1, "One, two, three, four.", "One, two", True, {"e2e_latency": 812.4, "ttfat": 70.0}))
    assert desk.printed.exchanges == [Exchange(1, "count", {}, "One, two", interrupted=True)]
    assert desk.view.latency == "voice to voice 812 ms, first answer token 70 ms"
    desk.talk.take(Fault(0, "x", "the voice is gone"))
    assert desk.printed.faults == ["the voice is gone"]


def test_delays_of_a_paced_engine_say_so() -> None:
    assert delays({"ttfat": 70.0, "steps_delay": 3.0}, 120) == "first answer token 70 ms (paced: 120 ms a step)"
    assert delays({}, 120) == ""


def test_finished_turns_are_printed_for_people_and_for_pipes(capsys: pytest.CaptureFixture[str]) -> None:
    exchange = Exchange(1, "what is 2 plus 3", {"": "2 + 3 = 5"}, "It is\n5.", interrupted=True)
    console = Console(width=80, record=True, file=StringIO())
    ScreenPrinter(console).exchange(exchange)
    ScreenPrinter(console).fault("oh")
    assert "thoughts (not spoken)" in (text := console.export_text())
    assert "oh" in text
    plain = PlainPrinter()
    plain.exchange(exchange)
    plain.trouble("")
    said = capsys.readouterr()
    assert said.out == "you: what is 2 plus 3\nsotto: It is 5. — (interrupted)\n"
    assert said.err == "sotto: the sound devices are back\n"

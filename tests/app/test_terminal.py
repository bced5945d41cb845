"""Chat in a terminal, its parts and the whole of it on a fake conversation."""

import asyncio
import os
from collections.abc import Sequence
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.conversation.events import (
    ConversationEvent,
    Fault,
    Mind,
    Mouth,
    StateChanged,
    ThoughtDelta,
    TurnDone,
    UserTurn,
)
from app.errors import RunError
from app.terminal.chat import Chat
from app.terminal.interrupt import InterruptKey, Wish
from app.terminal.keyboard import LineEditor, chunks, lines
from app.terminal.piped import chat_by_lines
from app.terminal.screen import exchange_view, live_view
from app.terminal.transcript import BROKE_OFF, Exchange, Transcript
from tests.app.fakes import FakeConversation, turn_events


def transcript_of(events: Sequence[ConversationEvent]) -> Transcript:
    transcript = Transcript()
    for event in events:
        transcript = transcript.after(event)
    return transcript


def pipe_with(data: bytes) -> int:
    """A descriptor that reads as `data` and then ends."""
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    return reader


# the line editor


@pytest.mark.parametrize(
    ("keys", "finished", "left"),
    [
        ("one\rtwo\n", ["one", "two"], ""),
        ("onf\x7fe", [], "one"),
        ("one two\x17", [], "one "),
        ("one\x15two", [], "two"),
        ("a\x1b[Db\x1b[1;5Cc", [], "abc"),
        ("grüße 😀\r", ["grüße 😀"], ""),
        ("\x7f\x7f", [], ""),
    ],
)
def test_keys_edit_the_line(keys: str, finished: list[str], left: str) -> None:
    editor = LineEditor()
    assert list(editor.type(keys)) == finished
    assert editor.text == left


def test_control_d_closes_only_an_empty_line() -> None:
    editor = LineEditor()
    assert list(editor.type("x\x04")) == []
    assert not editor.closed
    assert list(editor.type("\x7f\x04")) == []
    assert editor.closed


@given(st.text(st.characters(categories=["L", "N", "Zs"]), max_size=20))
def test_what_is_typed_is_what_is_read(text: str) -> None:
    typed = "".join(char for char in text if char.isprintable())
    assert list(LineEditor().type(text + "\r")) == [typed]


# reading


async def collect(source: object) -> list[str]:
    return [piece async for piece in source]  # type: ignore[attr-defined]


def test_lines_are_read_to_the_end_also_without_a_last_line_end() -> None:
    assert asyncio.run(collect(lines(pipe_with("one\r\ntwö\n\nlast".encode())))) == ["one", "twö", "", "last"]


def test_a_character_cut_in_two_reads_is_put_together() -> None:
    async def read() -> list[str]:
        reader, writer = os.pipe()
        pieces = chunks(reader)
        os.write(writer, "ü".encode()[:1])
        first = await anext(pieces)
        os.write(writer, "ü".encode()[1:])
        second = await anext(pieces)
        os.close(writer)
        return [first, second, *await collect(pieces)]

    assert "".join(asyncio.run(read())) == "ü"


# the transcript


def test_a_turn_grows_and_is_over() -> None:
    *growing, last = turn_events("hello", "You said hello.")
    transcript = transcript_of(growing)
    assert transcript.growing == {1: Exchange(1, "hello", {"": "Let me think."}, "You said hello.")}
    assert transcript.busy
    done = transcript.after(last)
    assert not done.busy
    assert done.over == (Exchange(1, "hello", {"": "Let me think."}, "You said hello."),)
    assert done.taken().over == ()


def test_two_turns_grow_beside_each_other_while_one_is_interrupted() -> None:
    events = [
        UserTurn(0, 1, "one", spoken=False),
        UserTurn(0, 2, "two", spoken=False),
        ThoughtDelta(0, 2, "hm", 1),
        TurnDone(0, 1, "", "", interrupted=True),
    ]
    transcript = transcript_of(events)
    assert transcript.growing == {2: Exchange(2, "two", {"": "hm"})}
    assert transcript.over[0].interrupted


def test_an_answer_that_broke_off_says_so() -> None:
    transcript = transcript_of(
        [UserTurn(0, 1, "one", spoken=False), TurnDone(0, 1, "It is", "", False, broke_off=True)]
    )
    assert transcript.faults == (BROKE_OFF,)
    assert transcript.over


def test_thoughts_that_came_before_the_words_were_final_stay() -> None:
    transcript = transcript_of([ThoughtDelta(0, 1, "47 plus", 1), UserTurn(0, 1, "what is 47 plus 38", True)])
    assert transcript.growing == {1: Exchange(1, "what is 47 plus 38", {"": "47 plus"})}


def test_a_withdrawn_turn_leaves_nothing() -> None:
    gone = TurnDone(0, 1, "", "", interrupted=True, withdrawn=True)
    transcript = transcript_of([UserTurn(0, 1, "what is", True), gone])
    assert (transcript.growing, transcript.over) == ({}, ())


def test_model_text_cannot_steer_the_terminal() -> None:
    transcript = transcript_of([UserTurn(0, 1, "x", False), ThoughtDelta(0, 1, "a\x1b[2J\x07b\n", 1)])
    assert transcript.growing[1].thoughts == "a[2Jb\n"


# the screen


def quiet_console(height: int = 20) -> Console:
    return Console(width=60, height=height, record=True, file=StringIO())


def drawn(transcript: Transcript, height: int = 12) -> str:
    console = quiet_console(height)
    console.print(live_view(transcript, "next que", "", console))
    return console.export_text()


def test_thoughts_and_answer_stand_side_by_side_above_the_line_being_typed() -> None:
    *growing, _ = turn_events("hello", "You said hello.")
    text = drawn(transcript_of([*growing, StateChanged(0, Mind.WRITING, Mouth.SILENT)]))
    assert any("Let me think." in line and "You said hello." in line for line in text.splitlines())
    assert "› next que" in text.splitlines()[-1]
    assert "writing" in text.splitlines()[-1]


def test_long_thoughts_show_their_end_and_fit_the_height() -> None:
    long = "".join(f"step {number}\n" for number in range(200))
    text = drawn(transcript_of([UserTurn(0, 1, "x", False), ThoughtDelta(0, 1, long, 1)]), height=14)
    assert "step 199" in text
    assert "step 100\n" not in text
    assert len(text.splitlines()) <= 14


def test_a_word_longer_than_its_column_is_shown_whole() -> None:
    console = quiet_console()
    console.print(exchange_view(Exchange(1, "x", {"": "7" * 100}, "Yes."), console))
    assert console.export_text().count("7") == 100


# Ctrl-C


def test_second_interrupt_quits_only_soon_after_the_first() -> None:
    key = InterruptKey()
    assert [key.press(now_s) for now_s in (0.0, 5.0, 6.0)] == [Wish.STOP, Wish.STOP, Wish.QUIT]


# the whole


def test_piped_lines_are_answered_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    conversation = FakeConversation()
    assert asyncio.run(chat_by_lines(conversation, pipe_with(b"one\n\ntwo\n/quit\nthree\n"))) == 0
    assert capsys.readouterr().out == "You said one.\nYou said two.\n"
    assert conversation.said == ["one", "two"]


def test_fault_in_a_piped_chat_is_an_error() -> None:
    conversation = FakeConversation(lambda text: [Fault(0, "context_full", "the context is full")])
    with pytest.raises(RunError, match="the context is full"):
        asyncio.run(chat_by_lines(conversation, pipe_with(b"one\n")))


def test_typed_line_is_said_and_its_finished_turn_is_printed() -> None:
    async def talk() -> str:
        console = quiet_console()
        conversation = FakeConversation()
        reader, writer = os.pipe()
        chat = Chat(conversation, console)
        running = asyncio.create_task(chat.run(reader))
        os.write(writer, b"hello\r")
        while "You said hello." not in (text := console.export_text(clear=False)):
            await asyncio.sleep(0.01)
        os.write(writer, b"/quit\r")
        await running
        os.close(writer)
        return text

    assert "› hello" in asyncio.run(asyncio.wait_for(talk(), timeout=10))


def test_interrupt_stops_a_running_answer_and_then_quits() -> None:
    async def talk() -> tuple[int, bool]:
        conversation = FakeConversation(lambda text: [UserTurn(0, 1, text, False)])
        reader, writer = os.pipe()
        chat = Chat(conversation, quiet_console())
        running = asyncio.create_task(chat.run(reader))
        os.write(writer, b"hello\r")
        while not chat.transcript.busy:
            await asyncio.sleep(0.01)
        chat.press_interrupt()
        await asyncio.sleep(0)
        chat.press_interrupt()
        await running
        os.close(writer)
        return conversation.stops, chat.interrupted

    assert asyncio.run(asyncio.wait_for(talk(), timeout=10)) == (1, True)


def test_the_thoughts_of_several_workers_are_kept_apart() -> None:
    transcript = Transcript()
    for lane, text in (("1", "I add."), ("2", "I multiply."), ("1", " 85.\n\n"), ("2", " 12.\n\n")):
        transcript = transcript.after(ThoughtDelta(0.0, 1, text, 1, lane))
    assert transcript.growing[1].thoughts == "I add. 85.\n\nI multiply. 12."

"""The commands from their words to their output, on a fake assistant."""

import io
import json
import os
import socket
import sys
import types
from pathlib import Path

import pytest

from app.cli import main
from app.commands.ask import delays
from app.config import Settings
from audio.pcm import read_wav
from tests.app.fakes import FakeAssistant, turn_events

ONE_SECOND = (b"\0\x10" * 8 + b"\0\xf0" * 8) * 1500  # 24 kHz


@pytest.fixture
def assistants(monkeypatch: pytest.MonkeyPatch) -> list["RecordingAssistant"]:
    """Puts a fake in the assistant's place; the list fills with those that were made."""
    made: list[RecordingAssistant] = []

    class Made(RecordingAssistant):
        def __init__(self, settings: Settings) -> None:
            super().__init__(settings)
            made.append(self)

    module = types.ModuleType("app.assistant")
    module.Assistant = Made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "app.assistant", module)
    return made


class RecordingAssistant(FakeAssistant):
    """Remembers its settings and that it was closed; answers with a second of sound."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(lambda text: turn_events(text, f"You said {text}.", sound=ONE_SECOND))
        self.settings = settings
        self.closed = False

    def close(self) -> None:
        self.closed = True


def test_ask_prints_the_answer_alone_on_stdout_and_delays_on_stderr(
    assistants: list[RecordingAssistant], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "--text", "hello", "--method", "think", "--step-ms", "100"]) == 0
    out, err = capsys.readouterr()
    assert out == "You said hello.\n"
    assert err == "ttft 12 ms, steps_to_first 2 (paced: 100 ms a step)\n"
    assert assistants[0].asked_for == [("think", False)]
    assert assistants[0].closed


def test_ask_reads_the_question_from_stdin(
    assistants: list[RecordingAssistant], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("from a pipe\n"))
    assert main(["ask", "--text", "-"]) == 0
    assert capsys.readouterr().out == "You said from a pipe.\n"


def test_ask_writes_sound_and_events(assistants: list[RecordingAssistant], tmp_path: Path) -> None:
    sound, events = tmp_path / "a.wav", tmp_path / "e.jsonl"
    assert main(["ask", "--text", "hello", "--out", str(sound), "--events", str(events)]) == 0
    assert len(read_wav(sound)) == 16_000
    records = [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
    assert records[0] == {"type": "user_turn", "at_ms": 0.0, "turn": 1, "text": "hello", "spoken": False}
    assert records[-1]["type"] == "turn_done"
    assert [record["step"] for record in records if record["type"] == "answer_delta"] == [2, 3]


def test_ask_hears_a_wav_file(assistants: list[RecordingAssistant], tmp_path: Path) -> None:
    question = tmp_path / "q.wav"
    assert main(["ask", "--text", "hello", "--out", str(question)]) == 0
    assert main(["ask", "--audio", str(question), "--silence-ms", "300"]) == 0
    assert assistants[1].conversations[0].heard_samples == 16_000 + 16_000 * 800 // 1000


def test_a_failing_ask_closes_the_assistant(
    assistants: list[RecordingAssistant], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(RecordingAssistant, "start", lambda self: (_ for _ in ()).throw(OSError("no card")))
    assert main(["ask", "--text", "hello"]) == 1
    assert "no card" in capsys.readouterr().err
    assert assistants[0].closed


def test_chat_answers_the_lines_of_a_pipe(
    assistants: list[RecordingAssistant], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"one\ntwo\n")
    os.close(writer)
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        assert main(["chat", "--seed", "3"]) == 0
    assert capsys.readouterr().out == "You said one.\nYou said two.\n"
    assert assistants[0].settings.seed == 3
    assert assistants[0].closed


def test_delays_are_whole_milliseconds_and_plain_steps() -> None:
    assert delays({"ttfat": 12.4, "steps_delay": 3.0}, None) == "ttfat 12 ms, steps_delay 3"
    assert delays({}, None) == "no delays were measured"


def test_ui_serves_a_started_assistant_and_closes_it(
    assistants: list[RecordingAssistant], monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.web import server

    served: list[tuple[object, int]] = []
    monkeypatch.setattr(
        server, "serve", lambda assistant, settings, listener, door: served.append((assistant, settings.port))
    )
    monkeypatch.setattr(server, "bound", lambda settings: socket.socket())
    assert main(["--port", "8123"]) == 0
    assert served == [(assistants[0], 8123)]
    assert assistants[0].closed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["latency", "--json", "a.svg", "--chart", "a.svg"], "--json and --chart are the same file"),
        (["latency", "a.toml", "--json", "./a.toml"], "--script and --json are the same file"),
        (["eval", "--tasks", "a.jsonl", "--json", "a.jsonl"], "--tasks and --json are the same file"),
        (["calibrate", "--write", "a.toml", "--json", "a.toml"], "--write and --json are the same file"),
        (["ask", "--text", "hi", "--out", "a", "--events", "a"], "--out and --events are the same file"),
        (["ask", "--audio", "a.wav", "--out", "a.wav"], "--audio and --out are the same file"),
    ],
)
def test_no_file_is_written_over_another(
    words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert told in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_number_that_is_none_is_told_as_it_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latency", "--repeats", "x"]) == 2
    assert "'x' is not a whole number" in capsys.readouterr().err


def test_instructions_that_are_no_text_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "--tasks", "a.jsonl", "--instruction", "\udcff"]) == 2
    assert "--instruction is not valid UTF-8 text" in capsys.readouterr().err


def test_a_device_is_no_prompt_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--write", os.devnull]) == 2
    assert "is not a file; name a prompt file" in capsys.readouterr().err

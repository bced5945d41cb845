"""`latency` from its words to its output, on a quick assistant."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.cli import main
from app.config import Settings
from app.conversation.events import AnswerDelta
from app.errors import RunError
from app.scripted import run as run_module
from app.scripted.script import Script
from app.scripted.sound import TurnSound
from audio.tts.synthesizer import SpeechChunk
from tests.app.scripted.quick import SILENCE_MS, QuickAssistant, QuickConversation, sounds

SCRIPT = """
pause_ms = 20
[[turn]]
say = "what is forty seven plus thirty eight"
must_contain = "85"
[[turn]]
type = "and again"
"""


class StillVoice:
    """Every phrase lasts half a second."""

    synthesizer: Any = None

    def stream(self, text: str) -> Any:
        return _Once()


class _Once:
    def __init__(self) -> None:
        self.left = [SpeechChunk(np.full(12_000, 900, np.int16))]

    def __iter__(self) -> _Once:
        return self

    def __next__(self) -> SpeechChunk:
        if not self.left:
            raise StopIteration
        return self.left.pop()

    def cancel(self) -> None: ...


class Quick(QuickAssistant):
    """What the command makes of its settings."""

    made: Quick

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings, self.closed = settings, False
        type(self).made = self

    def start(self) -> None: ...

    def close(self) -> None:
        self.closed = True

    def warm_voice(self) -> StillVoice:
        voice = StillVoice()
        voice.synthesizer = voice
        return voice


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    def record(script: Script, _: Path) -> list[TurnSound]:
        return sounds(script)

    monkeypatch.setattr(run_module, "Assistant", Quick)
    monkeypatch.setattr(run_module, "record", record)
    monkeypatch.setenv("SOTTO_SILENCE_MS", "100")


@pytest.fixture
def place(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(SCRIPT, encoding="utf-8")
    return str(path)


def test_the_table_goes_to_stdout_and_progress_to_stderr(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latency", place, "--methods", "async", "think", "-n", "2", "--step-ms", "50"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("measured in real time: script mine, model demo, 2 repeats, paced: 50 ms a step\n")
    assert "async: 4 turns in 2 repeats, bounds kept in 4" in out
    assert "simulated" not in out
    takes = [line.partition(":")[0] for line in err.splitlines() if line.endswith("turn 1 of 2")]
    assert takes == ["async, 1 of 2", "think, 1 of 2", "async, 2 of 2", "think, 2 of 2"]
    assert Quick.made.closed


def test_one_method_is_measured_even_if_it_is_the_default(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["latency", place, "--method", "async"]) == 0
    assert {method for method, _ in Quick.made.asked_for} == {"async"}


def test_json_holds_all_that_is_needed_to_judge_it(place: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert main(["latency", "--script", place, "--methods", "think", "--json", str(path), "--simulate", "beside"]) == 0
    told = json.loads(path.read_text(encoding="utf-8"))
    assert (told["kind"], told["paced"], told["interrupted"]) == ("measured", False, False)
    assert {"machine", "versions", "commit", "settings", "script", "summary"} <= set(told)
    assert told["script"]["turn"][1] == {"type": "and again"}
    (take,) = told["takes"]
    first = take["turns"][0]["answers"][0]
    assert first["measured"]["e2e_latency"] > SILENCE_MS
    assert first["simulated"]["total_delay"] >= 0
    assert {event["type"] for event in take["events"]} >= {"user_turn", "answer_delta", "audio_delta", "turn_done"}
    assert all(event["at_ms"] >= 0 for event in take["events"])
    assert take["played"][0]["to_ms"] > take["played"][0]["from_ms"] > take["user_voice"][0]["to_ms"]


def test_a_broken_bound_is_one_clear_line_and_exit_code_one(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(place).write_text(SCRIPT.replace('"85"', '"75"') + "max_total_delay_ms = 1\n", encoding="utf-8")
    assert main(["latency", place, "--methods", "async"]) == 1
    out, _ = capsys.readouterr()
    told = [line for line in out.splitlines() if line.startswith("broken: ")]
    assert told[0] == "broken: async, repeat 1, turn 1: must_contain: '75' is not in 'It is 85.'"
    assert told[1].startswith("broken: async, repeat 1, turn 2: max_total_delay_ms: total_delay was ")


def test_finished_takes_are_kept_at_an_interruption(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    performed = run_module.perform

    def interrupted(assistant: Any, method: str, *rest: Any, **options: Any) -> Any:
        if method == "think":
            raise KeyboardInterrupt
        return performed(assistant, method, *rest, **options)

    monkeypatch.setattr(run_module, "perform", interrupted)
    path = tmp_path / "a.json"
    assert main(["latency", place, "--methods", "async", "think", "--json", str(path)]) == 130
    out, err = capsys.readouterr()
    assert "interrupted; 1 finished take is kept" in err
    assert "e2e_latency" in out
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["interrupted"] is True
    assert [take["method"] for take in told["takes"]] == ["async"]


def test_a_simulation_runs_unpaced_without_a_voice_and_says_what_it_is(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def converse(self: Quick, method: str | None = None, voice: bool = True) -> QuickConversation:
        self.asked_for.append((method, voice))
        return Silent()

    monkeypatch.setattr(Quick, "converse", converse)
    path = tmp_path / "a.json"
    words = ["latency", place, "--methods", "think", "--simulate", "--step-ms", "100", "--json", str(path)]
    started = time.monotonic()
    assert main(words) == 0
    assert time.monotonic() - started < 10
    out, _ = capsys.readouterr()
    assert out.startswith("simulated, not measured (100 ms a step): script mine, model demo\n")
    assert Quick.made.settings.step_ms is None
    assert {voice for _, voice in Quick.made.asked_for} == {False}
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["kind"] == "simulated"
    assert told["turns"][0]["simulated"] == {
        "ttfat": 200.0,
        "e2e_latency": 300.0,
        "total_delay": 300.0,
        "adjusted_delay": 0.0,
        "steps_to_first": 2.0,
        "steps_delay": 2.0,
    } | {"first_result": told["turns"][0]["simulated"]["first_result"]}
    assert told["turns"][0]["phrases"] == [{"text": "It is 85.", "duration_ms": 500.0}]


def test_a_turn_whose_step_time_is_not_known_has_no_simulated_delay(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quick, "converse", lambda *_, **__: OneStep())
    path = tmp_path / "a.json"
    assert main(["latency", place, "--methods", "think", "--simulate", "--json", str(path)]) == 0
    for turn in json.loads(path.read_text(encoding="utf-8"))["turns"]:
        assert (turn["step_ms"], turn["simulated"], turn["gaps_ms"]) == (None, {}, [])


class Silent(QuickConversation):
    """Is not played, so a turn is over when it is written."""

    async def _answer(self) -> None:
        await super()._answer()
        self._finish(interrupted=False)


class OneStep(QuickConversation):
    """Writes its answer in one step."""

    async def _answer(self) -> None:
        self._tell(AnswerDelta(time.monotonic(), self.turn, "It is 85.", 1))
        self._finish(interrupted=False)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--methods", "asynch"], "--methods asynch: available are async"),
        (["--methods", "async", "mine.toml"], "a script comes first, or by --script"),
        (["--chart", "a.gif"], "--chart a.gif: its name should end with"),
        (["--simulate", "--chart", "a.png"], "--chart draws what was measured"),
        (["--script", "other.toml"], "two scripts were given"),
        (["--simulate", "maybe"], "maybe"),
        (["--method", "think", "--methods", "async"], "--method think and --methods were given"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_loaded(
    words: list[str], message: str, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["latency", place, *words]) == 2
    assert message in capsys.readouterr().err


def test_a_recording_without_words_cannot_be_simulated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.wav").write_bytes(b"")
    (tmp_path / "a.toml").write_text('[[turn]]\nwav = "a.wav"', encoding="utf-8")
    assert main(["latency", str(tmp_path / "a.toml"), "--simulate"]) == 2
    assert "turn 1 of the script is a WAV; --simulate needs its words" in capsys.readouterr().err


def test_what_cannot_be_printed_is_written(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run_module, "measured_table", full)
    told, drawn = tmp_path / "a.json", tmp_path / "a.svg"
    assert main(["latency", place, "--methods", "async", "--json", str(told), "--chart", str(drawn)]) == 1
    assert json.loads(told.read_text(encoding="utf-8"))["takes"] and drawn.stat().st_size


def test_what_cannot_be_written_is_printed_and_drawn(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(path: Path, _: bytes) -> None:
        raise RunError(f"cannot write {path}: No space left on device")

    monkeypatch.setattr(run_module, "write_whole", full)
    drawn = tmp_path / "a.svg"
    words = ["latency", place, "--methods", "async", "--json", str(tmp_path / "a.json"), "--chart", str(drawn)]
    assert main(words) == 1
    out, err = capsys.readouterr()
    assert "measured in real time" in out and "a.json: No space left" in err and drawn.stat().st_size

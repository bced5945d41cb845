"""The command: what it refuses, in one line and with the right exit code."""

import sys

import pytest

from app.cli import main
from app.config import load_settings
from app.errors import RunError
from app.talk.session import ended_by_key, open_devices
from audio.turns.endpoint import EndpointSettings


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["talk"], "holding the space bar needs a terminal; without one, use --open-mic"),
        (["talk", "--open-mic", "--toggle"], "give one of them"),
        (["talk", "--echo", "hal"], "did you mean 'half'?"),
        (["talk", "--release-ms", "5"], "greater than or equal to 50"),
        (["talk", "--open-mic", "--events", "/no/such/folder/e.jsonl"], "there is no folder"),
        (["talk", "--open-mic=yes"], "ignored explicit argument 'yes'"),
    ],
)
def test_wrong_usage_is_one_line(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_switches_can_be_given_in_every_layer() -> None:
    assert load_settings(None, {"SOTTO_OPEN_MIC": "true"}).open_mic
    assert not load_settings(None, {"SOTTO_OPEN_MIC": "true"}, {"open_mic": False}).open_mic


def test_a_device_goes_by_a_number_in_a_file_too() -> None:
    assert load_settings(None, None, {"input": 3}).input == "3"
    assert load_settings(None, None, {"input": "auto"}).input is None


def test_only_the_talk_key_ends_a_turn_that_it_began() -> None:
    held = ended_by_key(load_settings(None, None, {"turn_end": "words", "silence_ms": 300}))
    assert (held.turn_end, held.smart_turn) == ("silence", None)
    silences = (held.silence_ms, held.finished_silence_ms, held.unfinished_silence_ms)
    assert min(silences) == EndpointSettings().max_utterance_s * 1000


def test_echo_cancellation_without_its_package_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    with pytest.raises(RunError, match=r"needs the package pywebrtc-audio .*\[aec\].* or take --echo half"):
        open_devices(load_settings(None, None, {"echo": "cancel"}))

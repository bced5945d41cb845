"""What `doctor` finds and says."""

import json
import shutil
from pathlib import Path

import pytest

from app.cli import main
from app.commands.doctor import lines
from app.config import Settings, load_settings
from app.doctor import machine
from app.doctor.check import Check
from app.doctor.machine import TorchBuild, check_device, check_echo, check_package
from app.doctor.parts import check_formulas, check_model, check_voice
from app.doctor.report import Report, examine
from audio.found import Found

CPU_BUILD = TorchBuild(cuda=None, driver=False, mac=False)
CUDA_WITHOUT_DRIVER = TorchBuild(cuda="13.0", driver=False, mac=False)
CUDA_WITH_DRIVER = TorchBuild(cuda="13.0", driver=True, mac=False)
MAC = TorchBuild(cuda=None, driver=False, mac=True)


@pytest.mark.parametrize(
    ("wanted", "build", "ok", "found"),
    [
        ("auto", CPU_BUILD, True, "cpu (auto: this torch is built without CUDA)"),
        ("auto", CUDA_WITH_DRIVER, True, "cuda (auto: this torch is built for CUDA 13.0, and a GPU driver is there)"),
        (
            "auto",
            CUDA_WITHOUT_DRIVER,
            True,
            "cpu (auto: this torch is built for CUDA 13.0, but there is no GPU driver)",
        ),
        ("auto", MAC, True, "cpu (auto: this torch is built without CUDA)"),
        ("cpu", CUDA_WITH_DRIVER, True, "cpu"),
        ("cuda:1", CUDA_WITH_DRIVER, True, "cuda:1"),
        ("cuda", CPU_BUILD, False, "cuda was asked for, but this torch is built without CUDA; use --device auto"),
        ("mps", MAC, True, "mps"),
    ],
)
def test_device_follows_the_build_of_torch_and_the_driver(wanted: str, build: TorchBuild, ok: bool, found: str) -> None:
    check = check_device(wanted, build)
    assert (check.ok, check.found) == (ok, found)


def test_torch_build_read_from_its_files_is_what_torch_says() -> None:
    import torch

    assert TorchBuild.look().cuda == torch.version.cuda


def test_bundled_model_needs_all_its_files(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()
    lacking = check_model("demo", tmp_path)
    assert not lacking.ok
    assert ": model.safetensors, tokenizer.json missing" in lacking.found
    assert lacking.mend is not None
    assert lacking.mend.endswith("train-demo")
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).touch()
    assert check_model("demo", tmp_path).ok


def test_model_that_is_not_in_the_cache_names_the_command_that_fetches_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    check = check_model("nobody/no-such-model")
    assert (check.ok, check.mend) == (False, "hf download nobody/no-such-model")


def test_mistyped_folder_is_not_mended_by_a_download() -> None:
    check = check_model("/no/such/model")
    assert (check.ok, check.mend) == (False, None)


def test_model_in_a_local_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert check_model(str(tmp_path)).ok


NO_WHISPER = Found("faster-whisper", False, "no model in the hub's cache; run: hf download X")
SPHINX = Found("pocketsphinx", True, "installed")
ESPEAK = Found("espeak-ng", True, "installed")


def hearing(whisper: Found = NO_WHISPER, **settings: str) -> Check:
    there = {found.name: found for found in (whisper, SPHINX, ESPEAK)}
    return check_voice(load_settings(None, None, dict(settings)), there)[0]


def test_auto_hears_with_the_best_that_is_there() -> None:
    assert hearing().found == "pocketsphinx, installed"
    assert hearing(Found("faster-whisper", True, "model base")).found == "faster-whisper, model base"


def test_what_was_asked_for_is_not_replaced() -> None:
    check = hearing(asr="faster-whisper")
    assert (check.ok, check.mend) == (False, "hf download X")
    assert hearing(Found("faster-whisper", True, "model base"), asr="pocketsphinx").found == "pocketsphinx, installed"


def test_a_language_the_fallback_does_not_know_is_missing() -> None:
    check = hearing(language="de")
    assert (check.ok, check.mend) == (False, "hf download X")


def test_mistyped_speech_model_is_named() -> None:
    check = hearing(asr_model="/no/such/whisper")
    assert not check.ok
    assert "/no/such/whisper" in check.found


@pytest.mark.parametrize(
    ("wanted", "ok", "part"),
    [
        ("pytest>=1", True, ""),
        ("pytest>=999", False, "(wanted >=999)"),
        ("no-such-package-anywhere>=1", False, "not installed (wanted >=1)"),
    ],
)
def test_package_must_be_there_in_a_version_that_fits(wanted: str, ok: bool, part: str) -> None:
    check = check_package(wanted)
    assert check.ok is ok
    assert part in check.found


def report(*checks: Check) -> Report:
    return Report("0", "a machine", checks, (), ())


def test_only_what_is_needed_makes_it_unhealthy() -> None:
    assert report(Check("a", True, "there"), Check("b", False, "absent", "get b", needed=False)).healthy
    assert not report(Check("a", False, "absent", "get a")).healthy


def test_text_ends_with_what_is_missing_and_how_to_mend_it() -> None:
    text = list(lines(report(Check("model", False, "absent", "get it"))))
    assert text[-3:] == ["missing: model: absent", "    mend with: get it", "Sotto cannot run with these settings yet."]


def test_this_environment_has_every_package_in_its_range() -> None:
    assert [check for check in examine(Settings()).packages if not check.ok] == []


def test_a_reader_of_formulas_that_is_missing_is_named_with_its_command(tmp_path: Path) -> None:
    assert check_formulas(Settings()).ok
    check = check_formulas(Settings(speech_rule_engine=str(tmp_path)))
    assert not check.ok
    if shutil.which("node"):
        assert check.mend is not None and check.mend.startswith(f"npm install --prefix {tmp_path} speech-rule-engine@")


def test_json_holds_the_report_and_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["doctor", "--json", "--seed", "7"])
    printed = json.loads(capsys.readouterr().out)
    assert printed["settings"]["seed"] == 7
    assert {check["name"] for check in printed["chosen"]} == {
        "model",
        "device",
        "speech to text",
        "text to speech",
        "formulas",
    }
    assert code == (0 if printed["healthy"] else 1)


def test_echo_cancellation_is_optional_until_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "echo cancellation (talk)" in {check.name for check in examine(Settings()).optional}
    monkeypatch.setattr(machine, "ECHO_PACKAGE", "no-such-package")
    plain, wanted = check_echo("half"), check_echo("cancel")
    assert (plain.ok, plain.needed) == (False, False)
    assert plain.found == "no-such-package is not installed (for talk --open-mic --echo cancel)"
    assert plain.mend is not None
    assert plain.mend.endswith("-c constraints.txt -e '.[aec]'")
    assert (wanted.ok, wanted.needed) == (False, True)
    assert not examine(load_settings(None, None, {"echo": "cancel"})).healthy

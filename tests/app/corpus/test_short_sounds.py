"""Short sums and short replies: what counts as heard right, and as stopping the assistant."""

import math
from pathlib import Path

import numpy as np
import pytest

from app.corpus import replies, short_sums
from app.corpus.perplexity import BackingOff, perplexity
from app.corpus.replies import BACKCHANNELS, COMMANDS, Reply, mistaken
from app.corpus.short_sums import NUMBERS, HeardSum, confusion, confusions, measure, sums
from app.corpus.store import FOLDER
from app.demo.trigram import START, arpa_lines, estimate
from audio.asr.choose import Domain
from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm, resample
from audio.tts.worker import EspeakSynthesizer
from audio.turns.backchannel import is_backchannel


@pytest.mark.parametrize(
    ("said", "heard", "found"),
    [
        ("9 plus 4", "9 plus 4", None),
        ("9 plus 4", "90 plus 4", "first 9 → 90"),
        ("9 plus 4", "what is 90 plus 40", "first 9 → 90, second 4 → 40"),
        ("9 plus 4", "what is 9 plus 4", "9 plus 4 → what is 9 plus 4"),
        ("9 plus 4", "9 times 4", "9 plus 4 → 9 times 4"),
        ("9 plus 4", "", "9 plus 4 → nothing"),
    ],
)
def test_a_confusion_names_the_numbers_where_a_sum_was_heard(said: str, heard: str, found: str | None) -> None:
    assert confusion(said, heard) == found


def test_sums_are_drawn_once_each_and_alike_for_a_seed() -> None:
    every = sums(10_000, seed=1)
    assert len(set(every)) == len(every) == len(NUMBERS) ** 2
    assert sums(5, seed=1) == every[:5] != sums(5, seed=2)


def test_the_table_of_sums_counts_each_voice_and_all() -> None:
    heard = [
        HeardSum("a", "9 plus 4", "90 plus 4", "9 plus 4"),
        HeardSum("a", "1 plus 4", "1 plus 4", "1 plus 4"),
        HeardSum("b", "9 plus 5", "90 plus 5", "90 plus 5"),
    ]
    assert short_sums.table(heard).splitlines()[2:] == [
        "| a | 2 | 50.0 % | 100.0 % | 50.0 % |",
        "| b | 1 | 0.0 % | 0.0 % | 100.0 % |",
        "| all | 3 | 33.3 % | 66.7 % | 66.7 % |",
    ]
    assert confusions(heard) == [("first 9 → 90", 2)]


def test_a_spoken_sum_is_heard_by_the_listener_and_at_once() -> None:
    domain = Domain.in_folder(FOLDER)
    recognizer = PocketsphinxRecognizer(domain.language_model, domain.dictionary)
    with EspeakSynthesizer("en-us", 150) as voice:

        def speak(text: str) -> Pcm:
            sound = np.concatenate([chunk.pcm for chunk in voice.stream(text)])
            return resample(sound, OUTPUT_RATE_HZ, INPUT_RATE_HZ)

        [heard] = measure(recognizer, {"espeak": speak}, [(9, 4)], "what is")
    assert heard == HeardSum("espeak", "what is 9 plus 4", "what is 9 plus 4", "what is 9 plus 4")


def test_back_channels_of_the_check_are_such_and_commands_are_not() -> None:
    assert all(is_backchannel(words, 300, 20) for words in BACKCHANNELS)
    assert not any(is_backchannel(words, 300, 20) for words in COMMANDS)


def test_the_table_of_replies_counts_what_stops_and_names_what_should_not_have() -> None:
    heard = [Reply("a", "mhm", "right sam", True), Reply("a", "yes", "yes", False), Reply("a", "stop", "", False)]
    assert replies.table(heard).splitlines()[-1] == "| all | 1 of 2 | 0 of 1 |"
    assert mistaken(heard) == ["a: mhm → right sam", "a: stop → nothing"]


def test_a_folder_without_a_language_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (replies, short_sums):
        assert command.main(["--domain", str(tmp_path)]) == 1
        assert "holds no language model" in capsys.readouterr().err


def test_perplexity_is_what_backing_off_gives(tmp_path: Path) -> None:
    said = ["what is one plus two", "what is two plus one", "thank you"] * 3
    file = tmp_path / "tiny.lm"
    file.write_text("\n".join(arpa_lines(estimate(said, 0.5, 1))), encoding="utf-8")
    model = BackingOff(file)
    begins = estimate(said, 0.5, 1).probabilities[1][START, "what"]
    assert model.chance((START, "what")) == pytest.approx(math.log10(begins), abs=1e-3)
    seen, strange = (perplexity(model, [text]) for text in ("what is one plus two", "you plus what"))
    assert seen[0] < 3 < 10 < strange[0]
    assert perplexity(model, ["what is zebra"])[1:] == (1, 4)

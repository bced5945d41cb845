"""The samples whose speech was set down before the code: all are read as a person would."""

from pathlib import Path

import pytest

from audio.errors import SamplesUnreadable
from audio.text.gold import Sample, load_samples, main, readings_of, wrong
from audio.text.speakable import speakable

FOLDER = Path(__file__).parents[3] / "assets" / "audio"
FIRST, LATER = FOLDER / "gold_speech.toml", FOLDER / "gold_speech_later.toml"
SAMPLES = (*load_samples(FIRST), *load_samples(LATER))


def test_there_are_sixty_samples_and_half_of_them_are_formulas() -> None:
    samples = load_samples(FIRST)
    assert len(samples) == len({sample.name for sample in samples}) == 60
    assert sum(sample.kind == "latex" for sample in samples) == 30


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_it_is_read_as_a_person_would(sample: Sample) -> None:
    assert wrong([sample], speakable) == []


def test_choices_and_options_stand_for_all_their_readings() -> None:
    assert readings_of("a (b|c) [d [e]]") == {"a b", "a b d", "a b d e", "a c", "a c d", "a c d e"}


def test_a_word_too_much_or_too_few_is_wrong_and_a_comma_is_not() -> None:
    sample = Sample("", "text", "", readings_of("one hundred five"))
    assert sample.accepts("One hundred and FIVE!") and sample.accepts("105")
    assert not sample.accepts("one hundred five five") and not sample.accepts("hundred five")


@pytest.mark.parametrize("content", [None, "sample = 3", "x", '[[sample]]\nname = "a"'])
def test_a_file_without_samples_is_one_clear_line(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "gold.toml"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SamplesUnreadable, match=r"gold\.toml"):
        load_samples(file)


def test_the_command_prints_the_share_and_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "gold.toml"
    file.write_text(
        '[[sample]]\nname = "one"\nkind = "text"\nwritten = "1"\nspoken = ["one"]\n'
        '[[sample]]\nname = "other"\nkind = "text"\nwritten = "2"\nspoken = ["three"]\n'
    )
    main([str(file)])
    printed = capsys.readouterr()
    assert printed.out == "text: 1 of 2 exactly right\n"
    assert "other: '2'" in printed.err and "two" in printed.err

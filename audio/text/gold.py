"""How well written text is spoken: samples with gold readings, and the share that is read exactly right.

    python -m audio.text.gold assets/audio/gold_speech.toml [--speech-rule-engine FOLDER]

Readings are compared word by word; the files say how a reading is written.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from num2words import num2words

from audio.errors import AudioError, SamplesUnreadable
from audio.text.formulas.speech_rule_engine import SpeechRuleEngine
from audio.text.speakable import speakable

_CHOICE = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_AND = re.compile(r"\b(hundred|thousand|million|billion) and (?=\w+)")


@dataclass(frozen=True, slots=True)
class Sample:
    """Something written and its acceptable readings, in words."""

    name: str
    kind: str
    written: str
    readings: frozenset[str]

    def accepts(self, speech: str) -> bool:
        return words_of(speech) in self.readings


def words_of(speech: str) -> str:
    """What of a reading counts: its words, in lower case, numbers spelled out, the letter "eigh" as "a"."""
    spelled = _NUMBER.sub(lambda match: f" {num2words(match[0])} ", speech.lower().replace("o'clock", "oclock"))
    return _AND.sub(r"\1 ", " ".join("a" if word == "eigh" else word for word in re.findall(r"\w+", spelled)))


def readings_of(pattern: str) -> frozenset[str]:
    """All readings that "plus (one|two) [more]" stands for."""
    match = _CHOICE.search(pattern)
    if match is None:
        return frozenset({words_of(pattern)})
    options = match[1].split("|") if match[1] is not None else [*match[2].split("|"), ""]
    before, after = pattern[: match.start()], pattern[match.end() :]
    return frozenset().union(*(readings_of(before + option + after) for option in options))


def load_samples(path: Path) -> tuple[Sample, ...]:
    """The samples of a file. Raises SamplesUnreadable."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))["sample"]
        return tuple(
            Sample(one["name"], one["kind"], one["written"], frozenset().union(*map(readings_of, one["spoken"])))
            for one in tables
        )
    except OSError as error:
        raise SamplesUnreadable(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SamplesUnreadable(f"{path} holds no samples as assets/audio/gold_speech.toml does: {error!r}") from None


def wrong(samples: Sequence[Sample], speak: Callable[[str], str]) -> list[tuple[Sample, str]]:
    """The samples that are not read exactly right, with what was said instead."""
    said = [(sample, speak(sample.written)) for sample in samples]
    return [(sample, speech) for sample, speech in said if not sample.accepts(speech)]


def _reader(folder: Path | None) -> Callable[[str], str]:
    """What speaks the samples. Raises FormulaReaderUnavailable."""
    if folder is None:
        return speakable
    engine = SpeechRuleEngine(folder, longest_answer_s=10.0)
    engine.process.wait_until_ready(30.0)
    return lambda written: speakable(written, engine)


def main(words: Sequence[str] | None = None) -> None:
    """Prints what is read wrongly, then the share read exactly right, by kind."""
    parser = argparse.ArgumentParser(prog="python -m audio.text.gold", description="share of gold samples read right")
    parser.add_argument("samples", type=Path)
    parser.add_argument("--speech-rule-engine", type=Path, metavar="FOLDER", help="where npm installed it")
    args = parser.parse_args(words)
    try:
        samples = load_samples(args.samples)
        mistakes = wrong(samples, _reader(args.speech_rule_engine))
    except AudioError as error:
        parser.exit(1, f"{error}\n")
    for sample, speech in mistakes:
        print(f"{sample.name}: {sample.written.strip()!r}\n    {speech}", file=sys.stderr)
    for kind in sorted({sample.kind for sample in samples}):
        count = sum(sample.kind == kind for sample in samples)
        print(f"{kind}: {count - sum(sample.kind == kind for sample, _ in mistakes)} of {count} exactly right")


if __name__ == "__main__":
    main()

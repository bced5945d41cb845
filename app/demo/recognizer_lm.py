"""What pocketsphinx may expect to hear when it listens for the bundled model: `python -m app.demo.recognizer_lm`.

Writes assets/audio/sums.lm, a trigram of the problems as one says them, of the small talk around them and of the
wordings in sums.toml, and assets/audio/sums.dict, how their words sound. Pronunciations are taken from the CMU
dictionary that pocketsphinx ships. Nothing is taken from held-out problems. The same seed gives the same files.
"""

import argparse
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from app.demo.paths import ASSETS
from app.demo.problems import sample_follow_up, sample_live, sample_problem
from app.demo.problems.wording import ITEMS, NAMES
from app.demo.spoken import number_words, spoken
from app.demo.trigram import arpa_lines, estimate

FOLDER = ASSETS / "audio"
NAME = "sums"
SENTENCES = 72_000
DISCOUNT = 0.3
"""Small: with so many sentences from one generator, what was not seen will hardly be said."""
MIN_COUNT = 3
SEED = 1

LIVE_SHARE, OWN_SHARE, FOLLOWING_SHARE = 0.14, 0.36, 0.05
"""Of the sentences: with corrections as they are spoken; of the wordings in sums.toml; going on with an answer."""
TALK_SHARE, REPLY_SHARE, SHORT_SUM_SHARE = 0.15, 0.2, 0.15
"""Of those wordings: talk about the talk; back-channels and commands; sums of two small numbers."""
FILLED_SHARE = 0.03
"""Of the sentences: with an "um" or "uh"."""

PRONUNCIATIONS = {
    "sotto": ("S AA T OW",),
    "nevermind": ("N EH V ER M AY N D",),
    "mhm": ("M HH M", "AH M HH M", "M HH AH M"),
    "mm": ("AH M",),
    "hmm": ("M", "HH AH M"),
}
"""Of words that the CMU dictionary lacks or that are also said otherwise."""

_SMALL_NUMBERS = frozenset(word for number in range(1, 100) for word in number_words(number).split())


@dataclass(frozen=True, slots=True)
class Wordings:
    """Sentences with blanks, beside those of the problem generator."""

    leads: tuple[str, ...]
    tails: tuple[str, ...]
    asks: tuple[str, ...]
    short_sums: tuple[str, ...]
    talk: tuple[str, ...]
    backchannels: tuple[str, ...]
    commands: tuple[str, ...]
    fillings: dict[str, tuple[str, ...]]

    @staticmethod
    def read(path: Path) -> "Wordings":
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        fillings = {name: tuple(choices) for name, choices in data.pop("fillings").items()}
        return Wordings(**{name: tuple(data[name]) for name in data if name != "source"}, fillings=fillings)

    def sentence(self, rng: Random) -> str:
        draw = rng.random()
        if draw < TALK_SHARE:
            return self._filled(rng, rng.choice(self.talk))
        draw -= TALK_SHARE
        if draw < REPLY_SHARE:
            return rng.choice(self.backchannels if rng.random() < 0.5 else self.commands)
        if draw < REPLY_SHARE + SHORT_SUM_SHARE:
            return self._filled(rng, rng.choice(self.short_sums))
        return f"{rng.choice(self.leads)} {self._filled(rng, rng.choice(self.asks))} {rng.choice(self.tails)}".strip()

    def _filled(self, rng: Random, wording: str) -> str:
        while (blank := re.search(r"\{(\w+)\}", wording)) is not None:
            wording = wording[: blank.start()] + self._filling(rng, blank[1]) + wording[blank.end() :]
        return wording

    def _filling(self, rng: Random, name: str) -> str:
        match name:
            case "n":
                return _number(rng)
            case "small":
                return number_words(rng.choice((*range(1, 21), *range(30, 100, 10))))
            case "time":
                return spoken(f"{rng.randint(1, 12)}:{rng.randrange(60):02d}")
            case "name":
                return rng.choice(NAMES).lower()
            case "items":
                return rng.choice(ITEMS)
            case "item":
                return rng.choice(ITEMS).removesuffix("s")
            case _:
                return rng.choice(self.fillings[name])


def sentences(rng: Random, wordings: Wordings, count: int) -> Iterator[str]:
    """Things that may be said to the bundled model: small letters, numbers in words, no marks, no made-up words."""
    words = dictionary().keys() | PRONUNCIATIONS.keys()
    while count:
        sentence = with_filler(rng, with_and(rng, _sentence(rng, wordings)))
        if words >= set(sentence.split()):
            count -= 1
            yield sentence


def _sentence(rng: Random, wordings: Wordings) -> str:
    draw = rng.random()
    if draw < OWN_SHARE:
        return wordings.sentence(rng)
    draw -= OWN_SHARE
    if draw < LIVE_SHARE:
        return as_said(sample_live(rng, held_out=False, slips=False).whole.question)
    if draw < LIVE_SHARE + FOLLOWING_SHARE:
        return as_said(sample_follow_up(rng, rng.randint(1, 999), held_out=False, slips=False).question)
    return as_said(sample_problem(rng, held_out=False, slips=False).question)


def as_said(question: str) -> str:
    """A written question as its words are said: "What's 47 + 38?" → "what's forty seven plus thirty eight"."""
    return " ".join(re.sub(r"[^a-z' ]", " ", spoken(question).lower()).split())


def with_and(rng: Random, sentence: str) -> str:
    """Puts in the "and" of "one hundred and five", which some people say and others do not."""
    words = sentence.split()
    said: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        said.append(word)
        if word in {"hundred", "thousand"} and following in _SMALL_NUMBERS and rng.random() < 0.35:
            said.append("and")
    return " ".join(said)


def with_filler(rng: Random, sentence: str) -> str:
    """Puts an "um" or "uh" before a number, now and then: that is where people search for words."""
    words = sentence.split()
    numbers = [index for index, word in enumerate(words) if word in _SMALL_NUMBERS]
    if not numbers or rng.random() >= FILLED_SHARE:
        return sentence
    place = rng.choice(numbers)
    return " ".join([*words[:place], rng.choice(("um", "um", "uh")), *words[place:]])


def pronunciations(words: set[str]) -> dict[str, tuple[str, ...]]:
    """How each word sounds, as CMU phones. Raises KeyError for a word without a known pronunciation."""
    known = dictionary()
    return {
        word: tuple(dict.fromkeys((*known.get(word, ()), *PRONUNCIATIONS.get(word, ())))) or known[word]
        for word in sorted(words)
    }


@cache
def dictionary() -> dict[str, tuple[str, ...]]:
    """The CMU dictionary that pocketsphinx ships: of each word all its pronunciations."""
    import pocketsphinx

    known: dict[str, tuple[str, ...]] = {}
    for line in Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text(encoding="utf-8").splitlines():
        entry, _, phones = line.partition(" ")
        word = re.sub(r"\(\d+\)$", "", entry)
        known[word] = (*known.get(word, ()), phones)
    return known


def dictionary_lines(sounds: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """The lines of a pronunciation dictionary; a further pronunciation is marked by its number."""
    for word, variants in sounds.items():
        for number, phones in enumerate(variants, start=1):
            yield f"{word if number == 1 else f'{word}({number})'} {phones}"


def write(folder: Path = FOLDER, count: int = SENTENCES) -> None:
    """Makes both files."""
    wordings = Wordings.read(FOLDER / f"{NAME}.toml")
    said = list(sentences(Random(SEED), wordings, count))
    sounds = pronunciations({word for sentence in said for word in sentence.split()})
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / f"{NAME}.dict", dictionary_lines(sounds))
    _write_lines(folder / f"{NAME}.lm", arpa_lines(estimate(said, DISCOUNT, MIN_COUNT)))


def _number(rng: Random) -> str:
    words = number_words(rng.choice((rng.randint(1, 20), rng.randint(1, 99), rng.randint(100, 999))))
    return re.sub(r"^one (hundred)", r"a \1", words) if rng.random() < 0.1 else words


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


if __name__ == "__main__":
    about = "Rewrite the recogniser's language model, assets/audio/sums.lm and sums.dict."
    argparse.ArgumentParser(prog="python -m app.demo.recognizer_lm", description=about).parse_args()
    write()

"""How much pocketsphinx's language model is surprised by what is asked: `python -m app.corpus.perplexity`.

Of the sentences of `app.demo.recognizer_check`, and of short replies and sums: the perplexity of a word, and how many
words the model lacks. Lower is better. Needs no sound, and tells in seconds whether one kind of sentence pays for
another; what is heard it does not tell.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from app.corpus.replies import BACKCHANNELS, COMMANDS
from app.corpus.short_sums import sums
from app.corpus.store import FOLDER
from app.demo.recognizer_check import sentence_sets
from app.demo.spoken import number_words
from app.demo.trigram import END, START, Gram
from app.errors import SottoError
from app.options import positive
from audio.asr.choose import Domain
from audio.errors import AudioError

ORDERS = 3


class BackingOff:
    """A trigram from an ARPA file, as a decoder reads it. Logarithms are of base 10."""

    def __init__(self, file: Path) -> None:
        self._chances: dict[Gram, float] = {}
        self._left_over: dict[Gram, float] = {}
        order = 0
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("\\"):
                order = int(line[1]) if line.endswith("-grams:") else 0
            elif order and line:
                chance, *words = line.split()
                gram = tuple(words[:order])
                self._chances[gram] = float(chance)
                if len(words) > order:
                    self._left_over[gram] = float(words[order])

    def knows(self, word: str) -> bool:
        return (word,) in self._chances

    def chance(self, gram: Gram) -> float:
        """Of the last word, which is known, after the others."""
        if gram in self._chances:
            return self._chances[gram]
        return self._left_over.get(gram[:-1], 0.0) + self.chance(gram[1:])


def perplexity(model: BackingOff, sentences: Sequence[str]) -> tuple[float, int, int]:
    """(perplexity of a known word, the end of a sentence counted as one; words it lacks; all words)."""
    total, known, lacking = 0.0, 0, 0
    for sentence in sentences:
        words = [START, *sentence.split(), END]
        for end in range(2, len(words) + 1):
            if model.knows(words[end - 1]):
                total += model.chance(tuple(words[max(0, end - ORDERS) : end]))
                known += 1
            else:
                lacking += 1
    return 10 ** (-total / known) if known else float("inf"), lacking, known + lacking


def sets(count: int) -> dict[str, Sequence[str]]:
    short = [f"{number_words(first)} plus {number_words(second)}" for first, second in sums(count, seed=1)]
    return {**sentence_sets(count), "short sums": short, "back-channels": BACKCHANNELS, "commands": COMMANDS}


def main(words: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m app.corpus.perplexity", description="How much the language model is surprised."
    )
    parser.add_argument("--count", type=positive, default=200, help="sentences in each of the generated sets (200)")
    parser.add_argument("--domain", type=Path, default=FOLDER, help="folder of another language model")
    args = parser.parse_args(words)
    try:
        model = BackingOff(Domain.in_folder(args.domain).language_model)
    except (SottoError, AudioError, OSError) as fault:
        print(f"error: {fault}", file=sys.stderr)
        return 1
    print("| | perplexity | words it lacks |\n|---|---|---|")
    for name, sentences in sets(args.count).items():
        surprise, lacking, all_words = perplexity(model, sentences)
        print(f"| {name} | {surprise:.1f} | {lacking} of {all_words} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())

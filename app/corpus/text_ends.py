"""How the rules judge words alone: `python -m app.corpus.text_ends`. Needs no sound.

Held-out problems of the bundled model's domain, whole, and broken off after a word chosen by chance. Prints how many in
a hundred are judged finished, unknown and unfinished. People break off at better places than chance does.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

from app.demo.problems import FAMILIES, sample_problem
from app.demo.recognizer_lm import as_said
from app.options import positive
from audio.asr.transcript import digits
from audio.pcm import INPUT_RATE_HZ, silence
from audio.turns.endpoint import Completeness
from audio.turns.turn_end import TextJudge


def problems(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """(a whole problem, its beginning), as a recogniser writes them."""
    rng = Random(seed)
    families = [name for name in FAMILIES if name != "chat"]
    for index in range(count):
        words = as_said(sample_problem(rng, True, [families[index % len(families)]], slips=False).question).split()
        yield digits(" ".join(words)), digits(" ".join(words[: rng.randint(1, len(words) - 1)]))


def row(name: str, found: Counter[Completeness]) -> str:
    kinds = (Completeness.FINISHED, Completeness.UNKNOWN, Completeness.UNFINISHED)
    return f"| {name} | " + " | ".join(f"{100 * found[kind] / found.total():.1f} %" for kind in kinds) + " |"


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m app.corpus.text_ends", description="How words alone are judged.")
    parser.add_argument("--count", type=positive, default=340, help="problems (340)")
    parser.add_argument("--seed", type=int, default=90125, help="which ones (90125)")
    args = parser.parse_args(words)
    judge, nothing = TextJudge("en"), silence(0, INPUT_RATE_HZ)
    pairs = list(problems(args.count, args.seed))
    print("| | finished | unknown | unfinished |\n|---|---|---|---|")
    for name, texts in zip(("whole", "broken off"), zip(*pairs, strict=True), strict=True):
        print(row(name, Counter(judge.completeness(text, nothing) for text in texts)))


if __name__ == "__main__":
    main()

"""A trigram language model from sentences, written as an ARPA file.

Interpolated Kneser-Ney smoothing with one discount: what follows a word is believed in proportion to how often it was
seen there, and for the rest to how many different words it was seen after. Rare trigrams are left out of the file.
Sources: Kneser and Ney 1995; Chen and Goodman 1999 (the interpolated form); the ARPA format of CMU's toolkits.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

START, END = "<s>", "</s>"
NEVER = "-99"
"""What an ARPA file gives the start of a sentence as its own log probability."""

Gram = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trigrams:
    """Probabilities of words by what stands before them, and how much is left for words not seen there."""

    probabilities: tuple[dict[Gram, float], dict[Gram, float], dict[Gram, float]]
    """One table for 1, 2 and 3 words; the last word of a key is the one that is predicted."""
    left_over: tuple[dict[Gram, float], dict[Gram, float]]
    """By the one or two words before."""


def estimate(sentences: Iterable[str], discount: float, min_count: int) -> Trigrams:
    """The model of these sentences (words separated by spaces); trigrams seen less than `min_count` times are left out.

    `discount` is taken from every count and given to what was not seen, 0…1.
    """
    bigrams, trigrams = _counts(sentences)
    words: Counter[str] = Counter(word for _, word in bigrams)
    pairs: Counter[Gram] = Counter(gram[1:] for gram in trigrams)
    pairs.update({gram: count for gram, count in bigrams.items() if gram[0] == START})
    total = sum(words.values())
    single: dict[Gram, float] = {(word,): count / total for word, count in words.items()}
    double, left_single = _interpolated(dict(pairs), single, discount)
    triple, left_double = _interpolated(trigrams, double, discount)
    kept = {gram: probability for gram, probability in triple.items() if trigrams[gram] >= min_count}
    return Trigrams((single, double, kept), (left_single, left_double))


def arpa_lines(model: Trigrams) -> Iterator[str]:
    """The lines of the model's ARPA file."""
    single, double, triple = model.probabilities
    entries = {**single, (START,): 0.0}
    yield "\\data\\"
    for order, table in enumerate((entries, double, triple), start=1):
        yield f"ngram {order}={len(table)}"
    for order, table in enumerate((entries, double, triple), start=1):
        yield f"\n\\{order}-grams:"
        for gram in sorted(table):
            chance = _log(table[gram]) if table[gram] else NEVER
            rest = f" {_log(model.left_over[order - 1].get(gram, 1.0))}" if order < 3 else ""
            yield f"{chance} {' '.join(gram)}{rest}"
    yield "\n\\end\\"


def _counts(sentences: Iterable[str]) -> tuple[Counter[Gram], Counter[Gram]]:
    bigrams: Counter[Gram] = Counter()
    trigrams: Counter[Gram] = Counter()
    for sentence in sentences:
        words = [START, *sentence.split(), END]
        bigrams.update(pairwise(words))
        trigrams.update(zip(words, words[1:], words[2:], strict=False))
    return bigrams, trigrams


def _interpolated(
    counts: dict[Gram, int], lower: dict[Gram, float], discount: float
) -> tuple[dict[Gram, float], dict[Gram, float]]:
    """(probability of each gram, what is left over after each context) of one order, given those of the order below."""
    totals: defaultdict[Gram, int] = defaultdict(int)
    kinds: defaultdict[Gram, int] = defaultdict(int)
    for gram, count in counts.items():
        totals[gram[:-1]] += count
        kinds[gram[:-1]] += 1
    left_over = {context: discount * kinds[context] / totals[context] for context in totals}
    probabilities = {
        gram: (count - discount) / totals[gram[:-1]] + left_over[gram[:-1]] * lower[gram[1:]]
        for gram, count in counts.items()
    }
    return probabilities, left_over


def _log(probability: float) -> str:
    return f"{math.log10(probability):.3f}"

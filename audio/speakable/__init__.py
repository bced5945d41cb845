"""From written text to text that can be spoken: plain English words, with nothing a voice would stumble over.

Markdown goes, and so do thoughts and control tokens; addresses, dates, times, money, units, numbers, signs and formulas
become the words one says. Rules are applied in order, a file for each kind of thing; each keeps track of where its
words come from. What one kind of rule has finished is sealed against the later ones (`rules`).
"""

import re

from audio.formulas import BY_RULES, FormulaReader, formula_in_words
from audio.spans import FORMULA, is_prose
from audio.speakable import control, links, markup, moments, names, quantities, signs
from audio.speakable.rules import Rule, rule, sealed, unsealed
from audio.traced import Traced

__all__ = ["speakable", "spoken"]

_FORMULA = re.compile(FORMULA, re.DOTALL)


def speakable(text: str, formulas: FormulaReader = BY_RULES) -> str:
    """The text as a voice should get it; "" if nothing in it can be spoken."""
    return spoken(text, formulas).text


def spoken(text: str, formulas: FormulaReader = BY_RULES) -> Traced:
    """The same, with the way back: which characters of `text` each spoken character stands for."""
    traced = Traced.of(text)
    for pattern, pieces in (*control.RULES, markup.CODE, _formulas(formulas), *_AFTER_FORMULAS):
        traced = traced.rewrite(pattern, *pieces)
    return unsealed(traced)


def _formulas(formulas: FormulaReader) -> Rule:
    def read(match: re.Match[str]) -> str:
        if is_prose(match[0]):
            return match[0]
        return f" {sealed(formulas.read(bare(match[0])))} "

    return _FORMULA, (read,)


def bare(formula: str) -> str:
    """A formula without its dollar signs or brackets."""
    for opened, closed in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if formula.startswith(opened) and formula.endswith(closed) and len(formula) > 2 * len(opened):
            return formula[len(opened) : -len(closed)]
    return formula


_AFTER_FORMULAS = (
    rule(r"\\[A-Za-z]+(?!\{)", lambda match: f" {sealed(formula_in_words(match[0]))} "),
    *links.RULES,
    *markup.BLOCKS,
    *markup.INLINE,
    *moments.RULES,
    *quantities.MONEY,
    *quantities.NUMBERS,
    *names.RULES,
    *signs.OPERATORS,
    *signs.NUMBERS,
    *signs.LEFT_OVER,
)

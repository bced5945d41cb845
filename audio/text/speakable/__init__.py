"""From written text to text that can be spoken: plain English words, with nothing a voice would stumble over.

Markdown goes, and so do thoughts and control tokens; addresses, dates, times, money, units, numbers, signs and formulas
become the words one says. Rules are applied in order, a file for each kind of thing; each keeps track of where its
words come from. What one kind of rule has finished is sealed against the later ones (`rules`).
"""

import re

from audio.text.formulas import BY_RULES, FormulaReader, formula_in_words
from audio.text.spans import FORMULA, is_prose
from audio.text.speakable import control, links, markup, moments, names, quantities, signs
from audio.text.speakable.rules import Rule, rule, sealed, unsealed
from audio.text.traced import Traced

__all__ = ["speakable", "spoken"]

_FORMULA = re.compile(FORMULA, re.DOTALL)


def speakable(text: str, formulas: FormulaReader = BY_RULES, language: str = "en") -> str:
    """The text as a voice should get it; "" if nothing in it can be spoken."""
    return spoken(text, formulas, language).text


def spoken(text: str, formulas: FormulaReader = BY_RULES, language: str = "en") -> Traced:
    """The same, with the way back: which characters of `text` each spoken character stands for.

    The words are English. In another language thoughts and markup go, and numbers stay for its voice to read.
    """
    traced = Traced.of(text)
    after_formulas = _ENGLISH if language.partition("-")[0].lower() == "en" else _OTHER_LANGUAGES
    for pattern, pieces in (*control.RULES, markup.CODE, _formulas(formulas), *after_formulas):
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


_ENGLISH = (
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
_OTHER_LANGUAGES = (*links.LABELS, *markup.BLOCKS, *markup.INLINE, *signs.MARKS)

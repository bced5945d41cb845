"""The way to speech-rule-engine and back: LaTeX that its converter understands, MathML, and its speech for a voice.

latex2mathml and speech-rule-engine each know what the other means by almost all formulas; this mends the rest: boxes,
money, percents, units, degrees, vectors, binomials, lines of a calculation, limits.
"""

import re

from audio.text.formulas.structures import degrees
from audio.text.money import DOLLAR, money_words
from audio.text.number_words import NUMBER, ordinal, spelled
from audio.text.units import UNIT, unit_words

_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_SPACE = r"(?:\\[,;:! ]|~|\s)*"
_LINES = re.compile(
    r"\s*\\begin\{(aligned|align\*?|gathered|gather\*?|split|eqnarray\*?)\}(.*)\\end\{\1\}\s*", re.DOTALL
)
_NUMBERED_UNIT = re.compile(
    rf"({NUMBER}){_SPACE}\\(?:text|mathrm|mbox|textrm)\s*\{{\s*({UNIT})\s*\}}(?:\^\{{?([23])\}}?)?"
)
_DEGREES = re.compile(
    rf"({NUMBER}){_SPACE}\^\s*\{{?\s*(?:\\circ|\\degree)\s*\}}?{_SPACE}(?:\\(?:text|mathrm)\s*\{{\s*([CF])\s*\}}|([CF])(?![A-Za-z]))?"
)


def lines_of(latex: str) -> list[str]:
    """The lines of a calculation, one formula each; any other formula is its only line."""
    match = _LINES.fullmatch(latex)
    if match is None:
        return [latex]
    return [line.replace("&", "") for line in re.split(r"\\\\(?:\[[^\]]*\])?", match[2]) if line.strip()]


def prepared(latex: str) -> str:
    """The same formula in commands that the converter knows."""
    latex = re.sub(r"\\(?:boxed|fbox)(?=\s*\{)|\\displaystyle(?![A-Za-z])", "", latex)
    latex = re.sub(r"(?<=\d)(?:\{,\}|,|\\,|\{\\,\})(?=\d{3}(?!\d))", "", latex)
    latex = re.sub(rf"\\\$\s*({NUMBER})", lambda match: _text(money_words(match[1], DOLLAR)), latex)
    latex = _DEGREES.sub(lambda match: match[1] + _text(f" {degrees(match[2] or match[3] or '')}"), latex)
    latex = _NUMBERED_UNIT.sub(_unit, latex)
    latex = re.sub(r"(?<=[PE]\()([^()|]*?)(?:\\mid|\|)", r"\1\\text{ given }", latex)
    latex = re.sub(rf"\\[dt]?binom\s*({_GROUP})\s*({_GROUP})", r"\1\\text{ choose }\2", latex)
    return re.sub(rf"\\vec\s*({_GROUP}|[A-Za-z])", r"\\text{vector }\1", latex)


def _unit(match: re.Match[str]) -> str:
    words = unit_words(match[2] + (match[3] or ""), one=match[1] == "1")
    return match[1] + _text(f" {words}") if words else match[0]


def _text(words: str) -> str:
    return rf"\text{{{words}}}"


def to_mathml(latex: str) -> str:
    """By latex2mathml, which must be installed. Raises what it raises on LaTeX that it cannot read."""
    from latex2mathml.converter import convert

    return convert(prepared(latex)).replace("<mi>&#x00394;</mi>", "<mtext>Delta</mtext>")


_MENDED = (
    (re.compile(r"\bof,? open paren,? ((?:(?!open paren).)+?),? close paren"), r"of \1,"),
    (re.compile(r",? comma\b,?"), ","),
    (re.compile(r"\bright double arrow\b"), "implies"),
    (re.compile(r"\bleft right double arrow\b"), "if and only if"),
    (re.compile(r"\bis identical to (.+?),? mod\b"), r"is congruent to \1 modulo"),
    (re.compile(r"\btimes d (?=[a-z]\b)"), "d "),
    (re.compile(r"\bdot dot dot\b"), "and so on"),
    (re.compile(r"\blim(?:it)? over (.+?) right arrow (.+?),? of\b"), r"the limit as \1 approaches \2 of"),
    (re.compile(r"\bright arrow\b"), "to"),
    (re.compile(r"\bpercent sign\b"), "percent"),
    (re.compile(r"\braised to the\b"), "to the"),
    (re.compile(r"\balmost equals\b"), "is approximately"),
    (re.compile(r"\bthe metric of\b"), "the norm of"),
    (re.compile(r"\bnormal (?=[A-Za-z]\b)"), ""),
    (re.compile(r"\b[aA]\b(?! (?:member|subset|superset|proper|function|multiple)\b)"), "eigh"),
    (re.compile(r"\s+(?=[,.;:])"), ""),
    (re.compile(r"[,;:]+(?=[,.;:])"), ""),
    (re.compile(r"\s+"), " "),
)


def mended(speech: str) -> str:
    """Its speech in words alone, as a person would say it."""
    for pattern, words in _MENDED:
        speech = pattern.sub(words, speech)
    speech = re.sub(r"\b(\d{1,15})(?:st|nd|rd|th)\b", lambda match: ordinal(int(match[1])), speech)
    return spelled(speech).strip(" ,;:")

"""From written text to text that can be spoken: no markdown, no formulas, no signs a voice would stumble over.

Numbers stay digits, which voices read well; what they do not read well is spelled out: clock times, money, percents,
units, operators, powers, simple LaTeX. Rules are applied in order; each keeps track of where its words come from.
"""

import re

from audio.latex import SIGNS, formula_in_words
from audio.traced import Piece, Traced

_FLAGS = re.MULTILINE | re.DOTALL


def speakable(text: str) -> str:
    """The text as a voice should get it; "" if nothing in it can be spoken."""
    return spoken(text).text


def spoken(text: str) -> Traced:
    """The same, with the way back: which characters of `text` each spoken character stands for."""
    traced = Traced.of(text)
    for pattern, pieces in _RULES:
        traced = traced.rewrite(pattern, *pieces)
    return traced


def _rule(pattern: str, *pieces: Piece) -> tuple[re.Pattern[str], tuple[Piece, ...]]:
    return re.compile(pattern, _FLAGS), pieces


def _formula(match: re.Match[str]) -> str:
    return formula_in_words(next(filter(None, match.groups()), ""))


def _code(match: re.Match[str]) -> str:
    return formula_in_words(match[1]) if re.search(r"\d", match[1]) else match[1]


def _money(match: re.Match[str]) -> str:
    whole, cents = match[1].replace(",", ""), match[2]
    dollars = f"{whole} dollar{'' if whole == '1' else 's'}"
    if not cents or int(cents) == 0:
        return dollars
    return f"{dollars} and {int(cents)} cent{'' if int(cents) == 1 else 's'}"


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return f"{hour} o'clock" if 1 <= hour <= 12 else f"{hour} hundred"
    return f"{hour} oh {minute}" if minute < 10 else f"{hour} {minute}"


def _power(match: re.Match[str]) -> str:
    return {"2": " squared", "3": " cubed"}.get(match[1], f" to the power of {match[1]}")


def _sign(match: re.Match[str]) -> str:
    return f" {'divided by' if match[1] == '/' else SIGNS[match[1]]} "


_UNITS = {
    "km/h": "kilometers per hour", "mph": "miles per hour", "km": "kilometers", "cm": "centimeters",
    "mm": "millimeters", "kg": "kilograms", "°C": "degrees Celsius", "°F": "degrees Fahrenheit",
}  # fmt: skip
_ABBREVIATIONS = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "and so on", "vs.": "versus", "approx.": "approximately",
    "Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "a.m.": "a m", "p.m.": "p m",
}  # fmt: skip


def _any_of(words: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_RULES = (
    # code, formulas, links
    _rule(r"```.*?```", " "),
    _rule(r"\$\$(.+?)\$\$|\\\[(.+?)\\\]|\\\((.+?)\\\)", _formula),
    _rule(r"(?<![\\\w])\$(?!\s)((?:[^$\n\\]|\\.)*?[^\s$\\])\$(?![\d\w])", _formula),
    _rule(r"(\\(?:boxed|frac|dfrac|sqrt)\s*(?:\{(?:[^{}]|\{[^{}]*\})*\})+)", _formula),
    _rule(r"`([^`\n]+)`", _code),
    _rule(r"!?\[([^\]\n]*)\]\([^)\n]*\)", 1),
    _rule(r"https?://\S+", "a link"),
    # markdown
    _rule(r"^\s{0,3}#{1,6}\s*([^\n]+?)\s*#*$", 1, "."),
    _rule(r"^[ \t]*[-*+•][ \t]+"),
    _rule(r"^[ \t]*(\d+)[.)][ \t]+", 1, ", "),
    _rule(r"(\*\*|__)(\S.*?)\1", 2),
    _rule(r"(?<!\w)[*_](\S(?:[^*_\n]*\S)?)[*_](?!\w)", 1),
    _rule(r"^\s*\|?[-:| ]{3,}\|?\s*$"),
    _rule(r"\s*\|\s*", ", "),
    _rule(r"(?<=[^\s.,;:!?])[ \t]*\n\s*(?=\S)", ", "),
    # money, times, percents, units, abbreviations
    _rule(r"\\?\$\s?(\d[\d,]*)(?:\.(\d\d))?(?!\d)", _money),
    _rule(r"(?<![\d:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])", _clock),
    _rule(r"(?<=\d),(?=\d{3}(?!\d))"),
    _rule(r"(?<=\d)\s*%", " percent"),
    _rule(rf"(?<=\d)\s*({_any_of(_UNITS)})(?!\w)", " ", lambda match: _UNITS[match[1]]),
    _rule(rf"(?<!\w)({_any_of(_ABBREVIATIONS)})(?!\w)", lambda match: _ABBREVIATIONS[match[1]]),
    # operators
    _rule(r"(?<=[\w)])\^\{?(-?\w+)\}?", _power),
    _rule(r"(?<=[\d\w)])\s*([²³])", lambda match: f" {SIGNS[match[1]]}"),
    _rule(r"(?<=[\d\w)])\s*([+=×·÷≤≥≠≈±])\s*(?=[-−(\d\w$√])", _sign),
    _rule(r"(?<=[\d)])\s*([*/<>])\s*(?=[-−(\d\w])", _sign),
    _rule(r"(?<=[\d)])\s*[-−–]\s*(?=[\d(])", " minus "),
    _rule(r"(?<=[\w)])\s+[-−]\s+(?=[\d(])", " minus "),
    _rule(r"(?<![\w.])[-−](?=\d)", "minus "),
    _rule(r"([√π∞°])\s*", " ", lambda match: SIGNS[match[1]], " "),
    # what is left over
    _rule(r"[\\*_`#~^{}<>|=]+", " "),
    _rule(r"\s*[–—]\s*", ", "),
    _rule(r"[\[\]()]+", " "),
    _rule(r"\s+", " "),
    _rule(r" (?=[.,;:!?])"),
    _rule(r"([,;:])(?:\s*[,;:])+", 1),
    _rule(r"[,;:]+(?=[.!?])"),
    _rule(r"([.!?])[.,]+(?!\d)", 1),
    _rule(r"^[\s,;:.]+|\s+$"),
)

"""What in a text belongs together and is never cut: thoughts, code, formulas, links, bold runs. Pure.

The patterns are shared with what makes text speakable, so that both agree on what a formula is. Sources: markdown's own
rules, and pandoc's for dollar signs (no space inside, no digit behind).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

THOUGHT_NAMES = (
    r"(?:seed:)?think(?:ing)?|thoughts?|reasoning|reflection|scratchpad|analysis|tool_?calls?|tool_?responses?"
    r"|tool_?results?|tool_use|function_?calls?|function_?results?|invoke"
)
"""Elements whose inside is never meant for a listener."""

THOUGHT_OPENS = (
    rf"<\s*(?:{THOUGHT_NAMES})\b|\[(?:THINK|TOOL_CALLS?|TOOL_RESULTS?)\]|◁think▷"
    r"|<\|(?:START|begin_of)_(?:THINKING|thought|ACTION)\|>|<\|channel\|?>\s*(?:analysis|commentary|thought)\b"
)
THOUGHT_CLOSES = (
    rf"<\s*/\s*(?:{THOUGHT_NAMES})\b\s*>?|\[/(?:THINK|TOOL_CALLS?|TOOL_RESULTS?)\]|◁/think▷"
    r"|<\|(?:END|end_of)_(?:THINKING|thought|ACTION)\|>|<channel\|>|<\|(?:end|return|start|call)\|>"
    r"|(?=<\|channel\|>\s*final)"
)
TAG_MENTIONED = rf"`<\s*/?\s*(?:{THOUGHT_NAMES})\s*/?>`|`<[|｜][^`\n]*[|｜]?>`"
"""A tag in backticks: it is spoken of, and opens nothing."""
FENCE, FENCE_OPEN = r"```.*?```|~~~.*?~~~", r"(?:```|~~~)"
_HEADER = r"<\|(?:im_start|start_header_id|start|channel)\|>[^\n<]{0,40}?"
_COMMON = (
    r"(?!(?:is|to|or|at|in|of|an|and|the|for|per|but|so|on|if|we|it|as|by|up|off|not|now|you|was|are|too|a|I)"
    r"(?![A-Za-z]))"
)
_INLINE = r"(?:[^$\n\\]|\\.)"
_AFTER_DIGIT = (
    rf"(?:\\[A-Za-z]+(?:\s*\{{[^{{}}$\n]*\}}?)?|\\[^A-Za-z]|{_COMMON}(?<![A-Za-z])[A-Za-z]{{1,3}}(?![A-Za-z])"
    r"|[^A-Za-z$\\\n])"
)
_DOLLAR = r"(?<![\\\w$])\$"
_IN_DOLLARS = rf"{_DOLLAR}(?=\d){_AFTER_DIGIT}*?(?<!\s)\$(?![\w$])|{_DOLLAR}(?![\s\d$]){_INLINE}*?(?<!\s)\$(?![\w$])"
_IN_DOLLARS_OPEN = rf"{_DOLLAR}(?=\d){_AFTER_DIGIT}*\\?\Z|{_DOLLAR}(?:(?![\s\d$]){_INLINE}*\\?)?\Z"
_DISPLAYED = r"\$\$.+?\$\$|\\\[.+?\\\]|\\\(.+?\\\)|\\begin\{(?P<environment>\w+\*?)\}.+?\\end\{(?P=environment)\}"
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_BARE = rf"\\(?:boxed|fbox|sqrt)\s*(?:\[\w+\])?\s*{_GROUP}|\\[dt]?frac\s*(?:{_GROUP}|\d)\s*(?:{_GROUP}|\d)"
_BARE_OPEN = r"\\(?:boxed|fbox|[dt]?frac|sqrt)(?:\s*[\[{][^\n]*)?\Z"
FORMULA = rf"{_DISPLAYED}|{_IN_DOLLARS}|{_BARE}"
LINK = r"!?\[[^\]\n]*\]\([^)\n]*\)"
_WORDS_SET_APART = re.compile(r"\\(?:text|mbox|operatorname)\w*\s*\{[^{}]*\}?|\\[A-Za-z]+")
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}\s+[A-Za-z]{2,}")
_MONEY = re.compile(r"\$\d[\d.,]*[.!?,;:]*\s*")

LONGEST_INLINE_CHARACTERS = 400
"""A formula, a link or a bold run of more text was never meant as one."""
LONGEST_DISPLAY_CHARACTERS = 3_000

_KINDS: tuple[tuple[str, str, str, int | None], ...] = (
    ("mention", TAG_MENTIONED, r"(?!)", None),
    ("thought", rf"(?:{THOUGHT_OPENS}).*?(?:{THOUGHT_CLOSES})", rf"(?:{THOUGHT_OPENS}).*\Z", None),
    ("header", rf"{_HEADER}(?:\n|<\|(?:end_header_id|message)\|>|(?=<))", rf"{_HEADER}\Z", None),
    ("fence", FENCE, rf"{FENCE_OPEN}.*\Z", None),
    ("code", r"`[^`\n]+`", r"`[^`\n]*\Z", LONGEST_INLINE_CHARACTERS),
    ("display", _DISPLAYED, r"(?:\$\$|\\\[|\\\(|\\begin\{).*\Z", LONGEST_DISPLAY_CHARACTERS),
    ("dollars", _IN_DOLLARS, _IN_DOLLARS_OPEN, LONGEST_INLINE_CHARACTERS),
    ("bare", _BARE, _BARE_OPEN, LONGEST_INLINE_CHARACTERS),
    ("link", LINK, r"(?<!\\)\[[^\]\n]*(?:\]|\]\([^)\n]*)?\Z", LONGEST_INLINE_CHARACTERS),
    ("bold", r"\*\*[^*\n]+\*\*", r"\*\*[^*\n]*\*?\Z", LONGEST_INLINE_CHARACTERS),
)
_EITHER = "|".join(f"(?P<{name}>{closed})|(?P<{name}_open>{opened})" for name, closed, opened, _ in _KINDS)
_SPAN = re.compile(
    rf"(?=[<\[`~$\\!*◁])(?:{_EITHER})",
    re.DOTALL | re.IGNORECASE,
)
_NAMES = [name + form for name, _, _, _ in _KINDS for form in ("", "_open")]
_LIMITS = {name: limit for name, _, _, limit in _KINDS}


@dataclass(frozen=True, slots=True)
class Span:
    """text[start:end] belongs together; an open one may go on behind the end of the text."""

    start: int
    end: int
    is_open: bool
    money: bool = False
    """Open, but as it stands an amount of money: "$5." """

    def holds(self, cut: int) -> bool:
        """Whether a cut at this place would divide it."""
        return self.start < cut and (self.is_open or cut < self.end)


def protected(text: str) -> list[Span]:
    """The spans of a text, in order; none of them overlap."""
    return list(_spans(text))


def is_prose(formula: str) -> bool:
    """Whether words in a row stand between the two dollar signs: these are prices, not a formula."""
    return formula.startswith("$") and _PROSE.search(_WORDS_SET_APART.sub(" ", formula)) is not None


def _spans(text: str) -> Iterator[Span]:
    place = 0
    while (match := _SPAN.search(text, place)) is not None:
        kind = next(name for name in _NAMES if match[name] is not None)
        name, is_open = kind.removesuffix("_open"), kind.endswith("_open")
        limit = _LIMITS[name]
        if (limit is not None and len(match[0]) > limit) or (name == "dollars" and is_prose(match[0])):
            place = match.start() + 1
            continue
        yield Span(match.start(), match.end(), is_open, is_open and _MONEY.fullmatch(match[0]) is not None)
        place = max(match.end(), match.start() + 1)

"""Signs of calculations outside of LaTeX, the numbers left by then, and at last whatever a voice cannot say."""

import re

from audio.text.formulas.names import SIGNS
from audio.text.number_words import NUMBER, cardinal, ordinal
from audio.text.speakable.rules import LETTERS, WORD, rule

_COMPARISONS = {
    "==": "equals",
    "!=": "is not equal to",
    "<=": "is less than or equal to",
    ">=": "is greater than or equal to",
}
_OPERAND_ENDS = rf"(?<=[{LETTERS})²³!])"
_OPERAND_BEGINS = rf"(?=\s*[-−+(√$]?{WORD})"
_SUM = r"[\d.,\s]+(?:[-−–+*/×·÷][\d.,\s]+)+"


def _power(match: re.Match[str]) -> str:
    power = match[1] or match[2]
    if power in {"2", "3"}:
        return " squared" if power == "2" else " cubed"
    if power.isdecimal() and len(power) < 4:
        return f" to the {ordinal(int(power))}"
    return f" to the {power.replace('-', 'minus ')}"


def _sign(match: re.Match[str]) -> str:
    return _sign_words(match[1])


def _sign_words(sign: str) -> str:
    return f" {'divided by' if sign == '/' else SIGNS[sign]} "


OPERATORS = (
    rule(rf"(?<=\d)\s?\(({_SUM})\)", " times the quantity ", 1),
    rule(rf"(?<![{LETTERS}'’])[aA](?=\s?[+=*/^²³×÷<>≤≥]\s?[\w(])", "eigh"),
    rule(rf"(?<=[+=*/×÷<>≤≥]\s)[aA](?![{LETTERS}'’])(?! [a-z]{{2}})", "eigh"),
    rule(r"\b([fghFGP])\((\w{1,3})\)", 1, " of ", 2),
    rule(
        rf"(?<=[-−+*/×·÷=]\s)\(({_SUM})\)|(?<=[-−+*/×·÷=])\(({_SUM})\)",
        lambda match: f" the quantity {match[1] or match[2]}",
    ),
    rule(rf"\(({_SUM})\)\s*([-−+*/×·÷=])(?=\s*[\d(])", "the quantity ", 1, lambda match: f",{_sign_words(match[2])}"),
    rule(rf"\(({_SUM})\)(?=[\^²³])", "the quantity ", 1, ", "),
    rule(
        rf"{_OPERAND_ENDS}\^(?:\{{([^{{}}\s]+)\}}|(-?\w+))|{_OPERAND_ENDS}\*\*(?=\d)(?:(-?\d+))",
        lambda match: _power(match) if match[1] or match[2] else f" to the {match[3]}",
    ),
    rule(r"²", " squared"),
    rule(r"³", " cubed"),
    rule(r"(?<=\d)!(?=\s*[-=×*+/)])", " factorial "),
    rule(rf"{_OPERAND_ENDS}\s*(==|!=|<=|>=){_OPERAND_BEGINS}", " ", lambda match: _COMPARISONS[match[1]], " "),
    rule(rf"{_OPERAND_ENDS}\s*([+=×·⋅÷≤≥≠≈±∈]){_OPERAND_BEGINS}", _sign),
    rule(r"(?<=[\d)²³])\s*([*/<>])\s*(?=[-−(\d\w])", _sign),
    rule(rf"{_OPERAND_ENDS}\s+([<>*])\s+(?=[-−(\d\w])", _sign),
    rule(r"(?<=[\d)²³])\s*[-−–]\s*(?=[\d(])", " minus "),
    rule(rf"{_OPERAND_ENDS}\s+[-−]\s+(?=[\d(]|\w\b)", " minus "),
    rule(r"(?<![\w.])[-−](?=\.?\d)", "minus "),
    rule(r"(?<![\w.])\+(?=\.?\d)", "plus "),
    rule(r"√\s*", " the square root of "),
    rule(r"(?<!\w)(?:~|≈|∼)\s?(?=[-\w])", "about "),
    rule(r"(?<=\d)\s?:\s?(?=\d)", " to "),
    rule(r"(?<=\d)[x×](?=\s(?:the|as|a|more|less|\w+er)\b)", " times"),
    rule(r"\s*(?:→|⇒|⟶|➜|=>|->|⟹)\s*", ", "),
    rule(r"\s*(?:←|⇐|↔|⇔|<-)\s*", ", "),
    rule(r"([π∞°])", " ", lambda match: {"π": "pi", "∞": "infinity", "°": "degrees"}[match[1]], " "),
    rule(r"(?<=\d)\s*x\s*(?=\d)", " times "),
)

NUMBERS = (
    rule(rf"(?<![\w.])({NUMBER})(?=[A-Za-z])", lambda match: cardinal(match[1]), " "),
    rule(rf"(?<![A-Za-z\d])({NUMBER})", lambda match: cardinal(match[1])),
    rule(r"\.(?=(?:zero|one|two|three|four|five|six|seven|eight|nine)\b)(?<!\w\.)", "point "),
)

MARKS = (
    rule(r"[\\*_`#~^{}<>|=@§©®™†‡•]+", " "),
    rule(r"…", "..."),
    rule(r"\s*[–—]\s*", ", "),
    rule(r"[\[\]()«»“”„\"]+", " "),
    rule(r"\s+", " "),
    rule(r" (?=[.,;:!?])"),
    rule(r"([,;:])(?:\s*[,;:])+", 1),
    rule(r"[,;:]+(?=\s?[.!?])"),
    rule(r"([.!?])[.,]+(?!\d)", 1),
    rule(r"^[\s,;:.]+|\s+$"),
)

LEFT_OVER = (rule(r"[&$€£¥%+]+", " "), *MARKS)

"""Money, units, percents, fractions, ranges and ordinals in words; telephone numbers, versions and addresses of
machines left sane. Runs after dates and times, before the signs of calculations.
"""

import re

from audio.text.money import AMOUNT, CODES, MAGNITUDES, SIGNS, money_words
from audio.text.number_words import NUMBER, cardinal, digits_apart, fraction, ordinal, year
from audio.text.speakable.rules import LETTERS, WORD, any_of, rule
from audio.text.units import UNIT, unit_words

_SIGN, _CODE = any_of(SIGNS), "|".join(CODES)
_SHORT = "|".join(name for name in MAGNITUDES if len(name) < 3)
_MAGNITUDE = rf"\s?(?P<magnitude>thousand|million|billion|trillion)\b|(?P<short>{_SHORT})\b"
_PER = r"(?P<per>/(?=[A-Za-z]))?"
_FREE = rf"(?<![{LETTERS}.,:$€£/])"
"""Where a number may begin."""
_VULGAR = {
    "½": "one half", "⅓": "one third", "⅔": "two thirds", "¼": "one quarter", "¾": "three quarters", "⅕": "one fifth",
    "⅖": "two fifths", "⅗": "three fifths", "⅘": "four fifths", "⅙": "one sixth", "⅚": "five sixths", "⅛": "one eighth",
    "⅜": "three eighths", "⅝": "five eighths", "⅞": "seven eighths", "⅐": "one seventh", "⅑": "one ninth",
    "⅒": "one tenth",
}  # fmt: skip
_USUAL_PARTS = {*range(2, 11), 12, 15, 16, 20, 32, 64, 100}
_NOT_CALCULATED = r"(?!\s*[=*×·÷+^]|\s*[/-]\s*\d)"


def _money(match: re.Match[str]) -> str:
    currency = SIGNS[match["sign"]] if match["sign"] in SIGNS else CODES[match["sign"]]
    words = money_words(match["amount"], currency, match["magnitude"] or match["short"] or "")
    signs = match.groupdict()
    minus = "minus " if signs.get("minus") or signs.get("negative") else ""
    return f"{minus}{words}{' per ' if match['per'] else ''}"


def _money_range(match: re.Match[str]) -> str:
    return f"{cardinal(match[2])} to {money_words(match[3], SIGNS[match[1]])}"


def _unit(match: re.Match[str]) -> str:
    return str(unit_words(match[2], one=match[1] == "1"))


def _proper(match: re.Match[str]) -> str:
    """Three quarters; fifty fifty; nine over eleven; 12/4 stays a division."""
    over, under = int(match[1]), int(match[2])
    if over == under:
        return f"{cardinal(match[1])} {cardinal(match[2])}"
    if over > under:
        return match[0]
    return (fraction(over, under) if under in _USUAL_PARTS else None) or f"{match[1]} over {match[2]}"


def _season(match: re.Match[str]) -> str:
    return f"{year(int(match[1]))} {cardinal(match[2])}"


def _scientific(match: re.Match[str]) -> str:
    power = match[2].replace("-", "minus ").lstrip("+")
    return f"{match[1]} times ten to the {power}"


def _mixed(match: re.Match[str]) -> str:
    parts = fraction(int(match[2]), int(match[3])) if int(match[2]) < int(match[3]) else None
    return f"{match[1]} and {parts}" if parts else match[0]


def _vulgar(match: re.Match[str]) -> str:
    return f"{match[1]} and {_VULGAR[match[2]]}" if match[1] else _VULGAR[match[2]]


def _range(match: re.Match[str]) -> str:
    """Five to ten; but eight minus three."""
    low, high = (float(match[group].replace(",", "")) for group in (1, 2))
    return f"{match[1]} to {match[2]}" if low < high else match[0]


def _apart(match: re.Match[str]) -> str:
    """Digits one by one, with a pause where they are grouped."""
    groups = [digits_apart(group) for group in re.findall(r"\d+", match[0])]
    return ("plus " if "+" in match[0] else "") + ", ".join(groups)


def _version(match: re.Match[str]) -> str:
    return " point ".join(cardinal(part) for part in match[1].split("."))


MONEY = (
    rule(rf"\\?({_SIGN})\s?({AMOUNT})\s?[-–]\s?(?:\1)?({AMOUNT})(?!\s*=|\s*[a-zA-Z]?\d)", _money_range),
    rule(
        rf"(?P<minus>(?<!{WORD})[-−])?\\?(?<![A-Za-z])(?P<sign>{_SIGN}|{_CODE})\s?(?P<negative>[-−])?"
        rf"(?P<amount>{AMOUNT})(?:{_MAGNITUDE})?(?!\d)(?: (?:USD|EUR|GBP|CAD|AUD)\b)?{_PER}",
        _money,
    ),
    rule(rf"{_FREE}(?P<amount>{AMOUNT})(?:{_MAGNITUDE})?\s?(?P<sign>[€£¥₹₩₽₺₿]|zł|{_CODE})(?!{WORD}){_PER}", _money),
    rule(rf"(?<= per )({UNIT})(?![\w²³^/])", lambda match: str(unit_words(match[1], one=True))),
)

NUMBERS = (
    rule(
        r"(?<![\w.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\w.]*\d)",
        lambda match: " dot ".join(cardinal(part) for part in match[0].split(".")),
    ),
    rule(r"\b[vV](?=\d+(?:\.\d+)*\b)", "version "),
    rule(r"(?<![\w.])(\d+(?:\.\d+){2,})(?!\w)", _version),
    rule(
        r"(?i:(?<=\bversion )|(?<=\bpython )|(?<=\bubuntu )|(?<=\bjava )|(?<=\bcuda ))(\d+\.\d+)(?![\d.]*\d)", _version
    ),
    rule(r"(?<![\w.,])\+(?:\d{1,3}(?:[ \u00a0./-]?\(\d+\)|[ \u00a0./-]\d+){2,}|\d{8,15})(?!\w)(?!\s*=)", _apart),
    rule(r"(?<![\w.,])\(\d{3,5}\)[ \u00a0-]?\d{3,4}(?:[ -]?\d{2,4})?(?!\w)", _apart),
    rule(r"(?<![\w.,-])\d{3}[-. ]\d{3}[-. ]\d{4}(?![\w-])", _apart),
    rule(r"(?<![\w.,-])0\d{2,5}[ /-]\d{3,}(?:[ -]\d+)*(?!\w)", _apart),
    rule(r"(?i:(?<=\bcall )|(?<=\bdial )|(?<=\bphone )|(?<=\bring ))\d{3,6}(?![\w.,:%/-])(?! [a-z])", _apart),
    rule(rf"(?<=\d/\d)[ \u00a0]?({UNIT})(?![{LETTERS}²³^/])", " ", lambda match: str(unit_words(match[1], one=True))),
    rule(rf"{_FREE}(\d+) (\d{{1,2}})/(\d{{1,3}})(?![\w/]){_NOT_CALCULATED}", _mixed),
    rule(r"(?<![\d.,/])24/7(?!\w)", "twenty-four seven"),
    rule(r"(?<![\d.,/])(20\d\d)/(\d\d)(?![\w/])", _season),
    rule(r"(?<![\w.])(\d(?:\.\d+)?)[eE]([-+]?\d{1,3})(?!\w)", _scientific),
    rule(r"(?<=\d)[kK](?!\w)", " thousand"),
    rule(r"(?<=\d)M(?=\s[a-z])", " million"),
    rule(r"(?<=\d)B(?=\s[a-z])", " billion"),
    rule(
        r"\b(scores?|scored|won|wins?|lost|beat|leads?|tied|drew)((?: \w+){0,2} )(\d{1,3})[-–](\d{1,3})"
        r"(?![\w.,/-]*\d|\s*=)",
        1,
        2,
        3,
        " to ",
        4,
    ),
    rule(rf"(?<![\w.,:/+*×÷^=-])(\d{{1,2}})/(\d{{1,3}})(?![\w/]|\.\d){_NOT_CALCULATED}", _proper),
    rule(rf"(\d+)?\s?([{''.join(_VULGAR)}])", _vulgar),
    rule(rf"{_FREE}({NUMBER})\s?–\s?({NUMBER})(?!\w*\d|\s*[-+*/=×÷])", _range),
    rule(
        rf"(?<![{LETTERS}.,:$€£/+*×÷^=−-])(?<![+*×÷^=−-] )({NUMBER})-({NUMBER})(?![-\d]|[.,:]\d|\s*[-+*/=×÷^])",
        _range,
    ),
    rule(
        r"(?<![\w.,])(\d+)(?:st|nd|rd|th)\b", lambda match: ordinal(int(match[1])) if len(match[1]) < 16 else match[1]
    ),
    rule(r"(\d)\s?%", 1, " percent"),
    rule(r"(\d)\s?‰", 1, " per mille"),
    rule(r"(?<!\w)(\d)['′](\d{1,2})[\"″](?!\w)", 1, " foot ", 2),
    rule(rf"(?<![\w.,])({NUMBER})[ \u00a0]?({UNIT})(?![{LETTERS}²³^/]|[.'’]\w)(?:\.(?=\s[a-z]))?", 1, " ", _unit),
)

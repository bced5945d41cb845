"""Markdown and HTML, dropped: what is left is what their marks stood around, with pauses where lines ended.

`BLOCKS` work on lines, `INLINE` within them. Code within a sentence is read as its signs are called.
"""

import re

from audio.text.formulas import formula_in_words
from audio.text.number_words import spelled
from audio.text.speakable.rules import WORD, rule, sealed

_CODE_SIGNS = {
    "==": "equals", "!=": "is not equal to", "<=": "is less than or equal to", ">=": "is greater than or equal to",
    "->": "to", "=>": "to", "=": "equals", "+": "plus", "*": "times", "/": "slash", "<": "is less than",
    ">": "is greater than", "%": "percent", "&": "and", "@": "at", "#": "number", ".": "dot", "--": "dash dash",
}  # fmt: skip
_CODE_SIGN = re.compile(r"==|!=|<=|>=|->|=>|(?<!\w)--(?=\w)|(?<=\w)\.(?=\w)|[=+*/<>%&@#]")
_CALCULATION = re.compile(r"(?=.*\d)(?:\d|\b[A-Za-z]\b|[-+*/×÷^=<>().,\s\\]|\\[a-z]+)+")
_HTML = (
    "a|b|i|u|s|p|br|hr|em|strong|div|span|sub|sup|ul|ol|li|code|pre|h[1-6]"
    "|table|thead|tbody|tr|td|th|img|details|summary|kbd|mark|small|del|ins|center|blockquote"
)
_EMOJI = (
    r"[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u23e9-\u23fa\u231a\u231b\u3030\u303d\u3297\u3299"
    r"\ufe0f\u200d\u20e3\U000e0020-\U000e007f]+"
)


def code_in_words(code: str) -> str:
    """ "x = 1" → "x equals one", "set_name" → "set name", "obj.size" → "obj dot size"."""
    if _CALCULATION.fullmatch(code):
        return sealed(formula_in_words(code.replace("*", r"\times ")))
    words = _CODE_SIGN.sub(lambda match: f" {_CODE_SIGNS[match[0]]} ", code)
    return sealed(re.sub(r"\s+", " ", spelled(re.sub(r"[^\w\s,]|_", " ", words))).strip())


CODE = rule(r"``([^\n]+?)``|`([^`\n]+)`", lambda match: code_in_words(match[1] or match[2]))

BLOCKS = (
    rule(r"<!--.*?-->|&nbsp;", " "),
    rule(r"&amp;", "&"),
    rule(r"&lt;", "<"),
    rule(r"&gt;", ">"),
    rule(rf"</?(?:{_HTML})(?:\s[^<>\n]*)?/?>", " ", flags=re.IGNORECASE),
    rule(r"^[ \t]*(?:>[ \t]?)+"),
    rule(r"^[ \t]*(?:[-*_][ \t]*){3,}$"),
    rule(r"^[ \t]*(?:={3,}|-{3,})[ \t]*$"),
    rule(r"^\s{0,3}#{1,6}[ \t]+([^\n]+?)[ \t]*#*$", 1, "."),
    rule(r"^[ \t]*[-*+•‣◦▪–][ \t]+(?:\[[ xX]\][ \t]+)?(?!\d+\s*=)"),
    rule(r"^[ \t]*(\d{1,3})[.)][ \t]+(?=\S)", 1, ", "),
    rule(r"^(?=[-:| \t]*--)[-:| \t]+$"),
    rule(r"^[ \t]*\|[ \t]*(?=\S)|[ \t]*\|[ \t]*$"),
    rule(r"(?<=\S)[ \t]+\|[ \t]+(?=\S)", ", "),
)

INLINE = (
    rule(_EMOJI, " "),
    rule(r"(\*\*\*|\*\*|__)(?=\S)(.+?)(?<=\S)\1", 2),
    rule(r"~~(?=\S)(.+?)(?<=\S)~~", 1),
    rule(rf"(?<!{WORD})[*_](\S(?:[^*_\n]*\S)?)[*_](?!{WORD})", 1),
    rule(r"(?<=[^\s.,;:!?])[ \t]*\n\s*(?=\S)", ", "),
)

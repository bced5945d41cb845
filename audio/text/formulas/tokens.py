"""LaTeX as a list of tokens, and the pieces of such a list: groups, arguments, rows.

Unbalanced input is no error: a group that is not closed ends with the formula.
"""

import re
from collections.abc import Sequence

from audio.text.formulas.names import ARITY, LAYOUT, TEXTS
from audio.text.number_words import NUMBER

_BRACED = r"\{(?:[^{}]|\{[^{}]*\})*\}"
_TOKEN = re.compile(
    rf"\\(?:{'|'.join(sorted(TEXTS, key=len, reverse=True))}|begin|end)\*?\s*{_BRACED}"
    rf"|\\[A-Za-z]+|\\.|{NUMBER}|\.\d+|[^\s]",
    re.DOTALL,
)
_NAMED = re.compile(r"\\([A-Za-z]+)\*?\s*\{(.*)\}", re.DOTALL)
_OPENERS, _CLOSERS = {"{", "(", "[", "\\{", "\\lfloor", "\\lceil"}, {"}", ")", "]", "\\}", "\\rfloor", "\\rceil"}
_SAME = (
    (re.compile(r"\\(?:left|right|middle)\s*\."), ""),
    (re.compile(r"\\[lr]?vert(?![A-Za-z])"), "|"),
    (re.compile(r"\\[lr]?Vert(?![A-Za-z])|‖"), r"\\|"),
    (re.compile(r"\\[lr]brace(?![A-Za-z])"), lambda match: r"\{" if "l" in match[0] else r"\}"),
    (re.compile(r"(?<=\d)\{,\}(?=\d)"), ","),
    (re.compile(r"(?<=\d)(?:\\[,;:]|\{\\,\})(?=\d{3}(?!\d))"), ""),
    (re.compile(r"\\(?:color|textcolor)\s*\{[^{}]*\}"), ""),
    (re.compile(r"\\(?:label|tag)\s*\{[^{}]*\}|\\[hv]space\*?\s*\{[^{}]*\}"), ""),
)  # fmt: skip


def tokens_of(latex: str) -> list[str]:
    """Commands, numbers, letters, signs; a text with its braces is one token, and so are \\begin{…} and \\end{…}."""
    for pattern, replacement in _SAME:
        latex = pattern.sub(replacement, latex)
    return [token for token in _TOKEN.findall(latex) if token[1:] not in LAYOUT]


def named(token: str) -> tuple[str, str] | None:
    """("text", "if ") of "\\text{if }"; None for other tokens."""
    match = _NAMED.fullmatch(token)
    return (match[1], match[2]) if match else None


def closing(tokens: Sequence[str], start: int, closers: frozenset[str]) -> int | None:
    """The place of the token that closes a group whose inside begins at `start`."""
    depth = 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        if depth == 0 and token in closers:
            return index
        if token in _OPENERS or token.startswith("\\begin"):
            depth += 1
        elif token in _CLOSERS or token.startswith("\\end"):
            depth -= 1
            if depth < 0:
                return None
    return None


def argument(tokens: list[str], start: int) -> tuple[list[str], int]:
    """A command's argument and where it ends: a group, or one token, of a number its first digit."""
    if start >= len(tokens):
        return [], start
    token = tokens[start]
    if token == "{":
        end = closing(tokens, start + 1, frozenset({"}"}))
        inside_end = len(tokens) if end is None else end
        return tokens[start + 1 : inside_end], min(inside_end + 1, len(tokens))
    if token.isdecimal() and len(token) > 1:
        tokens[start : start + 1] = [token[0], token[1:]]
        return [token[0]], start + 1
    end = start + 1
    for _ in range(ARITY.get(token[1:], 0) if token[0] == "\\" else 0):
        _, end = argument(tokens, end)
    return tokens[start:end], end


def split(tokens: Sequence[str], separator: str) -> list[list[str]]:
    """The parts between separators that stand in no group."""
    parts: list[list[str]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token in _OPENERS or token.startswith("\\begin")) - (token in _CLOSERS or token.startswith("\\end"))
        if token == separator and depth <= 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts

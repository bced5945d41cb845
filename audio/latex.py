"""Simple LaTeX formulas in words: fractions, powers, roots, Greek letters, the usual signs.

A fallback that needs nothing installed. What it does not know it reads by name; it never fails.
"""

import re

_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:[.,]\d+)*|[A-Za-z]|\S", re.DOTALL)

SIGNS = {
    "+": "plus", "-": "minus", "−": "minus", "=": "equals", "<": "is less than", ">": "is greater than", "*": "times",
    "×": "times", "·": "times", "÷": "divided by", "/": "over", "≤": "is less than or equal to",
    "≥": "is greater than or equal to", "≠": "is not equal to", "≈": "is approximately", "±": "plus or minus",
    "%": "percent", "!": "factorial", "°": "degrees", "π": "pi", "√": "the square root of", "∞": "infinity",
    "²": "squared", "³": "cubed", "'": "prime", "~": "", "&": "", "|": "",
}  # fmt: skip

COMMANDS = {
    "times": "times", "cdot": "times", "div": "divided by", "pm": "plus or minus", "mp": "minus or plus",
    "le": "is less than or equal to", "leq": "is less than or equal to", "ge": "is greater than or equal to",
    "geq": "is greater than or equal to", "ne": "is not equal to", "neq": "is not equal to",
    "approx": "is approximately", "to": "to", "rightarrow": "gives", "Rightarrow": "so", "implies": "so",
    "infty": "infinity", "circ": "degrees", "degree": "degrees", "therefore": "therefore", "ldots": "and so on",
    "dots": "and so on", "cdots": "and so on", "sin": "sine", "cos": "cosine", "tan": "tangent", "ln": "natural log",
    "lim": "the limit", "sum": "the sum", "int": "the integral", "prod": "the product", "in": "in", "mid": "divides",
}  # fmt: skip

LAYOUT = frozenset({"left", "right", "quad", "qquad", "displaystyle", "limits", "big", "Big", "bigl", "bigr"})
WRAPPERS = frozenset(
    {"boxed", "mathbf", "mathrm", "mathit", "mathbb", "operatorname", "overline", "underline", "vec", "hat", "bar"}
)
TEXTS = frozenset({"text", "textbf", "textit", "mbox"})
ESCAPED = {"\\%": "percent", "\\$": "dollars", "\\#": "number", "\\&": "and", "\\\\": ","}
PARTS = {
    "2": "half", "3": "third", "4": "quarter", "5": "fifth", "6": "sixth", "7": "seventh", "8": "eighth",
    "9": "ninth", "10": "tenth",
}  # fmt: skip
POWERS = {"2": "squared", "3": "cubed", "degrees": "degrees", "prime": "prime"}
ROOTS = {None: "the square root of", "2": "the square root of", "3": "the cube root of"}


def formula_in_words(latex: str) -> str:
    """The formula as one would read it aloud, e.g. r"\\frac{3}{4} + x^2" → "3 quarters plus x squared"."""
    return re.sub(r"\s+", " ", _Reader(latex).read()).strip()


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, latex: str) -> None:
        self._latex = latex
        self._tokens = list(_TOKEN.finditer(latex))
        self._next = 0

    def read(self, until: str | None = None) -> str:
        words: list[str] = []
        while (token := self._peek()) is not None and token != until:
            self._next += 1
            words.append(self._spoken(token))
        self._next += until is not None
        return " ".join(filter(None, words))

    def _peek(self) -> str | None:
        return self._tokens[self._next][0] if self._next < len(self._tokens) else None

    def _spoken(self, token: str) -> str:
        match token:
            case "{":
                return self.read("}")
            case "^":
                power = self._argument()
                return POWERS.get(power, f"to the power of {power}")
            case "_":
                return f"sub {self._argument()}"
            case "}" | "(" | ")" | "[" | "]":
                return ""
        if token in ESCAPED:
            return ESCAPED[token]
        if token.startswith("\\"):
            return self._command(token[1:])
        return SIGNS.get(token, token.replace(",", "") if token[0].isdigit() else token)

    def _command(self, name: str) -> str:
        if name in {"frac", "dfrac", "tfrac"}:
            return _fraction(self._argument(), self._argument())
        if name == "sqrt":
            return self._root()
        if name in TEXTS:
            return self._raw_argument()
        if name in WRAPPERS:
            return self._argument()
        if name in {"begin", "end"}:
            self._raw_argument()
            return ""
        if name in LAYOUT or not name[:1].isalpha():
            return ""
        return COMMANDS.get(name, name)

    def _root(self) -> str:
        degree = None
        if self._peek() == "[":
            self._next += 1
            degree = self.read("]")
        return f"{ROOTS.get(degree, f'the root of order {degree} of')} {self._argument()}"

    def _argument(self) -> str:
        """A group in braces, or one token."""
        token = self._peek()
        if token is None:
            return ""
        self._next += 1
        return self._spoken(token)

    def _raw_argument(self) -> str:
        """A group in braces as it stands, spaces included."""
        if self._peek() != "{":
            return self._argument()
        start, depth = self._tokens[self._next].end(), 0
        while (token := self._peek()) is not None:
            self._next += 1
            depth += (token == "{") - (token == "}")
            if depth == 0:
                return self._latex[start : self._tokens[self._next - 1].start()]
        return self._latex[start:]


def _fraction(over: str, under: str) -> str:
    if under in PARTS and over.isdecimal() and 0 < int(over) < 20:
        plural = "" if over == "1" else "s"
        part = "halves" if under == "2" and plural else PARTS[under] + plural
        return f"{over} {part}"
    if " " in over or " " in under:
        return f"the fraction {over}, over {under},"
    return f"{over} over {under}"

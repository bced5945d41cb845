"""LaTeX formulas in words, by rules of our own: as one reads aloud, with commas where one pauses.

Needs nothing installed. What it does not know it reads by name; it never fails.
"""

import re

from audio.text.formulas import compounds
from audio.text.formulas.cursor import Cursor
from audio.text.formulas.names import (
    ACCENTS,
    BIG,
    BINOMIALS,
    CALLABLE_LETTERS,
    FRACTIONS,
    FUNCTIONS,
    NUMBER_SETS,
    OPERANDS,
    OPERATORS,
    SIGNS,
    SPOKEN_LETTERS,
    TEXTS,
    WRAPPERS,
)
from audio.text.formulas.tokens import named, tokens_of
from audio.text.money import DOLLAR, money_words
from audio.text.number_words import cardinal
from audio.text.units import unit_words

_CLOSING_ROUND, _CLOSING_SQUARE = frozenset({")"}), frozenset({"]", ")"})
_CLOSING_GROUP = frozenset({"}"})
_CLOSING_SET = frozenset({"\\}"})
_LETTERS = re.compile(r"[A-Za-z]")
_CONDITIONED = frozenset({"|", "\\mid", ":"})
_WHOLE = re.compile(r"\d+")


def formula_in_words(latex: str) -> str:
    """The formula as one would read it aloud: r"\\frac{3}{4} + x^2" → "three quarters plus x squared"."""
    try:
        return _tidy(Reader(tokens_of(latex)).read())
    except RecursionError:  # hundreds of groups within each other: nothing that anybody could follow
        return _tidy(" ".join(re.findall(r"[A-Za-z]+", latex)))


def _tidy(words: str) -> str:
    words = re.sub(r"\s+", " ", words).strip()
    words = re.sub(r" (?=[,.;:!?])", "", words)
    return re.sub(r"(?:,\s*)+(?=[,.])|,$", "", words)


class Reader(Cursor):
    """Reads a list of tokens from left to right, groups by readers of their own."""

    def read(self) -> str:
        while token := self.peek():
            self.take()
            self._read_one(token)
        return " ".join(filter(None, self.words))

    def _read_one(self, token: str) -> None:
        called = named(token)
        if called:
            self._read_named(*called)
        elif token[0] == "\\":
            self._read_command(token[1:])
        elif token[0].isdecimal() or (token[0] == "." and len(token) > 1):
            self._read_number(token)
        elif _LETTERS.fullmatch(token):
            self.base = token
            self.say(SPOKEN_LETTERS.get(token, token), callable_=token in CALLABLE_LETTERS)
        else:
            self._read_sign(token)

    def _read_number(self, token: str) -> None:
        self.base = token
        self.say(cardinal(token))
        if self.peek() == "\\$":
            self.take()
            self.say("dollar" if token == "1" else "dollars")

    def _read_sign(self, sign: str) -> None:
        match sign:
            case "{":
                inside = self.inside(_CLOSING_GROUP) or []
                self.say(self.words_of(inside, self.within), operand=bool(inside))
            case "^":
                compounds.read_power(self, self.argument())
            case "_":
                index = self.argument()
                self.say(f"sub {self.words_of(index)}", callable_=self.is_callable)
            case "(":
                compounds.read_parenthesis(self)
            case "[":
                compounds.read_brackets(self)
            case "|":
                compounds.read_bar(self, "|", "the absolute value of")
            case "!" if self.operand:
                self.say("factorial")
            case "'":
                self.say("prime", callable_=self.is_callable)
            case "%" | "‰":
                self.say("percent" if sign == "%" else "per mille")
            case "°":
                self.say("degrees")
            case "π" | "∞" | "∅" | "∂":
                self.say({"π": "pi", "∞": "infinity", "∅": "the empty set", "∂": "partial"}[sign])
            case "²" | "³":
                self.say("squared" if sign == "²" else "cubed")
            case "√":
                compounds.say_root(self, self.argument(), "the square root of")
            case ":":
                self.say({"set": "such that"}.get(self.within, "to" if self.operand else ""), operand=False)
            case "," | ";" | "." | "?":
                self.say("," if sign == ";" else sign, operand=False)
            case "}" | ")" | "]" | "~" | "&" | "$" | "`" | '"' | "\\":
                pass
            case _:
                self.say(SIGNS.get(sign, "" if not sign.isalnum() else sign), operand=sign.isalnum())

    def _read_named(self, name: str, content: str) -> None:
        if name == "begin":
            compounds.read_environment(self, content)
        elif name == "mathrm" and not content.isalpha():
            self.say(formula_in_words(content))
        elif name in TEXTS:
            self._read_text(content)

    def _read_text(self, content: str) -> None:
        symbol = content.strip()
        power = self.peek(1) if self.peek() == "^" and self.peek(1) in {"2", "3"} else ""
        is_unit = self.words and self.operand and unit_words(symbol + power)
        if is_unit:
            self.take(2 if power else 0)
            self.say(str(unit_words(symbol + power, one=self.base == "1")))
        elif symbol in FUNCTIONS:
            compounds.read_function(self, symbol)
        else:
            self.base = symbol
            self.say(re.sub(r"\$|\\\(|\\\)|[{}^_\\]", " ", content), operand=len(symbol) == 1)

    def _read_command(self, name: str) -> None:
        if not name or not (name[0].isalpha() or name in "%&#_$\\|{"):
            return
        if name in FRACTIONS:
            compounds.read_fraction(self, self.argument(), self.argument())
        elif name in BINOMIALS:
            above, below = self.argument(), self.argument()
            self.say(f"{self.words_of(above)} choose {self.words_of(below)}")
        elif name == "sqrt":
            compounds.read_root(self)
        elif name in BIG or name == "lim":
            compounds.read_big(self, name)
        elif name in FUNCTIONS:
            compounds.read_function(self, name)
        elif name in WRAPPERS:
            self.say(self.words_of(self.argument(), self.within))
        elif name in ACCENTS:
            self.say(f"{self.words_of(self.argument())} {ACCENTS[name]}")
        else:
            self._read_symbol(name)

    def _read_symbol(self, name: str) -> None:
        match name:
            case "vec":
                self.say(f"vector {self.words_of(self.argument())}")
            case "mathbb":
                letters = self.argument()
                self.say(NUMBER_SETS.get("".join(letters)) or self.words_of(letters))
            case "mid":
                compounds.read_bar(self, "\\mid", "divides")
            case "|":
                compounds.read_bar(self, "\\|", "the norm of")
            case "{":
                inside = self.inside(_CLOSING_SET)
                self.say(
                    f"the set {'of ' if _CONDITIONED & set(inside or []) else ''}{self.words_of(inside or [], 'set')}"
                )
            case "$":
                self._read_money()
            case "lfloor" | "lceil":
                inside = self.inside(frozenset({name.replace("l", "\\r", 1)}))
                self.say(f"the {name[1:].replace('ceil', 'ceiling')} of {self.words_of(inside or [])}")
            case "pmod":
                self.say(f"modulo {self.words_of(self.argument())}")
            case "\\":
                self.say(",", operand=False)
            case "stackrel" | "overset" | "underset":
                self.argument()
            case _ if name in OPERATORS:
                self.say(OPERATORS[name], operand=False)
            case _:
                self.base = name
                self.say(OPERANDS.get(name, name if name.isalpha() else ""))

    def _read_money(self) -> None:
        amount = self.peek()
        if not amount[:1].isdecimal():
            self.say("dollars")
            return
        self.take()
        self.say(money_words(amount, DOLLAR))

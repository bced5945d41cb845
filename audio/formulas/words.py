"""LaTeX formulas in words, by rules of our own: as one reads aloud, with commas where one pauses.

Needs nothing installed. What it does not know it reads by name; it never fails.
"""

import re

from audio.formulas import structures
from audio.formulas.names import (
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
from audio.formulas.tokens import argument, closing, named, split, tokens_of
from audio.money import DOLLAR, money_words
from audio.number_words import cardinal, fraction, ordinal
from audio.units import unit_words

_CLOSING_ROUND, _CLOSING_SQUARE = frozenset({")"}), frozenset({"]", ")"})
_CLOSING_SET = frozenset({"\\}"})
_LETTERS = re.compile(r"[A-Za-z]")
_CONDITIONED = frozenset({"|", "\\mid", ":"})
_WHOLE = re.compile(r"\d+")


def formula_in_words(latex: str) -> str:
    """The formula as one would read it aloud: r"\\frac{3}{4} + x^2" → "three quarters plus x squared"."""
    return _tidy(Reader(tokens_of(latex)).read())


def _tidy(words: str) -> str:
    words = re.sub(r"\s+", " ", words).strip()
    words = re.sub(r" (?=[,.;:!?])", "", words)
    return re.sub(r"(?:,\s*)+(?=[,.])|,$", "", words)


class Reader:
    """Reads a list of tokens from left to right, groups by readers of their own."""

    def __init__(self, tokens: list[str], within: str = "") -> None:
        self._tokens = tokens
        self._within = within
        """What the tokens are the inside of: "set", "call", "limit" or nothing."""
        self._next = 0
        self._words: list[str] = []
        self._operand = False
        """Whether something stands before that can be multiplied, raised or divided."""
        self._callable = False
        """Whether what stands before is a function whose argument may follow."""
        self._base = ""

    def read(self) -> str:
        while self._next < len(self._tokens):
            before = self._next
            self._read_one(self._take())
            assert self._next > before
        return " ".join(filter(None, self._words))

    def _peek(self, ahead: int = 0) -> str:
        index = self._next + ahead
        return self._tokens[index] if index < len(self._tokens) else ""

    def _take(self) -> str:
        self._next += 1
        return self._tokens[self._next - 1]

    def _argument(self) -> list[str]:
        inside, self._next = argument(self._tokens, self._next)
        return inside

    def _inside(self, closers: frozenset[str]) -> list[str] | None:
        """What stands before the closing sign, which is passed; None if there is no closing sign."""
        end = closing(self._tokens, self._next, closers)
        if end is None:
            return None
        inside, self._next = self._tokens[self._next : end], end + 1
        return inside

    def _say(self, words: str, operand: bool = True, callable_: bool = False) -> None:
        self._words.append(words)
        self._operand, self._callable = operand, callable_

    def _read_one(self, token: str) -> None:
        called = named(token)
        if called:
            self._read_named(*called)
        elif token[0] == "\\":
            self._read_command(token[1:])
        elif token[0].isdecimal() or (token[0] == "." and len(token) > 1):
            self._read_number(token)
        elif _LETTERS.fullmatch(token):
            self._base = token
            self._say(SPOKEN_LETTERS.get(token, token), callable_=token in CALLABLE_LETTERS)
        else:
            self._read_sign(token)

    def _read_number(self, token: str) -> None:
        self._base = token
        self._say(cardinal(token))
        if self._peek() == "\\$":
            self._take()
            self._say("dollar" if token == "1" else "dollars")

    def _read_sign(self, sign: str) -> None:
        match sign:
            case "{":
                self._next -= 1
                inside = self._argument()
                self._say(Reader(inside, self._within).read(), operand=bool(inside))
            case "^":
                self._read_power(self._argument())
            case "_":
                index = self._argument()
                self._say(f"sub {Reader(index).read()}", callable_=self._callable)
            case "(":
                self._read_parenthesis()
            case "[":
                self._read_brackets()
            case "|":
                self._read_bar("|", "the absolute value of")
            case "!" if self._operand:
                self._say("factorial")
            case "'":
                self._say("prime", callable_=self._callable)
            case "%" | "‰":
                self._say("percent" if sign == "%" else "per mille")
            case "°":
                self._say("degrees")
            case "π" | "∞" | "∅" | "∂":
                self._say({"π": "pi", "∞": "infinity", "∅": "the empty set", "∂": "partial"}[sign])
            case "²" | "³":
                self._say("squared" if sign == "²" else "cubed")
            case "√":
                self._read_root(self._argument(), "the square root of")
            case ":":
                self._say({"set": "such that"}.get(self._within, "to" if self._operand else ""), operand=False)
            case "," | ";" | "." | "?":
                self._say("," if sign == ";" else sign, operand=False)
            case "}" | ")" | "]" | "~" | "&" | "$" | "`" | '"' | "\\":
                pass
            case _:
                self._say(SIGNS.get(sign, "" if not sign.isalnum() else sign), operand=sign.isalnum())

    def _read_named(self, name: str, content: str) -> None:
        if name == "begin":
            self._read_environment(content)
        elif name == "mathrm" and not content.isalpha():
            self._say(formula_in_words(content))
        elif name in TEXTS:
            self._read_text(content)

    def _read_text(self, content: str) -> None:
        symbol = content.strip()
        power = self._peek(1) if self._peek() == "^" and self._peek(1) in {"2", "3"} else ""
        is_unit = self._words and self._operand and unit_words(symbol + power)
        if is_unit:
            self._next += 2 if power else 0
            self._say(str(unit_words(symbol + power, one=self._base == "1")))
        elif symbol in FUNCTIONS:
            self._read_function(symbol)
        else:
            self._base = symbol
            self._say(re.sub(r"\$|\\\(|\\\)|[{}^_\\]", " ", content), operand=len(symbol) == 1)

    def _read_command(self, name: str) -> None:
        if not name or not (name[0].isalpha() or name in "%&#_$\\|{"):
            return
        if name in FRACTIONS:
            self._read_fraction(self._argument(), self._argument())
        elif name in BINOMIALS:
            above, below = self._argument(), self._argument()
            self._say(f"{Reader(above).read()} choose {Reader(below).read()}")
        elif name == "sqrt":
            self._read_any_root()
        elif name in BIG or name == "lim":
            self._read_big(name)
        elif name in FUNCTIONS:
            self._read_function(name)
        elif name in WRAPPERS:
            self._say(Reader(self._argument(), self._within).read())
        elif name in ACCENTS:
            self._say(f"{Reader(self._argument()).read()} {ACCENTS[name]}")
        else:
            self._read_symbol(name)

    def _read_symbol(self, name: str) -> None:
        match name:
            case "vec":
                self._say(f"vector {Reader(self._argument()).read()}")
            case "mathbb":
                letters = self._argument()
                self._say(NUMBER_SETS.get("".join(letters)) or Reader(letters).read())
            case "mid":
                self._read_bar("\\mid", "divides")
            case "|":
                self._read_bar("\\|", "the norm of")
            case "{":
                inside = self._inside(_CLOSING_SET)
                self._say(
                    f"the set {'of ' if _CONDITIONED & set(inside or []) else ''}{Reader(inside or [], 'set').read()}"
                )
            case "$":
                self._read_money()
            case "lfloor" | "lceil":
                inside = self._inside(frozenset({name.replace("l", "\\r", 1)}))
                self._say(f"the {name[1:].replace('ceil', 'ceiling')} of {Reader(inside or []).read()}")
            case "pmod":
                self._say(f"modulo {Reader(self._argument()).read()}")
            case "\\":
                self._say(",", operand=False)
            case "stackrel" | "overset" | "underset":
                self._argument()
            case _ if name in OPERATORS:
                self._say(OPERATORS[name], operand=False)
            case _:
                self._base = name
                self._say(OPERANDS.get(name, name if name.isalpha() else ""))

    def _read_money(self) -> None:
        amount = self._peek()
        if not amount[:1].isdecimal():
            self._say("dollars")
            return
        self._take()
        self._say(money_words(amount, DOLLAR))

    def _read_power(self, power: list[str]) -> None:
        base, self._base = self._base, ""
        following = self._peek().strip()
        if power in (["\\circ"], ["\\degree"], ["°"]):
            scale = (named(following) or ("", following))[1].strip()
            if scale in {"C", "F"}:
                self._take()
            self._say(structures.degrees(scale))
        elif power and set(power) <= {"\\prime", "'"}:
            self._say(" ".join(["prime"] * len(power)), callable_=self._callable)
        elif power in (["2"], ["3"]):
            self._say("squared" if power == ["2"] else "cubed", callable_=self._callable)
        elif power == ["-", "1"] and (self._callable or base.isupper()):
            self._say("inverse", callable_=self._callable)
        elif power in (["T"], ["\\top"], ["\\intercal"]) and (base.isupper() or not base):
            self._say("transpose")
        elif power in (["+"], ["-"]) and self._within == "limit":
            self._say("from above" if power == ["+"] else "from below")
        elif len(power) == 1 and _WHOLE.fullmatch(power[0]) and len(power[0]) < 4:
            self._say(f"to the {ordinal(int(power[0]))}", callable_=self._callable)
        else:
            long = len(power) > 3 and bool(self._peek())
            self._say(f"to the {'power of ' if len(power) > 2 else ''}{Reader(power).read()}{',' if long else ''}")

    def _read_parenthesis(self) -> None:
        called = self._callable
        inside = self._inside(_CLOSING_ROUND)
        if inside is None or not inside:
            return
        if called:
            pause = "," if structures.is_long(inside) and self._peek() else ""
            self._say(f"of {Reader(inside, 'call').read()}{pause}")
            return
        if inside[0] in {"\\bmod", "\\mod"}:
            self._say(Reader(inside).read())
            return
        if self._operand and len(split(inside, ",")) == 1:
            self._say("times", operand=False)
        self._say(structures.grouped(inside, Reader(inside).read(), self._peek()))

    def _read_brackets(self) -> None:
        inside = self._inside(_CLOSING_SQUARE)
        if inside is None:
            return
        ends = split(inside, ",")
        words = [Reader(part).read() for part in ends]
        if len(ends) == 2:
            self._say(f"the interval from {words[0]} to {words[1]}")
        else:
            self._say(structures.grouped(inside, ", ".join(words), self._peek()))

    def _read_bar(self, bar: str, opened: str) -> None:
        if not self._operand and bar != "\\mid":
            inside = self._inside(frozenset({bar}))
            if inside is not None:
                self._say(f"{opened} {Reader(inside).read()}")
            return
        between = {"set": "such that", "call": "given"}.get(self._within, opened if bar == "\\mid" else "")
        self._say(between, operand=False)

    def _read_fraction(self, over: list[str], under: list[str]) -> None:
        mixed = bool(self._words) and self._operand and bool(_WHOLE.fullmatch(self._base))
        if len(over) == len(under) == 1 and _WHOLE.fullmatch(over[0]) and _WHOLE.fullmatch(under[0]):
            parts = fraction(int(over[0]), int(under[0]))
            if parts:
                self._say(f"and {parts}" if mixed else parts)
                return
        derivative = structures.derivative(over, under)
        if derivative:
            self._say(derivative, operand=False)
            return
        more = bool(self._peek())
        self._base = ""
        self._say(structures.over(over, under, Reader(over).read(), Reader(under).read(), more))

    def _read_any_root(self) -> None:
        degree: list[str] | None = None
        if self._peek() == "[":
            self._take()
            degree = self._inside(frozenset({"]"}))
        self._read_root(self._argument(), structures.root(degree, Reader(degree or []).read()))

    def _read_root(self, inside: list[str], root: str) -> None:
        pause = "," if structures.is_long(inside) and self._peek() not in {"", ")", "}", "&"} else ""
        self._base = ""
        self._say(f"{root} {Reader(inside).read()}{pause}")

    def _read_big(self, name: str) -> None:
        below: list[str] = []
        above: list[str] = []
        while self._peek() in {"_", "^"}:
            sign = self._take()
            if sign == "_":
                below = self._argument()
            elif sign == "^":
                above = self._argument()
        if name == "lim":
            below = ["approaches" if token in {"\\to", "\\rightarrow", "→"} else token for token in below]
            bounds = f"as {Reader(below, 'limit').read()}" if below else ""
            self._say(f"the limit {bounds} of", operand=False)
            return
        integral = name.endswith("int")
        over = "from" if integral or "=" in below else "over"
        start = f"{'over' if integral and not above else over} {Reader(below).read()}" if below else ""
        stop = f"to {Reader(above).read()}" if above else ""
        self._say(f"{BIG[name]} {start} {stop} of", operand=False)

    def _read_function(self, name: str) -> None:
        words = FUNCTIONS[name]
        if name == "log" and self._peek() == "_":
            self._take()
            words += f" base {Reader(self._argument()).read()}"
        raised = self._peek() == "^"
        while self._peek() in {"^", "_"}:
            sign, inner = self._take(), self._argument()
            words += " inverse" if inner == ["-", "1"] else " " + Reader([sign, "{", *inner, "}"]).read()
        if self._peek() == "(":
            self._say(words, callable_=True)
        else:
            self._say(f"{words} of" if self._peek() and not raised else words, operand=not self._peek())

    def _read_environment(self, name: str) -> None:
        end = next(
            (i for i in range(len(self._tokens) - 1, self._next - 1, -1) if named(self._tokens[i]) == ("end", name)),
            len(self._tokens),
        )
        inside, self._next = self._tokens[self._next : end], min(end + 1, len(self._tokens))
        if name in {"array", "tabular", "alignat", "alignat*"} and inside[:1] == ["{"]:
            _, start = argument(inside, 0)
            inside = inside[start:]
        rows = [[Reader(cell).read() for cell in split(row, "&")] for row in split(inside, "\\\\") if row]
        self._say(structures.environment(name.rstrip("*"), rows))

"""Units of measurement in words: "km/h" → "kilometers per hour", "m²" → "square meters"."""

import re

_PREFIXED = {
    "m": "meter", "g": "gram", "s": "second", "Hz": "hertz", "W": "watt", "Wh": "watt hour", "V": "volt", "A": "ampere",
    "Ah": "ampere hour", "J": "joule", "N": "newton", "Pa": "pascal", "l": "liter", "L": "liter", "B": "byte",
    "bit": "bit",
    "mol": "mole", "cal": "calorie", "Ω": "ohm", "F": "farad", "eV": "electron volt", "bps": "bit per second",
}  # fmt: skip
_PREFIXES = {
    "n": "nano", "µ": "micro", "μ": "micro", "m": "milli", "c": "centi", "d": "deci", "h": "hecto", "k": "kilo",
    "K": "kilo",
    "M": "mega", "G": "giga", "T": "tera",
}  # fmt: skip
_UNPREFIXED = {
    "min": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "sec": "second", "ft": "foot", "lb": "pound",
    "lbs": "pound",
    "oz": "ounce", "yd": "yard", "mi": "mile", "gal": "gallon", "mph": "mile per hour", "kph": "kilometer per hour",
    "rpm": "revolution per minute", "ppm": "part per million", "fps": "frame per second", "dB": "decibel",
    "ha": "hectare",
    "°C": "degree Celsius", "°F": "degree Fahrenheit", "℃": "degree Celsius", "℉": "degree Fahrenheit", "°": "degree",
    "tsp": "teaspoon", "tbsp": "tablespoon", "kn": "knot", "bar": "bar", "inch": "inch",
}  # fmt: skip
_USED = {
    "n": {"m", "s", "g", "A", "F"}, "µ": {"m", "s", "g", "l", "L", "A", "F", "V", "mol"},
    "m": {"m", "s", "g", "l", "L", "A", "Ah", "V", "W", "mol", "bar", "F"}, "c": {"m", "l", "L"}, "d": {"m", "l",
    "L", "B"},
    "h": {"Pa", "l", "L"}, "k": {"m", "g", "Hz", "W", "Wh", "V", "J", "N", "Pa", "B", "cal", "bit", "bps", "Ω", "eV"},
    "K": {"B"}, "M": {"Hz", "W", "Wh", "V", "J", "Pa", "B", "bit", "bps", "Ω", "eV"},
    "G": {"Hz", "W", "Wh", "B", "bit", "bps", "Pa", "eV"}, "T": {"B", "Hz", "W", "Wh"},
}  # fmt: skip
_IRREGULAR = {"foot": "feet", "inch": "inches"}
_POWERS = {"²": "square", "2": "square", "³": "cubic", "3": "cubic"}
_LENGTHS = re.compile(r"meter|foot|inch|yard|mile")


def _names() -> dict[str, str]:
    """Every unit that is in use, by its symbol."""
    names = dict(_UNPREFIXED) | _PREFIXED
    for prefix, bases in (_USED | {"μ": _USED["µ"]}).items():
        names |= {prefix + base: _PREFIXES[prefix] + _PREFIXED[base] for base in bases if base in _PREFIXED}
    del names["F"], names["A"], names["B"]  # 5 A and 5 F are rather parts of a name
    return names


NAMES = _names()
_SYMBOLS = "|".join(re.escape(symbol) for symbol in sorted(NAMES, key=len, reverse=True))
_ONE = rf"(?:{_SYMBOLS})(?:\^?[23](?!\d)|[²³])?"
UNIT = rf"{_ONE}(?:/{_ONE})?"
"""What is taken for a unit if a number stands before it and no letter behind it."""
_PART = re.compile(rf"({_SYMBOLS})\^?([23²³]?)")


def unit_words(symbol: str, one: bool = False) -> str | None:
    """ "m/s^2" → "meters per second squared"; in the singular where there is `one`. None if it is no unit."""
    if not re.fullmatch(UNIT, symbol):
        return None
    if symbol in NAMES:
        return _counted(NAMES[symbol], one)
    over, _, under = symbol.partition("/")
    words = _counted(_powered(over), one)
    return f"{words} per {_powered(under, divisor=True)}" if under else words


def _powered(symbol: str, divisor: bool = False) -> str:
    match = _PART.fullmatch(symbol)
    assert match is not None, symbol
    name, power = NAMES[match[1]], match[2]
    if not power:
        return name
    if _LENGTHS.search(name):
        return f"{_POWERS[power]} {name}"
    return f"{name} {'squared' if _POWERS[power] == 'square' else 'cubed'}"


def _counted(name: str, one: bool) -> str:
    """The plural is that of the unit itself: "kilometers per hour", "degrees Celsius"."""
    if one:
        return name
    head, per, rest = name.partition(" per ")
    if head.startswith("degree"):
        return head.replace("degree", "degrees") + per + rest
    *before, last = head.split(" ")
    if last in {"squared", "cubed"}:
        return " ".join([*(_counted(" ".join(before), one).split(" ")), last]) + per + rest
    return " ".join([*before, _plural(last)]) + per + rest


def _plural(name: str) -> str:
    return name if name.endswith("hertz") else _IRREGULAR.get(name, name + "s")

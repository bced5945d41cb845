"""Sums of money in words: "5.50" dollars → "five dollars and fifty cents"."""

import re
from dataclasses import dataclass

from audio.text.number_words import cardinal


@dataclass(frozen=True, slots=True)
class Currency:
    """Names of a currency and of its hundredth part, if it has one."""

    one: str
    many: str
    part: str = ""
    parts: str = ""


DOLLAR = Currency("dollar", "dollars", "cent", "cents")
_EURO = Currency("euro", "euros", "cent", "cents")
_POUND = Currency("pound", "pounds", "penny", "pence")
_YEN = Currency("yen", "yen")
_RUPEE = Currency("rupee", "rupees", "paisa", "paise")
_FRANC = Currency("franc", "francs", "centime", "centimes")


def _dollar(country: str) -> Currency:
    return Currency(f"{country} dollar", f"{country} dollars", "cent", "cents")


SIGNS = {
    "US$": _dollar("U S"), "A$": _dollar("Australian"), "C$": _dollar("Canadian"), "CA$": _dollar("Canadian"),
    "NZ$": _dollar("New Zealand"), "HK$": _dollar("Hong Kong"), "$": DOLLAR, "€": _EURO, "£": _POUND, "¥": _YEN,
    "₹": _RUPEE,
    "₩": Currency("won", "won"), "₽": Currency("ruble", "rubles"), "₺": Currency("lira", "lira"),
    "₿": Currency("bitcoin", "bitcoins"), "zł": Currency("zloty", "zlotys"),
}  # fmt: skip
CODES = {
    "USD": _dollar("U S"), "EUR": _EURO, "GBP": _POUND, "JPY": _YEN, "CHF": _FRANC, "INR": _RUPEE,
    "CNY": Currency("yuan", "yuan"),
    "AUD": _dollar("Australian"), "CAD": _dollar("Canadian"), "NZD": _dollar("New Zealand"), "SEK": Currency("krona",
    "kronor"),
    "NOK": Currency("krone", "kroner"), "DKK": Currency("krone", "kroner"), "PLN": SIGNS["zł"], "KRW": SIGNS["₩"],
    "RUB": SIGNS["₽"], "TRY": SIGNS["₺"], "BRL": Currency("real", "reais"), "MXN": Currency("peso", "pesos"),
}  # fmt: skip
MAGNITUDES = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "b": "billion", "B": "billion",
    "bn": "billion", "T": "trillion", "thousand": "thousand", "million": "million", "billion": "billion",
    "trillion": "trillion",
}  # fmt: skip
AMOUNT = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?(?!\d)|\d{1,3}(?:\.\d{3})+(?:,\d{2})?(?!\d)|\d+,\d{2}(?!\d)|\d+(?:\.\d+)?"
"""A sum as it is written: 1,200.50 and 1200.5, and in Europe 1.200,50 and 12,50."""

_EUROPEAN = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d{2})?|\d+,\d{2}")


def money_words(amount: str, currency: Currency, magnitude: str = "") -> str:
    """The sum in words; `magnitude` is what stands behind it, "million" or "M"."""
    if _EUROPEAN.fullmatch(amount):
        amount = amount.replace(".", "").replace(",", ".")
    amount = amount.replace(",", "")
    whole, _, decimals = amount.partition(".")
    if magnitude:
        return f"{cardinal(amount)} {MAGNITUDES[magnitude]} {currency.many}"
    if len(decimals) != 2 or not currency.part:
        return f"{cardinal(amount)} {currency.one if amount == '1' else currency.many}"
    parts = _counted(int(decimals), currency.part, currency.parts) if int(decimals) else ""
    if not int(whole) and parts:
        return parts
    units = f"{cardinal(whole)} {currency.one if whole == '1' else currency.many}"
    return f"{units} and {parts}" if parts else units


def _counted(count: int, one: str, many: str) -> str:
    return f"{cardinal(str(count))} {one if count == 1 else many}"

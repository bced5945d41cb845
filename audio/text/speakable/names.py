"""Abbreviations, Roman numerals and words joined by signs, as one says them."""

import re

from audio.text.number_words import cardinal, ordinal
from audio.text.speakable.rules import any_of, rule

ABBREVIATIONS = {
    "e.g.": "for example", "i.e.": "that is", "etc.": "and so on", "vs.": "versus", "vs": "versus", "cf.": "compare",
    "approx.": "approximately", "ca.": "about", "Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missus", "Ms.": "Miz",
    "Prof.": "Professor", "Jr.": "Junior", "Sr.": "Senior", "Inc.": "Incorporated", "Ltd.": "Limited",
    "Corp.": "Corporation",
    "Co.": "Company", "dept.": "department", "Dept.": "Department", "est.": "established", "a.k.a.": "also known as",
    "et al.": "and others", "incl.": "including", "excl.": "excluding", "Ave.": "Avenue", "Blvd.": "Boulevard",
    "Ph.D.": "P H D", "U.S.": "U S", "U.K.": "U K", "E.U.": "E U", "U.N.": "U N", "w/o": "without", "w/": "with",
    "min.": "minimum", "max.": "maximum", "avg.": "average", "Gov.": "Governor", "Gen.": "General", "Capt.": "Captain",
    "Lt.": "Lieutenant", "Rev.": "Reverend", "Hon.": "Honorable", "Mt.": "Mount", "Ft.": "Fort",
    "resp.": "respectively",
}  # fmt: skip
_BEFORE_NUMBER = {
    "No.": "number", "no.": "number", "Nr.": "number", "Nos.": "numbers", "Fig.": "figure", "fig.": "figure",
    "Eq.": "equation",
    "eq.": "equation", "Vol.": "volume", "vol.": "volume", "Ch.": "chapter", "ch.": "chapter", "pp.": "pages",
    "p.": "page",
    "Sec.": "section", "sec.": "section", "#": "number",
}  # fmt: skip
_HEADS = (
    "War|Chapter|Part|Section|Act|Volume|Phase|Type|Book|Article|Appendix|Class|Level|Stage|Step|Figure|Table|Scene"
    "|Tier|Bowl"
)
_MONARCHS = (
    "Louis|Henry|Elizabeth|George|Edward|Charles|James|William|Richard|Paul|Benedict|Pius|Leo|Gregory|Innocent|Alexander"
    "|Nicholas|Peter|Catherine|Frederick|Friedrich|Wilhelm|Napoleon|Philip|Ferdinand|Ramses|Ramesses|Otto|Leopold|Christian"
    "|Gustav|Haakon|Harald|Robert|Ptolemy|Clement|John|Francis|Joseph|Umberto|Emmanuel|Alfonso|Carlos|Urban|Julius|Sixtus"
    "|Xerxes|Darius|Cyrus|Mehmed|Selim|Suleiman|Murad|Ivan|Mary|Margaret|Olaf|Baldwin|Conrad|Rudolf|Albert|Maximilian"
)
_NUMERAL = r"(?=[IVX])(?:X{0,3})(?:IX|IV|V?I{0,3})"
_VALUES = {"I": 1, "V": 5, "X": 10}


def _value(numeral: str) -> int:
    """XIV → 14."""
    total = 0
    for sign, following in zip(numeral, numeral[1:] + " ", strict=True):
        value = _VALUES[sign]
        total += -value if _VALUES.get(following, 0) > value else value
    return total


def _cardinal(match: re.Match[str]) -> str:
    return cardinal(str(_value(match[2])))


def _regnal(match: re.Match[str]) -> str:
    return f"the {ordinal(_value(match[2]))}"


RULES = (
    rule(rf"\b({_MONARCHS}) ({_NUMERAL})(?![\w'’])(?!(?<= I) [a-z])", 1, " ", _regnal),
    rule(rf"\b({_HEADS}) ({_NUMERAL})(?![\w'’])(?!(?<= I) (?!of|and|to|is|was|or)[a-z])", 1, " ", _cardinal),
    rule(rf"\b([A-Z][a-z]+) ((?=[IVX]{{2}}){_NUMERAL})(?![\w'’])", 1, " ", _cardinal),
    rule(r"\b([A-Z][a-z]+) St\.(?=\s*(?:[,;:!?)\n]|$|[a-z]))", 1, " Street"),
    rule(r"\bSt\.(?= [A-Z])", "Saint"),
    rule(r"\b([A-Z][a-z]+) Rd\.(?=\s*(?:[,;:!?)\n]|$|[a-z]))", 1, " Road"),
    rule(rf"(?<!\w)({any_of(_BEFORE_NUMBER)})\s?(?=\d)", lambda match: _BEFORE_NUMBER[match[1]], " "),
    rule(rf"(?<![\w.])({any_of(ABBREVIATIONS)})(?![\w.]*\w)", lambda match: ABBREVIATIONS[match[1]]),
    rule(r"(?<=[A-Za-z])&(?=[A-Za-z])|\s&\s", " and "),
    rule(r"\band/or\b", "and or"),
    rule(
        r"(?<![\w/])(?=/\w[\w.-]*/\w)((?:/[\w.-]+)+)/?",
        lambda match: match[1].replace("/", " slash ").replace("_", " "),
    ),
    rule(r"(?<=[A-Za-z])/(?=[A-Za-z])", " "),
    rule(r"(?<!\w)@\s?(?=\w)", "at "),
)

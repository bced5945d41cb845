"""Back-channels: sounds a listener makes to say "I am listening, go on". They are no turns and interrupt nobody.

"mhm", "yeah", "okay", "right", a cough: short, or quiet, and without a word that asks for anything. Tables by language;
what is no word in any language ("mhm", "uh-huh") counts in all of them.
"""

import re

LONGEST_MS = 1500
"""More voice than this, and it was no back-channel, or more was said than the recogniser understood."""
QUIET_DB = 8.0
"""A voice that stands no further over the noise of the room murmurs to itself, or is not here."""


def _set(phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in phrases.split(","))


SOUNDS = _set(
    "mhm, mm, mmm, mm hm, mm hmm, mmhm, mhmm, hm, hmm, uh, uh huh, uhuh, uhhuh, huh, ah, aha, ah ha, oh, ooh, eh, um, "
    "er, ok, okay"
)
"""As recognisers write them, hyphens read as spaces."""
BY_LANGUAGE = {
    "en": _set(
        "yeah, yes, yep, yup, right, all right, alright, sure, i see, got it, i got it, cool, nice, great, good, fine, "
        "wow, exactly, true, indeed, of course, makes sense, that makes sense, go on, i know, very good, all good"
    ),
    "de": _set(
        "ja, genau, gut, klar, ach so, achso, stimmt, richtig, alles klar, verstehe, ich verstehe, na ja, schön, sicher"
    ),
    "fr": _set(
        "oui, ouais, d'accord, bien, bon, voilà, ah bon, bien sûr, je vois, exact, exactement, c'est vrai, super"
    ),
    "es": _set("sí, si, claro, vale, bueno, ya, ya veo, entiendo, exacto, muy bien, bien, ajá, de acuerdo, ah sí"),
    "it": _set("sì, si, certo, va bene, bene, capisco, ho capito, esatto, giusto, d'accordo, già, ah sì"),
}
LONGEST_PHRASE = 3
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def is_backchannel(text: str, voiced_ms: float, level_db: float, language: str = "en") -> bool:
    """Whether an utterance only says that somebody listens, so that whoever speaks may go on.

    `text` is what was recognised, `voiced_ms` how much voice there was, `level_db` how far it stood over the noise; 0
    for either means that it is not known. A sound without words is one if it was short or quiet. Words of which one is
    not in the tables never are.
    """
    words = _words(text)
    short = voiced_ms <= LONGEST_MS
    if not words:
        return short or 0 < level_db < QUIET_DB
    return short and _made_of(words, _phrases(language))


def may_be_backchannel(text: str, language: str = "en") -> bool:
    """Whether an utterance of which this is the beginning may still only say that somebody listens: "i" may become
    "i see".
    """
    words, phrases = _words(text), _phrases(language)
    return any(
        _made_of(words[:whole], phrases) and _begins_one(words[whole:], phrases) for whole in range(len(words) + 1)
    )


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("’", "'") for word in _WORD.findall(text.lower()))


def _phrases(language: str) -> frozenset[tuple[str, ...]]:
    return SOUNDS | BY_LANGUAGE.get(language, frozenset())


def _begins_one(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> bool:
    return not words or any(phrase[: len(words)] == words for phrase in phrases)


def _made_of(words: tuple[str, ...], phrases: frozenset[tuple[str, ...]]) -> bool:
    """Whether the words are phrases from the table, one after the other."""
    if not words:
        return True
    lengths = range(1, min(LONGEST_PHRASE, len(words)) + 1)
    return any(words[:length] in phrases and _made_of(words[length:], phrases) for length in lengths)

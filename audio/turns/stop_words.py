"""Stop words: utterances that only ask whoever speaks or thinks to stop. They are commands, and no turns to answer.

"stop", "cancel that", "never mind, thanks". Tables by language; "stop" counts in all of them. Only an utterance that
says nothing else is one: "stop at the third step" is a turn like any other.
"""

import re


def _set(phrases: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in phrases.split(","))


EVERYWHERE = _set("stop")
BY_LANGUAGE = {
    "en": _set(
        "stop it, stop that, stop there, stop talking, stop speaking, stop now, cancel, cancel it, cancel that, "
        "never mind, nevermind, forget it, forget that, forget about it, be quiet, quiet, be silent, silence, shut up, "
        "enough, that's enough, that is enough, that will do, that'll do"
    ),
    "de": _set(
        "stopp, halt, hör auf, aufhören, abbrechen, vergiss es, egal, schon gut, sei still, sei ruhig, ruhe, still, "
        "genug, das reicht, es reicht"
    ),
    "fr": _set("arrête, arrêtez, ça suffit, assez, annule, annulez, laisse tomber, tais toi, taisez vous, silence"),
    "es": _set("para, pare, basta, ya basta, cancela, cancelar, olvídalo, cállate, silencio, déjalo"),
    "it": _set("ferma, fermati, basta, annulla, lascia stare, lascia perdere, zitto, zitta, silenzio"),
}
AROUND = {
    "en": _set("please, okay, ok, oh, no, now, thanks, thank you, hey, just"),
    "de": _set("bitte, okay, ok, nein, jetzt, danke, ach, mal"),
    "fr": _set("s'il te plaît, s'il vous plaît, merci, non, maintenant, ok"),
    "es": _set("por favor, gracias, no, ahora, ok"),
    "it": _set("per favore, grazie, no, ora, ok"),
}
"""What may stand before, between and after, and asks for nothing by itself."""
LONGEST_PHRASE = 4
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def is_stop(text: str, language: str = "en") -> bool:
    """Whether the utterance only asks to stop."""
    return _only_stops(_words(text), *_tables(language), begun=False)


def may_be_stop(text: str, language: str = "en") -> bool:
    """Whether an utterance of which this is the beginning may still only ask to stop: "never" may become "never mind".

    False as long as nothing but a "please" or "no" was said.
    """
    words, (stops, around) = _words(text), _tables(language)
    for whole in range(len(words) + 1):
        begun = words[whole:]
        begins_one = bool(begun) and any(phrase[: len(begun)] == begun for phrase in stops)
        if begins_one and _only_stops(words[:whole], stops, around, begun=True):
            return True
    return is_stop(text, language)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.replace("’", "'") for word in _WORD.findall(text.lower()))


def _tables(language: str) -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]]]:
    return EVERYWHERE | BY_LANGUAGE.get(language, frozenset()), AROUND.get(language, frozenset())


def _only_stops(
    words: tuple[str, ...], stops: frozenset[tuple[str, ...]], around: frozenset[tuple[str, ...]], begun: bool
) -> bool:
    """Whether the words are phrases from the tables, one after the other. begun: one that stops is there already."""
    if not words:
        return begun
    lengths = range(1, min(LONGEST_PHRASE, len(words)) + 1)
    return any(
        (words[:length] in stops or words[:length] in around)
        and _only_stops(words[length:], stops, around, begun or words[:length] in stops)
        for length in lengths
    )

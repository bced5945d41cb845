"""Small talk and questions outside the domain: short, friendly, and honest about what the model cannot do."""

import re
import zlib
from enum import StrEnum
from random import Random

from app.demo.problems.build import Problem
from app.demo.problems.chat_requests import FRAMES, TOPICS, WORDS
from app.demo.problems.wording import dressed


class Kind(StrEnum):
    HELLO = "hello"
    HOW = "how"
    WHO = "who"
    HELP = "help"
    THANKS = "thanks"
    BYE = "bye"
    STOP = "stop"
    SORRY = "sorry"


ANSWERS = {
    Kind.HELLO: ("Hello!", "Give me a sum or a small word problem and I will work it out."),
    Kind.HOW: ("I am fine, thank you.", "Do you have a sum for me?"),
    Kind.WHO: ("I am a very small model that was trained to do sums.", "Ask me a small word problem."),
    Kind.HELP: ("I can do sums and small word problems.", "Ask me about prices, times, days or how many are left."),
    Kind.THANKS: ("You are welcome.", "Do you have another sum?"),
    Kind.BYE: ("Goodbye!", "Come back with another sum."),
    Kind.STOP: ("Okay.",),
    Kind.SORRY: ("That is beyond me: I can only do sums and small word problems.",),
}

PROMPTS = {
    Kind.HELLO: (
        "hello", "hi", "hi there", "hello there", "hey", "good morning", "good afternoon", "good evening",
        "hello, can you hear me", "are you there",
    ),
    Kind.HOW: ("how are you", "how are you doing", "how are you today", "how is it going"),
    Kind.WHO: (
        "who are you", "what is your name", "what are you", "are you a robot", "are you a person", "who made you",
        "what is Sotto", "tell me about yourself",
    ),
    Kind.HELP: (
        "what can you do", "can you help me", "help", "what can I ask you", "how does this work",
        "what are you good at", "what do you know", "can you do sums", "give me an example",
    ),
    Kind.THANKS: ("thank you", "thanks", "thank you very much", "great, thanks", "well done", "that was right"),
    Kind.BYE: ("goodbye", "bye", "see you", "see you later", "good night", "that is all"),
    Kind.STOP: ("never mind", "cancel", "be quiet", "stop", "stop talking", "forget it", "shut up", "cancel that", "hush", "enough"),
}  # fmt: skip

WORDS_AT_RANDOM_SHARE = 0.08  # of the requests beyond the domain
MADE_UP_SHARE = 0.3  # of the words in the others
COMMON_WORDS = ("a", "about", "after", "again", "all", "also", "always", "am", "an", "and", "another", "any", "anybody", "are", "around", "as", "ask", "at", "back", "bad", "be", "because", "been", "before", "begin", "being", "best", "better", "between", "big", "book", "both", "bring", "but", "buy", "by", "call", "can", "child", "city", "close", "cold", "come", "could", "country", "day", "did", "different", "do", "does", "done", "down", "drink", "each", "early", "eat", "end", "even", "ever", "every", "explain", "fact", "family", "far", "feel", "few", "find", "first", "for", "friend", "from", "full", "funny", "get", "give", "go", "good", "great", "had", "hand", "hard", "has", "have", "he", "hear", "help", "her", "here", "him", "his", "hot", "house", "how", "i", "if", "in", "interesting", "into", "is", "it", "its", "job", "just", "keep", "kind", "know", "large", "last", "late", "learn", "leave", "let", "life", "like", "little", "live", "long", "look", "lot", "love", "made", "make", "man", "many", "may", "me", "mean", "mind", "month", "more", "morning", "most", "much", "must", "my", "name", "near", "need", "never", "new", "next", "night", "no", "nothing", "now", "of", "off", "often", "old", "on", "only", "open", "or", "other", "our", "out", "over", "own", "part", "people", "person", "place", "plan", "play", "please", "problem", "put", "question", "quick", "read", "really", "red", "right", "room", "run", "said", "same", "say", "school", "see", "seem", "send", "she", "should", "show", "since", "sleep", "small", "so", "some", "someone", "something", "song", "soon", "start", "still", "stop", "story", "such", "sure", "take", "talk", "tell", "than", "thank", "that", "the", "their", "them", "then", "there", "these", "they", "thing", "think", "this", "those", "though", "time", "to", "today", "together", "tomorrow", "too", "true", "try", "turn", "under", "until", "up", "us", "use", "very", "wait", "walk", "want", "was", "watch", "water", "way", "we", "week", "well", "went", "were", "what", "when", "where", "which", "while", "white", "who", "why", "will", "wish", "with", "without", "woman", "word", "work", "world", "would", "write", "wrong", "year", "yes", "yesterday", "yet", "you", "young", "your")
_ONSETS = (*("b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "y", "br", "ch", "cl", "cr", "dr", "fl", "gr", "pl", "pr", "sh", "sl", "sp", "st", "str", "th", "tr"), "")
_VOWELS = ("a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ea", "ee", "oo", "ou", "ie")
_CODAS = (*("n", "r", "l", "s", "t", "m", "d", "ck", "nd", "st", "rt", "ng", "ll"), "", "", "", "")
_ENDINGS = ("", "", "", "", "s", "ing", "er", "ed", "ly", "ion", "y")

_BLANK = re.compile(r"\{(\w+)\}")
_KIND_WEIGHTS = {
    Kind.HELLO: 2, Kind.HOW: 1, Kind.WHO: 1.5, Kind.HELP: 1.5, Kind.THANKS: 1, Kind.BYE: 1,
    Kind.STOP: 0.7, Kind.SORRY: 16,
}  # fmt: skip


def chat(rng: Random) -> Problem:
    """Something that is not a sum, in wordings to train on; the result is its kind."""
    return draw_chat(rng)


def draw_chat(rng: Random, held_out: bool = False) -> Problem:
    """Something that is not a sum; held_out: a request beyond the domain in a wording never trained on."""
    kind = Kind.SORRY if held_out else rng.choices(tuple(_KIND_WEIGHTS), tuple(_KIND_WEIGHTS.values()))[0]
    prompt = _request(rng, held_out) if kind is Kind.SORRY else rng.choice(PROMPTS[kind])
    answer = ANSWERS[kind]
    thoughts = ("not a sum.", f"answer: {kind.value}.") if len(answer) == 2 else (f"not a sum. answer: {kind.value}.",)
    return Problem(
        family="chat",
        question=dressed(rng, prompt, end="?" if _asks(prompt) else rng.choice((".", "!"))),
        thoughts=thoughts,
        answer=answer,
        needs=tuple(range(1, len(answer) + 1)),
        result=kind.value,
        key=("chat", prompt),
    )


def is_held_out_request(template: str) -> bool:
    return zlib.crc32(template.encode()) % 20 == 0


_TRAINED = {
    held_out: tuple(
        kept
        for texts in TOPICS.values()
        if (kept := tuple(text for text in texts.split("|") if is_held_out_request(text) == held_out))
    )
    for held_out in (False, True)
}


def _request(rng: Random, held_out: bool) -> str:
    if not held_out and rng.random() < WORDS_AT_RANDOM_SHARE:
        return " ".join([made_up_word(rng), *(_any_word(rng) for _ in range(rng.choice((0, 1, 2, 3, 4, 5, 7, 10))))])
    template = rng.choice(rng.choice(_TRAINED[held_out]))
    return rng.choice(FRAMES).format(_BLANK.sub(lambda match: _filling(rng, match[1]), template))


def _filling(rng: Random, blank: str) -> str:
    match blank:
        case "n":
            return str(rng.randint(2, 999))
        case "m":
            return str(rng.randint(3, 80))
        case "year":
            return str(rng.randint(1400, 2025))
    return made_up_word(rng) if rng.random() < MADE_UP_SHARE else rng.choice(WORDS[blank])


def _any_word(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(COMMON_WORDS)
    if kind < 0.5:
        return str(rng.randint(2, 2030))
    return made_up_word(rng) if kind < 0.7 else rng.choice(WORDS[rng.choice(tuple(WORDS))])


def made_up_word(rng: Random) -> str:
    """Of one to four syllables: it stands for all the words that no list has."""
    syllables = (
        rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.choice((1, 2, 2, 3, 4)))
    )
    return "".join(syllables) + rng.choice(_ENDINGS)


def _asks(prompt: str) -> bool:
    return prompt.split()[0] in {
        "what",
        "who",
        "how",
        "why",
        "where",
        "can",
        "are",
        "do",
        "is",
        "should",
        "will",
        "which",
        "when",
    }

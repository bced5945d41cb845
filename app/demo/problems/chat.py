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
    return rng.choice(WORDS[blank])


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

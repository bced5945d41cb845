"""Small talk and questions outside the domain: short, friendly, and honest about what the model cannot do."""

import re
from enum import StrEnum
from random import Random

from app.demo.problems.build import Problem
from app.demo.problems.chat_requests import FRAMES, TOPICS, WORDS
from app.demo.problems.made_up import COMMON_WORDS, made_up_word
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
        "hello", "hi", "hi there", "hello there", "hey", "good morning", "good afternoon", "good evening", "hey there",
        "hello, can you hear me", "are you there", "hi sotto", "hello sotto", "hey sotto", "can you hear me",
        "is anybody there",
        "hello again", "hi again", "nice to meet you", "good day", "morning", "hello hello", "are you listening",
    ),
    Kind.HOW: (
        "how are you", "how are you doing", "how are you today", "how is it going", "are you well", "how do you feel",
        "how have you been", "is everything okay with you", "how are things", "are you okay",
    ),
    Kind.WHO: (
        "who are you", "what is your name", "what are you", "are you a robot", "are you a person", "who made you",
        "what is Sotto", "tell me about yourself", "do you have a name", "are you human", "are you a machine",
        "what kind of model are you", "who built you", "how big are you", "are you real", "introduce yourself",
    ),
    Kind.HELP: (
        "what can you do", "can you help me", "help", "what can I ask you", "how does this work", "how can you help me",
        "what are you good at", "what do you know", "can you do sums", "give me an example", "what can you do for me",
        "what else can you do", "help me", "what should I ask", "what are you able to do", "how do I use this",
        "what questions can you answer", "what do you do", "can you calculate", "I need help", "what is this",
    ),
    Kind.THANKS: (
        "thank you", "thanks", "thank you very much", "great, thanks", "well done", "that was right", "thanks a lot",
        "many thanks", "perfect", "cool", "nice", "good job", "that is correct", "awesome, thank you", "very good",
        "great", "you are right", "thank you sotto", "okay thank you", "wonderful",
    ),
    Kind.BYE: (
        "goodbye", "bye", "see you", "see you later", "good night", "that is all", "bye bye", "see you tomorrow",
        "I have to go", "talk to you later", "until next time", "have a nice day", "that will be all", "take care",
    ),
    Kind.STOP: (
        "never mind", "cancel", "be quiet", "stop", "stop talking", "forget it", "shut up", "cancel that", "hush",
        "enough", "stop it", "please stop", "quiet", "silence", "okay stop", "stop now", "forget that", "no more",
    ),
}  # fmt: skip

WORDS_AT_RANDOM_SHARE = 0.08  # of the requests beyond the domain
MADE_UP_SHARE = 0.3  # of the words in the others

_TEMPLATES = tuple(tuple(texts.split("|")) for texts in TOPICS.values())  # by topic
_MEANINGLESS = tuple(sorted(set(COMMON_WORDS).difference(*PROMPTS.values())))  # by themselves
_BLANK = re.compile(r"\{(\w+)\}")
_KIND_WEIGHTS = {
    Kind.HELLO: 2, Kind.HOW: 1, Kind.WHO: 1.5, Kind.HELP: 1.5, Kind.THANKS: 1, Kind.BYE: 1,
    Kind.STOP: 0.7, Kind.SORRY: 16,
}  # fmt: skip


def chat(rng: Random) -> Problem:
    """Something that is not a sum; the result is its kind."""
    kind = rng.choices(tuple(_KIND_WEIGHTS), tuple(_KIND_WEIGHTS.values()))[0]
    prompt = _request(rng) if kind is Kind.SORRY else rng.choice(PROMPTS[kind])
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


def _request(rng: Random) -> str:
    if rng.random() < WORDS_AT_RANDOM_SHARE:
        return " ".join([made_up_word(rng), *(_any_word(rng) for _ in range(rng.choice((0, 1, 2, 3, 4, 5, 7, 10))))])
    template = rng.choice(rng.choice(_TEMPLATES))
    return rng.choice(FRAMES).format(_BLANK.sub(lambda match: _filling(rng, match[1]), template))


def _filling(rng: Random, blank: str) -> str:
    match blank:
        case "n":
            return str(rng.randint(2, 999))
        case "m":
            return str(rng.randint(3, 80))
        case "year":
            return str(rng.randint(1400, 2025))
        case "common":
            return rng.choice(_MEANINGLESS)
    return made_up_word(rng) if rng.random() < MADE_UP_SHARE else rng.choice(WORDS[blank])


def _any_word(rng: Random) -> str:
    kind = rng.random()
    if kind < 0.45:
        return rng.choice(COMMON_WORDS)
    if kind < 0.5:
        return str(rng.randint(2, 2030))
    return made_up_word(rng) if kind < 0.7 else rng.choice(WORDS[rng.choice(tuple(WORDS))])


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

"""Small talk and questions outside the domain: short, friendly, and honest about what the model cannot do."""

from enum import StrEnum
from random import Random

from app.demo.problems.build import Problem
from app.demo.problems.wording import dressed


class Kind(StrEnum):
    HELLO = "hello"
    HOW = "how"
    WHO = "who"
    HELP = "help"
    THANKS = "thanks"
    BYE = "bye"
    SORRY = "sorry"


ANSWERS = {
    Kind.HELLO: ("Hello!", "Give me a sum or a small word problem and I will work it out."),
    Kind.HOW: ("I am fine, thank you.", "Do you have a sum for me?"),
    Kind.WHO: ("I am a very small model that was trained to do sums.", "Ask me a small word problem."),
    Kind.HELP: ("I can do sums and small word problems.", "Ask me about prices, times, days or how many are left."),
    Kind.THANKS: ("You are welcome.", "Do you have another sum?"),
    Kind.BYE: ("Goodbye!", "Come back with another sum."),
    Kind.SORRY: ("Sorry, I can only do sums and small word problems.", "Ask me one of those."),
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
    Kind.BYE: ("goodbye", "bye", "see you", "see you later", "good night", "that is all", "stop"),
    Kind.SORRY: (
        "tell me a joke", "what is the weather like {when}", "who won the game", "sing a song",
        "what is the capital of {place}", "write a poem about {thing}", "what do you think of {thing}",
        "translate this for me", "why is the sky blue", "play some music", "who is the president of {place}",
        "tell me a story about {thing}", "what is the news {when}", "how do I cook {food}",
        "what is the meaning of life", "how tall is my {someone}", "who wrote this book", "turn on the light",
        "call my {someone}", "send a message to my {someone}", "what is {thing}", "where is {place}",
        "how far away is {place}", "do you like {food}", "how old are you", "set a timer", "book a flight to {place}",
        "what is the square root of {n}", "what is {n} percent of {n}", "what is {n} squared",
        "solve this equation for x", "write a program in python", "what time is it", "what day is it today",
        "how do you spell {food}", "recommend a film", "I am sad", "I love you",
    ),
}  # fmt: skip

_FILLINGS = {
    "when": ("today", "tomorrow", "right now", "this week"),
    "place": ("France", "Italy", "Japan", "London", "Spain", "the moon", "Brazil", "Berlin"),
    "thing": ("love", "the sea", "a cat", "music", "science", "gravity", "the internet", "dogs", "history"),
    "food": ("rice", "soup", "pasta", "bread", "eggs", "pizza", "cake"),
    "someone": ("mother", "brother", "father", "sister", "friend", "teacher"),
}

_KIND_WEIGHTS = {
    Kind.HELLO: 2, Kind.HOW: 1, Kind.WHO: 1.5, Kind.HELP: 1.5, Kind.THANKS: 1, Kind.BYE: 1, Kind.SORRY: 5,
}  # fmt: skip


def chat(rng: Random) -> Problem:
    """Something that is not a sum; the result is its kind."""
    kind = rng.choices(tuple(_KIND_WEIGHTS), tuple(_KIND_WEIGHTS.values()))[0]
    prompt = _filled(rng, rng.choice(PROMPTS[kind]))
    return Problem(
        family="chat",
        question=dressed(rng, prompt, end="?" if _asks(prompt) else rng.choice((".", "!"))),
        thoughts=("not a sum.", f"answer: {kind.value}."),
        answer=ANSWERS[kind],
        needs=(1, 2),
        result=kind.value,
        key=("chat", prompt),
    )


def _filled(rng: Random, prompt: str) -> str:
    for blank, choices in _FILLINGS.items():
        prompt = prompt.replace(f"{{{blank}}}", rng.choice(choices))
    while "{n}" in prompt:
        prompt = prompt.replace("{n}", str(rng.randint(2, 200)), 1)
    return prompt


def _asks(prompt: str) -> bool:
    return prompt.split()[0] in {"what", "who", "how", "why", "where", "can", "are", "do"}

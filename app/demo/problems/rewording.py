"""Other ways to ask the same: wordings put in place of those the families draw, and openings before them.

Each rule knows wordings that are trained on and wordings that are held out. A held-out problem is asked in held-out
wordings wherever a rule fits, and else with a held-out opening; in training those are never drawn. They are made of
words that other wordings have: a model that has read nothing but these questions cannot know a word it never met.
Numbers, names and the words that decide what is to be worked out stay as they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from app.demo.problems.build import capital
from app.demo.problems.made_up import COMMON_WORDS
from app.demo.problems.weekday import DAYS
from app.demo.problems.wording import NAMES

_ASKING = (
    "what when where which who why how is are a an less more tell many much make made do have get it be will over left "
    "try take add"
)
REWORDED_SHARE = 0.5  # of the fitting rules, in training
OPENED_SHARE = 0.14  # of the questions


@dataclass(frozen=True, slots=True)
class Rule:
    """pattern: lower case, with the groups that the other wordings use."""

    pattern: re.Pattern[str]
    trained: tuple[str, ...]
    held_out: tuple[str, ...]


def _rule(pattern: str, trained: tuple[str, ...], held_out: tuple[str, ...]) -> Rule:
    return Rule(re.compile(rf"\b{pattern}", re.IGNORECASE), trained, held_out)


RULES = (
    _rule(r"(?:what is|what's|how much is) (?=\d)",
          ("tell me ", "give me ", "could you work out ", "I need ", "what do you get from ", "please tell me what is ",
           "I would like to know what is ", "can you work out what is ", "do you know what is ", "work out "),
          ("could you tell me ", "could you tell me what is ", "do you know how much is ")),
    _rule(r"how many are left",
          ("how many remain", "how many are left over", "how many are still there", "what is left",
           "how many are there in the end", "tell me how many are left"),
          ("how many are left in the end", "how many are still left", "tell me how many remain")),
    _rule(r"how many (\w+) are there now",
          (r"how many \1 are there in the end", r"how many \1 are there after that", r"what is the number of \1 now",
           r"how many \1 is that now", r"how many \1 does that make", r"how many \1 are left now"),
          (r"how many \1 does that make now", r"how many \1 is that in the end")),
    _rule(r"how many does (\w+) have now",
          (r"how many has \1 got now", r"what does \1 have now", r"how many does \1 have in the end",
           r"how many does that make for \1", r"what does \1 have after that", r"tell me how many \1 has now"),
          (r"how many has \1 got in the end", r"how many does \1 have after that")),
    _rule(r"how many (\w+) does (\w+) have",
          (r"how many \1 has \2 got", r"how many \1 does \2 have then", r"what number of \1 does \2 have",
           r"how many \1 does \2 have in the end", r"tell me how many \1 \2 has"),
          (r"how many \1 has \2 got then", r"how many \1 has \2 got in the end")),
    _rule(r"what time will it be in",
          ("what time is it in", "what will the time be in", "what does the clock say in", "tell me what time it is in",
           "what is the time in", "which time is it in"),
          ("tell me what time it will be in", "tell me the time in", "what time will the clock say in")),
    _rule(r"when does it end",
          ("when is it over", "what time is it over", "when will it end", "until when does it last",
           "what time does it end", "tell me when it ends"),
          ("when will it be over", "what time will it end", "tell me when it is over")),
    _rule(r"what day is it in (\d+) days",
          (r"what day of the week is it in \1 days", r"\1 days later what day is it", r"which day comes \1 days later",
           r"what day will it be in \1 days", r"tell me what day it is in \1 days"),
          (r"what day of the week will it be in \1 days", r"\1 days later which day is it")),
    _rule(r"which day will it be (\d+) days from now",
          (r"what day will it be \1 days from now", r"what day do we have in \1 days",
           r"which day is it \1 days from now", r"what day of the week is it \1 days from now"),
          (r"what day is it \1 days from now", r"which day do we have in \1 days")),
    _rule(r"how far (?:does it go|is that)",
          ("how far does it get", "how long is the way", "how far is it in all", "what is the whole distance",
           "how far does it go in all", "tell me how far that is"),
          ("how far does it get in all", "how long is the whole way", "tell me how far it goes")),
    _rule(r"how much is left(?! from)",
          ("what is left", "how much money is left", "how much remains", "how much is still there",
           "how much is left over", "tell me how much is left"),
          ("how much is left in the end", "how much money remains", "tell me what is left")),
    _rule(r"how much is that(?! together)",
          ("how much does that cost", "what does that come to", "what does it cost", "what is the price of all that",
           "tell me how much that is"),
          ("how much does it cost", "what does that cost")),
    _rule(r"what is the total",
          ("what is the sum", "what does it come to in total", "how much is it in total", "tell me the total",
           "what is the total price"),
          ("what is it in total", "how much is the total", "tell me the total price")),
    _rule(r"how much change is there",
          ("how much change is that", "what is the change", "how much comes back", "how much change does that make",
           "tell me the change"),
          ("tell me how much change there is", "how much change comes back")),
    _rule(r"how many does each friend get",
          ("how many does each of them get", "how many for each", "how many does everyone get",
           "how many are there for each", "what does each friend get", "how many do they get each"),
          ("how many for each friend", "what does each of them get", "how many are there for everyone")),
    _rule(r"who has more and by how many",
          ("who has more and how many more", "who has the most and by how much",
           "which one has more and by how many",
           "which of them has more and by how much", "who has more and by how much",
           "tell me who has more and by how many"),
          ("which of them has more and how many more", "tell me who has more and how many more",
           "which one has the most and by how many")),
    _rule(r"how many do they have together",
          ("how many have they together", "how many do they both have", "what do they have together",
           "how many is that together", "how many do both have together"),
          ("how many have both together", "how many do they both have together")),
    _rule(r"how many do (?:all 3|they all) have",
          ("how many do the 3 have", "how many have they all together", "how many is that for all 3",
           "how many do all 3 have together", "what do they all have together"),
          ("how many do the 3 have together", "how many have all 3 together", "what do all 3 have together")),
    _rule(r"convert (.+?) to (\w+)",
          (r"turn \1 into \2", r"change \1 to \2", r"give me \1 in \2", r"convert \1 into \2", r"tell me \1 in \2"),
          (r"turn \1 to \2", r"change \1 into \2")),
    _rule(r"how many (\w+) are (?=\d)",
          (r"how many \1 make ", r"how many \1 do you have in ", r"tell me how many \1 are ", r"how many \1 are in ",
           r"what is the number of \1 in "),
          (r"tell me how many \1 make ", r"how many \1 do I have in ", r"tell me the number of \1 in ")),
    _rule(r"how many (\w+) are there in (?=\d)",
          (r"how many \1 have ", r"how many \1 do I count in ", r"tell me how many \1 there are in "),
          (r"how many \1 do you count in ", r"how many \1 do I have in ")),
    _rule(r"(?:how much is that|how much is it all) together|what do they cost together",
          ("how much is all of it", "what do I pay for all of it", "how much is everything together",
           "what does it all cost together", "how much do they cost together"),
          ("what do I pay for everything together", "how much does it all cost together")),
    _rule(r"how many is that together",
          ("how many are they all together", "how many is that in all", "how many are that together"),
          ("how many is that all together",)),
    _rule(r"how much are (?=\d)", ("what are ", "what do I get for ", "tell me how much are "), ("tell me what are ",)),
    _rule(r"what do you get if you add ",
          ("what is it if I add ", "what comes out if I add ", "what do I get if I add "),
          ("what is it if you add ", "what comes out if you add ")),
    _rule(r"what is the sum of ",
          ("what is the total of ", "give me the sum of ", "tell me the sum of "), ("give me the total of ",)),
    _rule(r"(?:work out|calculate) (?=\d)",
          ("compute ", "please work out ", "solve ", "do ", "please calculate "), ("please compute ", "please solve ")),
    _rule(r"what is the date (?=\d)",
          ("what date is it ", "which date is ", "tell me the date ", "what is the day ", "which date is it "),
          ("which date do we have ", "what is the month and the day ")),
    _rule(r"what is the date (?=in|when)",
          ("what date is it ", "which date is it ", "tell me the date ", "what will the date be ",
           "what day of the month is it ", "what is the day and the month ", "what day and month will it be ",
           "which day of which month is it ", "what is the day "),
          ("which date will it be ", "what will the day be ")),
    _rule(r"how many (\w+) is that in (\d+) (\w+)",
          (r"how many \1 are that in \2 \3", r"how many \1 do you get in \2 \3", r"how many \1 does that make in \2 \3",
           r"tell me how many \1 that is in \2 \3"),
          (r"how many \1 do I get in \2 \3", r"tell me how many \1 are that in \2 \3")),
    _rule(r"how many (hours|minutes|days|weeks) for (\d+) (\w+)",
          (r"how many \1 does it take for \2 \3", r"how many \1 until it is \2 \3", r"how many \1 for all \2 \3",
           r"how many \1 are needed for \2 \3"),
          (r"how many \1 does it take until it is \2 \3", r"how many \1 are needed for all \2 \3")),
    _rule(r"which is (more|less)",
          (r"what is \1", r"tell me which is \1", r"which one is \1", r"which number is \1", r"which of the 2 is \1"),
          (r"which one of the 2 is \1", r"what number is \1", r"which of the numbers is \1")),
)  # fmt: skip
"""Applied one after another, each to what those before have left."""

OPENINGS = (
    "listen ", "quick question ", "I have a question ", "right ", "well ", "now ", "Sotto ", "next question ",
    "my next question is ", "here is another question ", "okay listen ", "so tell me ", "another question ",
    "let me ask you ", "a question for you ", "one more question ", "this is my question ", "here is a sum ",
    "I want to know ", "now here is one ", "and the next one ", "try this ", "okay so ", "please listen ",
    "so here is the first question ", "just one more ", "I have one more question for you ", "here it is ",
)  # fmt: skip
BABBLE_SHARE = 0.25  # of the openings in training: words at random, which say nothing
HELD_OUT_OPENINGS = ("my question is ", "here is my next question ", "so listen ", "okay here is a question ")


def reworded(pieces: tuple[str, ...], rng: Random, held_out: bool) -> tuple[str, ...]:
    """The pieces of a question in other words; never across two pieces."""
    lower = not any(letter.isupper() for piece in pieces for letter in piece)
    opening_due = rng.random() < OPENED_SHARE
    changed = tuple(_reworded(piece, rng, held_out) for piece in pieces)
    if opening_due or (held_out and changed == pieces):
        opening = rng.choice(HELD_OUT_OPENINGS) if held_out else _opening(rng)
        changed = (_opened(changed[0], opening), *changed[1:])
    return tuple(piece.lower() for piece in changed) if lower else changed


def _opening(rng: Random) -> str:
    if rng.random() < BABBLE_SHARE:
        return " ".join(rng.sample(_BABBLE, rng.randint(1, 4))) + " "
    return rng.choice(OPENINGS)


def _reworded(piece: str, rng: Random, held_out: bool) -> str:
    for rule in RULES:
        if (found := rule.pattern.search(piece)) and (held_out or rng.random() < REWORDED_SHARE):
            words = found.expand(rng.choice(rule.held_out if held_out else rule.trained))
            words = capital(words) if found[0][0].isupper() else words
            piece = piece[: found.start()] + words + piece[found.end() :]
            if held_out:
                break
    return piece


def _opened(piece: str, opening: str) -> str:
    """The opening before a piece; a written sentence keeps its large letter in front."""
    first = piece.split(maxsplit=1)[0] if piece.split() else ""
    name = first[1:].islower() and first in _NAMES_THAT_STAY
    if first[:1].isupper() and not name:
        return capital(opening) + piece[:1].lower() + piece[1:]
    return opening + piece


_BABBLE = tuple(word for word in COMMON_WORDS if word not in _ASKING.split())
_NAMES_THAT_STAY = frozenset({*NAMES, *DAYS})

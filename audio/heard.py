"""What was heard: from samples played to characters of the answer.

Pure. A word counts as heard when the next one has begun to sound, or the phrase is over: never more than was played,
always whole words.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from audio.tts.synthesizer import WordMark


@dataclass(frozen=True, slots=True)
class SpokenPhrase:
    """A phrase of the answer as it was handed to the loudspeaker."""

    text: str
    start: int
    """Offset of the phrase in the answer."""
    words: tuple[WordMark, ...]
    """In the order of the sound; offsets count in the phrase."""
    samples: int
    """Length of the sound made so far."""
    complete: bool = True
    """Whether this is all the sound the phrase will have."""


def heard_in_phrase(phrase: SpokenPhrase, played_samples: int) -> int:
    """How many characters of the phrase were heard after so many samples of it, 0…len(text).

    Marks after the words heard (a comma, a closing bracket) count as heard with them, white space does not, except
    when the whole phrase was heard.
    """
    if phrase.complete and played_samples >= phrase.samples:
        return len(phrase.text)
    begun = [word for word in phrase.words if word.sample < played_samples]
    if not begun:
        return 0
    return len(phrase.text[: begun[-1].text_start].rstrip())


def heard_in_answer(phrases: Sequence[SpokenPhrase], played_samples: int) -> int:
    """How many characters of the answer were heard after so many samples of its phrases, played one after the other."""
    heard = 0
    for phrase in phrases:
        in_phrase = heard_in_phrase(phrase, played_samples)
        if in_phrase:
            heard = phrase.start + in_phrase
        if not phrase.complete or played_samples < phrase.samples:
            break
        played_samples -= phrase.samples
    return heard

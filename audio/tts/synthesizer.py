"""What a speech synthesiser is: the text of a phrase in, a stream of sound with word positions out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from audio.pcm import Pcm


@dataclass(frozen=True, slots=True)
class WordMark:
    """Where a word stands in the text and where it begins in the sound."""

    text_start: int
    text_length: int
    sample: int
    """Counted at `OUTPUT_RATE_HZ` from the start of the phrase."""
    estimated: bool = False
    """Whether the voice does not tell where its words are, so that this is a guess by the length of the text."""


@dataclass(frozen=True, slots=True)
class SpeechChunk:
    """The next piece of a phrase's sound, and the words that begin in it."""

    pcm: Pcm
    words: tuple[WordMark, ...] = ()


class SpeechStream(Iterator[SpeechChunk], Protocol):
    """The sound of one phrase, as it is made."""

    def cancel(self) -> None:
        """Ends the stream now, from any thread; what was not fetched yet is dropped."""


class Synthesizer(Protocol):
    """Turns phrases into sound. Several streams may be under way, also from several threads."""

    name: str
    sample_rate_hz: int

    def stream(self, text: str) -> SpeechStream:
        """Speaks `text`, which should be speakable already.

        Iterating raises SynthesizerDied if its process is lost for good, SpeechFailed if it cannot speak this text.
        """

    def cancel(self) -> None:
        """Ends all streams that are under way, from any thread."""

    def close(self) -> None:
        """Ends everything, gives back processes and memory. Harmless when repeated."""

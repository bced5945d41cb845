"""What a speech recogniser is: sound of one utterance in, words out, with guesses on the way."""

from typing import Protocol, Self

from audio.asr.hypothesis import Hypothesis
from audio.pcm import Pcm


class Recognizer(Protocol):
    """Turns one utterance after the other into text. Used from one thread at a time.

    start → feed, feed, pause, feed … → finish or cancel → start …
    """

    name: str

    def start(self) -> None:
        """Begins an utterance."""

    def feed(self, pcm: Pcm) -> Hypothesis | None:
        """Takes 16 kHz samples, any number, also none; returns the words so far, or None if nothing is new.

        Does not block for longer than about the duration of the samples.
        """

    def pause(self) -> None:
        """The voice has paused: a good moment to bring the transcript up to date, before the end is certain."""

    def best_guess(self) -> str | None:
        """All words of the sound so far, also those that may still change; None while some of it is not worked through.

        Tells whether a sentence is over; never blocks.
        """

    def finish(self) -> str:
        """Ends the utterance; returns its final text, "" if there are no words in it.

        It begins with all that was committed on the way.
        """

    def cancel(self) -> None:
        """Drops the utterance, if there is one."""

    def fork(self) -> Self:
        """Another recogniser, for another stream, that shares what can be shared (the model)."""

    def close(self) -> None:
        """Gives back threads and memory. A closed recogniser is not used again."""

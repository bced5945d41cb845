"""Speaking what was written: makes a phrase speakable, has it spoken, and counts words in what was written."""

from audio.text.formulas import BY_RULES, FormulaReader
from audio.text.speakable import spoken
from audio.text.traced import Traced
from audio.tts.shaping import WordSnap
from audio.tts.synthesizer import SpeechChunk, SpeechStream, Synthesizer, WordMark


class WrittenStream(SpeechStream):
    """The sound of a speakable text, with marks that point into the written text it was made from."""

    def __init__(self, stream: SpeechStream, text: Traced, written: str) -> None:
        self._stream = stream
        self._text = text
        self._snap = WordSnap(written)

    def __next__(self) -> SpeechChunk:
        chunk = next(self._stream)
        marks = (self._written(mark) for mark in chunk.words)
        return SpeechChunk(chunk.pcm, tuple(mark for mark in marks if mark is not None))

    def cancel(self) -> None:
        self._stream.cancel()

    def _written(self, mark: WordMark) -> WordMark | None:
        """None for the second and further words of what is one word as written ("85", "dollars" of "$85")."""
        start, _ = self._text.source_of(mark.text_start, mark.text_length)
        return self._snap.push(start, mark.sample, mark.estimated)


class WrittenSynthesizer:
    """A `Synthesizer` that says how text written for it is read: its formulas by `formulas`, the rest in `language`.

    It owns the voice and the reader of formulas. A bare synthesizer is given English, formulas by the built-in rules.
    """

    def __init__(self, synthesizer: Synthesizer, formulas: FormulaReader = BY_RULES, language: str = "en") -> None:
        self._synthesizer = synthesizer
        self.formulas, self.language = formulas, language
        self.name = synthesizer.name
        self.sample_rate_hz = synthesizer.sample_rate_hz

    def stream(self, text: str) -> SpeechStream:
        return self._synthesizer.stream(text)

    def cancel(self) -> None:
        self._synthesizer.cancel()

    def close(self) -> None:
        self._synthesizer.close()
        self.formulas.close()


def speak(synthesizer: Synthesizer, written: str) -> SpeechStream | None:
    """The sound of a phrase as it stands in the answer; None if there is nothing in it to say."""
    if isinstance(synthesizer, WrittenSynthesizer):
        text = spoken(written, synthesizer.formulas, synthesizer.language)
    else:
        text = spoken(written)
    if not any(character.isalnum() for character in text.text):
        return None
    return WrittenStream(synthesizer.stream(text.text), text, written)

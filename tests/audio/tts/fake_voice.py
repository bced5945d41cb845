"""A voice that makes no sound and keeps what it was given to say."""

from audio.tts.synthesizer import SpeechChunk, SpeechStream


class Silence(SpeechStream):
    """A stream that has ended."""

    def __next__(self) -> SpeechChunk:
        raise StopIteration

    def cancel(self) -> None:
        pass


class FakeVoice:
    """A `Synthesizer`. given: the texts it was asked to speak, in order."""

    name = "fake"
    sample_rate_hz = 24_000

    def __init__(self) -> None:
        self.given: list[str] = []

    def stream(self, text: str) -> SpeechStream:
        self.given.append(text)
        return Silence()

    def cancel(self) -> None:
        pass

    def close(self) -> None:
        pass

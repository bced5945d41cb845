"""The listener: a stream of sound in, speech events and transcripts out.

Sound is cut into frames for the voice activity detector; the endpointer decides where utterances begin and end; the
recogniser hears only those, from a little before the voice began (the pre-roll) to a little after it stopped. Long
silence is never transcribed. The recogniser works along while the user speaks, so the final transcript follows the
end at once. When the voice pauses, a judge is asked whether what was said seems complete; that decides how much silence
ends the utterance. Synchronous: whoever calls `push` waits for the recogniser.
"""

from collections import deque
from typing import Any, Self, assert_never

import numpy as np
from numpy.typing import NDArray

from audio.asr.recognizer import Recognizer
from audio.events import (
    FinalTranscript,
    ListenEvent,
    PartialTranscript,
    SpeechConfirmed,
    SpeechEnded,
    SpeechStarted,
)
from audio.pcm import Pcm, to_pcm
from audio.turns.endpoint import (
    Action,
    Began,
    Completeness,
    Confirmed,
    Ended,
    EndpointSettings,
    EndpointState,
    Paused,
    Phase,
    Resumed,
    advance,
    end,
)
from audio.turns.speech_level import SpeechLevel
from audio.turns.turn_end import LONGEST_JUDGED_S, TurnEndJudge
from audio.turns.vad import FRAME_MS, FRAME_SAMPLES, VoiceActivity

PRE_ROLL_MS = 320
"""Sound before the first voiced frame that the recogniser gets too: quiet consonants begin words."""
LOUD_DB = 6.0
"""A frame of voice stands so far over the noise of the room; breath and murmur do not."""

NOTHING: Pcm = np.zeros(0, np.int16)


class Listener:
    """One stream of 16 kHz mono sound. Owns the stream's position, and the recogniser while it lasts.

    Without a `judge`, plain silence ends an utterance.
    """

    def __init__(
        self,
        vad: VoiceActivity,
        recognizer: Recognizer,
        endpoint_settings: EndpointSettings | None = None,
        judge: TurnEndJudge | None = None,
    ) -> None:
        self.settings = endpoint_settings or EndpointSettings()
        self._vad = vad
        self._recognizer = recognizer
        self._judge = judge
        self._completeness = Completeness.UNKNOWN
        self._level = SpeechLevel()
        self._state = EndpointState()
        self._rest: Pcm = NOTHING
        """Samples that do not fill a frame yet."""
        self._before: deque[Pcm] = deque(maxlen=round(PRE_ROLL_MS / FRAME_MS) + self.settings.min_speech_frames)
        """The latest frames while nobody speaks."""
        self._held: list[Pcm] = []
        """Frames of a pause: given to the recogniser only if the voice goes on."""
        self._heard: deque[Pcm] = deque(maxlen=round(LONGEST_JUDGED_S * 1000 / FRAME_MS))
        """The latest frames of the utterance, its pauses too, for the judge."""

    @property
    def at_sample(self) -> int:
        """How many samples of the stream were taken in."""
        return self._state.frames * FRAME_SAMPLES + len(self._rest)

    @property
    def in_utterance(self) -> bool:
        return self._state.in_utterance

    def push(self, pcm: NDArray[Any]) -> list[ListenEvent]:
        """Takes the next samples, any number of them, int16 or floats in [−1, 1] (NaN is silence)."""
        sound = np.concatenate([self._rest, to_pcm(pcm)])
        whole = len(sound) // FRAME_SAMPLES * FRAME_SAMPLES
        self._rest = NOTHING
        events: list[ListenEvent] = []
        for start in range(0, whole, FRAME_SAMPLES):
            events += self._hear(sound[start : start + FRAME_SAMPLES])
        self._rest = sound[whole:].copy()
        return events

    def finish(self) -> list[ListenEvent]:
        """Ends the utterance now, if there is one (push-to-talk released, end of a file). The stream may go on."""
        events: list[ListenEvent] = []
        if len(self._rest):
            events += self.push(np.zeros(FRAME_SAMPLES - len(self._rest), np.int16))
        self._state, actions = end(self._state)
        for action in actions:
            events += self._obey(action)
        self._before.clear()
        return events

    def reset(self) -> None:
        """Forgets the utterance and the stream; positions count from 0 again."""
        self._recognizer.cancel()
        self._vad.reset()
        self._state = EndpointState()
        self._completeness = Completeness.UNKNOWN
        self._level = SpeechLevel()
        self._rest = NOTHING
        self._before.clear()
        self._held.clear()
        self._heard.clear()

    def fork(self) -> Self:
        """A listener of the same kind for another stream; the models are shared."""
        return type(self)(self._vad.fork(), self._recognizer.fork(), self.settings, self._judge)

    def close(self) -> None:
        self._recognizer.close()

    def _hear(self, frame: Pcm) -> list[ListenEvent]:
        probability = self._vad.probability(frame)
        over_floor_db = self._level.hear(frame, probability >= self.settings.off_probability)
        self._state, actions = advance(
            self._state, probability, self.settings, self._completeness, over_floor_db >= LOUD_DB
        )
        self._heard.append(frame)
        events: list[ListenEvent] = []
        match self._state.phase:
            case Phase.SILENT:
                self._before.append(frame)
            case Phase.PAUSED:
                self._held.append(frame)
                events += self._recognize(NOTHING)
                self._judge_end()
            case Phase.SPEAKING if any(isinstance(action, Began) for action in actions):
                self._before.append(frame)
            case Phase.SPEAKING if self._held:
                self._held.append(frame)
            case Phase.SPEAKING:
                events += self._recognize(frame)
        for action in actions:
            events += self._obey(action)
        return events

    def _obey(self, action: Action) -> list[ListenEvent]:
        match action:
            case Began(first_sample):
                self._recognizer.start()
                self._level.begin()
                sound = np.concatenate(self._before)
                self._heard.clear()
                self._heard.extend(self._before)
                self._before.clear()
                return [SpeechStarted(first_sample), *self._recognize(sound)]
            case Confirmed():
                return [SpeechConfirmed(self.at_sample)]
            case Paused():
                self._recognizer.pause()
                if self._judge is not None:
                    self._completeness = Completeness.AWAITED
                    self._judge_end()
                return []
            case Resumed():
                self._completeness = Completeness.UNKNOWN
                sound = np.concatenate(self._held)
                self._held.clear()
                return self._recognize(sound)
            case Ended(last_speech_sample, voiced_ms):
                self._completeness = Completeness.UNKNOWN
                self._held.clear()
                text, level_db = self._recognizer.finish(), self._level.utterance_db()
                ended = SpeechEnded(last_speech_sample, self.at_sample)
                return [ended, FinalTranscript(text, last_speech_sample, self.at_sample, voiced_ms, level_db)]
            case _:
                assert_never(action)

    def _judge_end(self) -> None:
        """Asks the judge, once in a pause: as soon as the recogniser has caught up with the voice."""
        if self._judge is None or self._completeness is not Completeness.AWAITED:
            return
        words = self._recognizer.best_guess()
        if words is not None:
            self._completeness = self._judge.completeness(words, np.concatenate(self._heard))

    def _recognize(self, sound: Pcm) -> list[ListenEvent]:
        guess = self._recognizer.feed(sound)
        return [] if guess is None else [PartialTranscript(guess.text, self.at_sample, guess.agreed)]

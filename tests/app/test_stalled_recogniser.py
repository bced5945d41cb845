"""A recogniser that stands still for a while: no sound is lost, nobody waits who need not, and nothing breaks."""

import asyncio
import threading
import time

import numpy as np

from app.conversation.ear import Ear
from audio.asr.whisper_asr import WhisperRecognizer
from audio.events import FinalTranscript, ListenEvent, SpeechStarted
from audio.listen import Listener
from audio.turns.endpoint import EndpointSettings
from audio.turns.vad import FRAME_MS, FRAME_SAMPLES
from tests.audio.asr.test_whisper_stream import NAMES, WORD, ScriptedModel, assert_soon, speech
from tests.audio.speech import ScriptedVad

VOICED = 0.9
SETTINGS = EndpointSettings(
    silence_ms=10 * FRAME_MS, finished_silence_ms=10 * FRAME_MS, min_speech_ms=2 * FRAME_MS, pause_ms=4 * FRAME_MS
)
QUIET_FRAMES = 12


class Stalled:
    """Hears two utterances of three and four words, while its model stands still until told to go on."""

    def __init__(self) -> None:
        self.going = threading.Event()
        self.model = ScriptedModel()
        self.model.go_on = lambda: assert_soon(self.going)
        quiet = np.full(QUIET_FRAMES * FRAME_SAMPLES, 9999, np.int16)
        first, second = (self._frames(speech(*words)) for words in ((0, 3), (3, 7)))
        self.sound = np.concatenate([first, quiet, second, quiet])
        script = [VOICED] * (len(first) // FRAME_SAMPLES) + [0.0] * QUIET_FRAMES
        script += [VOICED] * (len(second) // FRAME_SAMPLES)
        self.listener = Listener(ScriptedVad(script), WhisperRecognizer(self.model), SETTINGS)

    @staticmethod
    def _frames(sound: np.ndarray) -> np.ndarray:
        return sound[: len(sound) // FRAME_SAMPLES * FRAME_SAMPLES]


def test_sound_that_comes_while_the_recogniser_stands_still_is_heard_afterwards() -> None:
    stalled = Stalled()
    heard: list[ListenEvent] = []
    faults: list[Exception] = []

    async def scenario() -> None:
        ear = Ear(stalled.listener)

        async def listen(piece: np.ndarray) -> None:
            await ear.listen(lambda listener: listener.push(piece), lambda event, _: heard.append(event), faults.append)

        pieces = [stalled.sound[at : at + 320] for at in range(0, len(stalled.sound), 320)]
        hearing = [asyncio.create_task(listen(piece)) for piece in pieces]
        asyncio.get_running_loop().call_later(0.1, stalled.going.set)
        await asyncio.gather(*hearing)
        await ear.close()

    asyncio.run(scenario())
    assert faults == []
    assert sum(isinstance(event, SpeechStarted) for event in heard) == 2
    finals = [event.text.split() for event in heard if isinstance(event, FinalTranscript)]
    assert [set(NAMES[:3]) <= set(finals[0]), set(NAMES[3:7]) <= set(finals[1])] == [True, True]


def test_while_somebody_speaks_a_recogniser_that_stands_still_delays_nothing() -> None:
    stalled = Stalled()
    spoken = stalled.sound[: 3 * WORD // FRAME_SAMPLES * FRAME_SAMPLES]
    began_s = time.perf_counter()
    events = [event for at in range(0, len(spoken), 320) for event in stalled.listener.push(spoken[at : at + 320])]
    assert time.perf_counter() - began_s < 1.0
    assert [type(event) for event in events] == [SpeechStarted]
    stalled.going.set()
    stalled.listener.close()

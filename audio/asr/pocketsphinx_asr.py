"""Speech to text with pocketsphinx: small, offline, and installed with its English model by pip. A fallback.

Its general language model is poor on anything but clean speech; on the domain of a language model of its own
(`language_model` and `dictionary`) it is usable. It works along while the user speaks. Some times in an utterance, and
when the voice pauses, it listens once more to all of it, now knowing better how this voice sounds on this microphone:
that takes a twentieth of the sound's duration, and at the pause one waits for more silence anyway.
Source: https://github.com/cmusphinx/pocketsphinx
"""

import re
from pathlib import Path
from typing import Any, Self

import numpy as np

from audio.asr.cepstral_mean import TYPICAL, Cepstrum, improved, parse, written
from audio.asr.hypothesis import Hypothesis
from audio.asr.local_agreement import Transcript, Word, agree, continued, joined
from audio.asr.noise_floor import TYPICAL_VOICE, frame_amplitudes, with_noise_floor
from audio.asr.stable_words import StableWords
from audio.asr.transcript import digits
from audio.errors import RecognizerUnavailable
from audio.pcm import INPUT_RATE_HZ, Pcm

REINSTALL = "run: pip install --force-reinstall pocketsphinx"
AGAIN_AT_S = (1.0, 2.5)
"""When in an utterance the words so far are listened to again, for better guesses on the way."""
LONGEST_AGAIN_S, GENERAL_LONGEST_AGAIN_S = 15, 4
"""Longer utterances are not listened to again: it would take too long, above all with the general model."""
STABLE_MS = 250
"""For how long a guess must have stood before it is told."""
PASS_MS = 1000
"""How often its guess counts as a pass, pauses besides: two that agree commit words."""
SETTLE_MS = 300
"""Words that have been over for less may still be heard otherwise."""
FRAME_SAMPLES = INPUT_RATE_HZ // 100
_VARIANT = re.compile(r"\(\d+\)$")
"""Of a word's pronunciation: "a(2)"."""
TUNING = {
    "fwdflat": False,  # no further passes at the end: they take time and help little
    "bestpath": False,
    "lw": 9.0,  # trust the language model more than by default
    "topn": 8,
    "beam": 1e-64,
    "pbeam": 1e-64,
    "wbeam": 1e-40,
    "lpbeam": 1e-54,
    "lponlybeam": 1e-40,
}
"""For a language model of a small domain; found by trying on synthetic voices."""
GENERAL_TUNING = {"fwdflat": False, "bestpath": False}


class PocketsphinxRecognizer:
    """`Recognizer` by pocketsphinx; numbers come as digits. Raises RecognizerUnavailable.

    `language_model` (ARPA or binary) and `dictionary` (words and their phones) come together or not at all; without
    them it uses its own. `options` are pocketsphinx's own.
    """

    name = "pocketsphinx"

    def __init__(self, language_model: Path | None = None, dictionary: Path | None = None, **options: Any) -> None:
        if (language_model is None) != (dictionary is None):
            raise ValueError("a language model and its dictionary come together")
        self._language_model, self._dictionary, self._options = language_model, dictionary, options
        self._decoder = _decoder(language_model, dictionary, options)
        self._mean: Cepstrum = TYPICAL
        self._voice_amplitude = TYPICAL_VOICE
        """What is known of the voice and its microphone."""
        self._in_utterance = False
        self._chunks: list[Pcm] = []
        self._samples = self._again_samples = self._passed_samples = 0
        """How much there is of the utterance, how much of it was listened to again, and how much at the last pass."""
        self._transcript = Transcript()
        self._told = Hypothesis("")
        self._stood = ""
        """The part of its guess that has stood for a while."""
        self._paused = False

    def start(self) -> None:
        self.cancel()
        self._chunks, self._samples, self._again_samples, self._passed_samples = [], 0, 0, 0
        self._transcript, self._told, self._paused, self._stood = Transcript(), Hypothesis(""), False, ""
        self._stable = StableWords(STABLE_MS * INPUT_RATE_HZ // 1000)
        self._begin()

    def feed(self, pcm: Pcm) -> Hypothesis | None:
        if not len(pcm):
            return self._tell(self._transcript) if self._paused else None
        self._paused = False
        self._chunks.append(pcm)
        self._samples += len(pcm)
        self._decoder.process_raw(with_noise_floor(pcm, self._voice_amplitude).tobytes())
        if any(self._again_samples < at_s * INPUT_RATE_HZ <= self._samples for at_s in AGAIN_AT_S):
            self._listen_again()
        heard = self._words()
        due = self._samples - self._passed_samples >= PASS_MS * INPUT_RATE_HZ // 1000
        if due:
            self._pass(heard)
        before, stood = self._stood, self._stable.stable(joined(heard), self._samples)
        self._stood = stood
        if stood == before and not due:
            return None
        return self._tell(continued(self._transcript, heard[: len(stood.split())], 0))

    def pause(self) -> None:
        self._listen_again()
        self._pass(self._words())
        self._paused = True

    def best_guess(self) -> str | None:
        return digits(continued(self._transcript, self._words(), 0).text)

    def finish(self) -> str:
        if self._samples > 1.5 * self._again_samples:
            self._listen_again()
        self._end()
        return digits(continued(self._transcript, self._words(), 0).text)

    def cancel(self) -> None:
        if self._in_utterance:
            self._end()

    def fork(self) -> Self:
        return type(self)(self._language_model, self._dictionary, **self._options)

    def close(self) -> None:
        self.cancel()

    def _begin(self) -> None:
        self._decoder.set_cmn(written(self._mean))
        self._decoder.start_utt()
        self._in_utterance = True

    def _end(self) -> None:
        self._decoder.end_utt()
        self._in_utterance = False

    def _listen_again(self) -> None:
        """Begins the utterance anew with what is now known of the voice; it may still go on afterwards."""
        longest_s = LONGEST_AGAIN_S if self._language_model else GENERAL_LONGEST_AGAIN_S
        if not self._chunks or self._samples > longest_s * INPUT_RATE_HZ:
            return
        self._end()
        self._mean = self._improved_mean()
        self._again_samples = self._samples
        self._begin()
        sound = np.concatenate(self._chunks)
        self._voice_amplitude = float(frame_amplitudes(sound).max(initial=1.0))
        self._decoder.process_raw(with_noise_floor(sound).tobytes())

    def _improved_mean(self) -> Cepstrum:
        return improved(self._mean, parse(self._decoder.get_cmn(True)), self._decoder.n_frames())

    def _pass(self, heard: list[Word]) -> None:
        self._passed_samples = self._samples
        self._transcript = agree(self._transcript, heard, 0, self._samples - SETTLE_MS * INPUT_RATE_HZ // 1000)

    def _tell(self, transcript: Transcript) -> Hypothesis | None:
        guess = transcript.hypothesis(digits)
        if guess == self._told:
            return None
        self._told = guess
        return guess

    def _words(self) -> list[Word]:
        """Its best guess, silences and noises left out."""
        if self._decoder.hyp() is None:
            return []
        return [
            Word(
                f" {_VARIANT.sub('', segment.word)}",
                segment.start_frame * FRAME_SAMPLES,
                (segment.end_frame + 1) * FRAME_SAMPLES,
            )
            for segment in self._decoder.seg()
            if segment.word[0] not in "<[+"
        ]


def _decoder(language_model: Path | None, dictionary: Path | None, options: dict[str, Any]) -> Any:
    try:
        import pocketsphinx
    except ImportError as fault:
        raise RecognizerUnavailable(
            f"the recogniser pocketsphinx does not load ({fault}); run: pip install pocketsphinx"
        ) from None
    tuning = GENERAL_TUNING if language_model is None else TUNING
    settings = {"loglevel": "FATAL", **tuning, **options}
    for name, path in (("lm", language_model), ("dict", dictionary)):
        if path is not None:
            if not path.is_file():
                raise RecognizerUnavailable(
                    f"pocketsphinx needs {path}, which is missing; check out the repository again"
                )
            settings[name] = str(path)
    try:
        return pocketsphinx.Decoder(**settings)
    except RuntimeError as fault:
        model = language_model or "its own language model"
        raise RecognizerUnavailable(f"pocketsphinx cannot load {model} ({fault}); {REINSTALL}") from None

"""A coqui XTTS voice, in the worker process: sound comes while the phrase is still being made.

The model does not tell where its words are, so their places are estimated: while the sound comes, by a slow speaker's
speed, so that rather too few words count as heard; what is left when it ends is spread over the rest.
Source: Casanova et al., *XTTS: a Massively Multilingual Zero-Shot Text-to-Speech Model* (2024).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audio.errors import SpeechFailed, SynthesizerUnavailable
from audio.pcm import Pcm, resample, silence, to_floats, to_pcm
from audio.tts.coqui import CoquiOptions
from audio.tts.coqui_folder import SPEAKERS_FILE
from audio.tts.coqui_speech import as_pcm, choose_language, choose_speaker, speed
from audio.tts.word_estimate import TextWord, spread, words_of
from audio.tts.worker_main import OnSound
from audio.tts.worker_protocol import SpokenWord
from audio.wav import decode_wav

LETTERS_PER_S = 12.0
CLONE_RATE_HZ, SPEAKER_RATE_HZ = 22_050, 16_000
"""At which XTTS listens to the voice it is to take on: for its manner, for its sound."""
LONGEST_CLONE_S = 30
LONGEST_PIECE_CHARACTERS = 250
"""What the model was trained on; a longer phrase is made in pieces. Some languages have less."""
HELD_SAMPLES = 480
"""20 ms, held back until it is known whether they are the last: the words that are left come with them."""


class XttsVoice:
    """`audio.tts.worker_main.Voice`. Raises SynthesizerUnavailable (voice or language)."""

    def __init__(self, model: Any, options: CoquiOptions, device: str) -> None:
        self._model = model
        self.sample_rate_hz = int(model.config.model_args.output_sample_rate)
        name = f"the XTTS model in {options.folder}"
        self._language = choose_language(options.language, list(model.config.languages), name)
        self._speed = speed(options.rate_wpm)
        if options.voice_is_file:
            assert options.voice is not None
            self._manner, self._timbre = _take_on(model, Path(options.voice))
            chosen = options.voice
        else:
            chosen = self._choose(options.voice, name, options.folder)
            self._manner, self._timbre = model.speaker_manager.speakers[chosen].values()
        limits: dict[str, int] = model.tokenizer.char_limits
        self._longest = limits.get(self._language.split("-")[0], LONGEST_PIECE_CHARACTERS)
        self.description = f"XTTS in {options.folder} on {device}, voice {chosen}, language {self._language}"

    def speak(self, text: str, on_sound: OnSound) -> None:
        samples = 0
        for words in in_pieces(words_of(text), self._longest):
            began, told, guesses = samples, 0, self._predicted(words, samples)
            held = silence(0, self.sample_rate_hz)
            for made in self._stream(text[words[0].start : words[-1].start + words[-1].length]):
                pcm = np.concatenate([held, made])
                pcm, held = pcm[:-HELD_SAMPLES], pcm[-HELD_SAMPLES:]
                samples += len(pcm)
                due = sum(word.sample < samples for word in guesses)
                if not on_sound(pcm.astype("<i2").tobytes(), guesses[told:due], True):
                    return
                told = due
            samples += len(held)
            late = spread(words[told - 1 :], guesses[told - 1].sample, samples)[1:] if told else []
            if not on_sound(held.astype("<i2").tobytes(), late if told else spread(words, began, samples), True):
                return

    def _predicted(self, words: list[TextWord], from_sample: int) -> list[SpokenWord]:
        """The words at a slow speaker's speed."""
        lasts_s = sum(word.letters for word in words) / (LETTERS_PER_S * self._speed)
        return spread(words, from_sample, from_sample + round(lasts_s * self.sample_rate_hz))

    def _stream(self, text: str) -> Iterator[Pcm]:
        config = self._model.config
        try:
            for sound in self._model.inference_stream(
                text,
                self._language,
                self._manner,
                self._timbre,
                speed=self._speed,
                temperature=config.temperature,
                length_penalty=config.length_penalty,
                repetition_penalty=config.repetition_penalty,
                top_k=config.top_k,
                top_p=config.top_p,
            ):
                yield as_pcm(sound)
        except Exception as fault:  # whatever the model's libraries raise ends this phrase, not the voice
            raise SpeechFailed(f"{type(fault).__name__}: {' '.join(str(fault).split())[:200]}") from fault

    def _choose(self, wanted: str | None, name: str, folder: str) -> str:
        manager = self._model.speaker_manager
        chosen = choose_speaker(wanted, list(manager.speakers), name) if manager is not None else None
        if chosen is None:
            raise SynthesizerUnavailable(
                f"{name} needs a voice, for there is no {SPEAKERS_FILE} in {folder}; use --voice with a WAV file of "
                "3 to 30 s of one person's speech"
            )
        return chosen


def in_pieces(words: list[TextWord], longest: int) -> Iterator[list[TextWord]]:
    """The words in runs of so many characters at most; a longer word is a run of its own."""
    run: list[TextWord] = []
    for word in words:
        if run and word.start + word.length - run[0].start > longest:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _take_on(model: Any, file: Path) -> tuple[Any, Any]:
    """(manner, timbre) of the voice in this WAV file.

    coqui-tts's own way reads the file with torchaudio and torchcodec, which need ffmpeg; ours needs neither.
    """
    samples, rate_hz = decode_wav(file.read_bytes(), str(file))
    sound = to_pcm(samples)[: LONGEST_CLONE_S * rate_hz]
    manner = model.get_gpt_cond_latents(_tensor(resample(sound, rate_hz, CLONE_RATE_HZ)), CLONE_RATE_HZ)
    timbre = model.get_speaker_embedding(_tensor(resample(sound, rate_hz, SPEAKER_RATE_HZ)), SPEAKER_RATE_HZ)
    return manner, timbre


def _tensor(pcm: Pcm) -> torch.Tensor:
    return torch.from_numpy(to_floats(pcm)).unsqueeze(0)

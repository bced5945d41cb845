"""A coqui VITS voice, in the worker process: a phrase is made whole, and the model tells how long each letter took.

Source of the durations: Kim, Kong and Son, *Conditional Variational Autoencoder with Adversarial Learning for
End-to-End Text-to-Speech* (2021), section 2.2.2, monotonic alignment.
"""

from collections.abc import Sequence
from typing import Any

from audio.errors import SpeechFailed
from audio.tts.coqui import CoquiOptions
from audio.tts.coqui_speech import as_pcm, choose_language, choose_speaker, give, speed
from audio.tts.word_estimate import TextWord, spread, words_of
from audio.tts.worker_main import OnSound
from audio.tts.worker_protocol import SpokenWord


class VitsVoice:
    """`audio.tts.worker_main.Voice`. Raises SynthesizerUnavailable (voice or language)."""

    def __init__(self, model: Any, options: CoquiOptions, device: str) -> None:
        self._model = model
        self.sample_rate_hz = int(model.config.audio.sample_rate)
        model.length_scale = model.length_scale / speed(options.rate_wpm)
        name = f"the VITS model in {options.folder}"
        speakers = list(model.speaker_manager.name_to_id) if model.speaker_manager is not None else []
        self._speaker = choose_speaker(options.voice, speakers, name)
        self._language = self._choose_language(options.language, name)
        self.description = f"VITS in {options.folder} on {device}, voice {self._speaker or 'its only one'}"

    def speak(self, text: str, on_sound: OnSound) -> None:
        words = words_of(text)
        if not words:
            return
        try:
            made = self._model.synthesize(text, speaker=self._speaker, language=self._language)
        except Exception as fault:  # whatever the model's libraries raise ends this phrase, not the voice
            if not self._known(text):
                return
            raise SpeechFailed(f"{type(fault).__name__}: {' '.join(str(fault).split())[:200]}") from fault
        pcm = as_pcm(made["wav"])
        told = self._told_by_model(words, made, len(pcm))
        give(pcm, self.sample_rate_hz, told or spread(words, 0, len(pcm)), told is None, on_sound)

    def _choose_language(self, wanted: str, name: str) -> str | None:
        """The model's name of the language, None if it was trained on one alone and does not say which."""
        manager = self._model.language_manager
        known = list(manager.name_to_id) if manager is not None else []
        if known:
            return choose_language(wanted, known, name)
        declared = self._model.config.phoneme_language
        if declared:
            choose_language(wanted, [declared], name)
        return None

    def _known(self, text: str) -> bool:
        """Whether the model has a token for any letter of the text; else there is nothing that it could say."""
        tokenizer = self._model.tokenizer
        return any(token != tokenizer.blank_id for token in tokenizer.text_to_ids(text, language=self._language))

    def _told_by_model(self, words: Sequence[TextWord], made: dict[str, Any], samples: int) -> list[SpokenWord] | None:
        """Where the words begin by the durations of the model's tokens; None if these cannot be matched with the words.

        Numbers are spelt out and words run together on the way to tokens; then their counts differ.
        """
        durations = made["outputs"].get("durations")
        tokens = [int(token) for token in made["text_inputs"].reshape(-1)]
        frames = [] if durations is None else [float(frame) for frame in durations.reshape(-1)]
        if len(tokens) != len(frames) or not sum(frames):
            return None
        starts = self._word_starts(tokens, frames)
        if len(starts) != len(words):
            return None
        per_frame = samples / sum(frames)
        return [
            SpokenWord(word.start, word.length, int(at * per_frame)) for word, at in zip(words, starts, strict=True)
        ]

    def _word_starts(self, tokens: list[int], frames: list[float]) -> list[float]:
        """The frame at which each run of letters or phonemes between two spaces begins."""
        tokenizer = self._model.tokenizer
        characters = tokenizer.characters
        silent = {*characters.punctuations, characters.pad, characters.blank, characters.bos, characters.eos, None}
        starts: list[float] = []
        at, within = 0.0, False
        for token, frame in zip(tokens, frames, strict=True):
            character = characters.id_to_char(token)
            if character == " ":
                within = False
            elif character not in silent and not within:
                within = True
                starts.append(at)
            at += frame
        return starts

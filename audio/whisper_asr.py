"""Speech to text with faster-whisper, from a model that is already on this machine.

Whisper hears whole utterances, so guesses on the way are made by transcribing again what there is so far, in a thread
of its own: feeding never waits. When the voice pauses, everything said is transcribed at once; if the pause turns out
to be the end, the result is there already or nearly so.
Source: https://github.com/SYSTRAN/faster-whisper
"""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from audio.errors import RecognizerUnavailable
from audio.hypothesis import Hypothesis
from audio.pcm import INPUT_RATE_HZ, Pcm, silence, to_floats
from audio.whisper_folder import WhisperFolder, find_whisper

MIN_NEW_SOUND_S = 0.5
"""How much new sound makes it worth guessing again."""
GPU_LIBRARIES = "pip install nvidia-cublas-cu12 nvidia-cudnn-cu12"


@dataclass(frozen=True, slots=True)
class Guess:
    """What was heard in the first `samples` samples of the utterance."""

    text: str
    samples: int


NO_GUESS = Guess("", 0)


class WhisperModel:
    """The loaded network, shared by all recognisers that use it. Raises RecognizerUnavailable."""

    def __init__(self, name_or_folder: str, language: str = "en", device: str = "auto", threads: int = 0) -> None:
        self.folder = find_whisper(name_or_folder)
        self.language = language
        self.device = _device(device)
        self._model = _load(self.folder, self.device, threads)
        _check_language(self._model, self.folder, language)
        self._one_at_a_time = threading.Lock()
        self.transcribe(silence(1000, INPUT_RATE_HZ))  # a GPU whose libraries are missing fails only now

    def transcribe(self, pcm: Pcm) -> str:
        with self._one_at_a_time:
            try:
                return self._words(to_floats(pcm))
            except (RuntimeError, ValueError) as fault:
                raise RecognizerUnavailable(_run_fault(self.folder, self.device, fault)) from None

    def _words(self, sound: NDArray[np.float32]) -> str:
        segments, _ = self._model.transcribe(
            sound,
            language=self.language,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments).strip()


class WhisperRecognizer:
    """`Recognizer` by faster-whisper."""

    name = "faster-whisper"

    def __init__(self, model: WhisperModel) -> None:
        self._model = model
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="whisper")
        self._running: Future[Guess] | None = None
        self._chunks: list[Pcm] = []
        self._samples = 0
        self._latest = NO_GUESS
        self._pausing = False

    def start(self) -> None:
        self.cancel()

    def feed(self, pcm: Pcm) -> Hypothesis | None:
        if len(pcm):
            self._chunks.append(pcm)
            self._samples += len(pcm)
            self._pausing = False
        partial = self._collect()
        new_samples = self._samples - self._latest.samples
        if self._running is None and new_samples >= (1 if self._pausing else MIN_NEW_SOUND_S * INPUT_RATE_HZ):
            self._running = self._worker.submit(self._guess, self._sound())
        return None if partial is None else Hypothesis(partial)

    def pause(self) -> None:
        self._pausing = True

    def best_guess(self) -> str | None:
        return self._latest.text if self._latest.samples == self._samples else None

    def finish(self) -> str:
        if self._running is not None:
            self._latest, self._running = self._running.result(), None
        if self._latest.samples < self._samples:
            self._latest = self._guess(self._sound())
        text = self._latest.text
        self._forget()
        return text

    def cancel(self) -> None:
        if self._running is not None:
            self._running.cancel()
            self._running = None
        self._forget()

    def fork(self) -> Self:
        return type(self)(self._model)

    def close(self) -> None:
        self.cancel()
        self._worker.shutdown(wait=True)

    def _collect(self) -> str | None:
        """The guess that has just become ready, if it says something new."""
        if self._running is None or not self._running.done():
            return None
        before, self._latest, self._running = self._latest.text, self._running.result(), None
        return self._latest.text if self._latest.text != before else None

    def _guess(self, sound: Pcm) -> Guess:
        return Guess(self._model.transcribe(sound), len(sound))

    def _sound(self) -> Pcm:
        self._chunks = [np.concatenate(self._chunks)]
        return self._chunks[0]

    def _forget(self) -> None:
        self._chunks = []
        self._samples = 0
        self._latest = NO_GUESS
        self._pausing = False


def gpu_count() -> int:
    """How many GPUs CTranslate2 can see. Raises RecognizerUnavailable if it does not load."""
    return int(_library("ctranslate2").get_cuda_device_count())


def _device(wanted: str) -> str:
    if wanted not in {"auto", "cpu", "cuda"}:
        raise RecognizerUnavailable(f"faster-whisper runs on auto, cpu or cuda, not on {wanted!r}")
    if wanted == "cuda" and not gpu_count():
        raise RecognizerUnavailable("faster-whisper was asked to run on cuda, and CTranslate2 sees no GPU; use cpu")
    return wanted if wanted != "auto" else ("cuda" if gpu_count() else "cpu")


def _library(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as fault:
        raise RecognizerUnavailable(
            f"the recogniser faster-whisper does not load ({name}: {fault}); run: pip install faster-whisper"
        ) from None


def _load(folder: WhisperFolder, device: str, threads: int) -> Any:
    compute_type = "int8" if device == "cpu" else "float16"
    try:
        return _library("faster_whisper").WhisperModel(
            str(folder.path), device=device, compute_type=compute_type, cpu_threads=threads, local_files_only=True
        )
    except (RuntimeError, ValueError, OSError, KeyError, TypeError) as fault:
        raise RecognizerUnavailable(
            f"the faster-whisper model in {folder.path} does not load on {device} in {compute_type}: {fault}; "
            "download or convert it again"
        ) from None
    except Exception as fault:
        # the tokenizers library raises plain Exception for a damaged file
        raise RecognizerUnavailable(f"the tokenizer of the model in {folder.path} is damaged: {fault}") from None


def _check_language(model: Any, folder: WhisperFolder, language: str) -> None:
    known = model.supported_languages
    if language in known:
        return
    if known == ["en"]:
        raise RecognizerUnavailable(
            f"the faster-whisper model {folder.name} knows English only, not {language!r}; "
            "use a name without .en, for example base"
        )
    raise RecognizerUnavailable(f"faster-whisper knows no language {language!r}; use a code such as en, de, fr")


def _run_fault(folder: WhisperFolder, device: str, fault: Exception) -> str:
    message = f"faster-whisper failed on {device} with the model in {folder.path}: {fault}"
    if "libcu" in str(fault):
        return f"{message}; it needs CUDA 12 libraries, run: {GPU_LIBRARIES}"
    return f"{message}; try another model, or the device cpu"

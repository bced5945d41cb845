"""The network of faster-whisper, from a folder that is already on this machine: sound in, words with their times out.

Source: https://github.com/SYSTRAN/faster-whisper
"""

from collections.abc import Iterator, Sequence
from typing import Any

from audio.asr.invented import COMPRESSION, LOG_PROBABILITY, NO_SPEECH, believed, without_loops
from audio.asr.local_agreement import Word
from audio.asr.pass_budget import PassBudget
from audio.asr.whisper_folder import WhisperFolder, find_whisper
from audio.asr.whisper_options import WhisperOptions, beam_size, compute_type, core_share
from audio.errors import RecognizerUnavailable
from audio.pcm import INPUT_RATE_HZ, Pcm, silence, to_floats

SHORTEST_S = 0.1
"""Shorter sounds hold no word."""
CONTEXT_TOKENS = 448
"""Of the network: what was said before, and what it writes."""
TOKENS_PER_S, FEWEST_TOKENS = 15, 30
"""How much text a pass may write for its sound: nobody speaks faster. A network that has lost its way in noise writes
until it is stopped, which takes seconds on a CPU.
"""
WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages whose words are not written apart."""
GPU_LIBRARIES = "pip install nvidia-cublas-cu12 nvidia-cudnn-cu12"


class WhisperModel:
    """The loaded network, shared by all recognisers that use it. Raises RecognizerUnavailable."""

    def __init__(self, name_or_folder: str, language: str = "en", options: WhisperOptions | None = None) -> None:
        options = options or WhisperOptions()
        self.folder = find_whisper(name_or_folder)
        self.language = language
        self.device = _device(options.device)
        self.compute_type = compute_type(options, self.device)
        self.beam_size = beam_size(options, self.device)
        self.budget = PassBudget(core_share(options, self.device), options.cpu_threads if self.device == "cpu" else 1)
        self._model = _load(self.folder, self.device, self.compute_type, options.cpu_threads)
        _check_language(self._model, self.folder, language)
        _check_features(self._model, self.folder)
        self.transcribe(silence(1000, INPUT_RATE_HZ))  # a GPU whose libraries are missing fails only now

    def transcribe(self, pcm: Pcm, prompt: str = "") -> tuple[Word, ...]:
        """The words of this sound; times count its samples. prompt: what was said before.

        Raises RecognizerUnavailable.
        """
        if len(pcm) < SHORTEST_S * INPUT_RATE_HZ:
            return ()
        try:
            return without_loops([word for segment in self._segments(pcm, prompt) for word in self._words(segment)])
        except (RuntimeError, ValueError) as fault:
            raise RecognizerUnavailable(_run_fault(self.folder, self.device, fault)) from None

    def _segments(self, pcm: Pcm, prompt: str) -> Iterator[Any]:
        segments, _ = self._model.transcribe(
            to_floats(pcm),
            language=self.language,
            beam_size=self.beam_size,
            temperature=0.0,
            no_speech_threshold=NO_SPEECH,
            log_prob_threshold=LOG_PROBABILITY,
            compression_ratio_threshold=COMPRESSION,
            condition_on_previous_text=False,
            initial_prompt=prompt or None,
            word_timestamps=True,
            max_new_tokens=most_tokens(len(pcm), prompt),
        )
        return iter(segments)

    def _words(self, segment: Any) -> tuple[Word, ...]:
        words = whole_words([(word.word, word.start, word.end) for word in segment.words], self.language)
        return believed(words, segment.avg_logprob, segment.no_speech_prob, segment.compression_ratio)


def most_tokens(samples: int, prompt: str = "") -> int | None:
    """`max_new_tokens` of a pass over so much sound; None for the network's own limit, half its context.

    It is twice what may be written, for CTranslate2 writes no more than half of it and the prompt together; text that
    is cut off is made up for, since faster-whisper goes on behind the last word.
    Source: CTranslate2's src/models/whisper.cc, faster-whisper's generate_with_fallback.
    """
    twice = 2 * (FEWEST_TOKENS + TOKENS_PER_S * samples // INPUT_RATE_HZ)
    return None if prompt or twice > CONTEXT_TOKENS - 10 else twice


def whole_words(pieces: Sequence[tuple[str, float, float]], language: str) -> list[Word]:
    """A segment's words, from (text, start and end in seconds) as the network gives them.

    Where words are written apart, "3" and ":45" are one word, and the first has a space before it like the others: it
    may stand behind words of an earlier pass.
    """
    apart = language not in WITHOUT_SPACES
    words: list[Word] = []
    for text, start_s, end_s in pieces:
        start, end = round(start_s * INPUT_RATE_HZ), round(end_s * INPUT_RATE_HZ)
        if apart and words and not text.startswith(" "):
            words[-1] = Word(words[-1].text + text, words[-1].start, max(end, words[-1].end))
        else:
            words.append(Word(f" {text.lstrip()}" if apart else text, start, max(end, start)))
    return words


def gpu_count() -> int:
    """How many GPUs CTranslate2 can see. Raises RecognizerUnavailable if it does not load."""
    return int(_library("ctranslate2").get_cuda_device_count())


def _device(wanted: str) -> str:
    """Raises RecognizerUnavailable."""
    kind, colon, index = wanted.partition(":")
    if kind not in {"auto", "cpu", "cuda"} or (colon and not (kind == "cuda" and index.isdecimal())):
        raise RecognizerUnavailable(f"faster-whisper runs on auto, cpu, cuda or cuda:N, not on {wanted!r}")
    if kind == "cuda" and gpu_count() <= int(index or 0):
        raise RecognizerUnavailable(
            f"faster-whisper was asked to run on {wanted}, and CTranslate2 sees {gpu_count() or 'no'} GPU; use cpu"
        )
    return wanted if wanted != "auto" else ("cuda" if gpu_count() else "cpu")


def _library(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as fault:
        raise RecognizerUnavailable(
            f"the recogniser faster-whisper does not load ({name}: {fault}); run: pip install faster-whisper"
        ) from None


def _load(folder: WhisperFolder, device: str, number_format: str, threads: int) -> Any:
    kind, _, index = device.partition(":")
    known = _library("ctranslate2").get_supported_compute_types(kind)
    if number_format not in {"auto", *known}:
        raise RecognizerUnavailable(
            f"faster-whisper cannot compute in {number_format} on {device}; compute_type can be auto, "
            f"{', '.join(sorted(known))}"
        )
    try:
        return _library("faster_whisper").WhisperModel(
            str(folder.path),
            device=kind,
            device_index=int(index or 0),
            compute_type=number_format,
            cpu_threads=threads,
            local_files_only=True,
        )
    except (RuntimeError, ValueError, OSError, KeyError, TypeError) as fault:
        raise RecognizerUnavailable(
            f"the faster-whisper model in {folder.path} does not load on {device} in {number_format}: {fault}; "
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


def _check_features(model: Any, folder: WhisperFolder) -> None:
    """large-v3 and its children hear in 128 bands; without their preprocessor_config.json 80 are made."""
    made, wanted = len(model.feature_extractor.mel_filters), model.model.n_mels
    if made != wanted:
        raise RecognizerUnavailable(
            f"the faster-whisper model in {folder.path} hears in {wanted} bands, and its preprocessor_config.json, "
            f"if there is one, makes {made}; copy that file from the original model's folder, or download it again"
        )


def _run_fault(folder: WhisperFolder, device: str, fault: Exception) -> str:
    message = f"faster-whisper failed on {device} with the model in {folder.path}: {fault}"
    if "libcu" in str(fault):
        return f"{message}; it needs CUDA 12 libraries, run: {GPU_LIBRARIES}"
    return f"{message}; try another model, or the device cpu"

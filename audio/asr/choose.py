"""Which recogniser to use; `audio.tts.choose` chooses the synthesizer, `audio.inventory` tells all there is.

"auto" takes the best that is installed and loads without a network. Every choice comes with its reason, for the log
and for `doctor`. Nothing is downloaded, and a choice made by name never falls back to another.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from audio.asr.pocketsphinx_asr import PocketsphinxRecognizer
from audio.asr.recognizer import Recognizer
from audio.asr.whisper_folder import REPOSITORIES, cached_names
from audio.asr.whisper_options import WhisperOptions
from audio.errors import RecognizerUnavailable
from audio.found import Found, find_package

RECOGNIZERS = ("auto", "faster-whisper", "pocketsphinx")
ALIASES = {"whisper": "faster-whisper"}


@dataclass(frozen=True, slots=True)
class Domain:
    """What a weak recogniser may expect to hear: a language model and the pronunciations of its words."""

    name: str
    language_model: Path
    dictionary: Path

    @staticmethod
    def in_folder(folder: Path) -> "Domain":
        """The one in this folder: NAME.lm and NAME.dict. Raises RecognizerUnavailable if it is not there."""
        for language_model in sorted(folder.glob("*.lm")):
            dictionary = language_model.with_suffix(".dict")
            if dictionary.is_file():
                return Domain(language_model.stem, language_model, dictionary)
        raise RecognizerUnavailable(f"{folder} holds no language model for pocketsphinx: NAME.lm with NAME.dict")


def choose_recognizer(
    spec: str = "auto",
    model: str | None = None,
    language: str = "en",
    domain: Domain | None = None,
    whisper: WhisperOptions | None = None,
) -> tuple[Recognizer, str]:
    """(a recogniser, why this one). Raises RecognizerUnavailable with what to do.

    `model` is a folder or name for faster-whisper, a folder as `Domain.in_folder` takes for pocketsphinx; `domain` is
    what pocketsphinx expects if `model` does not say; `whisper` is how faster-whisper runs, if it is chosen.
    """
    options = whisper or WhisperOptions()
    match _known(spec):
        case "faster-whisper":
            return _whisper(model, language, options)
        case "pocketsphinx":
            return _pocketsphinx(Domain.in_folder(Path(model)) if model else domain, language, "asked for")
    if model is not None:
        return _whisper(model, language, options)
    try:
        return _whisper(None, language, options)
    except RecognizerUnavailable as fault:
        return _pocketsphinx(domain, language, str(fault))


def find_recognizers(language: str) -> tuple[Found, ...]:
    """All of them. Quick: looks for packages and files, loads no model."""
    return _find_whisper(language), find_package("pocketsphinx", "pocketsphinx")


def _known(spec: str) -> str:
    name = ALIASES.get(spec, spec)
    if name not in RECOGNIZERS:
        raise RecognizerUnavailable(f"{spec!r} is not known here; choose one of {', '.join(RECOGNIZERS)}")
    return name


def _whisper(model: str | None, language: str, options: WhisperOptions) -> tuple[Recognizer, str]:
    from audio.asr.whisper_asr import WhisperRecognizer
    from audio.asr.whisper_model import WhisperModel, gpu_count

    if model is not None:
        return WhisperRecognizer(WhisperModel(model, language, options)), f"the model {model} was asked for"
    names = cached_names(language, on_gpu=options.device != "cpu" and gpu_count() > 0)
    if not names:
        raise RecognizerUnavailable(
            f"no faster-whisper model is on this machine; run: hf download {REPOSITORIES['base']}"
        )
    where = f"the model {names[0]} is in the hub's cache"
    try:
        loaded = WhisperModel(names[0], language, options)
        return WhisperRecognizer(loaded), f"{where}, running on {loaded.device} in {loaded.compute_type}"
    except RecognizerUnavailable as fault:
        if not gpu_count() or options.device != "auto":
            raise
        loaded = WhisperModel(names[0], language, replace(options, device="cpu"))
        return WhisperRecognizer(loaded), f"{where}, running on cpu because: {fault}"


def _pocketsphinx(domain: Domain | None, language: str, reason: str) -> tuple[Recognizer, str]:
    if language != "en":
        raise RecognizerUnavailable(
            f"pocketsphinx knows English only, not {language!r}; for faster-whisper run: "
            f"hf download {REPOSITORIES['base']}"
        )
    if domain is None:
        return PocketsphinxRecognizer(), f"{reason}; with its general English, which hears poorly"
    recognizer = PocketsphinxRecognizer(domain.language_model, domain.dictionary)
    return recognizer, f"{reason}; it expects to hear {domain.name}"


def _find_whisper(language: str) -> Found:
    name = "faster-whisper"
    package = find_package(name, "faster_whisper")
    if not package.usable:
        return package
    models = sorted({*cached_names(language, on_gpu=False), *cached_names(language, on_gpu=True)})
    if not models:
        return Found(name, False, f"no model in the hub's cache; run: hf download {REPOSITORIES['base']}")
    return Found(name, True, f"models in the hub's cache: {', '.join(models)}")

"""Speech to text with pocketsphinx: small, offline, and installed with its English model by pip. A fallback.

Its general language model is poor on anything but clean speech; on the domain of a language model of its own
(`language_model` and `dictionary`) it is usable. It works along while the user speaks: finishing an utterance takes
about 10 ms, because the two passes over the whole utterance that it offers at the end are left out.
Source: https://github.com/cmusphinx/pocketsphinx
"""

from pathlib import Path
from typing import Any, Self

from audio.errors import RecognizerUnavailable
from audio.pcm import Pcm
from audio.transcript import digits, settled_digits

REINSTALL = "run: pip install --force-reinstall pocketsphinx"


class PocketsphinxRecognizer:
    """`Recognizer` by pocketsphinx; numbers come as digits. Raises RecognizerUnavailable.

    `language_model` (ARPA or binary) and `dictionary` (words and their phones) come together or not at all; without
    them it uses its own.
    """

    name = "pocketsphinx"

    def __init__(self, language_model: Path | None = None, dictionary: Path | None = None, **options: Any) -> None:
        if (language_model is None) != (dictionary is None):
            raise ValueError("a language model and its dictionary come together")
        self._language_model, self._dictionary, self._options = language_model, dictionary, options
        self._decoder = _decoder(language_model, dictionary, options)
        self._in_utterance = False
        self._partial = ""

    def start(self) -> None:
        self.cancel()
        self._decoder.start_utt()
        self._in_utterance = True
        self._partial = ""

    def feed(self, pcm: Pcm) -> str | None:
        if not len(pcm):
            return None
        self._decoder.process_raw(pcm.tobytes())
        partial = settled_digits(self._words())
        if partial == self._partial:
            return None
        self._partial = partial
        return partial

    def pause(self) -> None:
        """Nothing to bring up to date: it always is."""

    def finish(self) -> str:
        self._decoder.end_utt()
        self._in_utterance = False
        return digits(self._words())

    def cancel(self) -> None:
        if self._in_utterance:
            self._decoder.end_utt()
            self._in_utterance = False

    def fork(self) -> Self:
        return type(self)(self._language_model, self._dictionary, **self._options)

    def close(self) -> None:
        self.cancel()

    def _words(self) -> str:
        hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis is not None else ""


def _decoder(language_model: Path | None, dictionary: Path | None, options: dict[str, Any]) -> Any:
    try:
        import pocketsphinx
    except ImportError as fault:
        raise RecognizerUnavailable(
            f"the recogniser pocketsphinx does not load ({fault}); run: pip install pocketsphinx"
        ) from None
    settings = {"fwdflat": False, "bestpath": False, "loglevel": "FATAL", **options}
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

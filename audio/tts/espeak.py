"""espeak-ng through ctypes: text in, 16-bit samples and word positions out, as they are made.

The library comes with the package espeakng-loader (libespeak-ng and its data; GPL-3, loaded at run time, not linked).
It keeps global state, so a process can hold one voice and speak one text at a time: `audio.tts.worker` gives it a
process of its own. Imports neither numpy nor anything else that takes time, so that this process starts fast.
Source: espeak-ng's `speak_lib.h`, version 1.52.
"""

import ctypes
from pathlib import Path

from audio.errors import SynthesizerUnavailable
from audio.tts.espeak_voices import set_voice
from audio.tts.worker_main import OnSound
from audio.tts.worker_protocol import SpokenWord

AUDIO_OUTPUT_SYNCHRONOUS = 2
INITIALIZE_DONT_EXIT = 0x8000
CHARS_UTF8, ENDPAUSE = 0x0001, 0x1000
POS_CHARACTER = 1
EVENT_LIST_END, EVENT_WORD = 0, 1
PARAMETER_RATE = 1
RATES_WPM = range(80, 451)
BUFFER_MS = 60
"""Sound arrives in pieces of this length; the first one decides how soon speech begins."""
LONGEST_DATA_PATH = 159
"""The library copies the path of its data into a buffer of 160 bytes."""


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


class Espeak:
    """The espeak-ng of this process. Raises SynthesizerUnavailable (package, data, voice or rate)."""

    def __init__(self, voice: str, rate_wpm: int) -> None:
        if rate_wpm not in RATES_WPM:
            raise SynthesizerUnavailable(
                f"espeak-ng cannot speak {rate_wpm} words per minute; choose {RATES_WPM.start} to {RATES_WPM.stop - 1}"
            )
        library, data_path = _installed()
        self._library = _declare(library)
        self.sample_rate_hz: int = self._library.espeak_Initialize(
            AUDIO_OUTPUT_SYNCHRONOUS, BUFFER_MS, data_path.encode(), INITIALIZE_DONT_EXIT
        )
        if self.sample_rate_hz <= 0:
            raise SynthesizerUnavailable(
                f"espeak-ng does not accept its data in {data_path}; run: pip install --force-reinstall espeakng-loader"
            )
        set_voice(self._library, Path(data_path), voice)
        self._library.espeak_SetParameter(PARAMETER_RATE, rate_wpm, 0)
        self.description = voice
        self._on_sound: OnSound | None = None
        self._fault: BaseException | None = None
        self._callback = _CALLBACK(self._receive)
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(self, text: str, on_sound: OnSound) -> None:
        """Makes the sound of `text`, handing it to `on_sound` piece by piece; returns when it is done or stopped."""
        encoded = text.replace("\0", " ").encode(errors="replace") + b"\0"
        self._on_sound, self._fault = on_sound, None
        self._library.espeak_Synth(encoded, len(encoded), 0, POS_CHARACTER, 0, CHARS_UTF8 | ENDPAUSE, None, None)
        if self._fault is not None:
            raise self._fault

    def _receive(self, samples: object, count: int, events: object) -> int:
        """Called by the library; must not raise. Returns 1 to stop."""
        try:
            sound = ctypes.string_at(samples, count * 2) if samples and count > 0 else b""  # type: ignore[arg-type]
            assert self._on_sound is not None
            return 0 if self._on_sound(sound, _words(events), False) else 1
        except BaseException as fault:
            self._fault = fault
            return 1


def _words(events: object) -> list[SpokenWord]:
    words = []
    index = 0
    while (event := events[index]).type != EVENT_LIST_END:  # type: ignore[index]
        if event.type == EVENT_WORD:
            words.append(SpokenWord(event.text_position - 1, event.length, event.sample))
        index += 1
    return words


def _installed() -> tuple[ctypes.CDLL, str]:
    try:
        import espeakng_loader
    except ImportError:
        raise SynthesizerUnavailable(
            "espeak-ng comes with the package espeakng-loader, which is not installed; run: pip install espeakng-loader"
        ) from None
    data_path = str(Path(espeakng_loader.__file__).parent / "espeak-ng-data")
    if len(data_path.encode()) > LONGEST_DATA_PATH:
        raise SynthesizerUnavailable(
            f"espeak-ng cannot use data whose path is longer than {LONGEST_DATA_PATH} bytes, and {data_path} is; "
            "install into a folder nearer to the root"
        )
    library_path = espeakng_loader.get_library_path()
    try:
        return ctypes.CDLL(library_path), data_path
    except OSError as fault:
        raise SynthesizerUnavailable(
            f"espeak-ng's library {library_path} does not load ({fault}); "
            "run: pip install --force-reinstall espeakng-loader"
        ) from None


def _declare(library: ctypes.CDLL) -> ctypes.CDLL:
    """Tells ctypes the argument types, without which 64-bit pointers and sizes are cut."""
    library.espeak_Initialize.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int]
    library.espeak_SetParameter.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int]
    library.espeak_SetSynthCallback.argtypes = [_CALLBACK]
    library.espeak_SetSynthCallback.restype = None
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.POINTER(ctypes.c_uint),
        ctypes.c_void_p,
    ]
    return library

"""Choosing one of espeak-ng's voices: a language ("en-gb"), a voice ("en-us"), either with a variant ("en-us+f3").

Imports nothing that takes time: the worker process does this before it speaks.
"""

import ctypes
from pathlib import Path

from audio.errors import SynthesizerUnavailable

OK = 0
VOICE_OF_LANGUAGE = {"en": "en-us", "zh": "cmn", "no": "nb"}
"""Where espeak-ng's name of a language is another than ours, or stands for a rarer accent."""
VARIANTS_FOLDER = Path("voices") / "!v"


class _Voice(ctypes.Structure):
    """`espeak_VOICE` of espeak-ng's speak_lib.h."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


def voice_for(language: str) -> str:
    """The voice to take for a language if none is asked for."""
    return VOICE_OF_LANGUAGE.get(language, language)


def set_voice(library: ctypes.CDLL, data_path: Path, voice: str) -> None:
    """Makes the library speak with this voice from now on. Raises SynthesizerUnavailable if it has no such voice."""
    _check_variant(data_path, voice)
    library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
    library.espeak_SetVoiceByProperties.argtypes = [ctypes.POINTER(_Voice)]
    if voice and library.espeak_SetVoiceByName(voice.encode()) == OK:
        return
    known = languages(library)
    wanted = _Voice(languages=voice.encode())
    if voice not in known or library.espeak_SetVoiceByProperties(ctypes.byref(wanted)) != OK:
        alike = [name for name in known if voice and name[:2] == voice[:2]]
        advice = f"for this language it has {', '.join(alike)}" if alike else f"it has {', '.join(known)}"
        raise SynthesizerUnavailable(f"espeak-ng has no voice {voice!r}; {advice}")


def languages(library: ctypes.CDLL) -> list[str]:
    """The codes of all languages the library can speak."""
    library.espeak_ListVoices.argtypes = [ctypes.POINTER(_Voice)]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    voices = library.espeak_ListVoices(None)
    codes = []
    index = 0
    while voices[index]:
        codes.append(voices[index].contents.languages[1:].split(b"\0")[0].decode(errors="replace"))
        index += 1
    return sorted(set(codes))


def _check_variant(data_path: Path, voice: str) -> None:
    """The library itself ignores a variant that it does not know."""
    _, plus, variant = voice.partition("+")
    folder = data_path / VARIANTS_FOLDER
    if plus and not (folder / variant).is_file():
        known = sorted(file.name for file in folder.iterdir() if file.name[0] in "fm") if folder.is_dir() else []
        raise SynthesizerUnavailable(
            f"espeak-ng has no variant {variant!r} of a voice; it has {', '.join(known[:12])} and others"
        )

"""All that could hear and speak here, and what is missing, for `doctor`. Loads nothing heavy."""

from audio.asr.choose import find_recognizers
from audio.found import Found
from audio.tts.choose import find_synthesizers


def inventory(language: str = "en") -> tuple[Found, ...]:
    """Everything that could be chosen, recognisers first. Quick: looks for packages and files, loads no model."""
    return *find_recognizers(language), *find_synthesizers()

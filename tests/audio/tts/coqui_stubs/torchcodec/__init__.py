"""coqui-tts looks whether this is there."""

__version__ = "0.0.0+stub"

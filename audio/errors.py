"""What can go wrong between sound and text.

AudioError
├── NotAudio                 the file or bytes are not a WAV file that can be read
├── EmptyAudio               a WAV file without a single sample
├── RecognizerUnavailable    a speech recogniser cannot be loaded: package, model folder or language missing
├── TurnEndUnavailable       the model that hears the end of a turn cannot be loaded, or is another one
├── SynthesizerUnavailable   a speech synthesiser cannot be loaded: package, voice or data missing
├── SynthesizerDied          the synthesiser's process ended or hung again and again while it spoke one phrase
├── SpeechFailed             the synthesiser lives, but cannot speak this text
├── FormulaReaderUnavailable speech-rule-engine cannot be used: Node, a package or its folder is missing
├── SamplesUnreadable        a file of gold speech samples cannot be read
└── DeviceUnavailable        no microphone or loudspeaker can be opened

Every message is one readable line: what was tried, what was found, what to do.
"""


class AudioError(Exception):
    """Base of all errors of `audio`."""


class NotAudio(AudioError):
    """What should be a WAV file is something else, or is damaged."""


class EmptyAudio(AudioError):
    """A WAV file that holds no samples."""


class RecognizerUnavailable(AudioError):
    """A speech recogniser cannot be loaded."""


class TurnEndUnavailable(AudioError):
    """The model that hears whether a turn is over cannot be loaded."""


class SynthesizerUnavailable(AudioError):
    """A speech synthesiser cannot be loaded."""


class SynthesizerDied(AudioError):
    """The synthesiser's process ended or hung while it spoke, and so did its replacements."""


class SpeechFailed(AudioError):
    """The synthesiser lives, but cannot speak this text."""


class FormulaReaderUnavailable(AudioError):
    """The reader of formulas that was asked for cannot be used."""


class SamplesUnreadable(AudioError):
    """A file that should hold samples with gold speech is missing or damaged."""


class DeviceUnavailable(AudioError):
    """A microphone or loudspeaker cannot be opened."""

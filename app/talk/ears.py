"""What the microphone's sound is good for right now. Pure.

Half-duplex, the default, is for loudspeakers without echo cancellation: an assistant that is deaf while it speaks does
not hear itself. Only the talk key opens the microphone then, and it silences the loudspeaker.
"""

from enum import Enum, StrEnum

ECHO_TAIL_S = 0.25  # how long a room and a device's buffers go on after the loudspeaker


class Echo(StrEnum):
    """What is done about the assistant's voice in the microphone."""

    NONE = "none"
    HALF = "half"
    CANCEL = "cancel"


class Ears(Enum):
    """OPEN: sound is heard. DEAF: it counts as silence, so that an utterance under way still ends. SHUT: nothing is
    heard, not even silence.
    """

    OPEN = "open"
    DEAF = "deaf"
    SHUT = "shut"


def ears(*, open_mic: bool, talking: bool, muted: bool, speaking: bool, echo: Echo) -> Ears:
    """`talking`: the talk key is held; `speaking`: the assistant is, or the room still sounds of it."""
    if muted:
        return Ears.DEAF if open_mic else Ears.SHUT
    if talking:
        return Ears.OPEN
    if not open_mic:
        return Ears.SHUT
    return Ears.DEAF if speaking and echo is Echo.HALF else Ears.OPEN

"""Which microphone and loudspeaker are meant: by number, by a part of the name, or the system's own. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.errors import InputError
from audio.errors import DeviceUnavailable


class Side(StrEnum):
    """Which way the sound goes."""

    INPUT = "input"
    OUTPUT = "output"


PLUGIN_HINT = "install libasound2-plugins where PulseAudio or PipeWire runs"  # PortAudio knows them through ALSA only
NOUN = {Side.INPUT: "microphone", Side.OUTPUT: "loudspeaker"}


@dataclass(frozen=True, slots=True)
class Device:
    """One device as the sound library lists it."""

    number: int
    name: str
    host: str  # the sound system it belongs to: ALSA, Core Audio, …
    inputs: int
    outputs: int
    rate_hz: int
    default_input: bool = False
    default_output: bool = False

    def channels(self, side: Side) -> int:
        """How many it has that way."""
        return self.inputs if side is Side.INPUT else self.outputs

    def is_default(self, side: Side) -> bool:
        """Whether it is the system's own choice."""
        return self.default_input if side is Side.INPUT else self.default_output


def choose(devices: Sequence[Device], side: Side, wanted: str | None) -> Device:
    """The device that is meant; None is the system's default.

    Raises InputError if nothing or too much goes by that name, DeviceUnavailable if there is none at all.
    """
    able = [device for device in devices if device.channels(side)]
    if not able:
        raise DeviceUnavailable(
            f"no {NOUN[side]} was found; plug one in, {PLUGIN_HINT}, or talk in the browser (launch.py ui); "
            "look with: launch.py talk --devices"
        )
    if wanted is None:
        return next((device for device in able if device.is_default(side)), able[0])
    if wanted.isdecimal():
        found = [device for device in able if device.number == int(wanted)]
    else:
        exact = [device for device in able if device.name.casefold() == wanted.casefold()]
        found = exact or [device for device in able if wanted.casefold() in device.name.casefold()]
    return _only(found, side, wanted, able)


def _only(found: Sequence[Device], side: Side, wanted: str, able: Sequence[Device]) -> Device:
    if not found:
        raise InputError(f"--{side} {wanted!r} is none of the {NOUN[side]}s: {_listed(able)}")
    if len({device.name for device in found}) > 1:
        raise InputError(f"--{side} {wanted!r} may be any of {_listed(found)}; say more of the name, or the number")
    return next((device for device in found if device.is_default(side)), found[0])


def _listed(devices: Sequence[Device]) -> str:
    return ", ".join(f"{device.number} {device.name}" for device in devices)


def table(devices: Sequence[Device]) -> str:
    """One line for every device: number, what it can do, name; * marks the system's own choice."""
    if not devices:
        return f"no sound devices were found; plug one in, or {PLUGIN_HINT}"
    return "\n".join(_line(device) for device in devices)


def _line(device: Device) -> str:
    def can(side: Side) -> str:
        mark = "*" if device.is_default(side) else ""
        return f"{NOUN[side]}{mark}" if device.channels(side) else ""

    return (
        f"{device.number:>3}  {can(Side.INPUT):<12}  {can(Side.OUTPUT):<13}  {device.rate_hz / 1000:g} kHz  "
        f"{device.name} ({device.host})"
    )

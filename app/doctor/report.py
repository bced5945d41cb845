"""Everything `doctor` says, for given settings on this machine."""

import platform
from dataclasses import dataclass

from app import __version__
from app.config import Settings
from app.doctor.check import Check
from app.doctor.machine import check_device, check_echo, check_packages, check_portaudio
from app.doctor.parts import check_formulas, check_model, check_voice, check_whisper


@dataclass(frozen=True, slots=True)
class Report:
    """What the settings choose, what they are made of, and what would be better."""

    version: str
    system: str
    chosen: tuple[Check, ...]
    packages: tuple[Check, ...]
    optional: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        return not any(check.needed for check in self.missing)

    @property
    def missing(self) -> tuple[Check, ...]:
        return tuple(check for check in (*self.chosen, *self.packages, *self.optional) if not check.ok)


def examine(settings: Settings) -> Report:
    """Looks at this machine, for these settings."""
    return Report(
        version=__version__,
        system=f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        chosen=(
            check_model(settings.model),
            check_device(settings.device),
            *check_voice(settings),
            check_formulas(settings),
        ),
        packages=check_packages(),
        optional=(check_whisper(settings), check_portaudio(), check_echo(settings.echo)),
    )

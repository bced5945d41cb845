"""One thing that was looked at."""

import sys
from dataclasses import dataclass

PIP_INSTALL = f"{sys.executable} -m pip install -c constraints.txt -e ."


@dataclass(frozen=True, slots=True)
class Check:
    """What was found. `mend` is the command that puts it right, where it is not `ok`."""

    name: str
    ok: bool
    found: str
    mend: str | None = None
    needed: bool = True  # whether the settings as they are cannot work without it

"""What there is to choose from: one thing that might hear or speak, and whether it can. Loads nothing."""

import importlib.util
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that might hear or speak, and whether it can."""

    name: str
    usable: bool
    details: str
    """What was found, or what is missing and how to get it."""


def find_package(name: str, module: str) -> Found:
    if importlib.util.find_spec(module) is None:
        return Found(name, False, f"not installed; run: pip install {name}")
    return Found(name, True, "installed")

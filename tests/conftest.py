"""What all tests share: the `--slow` switch, and one way to ask for what the machine may lack.

On a developer's machine a test whose system package is missing is skipped, with the reason. With CI=true it fails
instead, so that a broken installation cannot pass as green. A missing GPU is a skip everywhere.
"""

import os
import shutil
from typing import NoReturn

import pytest
from hypothesis import settings

ON_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

settings.register_profile("ci", derandomize=True)  # the same examples in every run; elsewhere new ones are looked for
if ON_CI:
    settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="also run the tests marked slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    gpu_missing = None if not any(item.get_closest_marker("gpu") for item in items) else _gpu_missing()
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="slow: runs with --slow"))
        if gpu_missing and item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason=gpu_missing))


def _gpu_missing() -> str | None:
    import torch

    return None if torch.cuda.is_available() else "needs a CUDA device"


class Require:
    """Asks for what a test needs from the machine. Missing: the test is skipped; with CI=true it fails."""

    def __init__(self, on_ci: bool = ON_CI) -> None:
        self._on_ci = on_ci

    def __call__(self, *programs: str) -> str:
        """Path of the first of these programs that is installed; several names are alternatives."""
        for program in programs:
            if path := shutil.which(program):
                return path
        self._missing(f"needs {' or '.join(programs)} on the PATH")

    def that(self, condition: object, reason: str) -> None:
        """`reason` says what is needed and how to get it: "needs PortAudio (apt-get install libportaudio2)"."""
        if not condition:
            self._missing(reason)

    def _missing(self, reason: str) -> NoReturn:
        if self._on_ci:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def require() -> Require:
    """`require("chromium", "google-chrome")` returns a program's path; `require.that(condition, reason)` the rest."""
    return Require()

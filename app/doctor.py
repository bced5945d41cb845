"""What is installed, what would be chosen and what is missing, with the command that mends it.

Looks without loading: no model library is imported and nothing is downloaded, so that the answer comes at once. Whether
a thing that is there also works is only known when it is loaded.
"""

import ctypes
import importlib.metadata
import importlib.util
import platform
import re
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from app import __version__
from app.config import Settings
from app.demo.paths import demo_folder
from engine.errors import EngineError
from engine.loading import find_folder, looks_like_path

ROOT = Path(__file__).resolve().parents[1]
PIP = f"{sys.executable} -m pip install -c constraints.txt -e"
MODEL_FILES = ("config.json", "model.safetensors", "tokenizer.json")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `mend` is the command that puts it right, where it is not `ok`."""

    name: str
    ok: bool
    found: str
    mend: str | None = None
    needed: bool = True  # whether the settings as they are cannot work without it


@dataclass(frozen=True, slots=True)
class Report:
    """Everything `doctor` says."""

    version: str
    system: str
    chosen: tuple[Check, ...]
    packages: tuple[Check, ...]
    extras: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        return not any(check.needed for check in self.missing)

    @property
    def missing(self) -> tuple[Check, ...]:
        return tuple(check for check in (*self.chosen, *self.packages, *self.extras) if not check.ok)


def examine(settings: Settings) -> Report:
    """Looks at this machine, for these settings."""
    return Report(
        version=__version__,
        system=f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
        chosen=(check_model(settings.model), check_device(settings.device)),
        packages=tuple(check_package(wanted) for wanted in _dependencies()),
        extras=(check_coqui(), check_portaudio()),
    )


def check_model(name: str, demo: Path | None = None) -> Check:
    """Whether the model's files are on this machine."""
    if name == "demo":
        folder = demo or demo_folder()
        lacking = [file for file in MODEL_FILES if not (folder / file).is_file()]
        found = f"{folder} lacks {', '.join(lacking)}" if lacking else f"bundled, in {folder}"
        return Check("model", not lacking, found, f"{sys.executable} launch.py train-demo")
    try:
        return Check("model", True, f"{name}, in {find_folder(name)}")
    except EngineError as error:
        on_hub = not looks_like_path(name) and not Path(name).exists()
        return Check("model", False, str(error), f"hf download {name}" if on_hub else None)


def check_device(wanted: str, build: "TorchBuild | None" = None) -> Check:
    """The device that would be used, as far as it shows without loading torch."""
    build = build or TorchBuild.look()
    kind = wanted.partition(":")[0]
    if kind == "auto":
        return Check("device", True, f"{build.best_device} (auto: {build.reason})")
    if kind == "cpu" or kind == build.best_device:
        return Check("device", True, wanted)
    return Check("device", False, f"{wanted} was asked for, but {build.reason}", "use --device auto")


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """What the installed torch was built for, and whether this machine has a GPU driver for it."""

    cuda: str | None
    driver: bool
    mac: bool

    @classmethod
    def look(cls) -> "TorchBuild":
        spec = importlib.util.find_spec("torch")
        file = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
        text = file.read_text(encoding="utf-8") if file and file.is_file() else ""
        cuda = re.search(r"^cuda\b[^=]*=\s*'([^']+)'", text, re.MULTILINE)
        mac = platform.system() == "Darwin" and platform.machine() == "arm64"
        return cls(cuda.group(1) if cuda else None, Path("/proc/driver/nvidia/version").exists(), mac)

    @property
    def best_device(self) -> str:
        return "cuda" if self.cuda and self.driver else "mps" if self.mac else "cpu"

    @property
    def reason(self) -> str:
        if self.mac:
            return "this is a Mac with Apple silicon"
        if not self.cuda:
            return "this torch is built for the CPU"
        driver = "and a GPU driver is there" if self.driver else "but there is no GPU driver"
        return f"this torch is built for CUDA {self.cuda}, {driver}"


def check_package(wanted: str) -> Check:
    """Whether a requirement such as "torch>=2.11,<3" is installed in a version that fits."""
    from packaging.requirements import Requirement

    requirement = Requirement(wanted)
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Check(requirement.name, False, f"not installed (wanted {requirement.specifier})", f"{PIP} .")
    fits = requirement.specifier.contains(version, prereleases=True)
    return Check(requirement.name, fits, version if fits else f"{version} (wanted {requirement.specifier})", f"{PIP} .")


def check_coqui() -> Check:
    """The optional voice."""
    lacking = [name for name in ("TTS", "torchaudio") if importlib.util.find_spec(name) is None]
    found = f"{' and '.join(lacking)} not installed" if lacking else "installed"
    return Check("coqui speech (optional)", not lacking, found, f"{PIP} '.[coqui]'", needed=False)


def check_portaudio() -> Check:
    """The system library for sound on the desktop; on Mac and Windows it comes with the sounddevice package."""
    there = platform.system() != "Linux" or _loads("libportaudio.so.2")
    found = "there" if there else "libportaudio.so.2 not found"
    return Check("PortAudio (sound on the desktop)", there, found, "apt-get install libportaudio2", needed=False)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _dependencies() -> list[str]:
    """The requirements of this project, from its pyproject.toml."""
    return list(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"])

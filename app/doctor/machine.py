"""The machine and what is installed on it: the device, the packages, the system library for sound."""

import ctypes
import importlib.metadata
import importlib.util
import platform
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement

from app.config import AUTO
from app.doctor.check import PIP_INSTALL, Check

PROJECT_FILE = Path(__file__).resolve().parents[2] / "pyproject.toml"
ECHO_PACKAGE = "pywebrtc-audio"  # the extra `aec`
GPU_DRIVER = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True, slots=True)
class TorchBuild:
    """What the installed torch was built for, and what this machine has; read from files, torch is not loaded."""

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
        return cls(cuda.group(1) if cuda else None, GPU_DRIVER.exists(), mac)

    @property
    def devices(self) -> tuple[str, ...]:
        """What can be asked for, best first."""
        gpu = ("cuda",) if self.cuda and self.driver else ()
        return (*gpu, "cpu", *(("mps",) if self.mac else ()))

    @property
    def reason(self) -> str:
        if not self.cuda:
            return "this torch is built without CUDA"
        driver = "and a GPU driver is there" if self.driver else "but there is no GPU driver"
        return f"this torch is built for CUDA {self.cuda}, {driver}"


def check_device(wanted: str, build: TorchBuild | None = None) -> Check:
    """The device that would be used, as far as it shows without loading torch."""
    build = build or TorchBuild.look()
    if wanted == AUTO:
        return Check("device", True, f"{build.devices[0]} (auto: {build.reason})")
    if wanted.partition(":")[0] in build.devices:
        return Check("device", True, wanted)
    return Check("device", False, f"{wanted} was asked for, but {build.reason}; use --device auto")


def check_packages() -> tuple[Check, ...]:
    """Every package this project depends on."""
    project = tomllib.loads(PROJECT_FILE.read_text(encoding="utf-8"))["project"]
    return tuple(check_package(wanted) for wanted in project["dependencies"])


def check_package(wanted: str) -> Check:
    """Whether a requirement such as "torch>=2.11,<3" is installed in a version that fits."""
    requirement = Requirement(wanted)
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return Check(requirement.name, False, f"not installed (wanted {requirement.specifier})", PIP_INSTALL)
    if requirement.specifier.contains(version, prereleases=True):
        return Check(requirement.name, True, version)
    return Check(requirement.name, False, f"{version} (wanted {requirement.specifier})", PIP_INSTALL)


def check_echo(echo: str) -> Check:
    """Whether `talk` could take the assistant's voice out of an open microphone; echo: the setting."""
    name, needed = "echo cancellation (talk)", echo == "cancel"
    try:
        return Check(name, True, f"{ECHO_PACKAGE} {importlib.metadata.version(ECHO_PACKAGE)}", needed=needed)
    except importlib.metadata.PackageNotFoundError:
        use = "--echo cancel asks for it; --echo half does without" if needed else "for talk --open-mic --echo cancel"
        mend = PIP_INSTALL.removesuffix(".") + "'.[aec]'"
        return Check(name, False, f"{ECHO_PACKAGE} is not installed ({use})", mend, needed)


def check_portaudio() -> Check:
    """The system library for sound on the desktop; on Mac and Windows it comes with the package sounddevice."""
    there = platform.system() != "Linux" or _loads("libportaudio.so.2")
    found = "there" if there else "libportaudio.so.2 not found"
    return Check("PortAudio (desktop sound)", there, found, "apt-get install libportaudio2", needed=False)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True

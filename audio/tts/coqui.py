"""The coqui synthesiser (package coqui-tts, import name TTS): VITS phrase by phrase, XTTS as a stream.

It runs in a worker process of its own: `import TTS` takes seconds and changes the process it happens in, the models
keep a core busy, and a crash of theirs is not ours. This side finds the files and says what is missing.
"""

import importlib.util
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from audio.errors import AudioError, SynthesizerUnavailable
from audio.pcm import read_wav
from audio.tts.coqui_folder import find_coqui
from audio.tts.worker import WorkerSynthesizer
from audio.tts.worker_process import WorkerCommand

START_TIMEOUT_S = 300.0
SILENT_TIMEOUT_S = 60.0
"""VITS says nothing until a phrase is complete, and a CPU may take long for it."""
SHORTEST_CLONE_S = 1.0
INSTALL = "pip install -c constraints.txt -e '.[coqui]'"


@dataclass(frozen=True, slots=True)
class CoquiOptions:
    """What the worker process is to load, all files being there."""

    kind: str
    folder: str
    weights: str
    voice: str | None
    """A speaker of the model, or a WAV file that XTTS is to sound like; None takes the model's first."""
    voice_is_file: bool
    rate_wpm: int
    language: str
    device: str
    """auto, cpu, cuda, cuda:N or mps."""

    def encode(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def decode(text: str) -> "CoquiOptions":
        return CoquiOptions(**json.loads(text))


class CoquiSynthesizer(WorkerSynthesizer):
    """`Synthesizer` by a coqui model in a local folder. Raises SynthesizerUnavailable with what to do."""

    def __init__(
        self,
        model: str,
        voice: str | None = None,
        rate_wpm: int = 165,
        language: str = "en",
        device: str = "auto",
        silent_timeout_s: float = SILENT_TIMEOUT_S,
    ) -> None:
        check_packages()
        folder = find_coqui(model)
        voice_file = _voice_file(voice) if voice and folder.kind == "xtts" else None
        options = CoquiOptions(
            folder.kind,
            str(folder.path),
            str(folder.weights),
            voice_file or voice,
            voice_file is not None,
            rate_wpm,
            language,
            device,
        )
        arguments = (options.encode(),)
        super().__init__(
            WorkerCommand(
                "coqui",
                "audio.tts.coqui_process",
                arguments,
                START_TIMEOUT_S,
                silent_timeout_s,
                repeats_itself=False,
            )
        )


def check_packages() -> None:
    """Raises SynthesizerUnavailable, with the command that mends it, if a package is not installed. Loads none."""
    packages = {"coqui-tts": "TTS", "torchaudio": "torchaudio", "torchcodec": "torchcodec"}
    missing = [name for name, module in packages.items() if importlib.util.find_spec(module) is None]
    if missing:
        builds = [name for name in missing if name != "coqui-tts"]
        commands = ([INSTALL] if "coqui-tts" in missing else []) + ([fetch_torchaudio(builds)] if builds else [])
        raise SynthesizerUnavailable(
            f"coqui voices need {' and '.join(missing)}, not installed here; run: {' && '.join(commands)}"
        )


def fetch_torchaudio(packages: list[str]) -> str:
    """The command that installs these packages built for the torch that is here, and leaves this torch alone.

    Another build does not load, and with it not even transformers' Whisper. torch's version names its build
    ("2.13.0+cpu"), but for the one on PyPI.
    """
    _, _, build = version("torch").partition("+")
    index = f" --index-url https://download.pytorch.org/whl/{build}" if build else ""
    return f"pip install --no-deps {' '.join(packages)}{index}"


def _voice_file(voice: str) -> str | None:
    """The WAV file that `voice` names, None if it is the name of a speaker. Raises SynthesizerUnavailable."""
    path = Path(voice).expanduser()
    if not path.is_file():
        if path.suffix.lower() == ".wav" or "/" in voice or "\\" in voice:
            raise SynthesizerUnavailable(
                f"there is no file {path} to take the voice from; name a WAV file of 3 to 30 s of one person's speech"
            )
        return None
    try:
        sound = read_wav(path)
    except AudioError as fault:
        raise SynthesizerUnavailable(f"no voice can be taken from that file: {fault}") from None
    if len(sound) < SHORTEST_CLONE_S * 16_000:
        raise SynthesizerUnavailable(f"{path} is too short to take a voice from; 3 to 30 s of speech are needed")
    return str(path.resolve())

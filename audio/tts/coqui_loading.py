"""Loading coqui models, in the worker process: every fault of theirs becomes one line that says what to do.

coqui-tts is never given a name, only files (see `audio.tts.coqui_folder`), so that it has nothing to fetch or to ask.
"""

import os
from pathlib import Path
from typing import Any

import torch

from audio.errors import SynthesizerUnavailable
from audio.tts.coqui import CoquiOptions, fetch_torchaudio
from audio.tts.coqui_folder import named_files, read_config
from audio.tts.coqui_vits import VitsVoice
from audio.tts.coqui_xtts import XttsVoice
from audio.tts.worker_main import Voice


def load_voice(text: str) -> Voice:
    """The voice of these options. Raises SynthesizerUnavailable."""
    options = CoquiOptions.decode(text)
    device = choose_device(options.device)
    if "OMP_NUM_THREADS" not in os.environ:  # the model that thinks needs the other cores
        torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    try:
        import torchaudio  # noqa: F401  # TTS only looks whether it is there
        import TTS  # noqa: F401
    except Exception as fault:  # whatever its many libraries raise: ImportError, OSError of a build that does not fit
        mend = fetch_torchaudio(["--force-reinstall", "torchaudio", "torchcodec"])
        raise SynthesizerUnavailable(
            f"coqui-tts does not load ({describe(fault)}); torchaudio must be of the same build as torch "
            f"{torch.__version__}; run: {mend}"
        ) from None
    try:
        model = _load_model(options).to(device)
        return XttsVoice(model, options, device) if options.kind == "xtts" else VitsVoice(model, options, device)
    except SynthesizerUnavailable:
        raise
    except Exception as fault:
        raise SynthesizerUnavailable(
            f"the coqui model in {options.folder} does not load on {device} ({describe(fault)}); fetch it again, or "
            "look at it with: tts --model_path ... --config_path ..."
        ) from None


def choose_device(wanted: str) -> str:
    """auto is a CUDA device if there is one, else the CPU. Raises SynthesizerUnavailable."""
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda"):
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        number = int(wanted.partition(":")[2] or 0)
        if number >= there:
            raise SynthesizerUnavailable(
                f"the voice was to run on {wanted}, and there are {there} CUDA devices; use --tts-device cpu"
            )
    return wanted


def describe(fault: BaseException) -> str:
    """One readable line of what a library raised."""
    lines = [line.strip() for line in str(fault).splitlines() if line.strip()]
    return f"{type(fault).__name__}: {lines[0][:200]}" if lines else type(fault).__name__


def _load_model(options: CoquiOptions) -> Any:
    from TTS.config import load_config
    from TTS.tts.models import setup_model

    folder = Path(options.folder)
    config = load_config(folder / "config.json")
    _point_into(folder, config)
    model = setup_model(config)
    if options.kind == "xtts":
        model.load_checkpoint(config, checkpoint_dir=str(folder), checkpoint_path=options.weights, eval=True)
    else:
        model.load_checkpoint(config, options.weights, eval=True)
    return model


def _point_into(folder: Path, config: Any) -> None:
    """Lets the files that the configuration names be those in the folder: it comes from another machine."""
    arguments = getattr(config, "model_args", None)
    for key, value in named_files(read_config(folder)):
        beside = folder / Path(value).name
        if beside.is_file():
            for table in (config, arguments):
                if table is not None and getattr(table, key, None):
                    given = getattr(table, key)
                    setattr(table, key, [str(beside)] if isinstance(given, list) else str(beside))
    if arguments is not None and getattr(arguments, "speaker_encoder_model_path", None):
        arguments.speaker_encoder_model_path = ""  # only cloning with VITS would need it

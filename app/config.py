"""All settings of Sotto: their names, defaults, limits and help, and the layers they come from.

Precedence: defaults < TOML file < environment (`SOTTO_…`) < command line. An unknown name or a value that is not
allowed is an error that names the layer it came from. This module knows neither the command line parser nor what the
settings are for.
"""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from app.errors import SettingsError

ENVIRONMENT_PREFIX = "SOTTO_"
NOT_SETTINGS = {"SOTTO_DEBUG", "SOTTO_CONFIG", "SOTTO_GOLDEN", "SOTTO_SHOTS"}  # read by the command line and the tests
AUTO: Final = "auto"


def _checked_device(value: str) -> str:
    kind, colon, index = value.partition(":")
    if kind in {"auto", "cpu", "mps", "cuda"} and (not colon or (kind == "cuda" and index.isdecimal())):
        return value
    raise ValueError("should be 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps'")


def _number_or_auto(value: object) -> object:
    """None (Sotto decides) for "auto"; true and false are no numbers."""
    if isinstance(value, bool):
        raise ValueError("should be a number")
    return None if value == AUTO else value


def _name_or_auto(value: object) -> object:
    """None (Sotto decides) for "auto"; a number is a name too."""
    return None if value == AUTO else str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("should be a whole number")
    return value


Name = Annotated[str, Field(min_length=1)]
Place = Annotated[str, Field(min_length=1), AfterValidator(os.path.expanduser)]  # a name or a folder; ~ is the home
Device = Annotated[str, AfterValidator(_checked_device)]
Whole = Annotated[int, BeforeValidator(_no_boolean)]
MaybeWhole = Annotated[int | None, BeforeValidator(_number_or_auto)]
MaybeNumber = Annotated[float | None, BeforeValidator(_number_or_auto)]
MaybePlace = Annotated[Place | None, BeforeValidator(_number_or_auto)]
MaybeName = Annotated[Name | None, BeforeValidator(_name_or_auto)]


class EngineSettings(BaseModel):
    """Which model thinks, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: Place = Field("demo", description="'demo' (bundled), a local folder, or a name that is in the hub's cache")
    device: Device = Field(AUTO, description="cpu, cuda, cuda:N, mps; auto takes a GPU if there is one")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(AUTO, description="number format of the weights")
    method: Literal["async", "async-safe", "think", "no-think", "interleaved", "hogwild", "fork-join"] = Field(
        "async", description="how thinking and answering are woven together"
    )
    workers: MaybeWhole = Field(None, ge=1, le=8, description="thinkers of 'hogwild'; auto is what the prompts say")
    layout: Literal["auto", "contiguous", "interleaved", "combined"] = Field(
        AUTO, description="how they see each other; auto is what the prompts say"
    )
    patience: MaybeNumber = Field(
        None, ge=0, le=1, description="0 speaks at once, 1 thinks first; auto is the prompts' own, else 0.5"
    )
    gate: Literal["auto", "ahead", "behind"] = Field(
        AUTO,
        description="what the gate asks: are the thoughts ahead, or (turned round) behind; auto as the prompts say",
    )
    history: Literal["auto", "drop", "keep", "refresh"] = Field(
        AUTO, description="finished turns: drop their thoughts, keep them, or read the transcript again, exactly"
    )
    corrections: Literal["drop", "keep"] = Field(
        "drop", description="thoughts and unspoken answers that rest on words taken back"
    )
    rotation: Literal["auto", "direct", "composed"] = Field(AUTO, description="how queries and keys are rotated")
    kv_tokens: MaybeWhole = Field(None, ge=256, description="room for keys and values, in tokens of all conversations")
    read_tokens: Whole = Field(512, ge=16, description="tokens of prompts and words read in one step, all together")
    threads: MaybeWhole = Field(None, ge=1, le=1024, description="CPU threads of the model")
    step_ms: MaybeNumber = Field(None, ge=0, description="pace: let every step take at least N ms (labelled 'paced')")
    temperature: MaybeNumber = Field(None, ge=0, le=10, description="0 is greedy; auto is the model's own")
    top_p: MaybeNumber = Field(None, gt=0, le=1, description="nucleus of the sampling; auto is the model's own")
    seed: Whole = Field(0, ge=0, le=2**63 - 1, description="seed of the sampling")


class VoiceSettings(BaseModel):
    """How Sotto hears and speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    asr: Literal["auto", "faster-whisper", "pocketsphinx"] = Field(
        AUTO, description="speech to text; auto is the best that is installed and loads offline"
    )
    asr_model: MaybePlace = Field(None, description="speech model: a local folder, or a name in the hub's cache")
    asr_device: Device = Field(AUTO, description="where faster-whisper runs: cpu, cuda, cuda:N; auto prefers a GPU")
    compute_type: Literal[
        "auto", "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16", "float32"
    ] = Field(AUTO, description="its number format; auto is int8 on a CPU, float16 on a GPU")
    beam_size: MaybeWhole = Field(None, ge=1, le=20, description="transcripts it weighs; auto: 1 on a CPU, 5 on a GPU")
    asr_threads: MaybeWhole = Field(None, ge=1, le=64, description="its CPU threads; auto is half the cores, at most 4")
    asr_share: MaybeNumber = Field(
        None, gt=0, le=64, description="cores it may keep busy while somebody speaks; auto is a quarter, at least 0.5"
    )
    tts: Literal["auto", "espeak-ng", "coqui"] = Field(
        AUTO, description="text to speech; auto is espeak-ng, or coqui if tts-model names a model"
    )
    tts_model: MaybePlace = Field(None, description="coqui's model (VITS or XTTS): folder, or name in a cache")
    tts_device: Device = Field(AUTO, description="where coqui runs; auto takes a GPU if there is one")
    tts_timeout_s: MaybeNumber = Field(
        None,
        gt=0,
        le=3600,
        description="a voice silent so long when sound is due is restarted; auto is 3, for coqui 60",
    )
    voice: MaybeName = Field(
        None, description="espeak-ng: a voice (en-gb, en-us+f3); coqui: a speaker, or a WAV file for XTTS to sound like"
    )
    rate_wpm: Whole = Field(
        165, ge=80, le=450, description="speed of speech in words a minute; a coqui voice's own counts as 165"
    )
    speech_rule_engine: MaybePlace = Field(
        None, description="folder where npm installed speech-rule-engine, which reads formulas; auto is built-in rules"
    )
    most_ahead_s: MaybeNumber = Field(
        None, gt=0, description="the writer pauses when more speech than this is unheard; auto follows from patience"
    )
    most_sound_ahead_s: float = Field(
        20.0, ge=1, le=600, description="sound made ahead of what is heard; an interruption throws it away"
    )
    turn_end: Literal["words", "silence"] = Field(
        "words", description="what ends a spoken turn: as much silence as its words ask for, or always the same"
    )
    silence_ms: Whole = Field(
        500, ge=100, le=10_000, description="silence that ends the user's turn, where the words do not tell more"
    )
    finished_silence_ms: Whole = Field(350, ge=100, le=10_000, description="the same after a complete sentence")
    unfinished_silence_ms: Whole = Field(1600, ge=100, le=10_000, description="the same after an unfinished one")
    smart_turn: MaybePlace = Field(
        None, description="a Smart Turn model (ONNX file) that also listens for the end of a turn; auto is none"
    )
    language: Name = Field("en", description="language that is spoken")


class TalkSettings(BaseModel):
    """The desktop client: which devices, and when the microphone is heard."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    input: MaybeName = Field(None, description="microphone: its number or a part of its name; auto is the system's own")
    output: MaybeName = Field(None, description="loudspeaker: its number or a part of its name")
    open_mic: bool = Field(False, description="always listen; otherwise the microphone is heard while space is held")
    toggle: bool = Field(
        False, description="a tap on the space bar begins and the next one ends, instead of holding it"
    )
    echo: Literal["none", "half", "cancel"] = Field(
        "half",
        description="the assistant's voice in an open microphone: 'none' (headphones), 'half' (deaf while it speaks), "
        "'cancel' (taken out; needs the extra 'aec')",
    )
    release_ms: Whole = Field(
        200, ge=50, le=2_000, description="space counts as let go when it has not repeated for so long"
    )
    buffer_ms: Whole = Field(50, ge=5, le=1_000, description="sound in the devices' buffers; more if speech stutters")


class ServerSettings(BaseModel):
    """Where the page and the interfaces for programs are served."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    host: Name = Field("127.0.0.1", description="address to listen on")
    port: Whole = Field(7860, ge=0, le=65_535, description="port to listen on; 0 takes a free one")
    api_key_file: MaybePlace = Field(
        None, description="keys that programs must bring (made by 'api-key'); auto: none on this machine, else no entry"
    )
    requests_per_minute: MaybeWhole = Field(
        None,
        ge=1,
        le=1_000_000,
        description="of each key; auto is 120, or no limit where no key is needed",
    )
    log_format: Literal["text", "json"] = Field("text", description="how the log is written to stderr")


class Settings(ServerSettings, TalkSettings, VoiceSettings, EngineSettings):
    """Every setting, checked. Immutable; `settings.model_copy(update={...})` does not check, `load_settings` does."""


@dataclass(frozen=True, slots=True)
class Given:
    """One value with the place the user wrote it at."""

    field: str
    value: object
    place: str  # "option", "environment variable", "sotto.toml: key"
    spell: Callable[[str], str]  # how a field is written there: --port, SOTTO_PORT, port

    @property
    def source(self) -> str:
        return f"{self.place} {self.spell(self.field)}"


def load_settings(
    config_file: Path | None = None,
    environ: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
) -> Settings:
    """The settings from all layers. `flags` maps field names to values; None means not given.

    Raises SettingsError for an unreadable file, an unknown name or a value that is not allowed.
    """
    layers = [
        *_from_file(config_file),
        *_from_environment({} if environ is None else environ),
        *_from_flags({} if flags is None else flags),
    ]
    for given in layers:
        _check_name(given)
    winners = {given.field: given for given in layers}
    try:
        return Settings.model_validate({field: given.value for field, given in winners.items()})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(_explain(winners[str(first["loc"][0])], first["msg"])) from None


def option_name(field: str) -> str:
    """The command line's name of a setting: `step_ms` is `--step-ms`."""
    return "--" + field.replace("_", "-")


def variable_name(field: str) -> str:
    """The environment's name of a setting: `step_ms` is `SOTTO_STEP_MS`."""
    return ENVIRONMENT_PREFIX + field.upper()


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The allowed words of a setting that is a closed list, else nothing."""
    return get_args(field.annotation) if all(isinstance(word, str) for word in get_args(field.annotation)) else ()


def nearest(word: str, known: list[str]) -> str:
    """A hint like "; did you mean 'port'?" when something known looks like `word`, else nothing."""
    match = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean '{match[0]}'?" if match else ""


def _from_file(path: Path | None) -> Iterator[Given]:
    if path is None:
        return
    for key, value in _read_toml(path).items():
        yield Given(key, value, f"{path}: key", str)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SettingsError(f"cannot read the configuration file {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number without end, tables without end
        raise SettingsError(f"{path} is not valid TOML: {error}") from None


def _from_environment(environ: Mapping[str, str]) -> Iterator[Given]:
    for name in sorted(environ):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in NOT_SETTINGS:
            field = name.removeprefix(ENVIRONMENT_PREFIX).lower()
            yield Given(field, environ[name], "environment variable", variable_name)


def _from_flags(flags: Mapping[str, object]) -> Iterator[Given]:
    for field, value in flags.items():
        if value is not None:
            yield Given(field, value, "option", option_name)


def _check_name(given: Given) -> None:
    known = list(Settings.model_fields)
    if given.field in known:
        return
    if isinstance(given.value, dict):
        raise SettingsError(f"{given.source} is a table; settings stand at the top level of the file, without tables")
    spelled = [given.spell(field) for field in known]
    hint = nearest(given.spell(given.field), spelled)
    raise SettingsError(f"{given.source} is not a setting{hint or '; known are ' + ', '.join(spelled)}")


def _explain(given: Given, message: str) -> str:
    """One line: where, what was found, what is allowed, what was perhaps meant."""
    allowed = message.removeprefix("Value error, ")
    allowed = allowed.replace("Input should", "should").replace("String should", "should")
    hint = nearest(str(given.value), list(choices(Settings.model_fields[given.field])))
    return f"{given.source} is {given.value!r}; it {allowed}{hint}"

"""The script of a measurement: who says what when, and what must come of it. TOML, checked strictly.

The format is described in assets/docs/latency.md. Knows no sound but whether a file is there.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.config import nearest
from app.errors import InputError

USER_VOICE = "en-us+m3"  # not the assistant's; the bundled recogniser hears it as well as any (assets/docs/latency.md)
USER_RATE_WPM = 150
LONGEST_MS = 60_000


class After(StrEnum):
    """What a late addition waits for."""

    END_OF_SPEECH = "end_of_speech"  # or of typing
    FIRST_ANSWER = "first_answer"  # the first written token
    FIRST_SOUND = "first_sound"


def _speakable(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("should have at least one word")
    return text


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Words = Annotated[str, AfterValidator(_speakable)]
Duration = Annotated[int, Field(ge=0, le=LONGEST_MS)]
Limit = Annotated[int | None, Field(gt=0)]
Rate = Annotated[int | None, Field(ge=80, le=450)]
Texts = Annotated[list[Words], BeforeValidator(_listed)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def _one_of(self, *names: str) -> None:
        given = [name for name in names if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(f"'{name}'" for name in given) or "none of them"
            raise ValueError(f"should have exactly one of {', '.join(names)}; it has {found}")


class Part(_Table):
    """A piece of what is said in one turn. pause_ms: silence before it."""

    say: Words | None = None
    wav: str | None = None
    rate_wpm: Rate = None
    pause_ms: Duration = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._one_of("say", "wav")
        return self


class Late(_Table):
    """Something said or typed when the turn's words are over already: at_ms after that moment."""

    say: Words | None = None
    wav: str | None = None
    type: Words | None = None
    rate_wpm: Rate = None
    after: Annotated[After, Field(strict=False)] = After.END_OF_SPEECH
    at_ms: Duration = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._one_of("say", "wav", "type")
        return self


class Bounds(_Table):
    """What a delay may be at most."""

    max_e2e_ms: Limit = None
    max_total_delay_ms: Limit = None
    max_interrupt_ms: Limit = None


class Turn(Bounds):
    """One turn of the user. pause_ms: quiet since the assistant has finished; interrupt_at_ms: instead, so long after
    the assistant's first sound. text: the words of a WAV, for the simulation. result: the word of the answer that
    carries what was asked for.
    """

    say: Words | None = None
    wav: str | None = None
    type: Words | None = None
    parts: list[Part] | None = Field(None, min_length=1)
    text: Words | None = None
    rate_wpm: Rate = None
    pause_ms: Duration | None = None
    interrupt_at_ms: Duration | None = None
    late: list[Late] = []
    result: Words | None = None
    must_contain: Texts = []
    must_not_contain: Texts = []

    @model_validator(mode="after")
    def _check(self) -> Self:
        self._one_of("say", "wav", "type", "parts")
        if self.type is not None and self.max_e2e_ms is not None:
            raise ValueError("has 'max_e2e_ms', which counts from speech, and is typed; use 'max_total_delay_ms'")
        if self.max_interrupt_ms is not None and self.interrupt_at_ms is None:
            raise ValueError("has 'max_interrupt_ms' and interrupts nobody; give it 'interrupt_at_ms'")
        if self.type is not None and self.max_interrupt_ms is not None:
            raise ValueError("has 'max_interrupt_ms', which counts from the user's voice, and is typed")
        if self.pause_ms is not None and self.interrupt_at_ms is not None:
            raise ValueError("has 'pause_ms', which waits for the end, and 'interrupt_at_ms', which does not")
        return self

    @property
    def spoken(self) -> bool:
        return self.type is None

    @property
    def pieces(self) -> list[Part]:
        """What is said, piece by piece; nothing for a typed turn."""
        if self.parts is not None:
            return [part.model_copy(update={"rate_wpm": part.rate_wpm or self.rate_wpm}) for part in self.parts]
        return [Part(say=self.say, wav=self.wav, rate_wpm=self.rate_wpm)] if self.spoken else []

    @property
    def words(self) -> str | None:
        """All that is said or typed, late additions left out; None where a WAV has no `text`."""
        if self.type is not None or self.text is not None:
            return self.type or self.text
        said = [part.say for part in self.pieces]
        return None if None in said else " ".join(filter(None, said))

    @property
    def expected(self) -> str | None:
        """The word of the answer that is waited for."""
        return self.result or next(iter(self.must_contain), None)


class Script(_Table):
    """A whole script. voice: espeak-ng's name of the user's voice; timeout_s: after which a turn is given up."""

    name: str = ""
    voice: Annotated[str, Field(min_length=1)] = USER_VOICE
    rate_wpm: Annotated[int, Field(ge=80, le=450)] = USER_RATE_WPM
    pause_ms: Duration = 500
    timeout_s: Annotated[int, Field(ge=1, le=3600)] = 120
    bounds: Bounds = Bounds()
    turn: Annotated[list[Turn], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.turn[0].interrupt_at_ms is not None:
            raise ValueError("turn 1 has 'interrupt_at_ms', and there is nothing to interrupt yet")
        for number, (turn, following) in enumerate(pairwise(self.turn), 1):
            if turn.max_total_delay_ms is not None and following.interrupt_at_ms is not None:
                raise ValueError(f"turn {number} has 'max_total_delay_ms' and is interrupted by turn {number + 1}")
        return self


def read_script(path: Path) -> Script:
    """The script in this file, its name that of the file if it has none. Raises InputError, in one line."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"cannot read the script {path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number without end, tables without end
        raise InputError(f"{path} is not valid TOML: {error}") from None
    try:
        script = Script.model_validate(table)
    except ValidationError as error:
        raise InputError(f"{path}: {_explain(error)}") from None
    for number, turn in enumerate(script.turn, 1):
        for wav in [*(piece.wav for piece in turn.pieces), *(late.wav for late in turn.late)]:
            if wav is not None and not (path.parent / wav).is_file():
                raise InputError(f"{path}: turn {number}: there is no file {path.parent / wav}")
    return script if script.name else script.model_copy(update={"name": path.stem})


def _explain(error: ValidationError) -> str:
    """Where, what was found, what is allowed, what was perhaps meant: of the first fault."""
    first = error.errors(include_url=False)[0]
    place = list(first["loc"])
    match first["type"]:
        case "extra_forbidden":
            known = _keys(place[:-1])
            return f"{_where(place[:-1])}unknown key '{place[-1]}'{nearest(str(place[-1]), known) or _all(known)}"
        case "missing":
            return f"{_where(place[:-1])}there is no '{_spelled(place[-1])}'"
        case _:
            message = (
                first["msg"]
                .removeprefix("Value error, ")
                .replace("Input should", "should")
                .replace("String should", "should")
                .replace("List should", "should")
            )
            found = "" if isinstance(first["input"], dict) else f" is {first['input']!r}; it"
            subject = f"'{place[-1]}'{found} " if place and isinstance(place[-1], str) else ""
            return f"{_where(place[:-1] if subject else place)}{subject}{message}"


def _where(place: list[Any]) -> str:
    """`turn 2, late 1: ` for ("turn", 1, "late", 0)."""
    names = [f"{name} {number + 1}" for name, number in pairwise(place) if isinstance(number, int)]
    tables = [name for index, name in enumerate(place) if isinstance(name, str) and index + 1 == len(place)]
    return "".join(f"{', '.join([*names, *tables])}: " if names or tables else "")


def _keys(place: list[Any]) -> list[str]:
    names = [name for name in place if isinstance(name, str)]
    tables: dict[str, type[_Table]] = {"turn": Turn, "late": Late, "parts": Part, "bounds": Bounds}
    return list((tables[names[-1]] if names else Script).model_fields)


def _all(known: list[str]) -> str:
    return f"; known are {', '.join(known)}"


def _spelled(name: object) -> str:
    return "[[turn]]" if name == "turn" else str(name)

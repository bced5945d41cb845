"""Admission: who may ask this server, and how often. Knows headers, no server.

On a loopback address everybody on this machine may, with any key or none; a key file makes keys needed there too.
Beyond it, nobody may without a key. A page of another origin may not in any case: browsers would let any page on the
web speak for its visitor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from app.api.allowance import Allowance
from app.api.errors import FORBIDDEN, RATE_LIMIT, TOO_MANY, UNAUTHORIZED, ApiError
from app.api.keys import Keys
from app.config import Settings
from app.web.access import is_loopback, same_origin

PER_MINUTE = 120  # of a key, unless the settings say otherwise
ANYBODY = "anybody"
SCHEME = "bearer "


class Admission:
    """Raises SettingsError if the key file cannot be used."""

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._keys = None if settings.api_key_file is None else Keys(Path(settings.api_key_file))
        self._closed = self._keys is None and not is_loopback(settings.host)
        asked = settings.requests_per_minute
        self._allowance = Allowance(PER_MINUTE if asked is None and self._keys else asked, clock)

    def caller(self, headers: Mapping[str, str]) -> str:
        """The name of the key that came with these headers, or `ANYBODY`. Raises ApiError."""
        origin = headers.get("origin")
        if origin is not None and not same_origin(origin, headers.get("host", "")):
            raise ApiError("Pages of other origins may not ask this server.", status=FORBIDDEN, code="foreign_origin")
        if self._closed:
            raise _unauthorized(
                "This server can be reached from other machines and has no API keys, so programs may not ask it. Start "
                "it with --api-key-file, or on a loopback address.",
                "no_api_keys",
            )
        if self._keys is None:
            return ANYBODY
        given = headers.get("authorization", "")
        if not given.lower().startswith(SCHEME):
            raise _unauthorized("You didn't provide an API key; send it as 'Authorization: Bearer KEY'.", None)
        name = self._keys.name_of(given[len(SCHEME) :].strip())
        if name is None:
            raise _unauthorized("Incorrect API key provided.", "invalid_api_key")
        return name

    def spend(self, caller: str) -> None:
        """Counts a request. Raises ApiError if the caller has sent too many."""
        wait_s = self._allowance.wait_s(caller)
        if wait_s > 0:
            raise ApiError(
                f"Rate limit reached; try again in {wait_s:.1f} s.",
                status=TOO_MANY,
                kind=RATE_LIMIT,
                code="rate_limit_exceeded",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Why a program with these headers may not open a socket; None if it may."""
        try:
            self.spend(self.caller(headers))
        except ApiError as error:
            return str(error)
        return None


def _unauthorized(message: str, code: str | None) -> ApiError:
    return ApiError(message, status=UNAUTHORIZED, code=code, headers={"WWW-Authenticate": "Bearer"})

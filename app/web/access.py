"""Access: who may open a socket. Pure; knows headers and secrets, no server.

Browsers send an Origin, and any page on the web may try to reach a server on this machine. So a socket from a browser
must come from a page of this server (same origin) and carry a secret which that page was given. On a loopback address
the Host must be a loopback name too, or a foreign name that resolves here could pose as this server (DNS rebinding).
Programs send no Origin; they need no secret, but a wrong one is refused.
"""

import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

SECRET_BYTES = 24
MOST_SECRETS = 10_000
LIFETIME_S = 12 * 3600.0
LOOPBACK_NAMES = {"localhost"}


class Secrets:
    """The secrets given to pages. One is good until it has not been used for `LIFETIME_S`; the least used go first."""

    def __init__(self, clock: Callable[[], float], most: int = MOST_SECRETS, lifetime_s: float = LIFETIME_S) -> None:
        self._clock = clock
        self._most = most
        self._lifetime_s = lifetime_s
        self._last_use_s: OrderedDict[str, float] = OrderedDict()

    def issue(self) -> str:
        """A new secret."""
        while len(self._last_use_s) >= self._most:
            self._last_use_s.popitem(last=False)
        secret = secrets.token_urlsafe(SECRET_BYTES)
        self._last_use_s[secret] = self._clock()
        return secret

    def use(self, secret: str) -> bool:
        """Whether the secret is good; it is then good for another lifetime."""
        last_use_s = self._last_use_s.pop(secret, None)
        if last_use_s is None or self._clock() - last_use_s > self._lifetime_s:
            return False
        self._last_use_s[secret] = self._clock()
        return True


def refusal(headers: Mapping[str, str], secret: str | None, known: Secrets, bound_host: str) -> str | None:
    """Why a socket with these headers and this secret is refused; None if it is welcome."""
    origin = headers.get("origin")
    public_host = headers.get("x-forwarded-host") or headers.get("host", "")
    if complaint := foreign_host(headers, bound_host):
        return complaint
    if origin is not None and not same_origin(origin, public_host):
        return f"pages of {origin} may not connect here"
    if secret is None:
        return None if origin is None else "the page sent no session secret"
    return None if known.use(secret) else "the session secret is unknown; reload the page"


def foreign_host(headers: Mapping[str, str], bound_host: str) -> str | None:
    """Why a request with this Host is not meant for a server on a loopback address; None if it is."""
    host = headers.get("host", "")
    if not is_loopback(bound_host) or is_loopback(_host_name(host)):
        return None
    return f"This server listens on {bound_host} only and does not answer to the name {host!r}; use --host to serve it."


def same_origin(origin: str, host: str) -> bool:
    """Whether a page of this origin was served under this Host (name and port)."""
    parts = urlsplit(origin)
    return parts.scheme in {"http", "https"} and bool(host) and parts.netloc.lower() == host.lower()


def is_loopback(name: str) -> bool:
    """Whether a host name or address means this machine only."""
    if name.lower().rstrip(".") in LOOPBACK_NAMES or name.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _host_name(host: str) -> str:
    """`[::1]:7860` is `::1`, `localhost:7860` is `localhost`."""
    return urlsplit(f"//{host}").hostname or ""

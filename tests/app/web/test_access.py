"""Who may open a socket: pages of this server with their secret, and programs; nobody's foreign page."""

import pytest

from app.web.access import Secrets, is_loopback, refusal, same_origin

HERE = {"host": "127.0.0.1:7860"}
PAGE = HERE | {"origin": "http://127.0.0.1:7860"}


class Clock:
    """A clock that stands still until it is set."""

    now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_page_with_its_secret_is_welcome() -> None:
    secrets = Secrets(Clock())
    assert refusal(PAGE, secrets.issue(), secrets, "127.0.0.1") is None


def test_a_page_without_a_secret_or_with_a_wrong_one_is_refused() -> None:
    secrets = Secrets(Clock())
    secrets.issue()
    assert "no session secret" in (refusal(PAGE, None, secrets, "127.0.0.1") or "")
    assert "unknown" in (refusal(PAGE, "guess", secrets, "127.0.0.1") or "")


def test_a_foreign_page_is_refused_even_with_a_secret() -> None:
    secrets = Secrets(Clock())
    headers = HERE | {"origin": "https://evil.example"}
    assert "evil.example" in (refusal(headers, secrets.issue(), secrets, "127.0.0.1") or "")


def test_a_program_needs_no_secret_but_must_not_guess() -> None:
    secrets = Secrets(Clock())
    assert refusal(HERE, None, secrets, "127.0.0.1") is None
    assert refusal(HERE, "guess", secrets, "127.0.0.1") is not None


def test_a_foreign_name_that_resolves_here_is_refused() -> None:
    secrets = Secrets(Clock())
    rebound = {"host": "evil.example:7860", "origin": "http://evil.example:7860"}
    assert "evil.example" in (refusal(rebound, secrets.issue(), secrets, "127.0.0.1") or "")
    assert refusal(rebound, secrets.issue(), secrets, "0.0.0.0") is None  # told to serve every name


def test_a_proxy_may_name_the_public_host() -> None:
    secrets = Secrets(Clock())
    proxied = HERE | {"origin": "https://voice.example", "x-forwarded-host": "voice.example"}
    assert refusal(proxied, secrets.issue(), secrets, "127.0.0.1") is None


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:7860", "localhost:7860", True),
        ("https://Voice.Example", "voice.example", True),
        ("http://localhost:7861", "localhost:7860", False),
        ("null", "localhost:7860", False),
        ("file://", "", False),
        ("chrome-extension://abc", "abc", False),
    ],
)
def test_origin_is_compared_with_name_and_port(origin: str, host: str, same: bool) -> None:
    assert same_origin(origin, host) is same


@pytest.mark.parametrize(
    ("name", "loopback"),
    [
        *[("localhost", True), ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("sotto.localhost", True)],
        *[("0.0.0.0", False), ("192.168.1.5", False), ("localhost.evil.example", False), ("", False)],
    ],
)
def test_loopback_names(name: str, loopback: bool) -> None:
    assert is_loopback(name) is loopback


def test_a_secret_is_good_for_a_lifetime_after_its_last_use() -> None:
    clock = Clock()
    secrets = Secrets(clock, lifetime_s=60.0)
    secret = secrets.issue()
    for _ in range(3):
        clock.now_s += 59
        assert secrets.use(secret)
    clock.now_s += 61
    assert not secrets.use(secret)
    assert not secrets.use(secret)


def test_the_least_used_secret_goes_when_there_are_too_many() -> None:
    secrets = Secrets(Clock(), most=2)
    first, second = secrets.issue(), secrets.issue()
    secrets.use(first)
    third = secrets.issue()
    assert (secrets.use(first), secrets.use(second), secrets.use(third)) == (True, False, True)

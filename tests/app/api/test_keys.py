"""Keys, allowances and who may ask."""

from pathlib import Path

import pytest

from app.api.admission import ANYBODY, PER_MINUTE, Admission
from app.api.allowance import Allowance
from app.api.errors import ApiError
from app.api.keys import Keys, add_key, read_keys
from app.cli import main
from app.config import load_settings
from app.errors import InputError, SettingsError
from tests.app.api.clock import Clock


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_the_file_holds_hashes_and_only_its_owner_may_read_it(file: Path) -> None:
    key = add_key(file, "laptop")
    assert key.startswith("sotto-") and len(key) > 40
    assert key not in file.read_text() and key.removeprefix("sotto-") not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert Keys(file).name_of(key) == "laptop"
    assert Keys(file).name_of(key + "x") is None and Keys(file).name_of("\udcff") is None


def test_many_keys_have_names_of_their_own(file: Path) -> None:
    first, second = add_key(file, "a"), add_key(file, "b")
    assert first != second and [Keys(file).name_of(key) for key in (first, second)] == ["a", "b"]
    with pytest.raises(InputError, match="already"):
        add_key(file, "a")
    for name in ("", "two words", "x" * 65, "a\nb"):
        with pytest.raises(InputError, match="name"):
            add_key(file, name)
    assert set(read_keys(file).values()) == {"a", "b"}


def test_a_key_that_is_taken_out_is_refused_at_once_and_a_lost_file_lets_nobody_in(file: Path) -> None:
    first, second = add_key(file, "a"), add_key(file, "b")
    keys = Keys(file)
    file.write_text("\n".join(line for line in file.read_text().splitlines() if not line.startswith("a ")))
    assert (keys.name_of(first), keys.name_of(second)) == (None, "b")
    file.unlink()
    assert keys.name_of(second) is None


@pytest.mark.parametrize(("content", "says"), [(None, "cannot read"), ("", "no key"), ("a b", "line 1")])
def test_a_file_without_keys_is_refused_in_one_line(file: Path, content: str | None, says: str) -> None:
    if content is not None:
        file.write_text(content)
    with pytest.raises(SettingsError, match=says):
        Keys(file)


def test_the_command_shows_the_key_once(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["api-key", "--name", "phone", "--api-key-file", str(file)]) == 0
    assert Keys(file).name_of(capsys.readouterr().out.strip()) == "phone"
    assert main(["api-key", "--name", "phone", "--api-key-file", str(file)]) == 2
    assert main(["api-key", "--name", "phone"]) == 2


def test_serving_other_machines_needs_keys(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "--api-key-file" in capsys.readouterr().err


def test_an_allowance_lets_a_burst_through_and_then_so_many_a_minute() -> None:
    clock = Clock()
    allowance = Allowance(60, clock)
    assert [allowance.wait_s("a") for _ in range(11)] == [0.0] * 10 + [1.0]
    assert allowance.wait_s("b") == 0.0
    clock.now_s += 1.0
    assert [allowance.wait_s("a") for _ in range(2)] == [0.0, 1.0]


def test_one_request_a_minute_is_one_request_a_minute() -> None:
    clock = Clock()
    allowance = Allowance(1, clock)
    assert [allowance.wait_s("a") for _ in range(2)] == [0.0, 60.0]


def admission(**flags: object) -> Admission:
    return Admission(load_settings(flags=flags), Clock())


def refusal(asked: Admission, headers: dict[str, str]) -> ApiError:
    with pytest.raises(ApiError) as error:
        asked.caller(headers)
    return error.value


def test_on_this_machine_any_key_is_good_and_none_too() -> None:
    open_to_all = admission()
    assert open_to_all.caller({"host": "localhost"}) == ANYBODY
    assert open_to_all.caller({"host": "localhost", "authorization": "Bearer none"}) == ANYBODY
    for _ in range(1000):
        open_to_all.spend(ANYBODY)


def test_beyond_this_machine_nobody_may_ask_without_keys() -> None:
    error = refusal(admission(host="0.0.0.0"), {"host": "example.org", "authorization": "Bearer x"})
    assert (error.status, error.code) == (401, "no_api_keys")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_with_a_key_file_a_key_is_needed_everywhere(file: Path, host: str) -> None:
    key = add_key(file, "laptop")
    asked = admission(host=host, api_key_file=str(file))
    assert asked.caller({"authorization": f"bearer {key}"}) == "laptop"
    assert refusal(asked, {}).status == 401
    assert refusal(asked, {"authorization": "Bearer wrong"}).code == "invalid_api_key"
    assert refusal(asked, {"authorization": f"Basic {key}"}).status == 401
    assert asked.refusal({"authorization": "Bearer wrong"}) == "Incorrect API key provided."


def test_a_key_has_its_rate_and_is_told_when_to_come_again(file: Path) -> None:
    add_key(file, "laptop")
    asked = admission(api_key_file=str(file))
    for _ in range(PER_MINUTE // 6):
        asked.spend("laptop")
    with pytest.raises(ApiError) as error:
        asked.spend("laptop")
    assert (error.value.status, error.value.headers) == (429, {"Retry-After": "1"})
    asked.spend("another")


def test_pages_of_other_origins_are_refused_whatever_key_they_bring() -> None:
    headers = {"host": "localhost:7860", "origin": "http://localhost:7860"}
    assert admission().caller(headers) == ANYBODY
    for origin in ("https://evil.example", "null", "http://localhost:1"):
        assert refusal(admission(), headers | {"origin": origin}).code == "foreign_origin"

"""Settings, their layers and what is said about bad ones."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.config import Settings, load_settings, option_name, variable_name
from app.errors import SettingsError
from engine.methods import METHODS

EXAMPLE = Path(__file__).parents[2] / "assets" / "config" / "example.toml"


def toml(folder: Path, text: str) -> Path:
    file = folder / "sotto.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refusal(file: Path | None = None, environ: dict[str, str] | None = None, **flags: object) -> str:
    """The one line that refuses these settings."""
    with pytest.raises(SettingsError) as error:
        load_settings(file, environ, flags)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_example_file_holds_every_setting_with_its_default() -> None:
    assert list(tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))) == list(Settings.model_fields)
    assert load_settings(EXAMPLE) == load_settings() == Settings()


def test_later_layers_win(tmp_path: Path) -> None:
    file = toml(tmp_path, 'method = "think"\nseed = 1\nport = 1000')
    settings = load_settings(file, {"SOTTO_SEED": "2", "SOTTO_PORT": "2000"}, {"port": "3000", "host": None})
    assert (settings.method, settings.seed, settings.port, settings.host) == ("think", 2, 3000, "127.0.0.1")


def test_a_bad_value_that_a_later_layer_overrides_does_not_matter(tmp_path: Path) -> None:
    assert load_settings(toml(tmp_path, "port = 99999"), {}, {"port": "80"}).port == 80


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_can_be_given_in_every_layer(field: str, tmp_path: Path) -> None:
    value = getattr(Settings(), field)
    word = "auto" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    quoted = word if isinstance(value, int) else f'"{word}"'
    assert load_settings(toml(tmp_path, f"{field} = {quoted}")) == Settings()
    assert load_settings(None, {variable_name(field): word}) == Settings()
    assert load_settings(None, None, {field: word}) == Settings()


def test_auto_is_no_number_of_ones_own() -> None:
    settings = load_settings(None, {"SOTTO_STEP_MS": "auto", "SOTTO_THREADS": "4"})
    assert (settings.step_ms, settings.threads) == (None, 4)


def test_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert load_settings(None, None, {"model": "~/models/x"}).model == "/home/someone/models/x"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc]


def test_other_variables_and_the_command_lines_own_are_left_alone() -> None:
    assert load_settings(None, {"PATH": "x", "SOTTO_DEBUG": "1", "SOTTO_CONFIG": "f", "SOTTOX": "1"}) == Settings()


@pytest.mark.parametrize(
    ("environ", "flags", "source", "found", "allowed"),
    [
        ({"SOTTO_METHOD": "asinc"}, {}, "environment variable SOTTO_METHOD", "'asinc'", "did you mean 'async'?"),
        ({"SOTTO_SEED": ""}, {}, "environment variable SOTTO_SEED", "''", "should be a valid integer"),
        ({}, {"port": "99999"}, "option --port", "'99999'", "less than or equal to 65535"),
        ({}, {"step_ms": "nan"}, "option --step-ms", "'nan'", "finite"),
        ({}, {"device": "gpu"}, "option --device", "'gpu'", "'auto', 'cpu', 'cuda', 'cuda:N' or 'mps'"),
        ({}, {"device": "cuda:"}, "option --device", "'cuda:'", "'cuda:N'"),
        ({}, {"top_p": "0"}, "option --top-p", "'0'", "greater than 0"),
    ],
)
def test_bad_value_names_its_source_what_was_found_and_what_is_allowed(
    environ: dict[str, str], flags: dict[str, object], source: str, found: str, allowed: str
) -> None:
    message = refusal(None, environ, **flags)
    assert message.startswith(f"{source} is {found}")
    assert allowed in message


def test_bad_value_in_a_file_names_file_and_key(tmp_path: Path) -> None:
    file = toml(tmp_path, "seed = true")
    assert refusal(file) == f"{file}: key seed is True; it should be a whole number"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("step-ms = 3", "key step-ms is not a setting; did you mean 'step_ms'?"),
        ("[server]\nport = 3", "key server is a table; settings stand at the top level"),
        ("xyzzy = 3", "known are model, device"),
        ("port = = 3", "is not valid TOML"),
    ],
)
def test_bad_file_says_what_is_wrong(text: str, part: str, tmp_path: Path) -> None:
    assert part in refusal(toml(tmp_path, text))


def test_unknown_variable_names_the_nearest_one() -> None:
    expected = "environment variable SOTTO_METOD is not a setting; did you mean 'SOTTO_METHOD'?"
    assert refusal(None, {"SOTTO_METOD": "async"}) == expected


def test_missing_file_is_named(tmp_path: Path) -> None:
    assert f"cannot read the configuration file {tmp_path / 'none.toml'}" in refusal(tmp_path / "none.toml")


@given(st.dictionaries(st.sampled_from(list(Settings.model_fields)), st.text(max_size=12), max_size=4))
def test_any_words_give_settings_or_one_readable_line(flags: dict[str, str]) -> None:
    try:
        settings = load_settings(None, None, flags)
    except SettingsError as error:
        assert str(error).startswith("option --")
    else:
        assert Settings.model_validate(settings.model_dump()) == settings


def test_every_method_of_the_engine_can_be_chosen() -> None:
    for method in METHODS:
        assert load_settings(None, None, {"method": method}).method == method


def test_names_in_the_layers_follow_from_the_field() -> None:
    assert (option_name("step_ms"), variable_name("step_ms")) == ("--step-ms", "SOTTO_STEP_MS")


def test_a_mark_before_the_first_byte_of_a_file_is_no_fault(tmp_path: Path) -> None:
    assert load_settings(toml(tmp_path, "\ufeffseed = 3")).seed == 3


@pytest.mark.parametrize("text", ["seed = " + "9" * 5000, "a = " + "[" * 5000])
def test_toml_without_end_is_refused_in_one_line(text: str, tmp_path: Path) -> None:
    assert "is not valid TOML" in refusal(toml(tmp_path, text))

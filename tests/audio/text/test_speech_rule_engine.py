"""The resident reader of formulas: asked, hung, killed, missing. Speech goes on with the built-in rules each time.

The process is a real Node with a stand-in for the package; the package itself is tried where
SOTTO_SPEECH_RULE_ENGINE names the folder it was installed in.
"""

import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audio.errors import FormulaReaderUnavailable
from audio.text.formulas import mathml, speech_rule_engine
from audio.text.formulas.node import HUNG_AFTER_S, NoAnswer
from audio.text.formulas.speech_rule_engine import PAUSE_BETWEEN_STARTS_S, SpeechRuleEngine, install_command
from audio.text.formulas.words import formula_in_words
from audio.text.gold import load_samples, wrong
from audio.text.speakable import speakable

INSTALLED = os.environ.get("SOTTO_SPEECH_RULE_ENGINE", "")
GOLD = Path(__file__).parents[3] / "assets" / "audio" / "gold_speech.toml"
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")
STAND_IN = """
exports.version = "0";
exports.setupEngine = async () => {};
exports.engineReady = async () => {};
exports.toSpeech = (mathml) => {
  if (mathml.includes("hang")) { for (;;) {} }
  if (mathml.includes("die")) { process.exit(3); }
  if (mathml.includes("fault")) { throw new Error("no such rule"); }
  return mathml.includes("<math") ? "" : "said " + mathml;
};
"""


class Clock:
    """Time that passes when told."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where npm would have installed the package; LaTeX goes through as it is."""
    package = tmp_path / "node_modules" / "speech-rule-engine"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": "0", "main": "index.js"}))
    (package / "index.js").write_text(STAND_IN)
    monkeypatch.setattr(speech_rule_engine, "to_mathml", lambda latex: latex)
    monkeypatch.setattr(speech_rule_engine.importlib.util, "find_spec", lambda name: object())
    return tmp_path


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(folder: Path, clock: Clock) -> Iterator[SpeechRuleEngine]:
    engine = SpeechRuleEngine(folder, longest_answer_s=2.0, clock=clock)
    engine.process.wait_until_ready(30.0)
    yield engine
    engine.close()


def until(true: Callable[[], bool]) -> None:
    end_s = time.monotonic() + 20.0
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.01)


@needs_node
def test_a_formula_is_read_by_the_process_and_its_numbers_are_words(engine: SpeechRuleEngine) -> None:
    assert engine.read("x, 23rd of 4") == "said x, twenty-third of four"
    assert engine.read("second") == "said second"
    assert engine.fallbacks == 0


@needs_node
@pytest.mark.parametrize("latex", ["fault^2", "<math^2"])
def test_what_it_cannot_read_is_read_by_the_rules(
    latex: str, engine: SpeechRuleEngine, caplog: pytest.LogCaptureFixture
) -> None:
    process_id = engine.process.process_id
    with caplog.at_level(logging.WARNING):
        assert engine.read(latex) == formula_in_words(latex)
    assert "is read by built-in rules" in caplog.text
    assert engine.read("on") == "said on" and engine.process.process_id == process_id


@needs_node
def test_speech_does_not_wait_while_it_starts(folder: Path) -> None:
    slow = STAND_IN.replace("async () => {}", "() => new Promise((done) => setTimeout(done, 60000))")
    (folder / "node_modules" / "speech-rule-engine" / "index.js").write_text(slow)
    engine = SpeechRuleEngine(folder, longest_answer_s=20.0)
    try:
        began_s = time.monotonic()
        assert engine.read("x^2") == "x squared"
        assert time.monotonic() - began_s < 5.0
        assert engine.fallbacks == 1
    finally:
        engine.close()


@needs_node
def test_a_process_that_died_is_replaced(engine: SpeechRuleEngine, clock: Clock) -> None:
    first = engine.process
    assert engine.read("die^2") == formula_in_words("die^2")
    assert engine.read("x^2") == "x squared", "not at once: it might die again and again"
    clock.now_s += PAUSE_BETWEEN_STARTS_S
    assert engine.read("x^2") == "x squared", "nobody waits for the new one"
    assert engine.process is not first
    engine.process.wait_until_ready(30.0)
    assert engine.read("x^2") == "said x^2".replace("2", "two")
    assert engine.fallbacks == 3


@needs_node
def test_a_process_that_hangs_is_given_up_after_the_time_limit_and_replaced(folder: Path, clock: Clock) -> None:
    engine = SpeechRuleEngine(folder, longest_answer_s=0.2, clock=clock)
    try:
        engine.process.wait_until_ready(30.0)
        began_s = time.monotonic()
        assert engine.read("hang^2") == formula_in_words("hang^2")
        assert time.monotonic() - began_s < 5.0
        hung = engine.process
        clock.now_s += HUNG_AFTER_S / 2
        assert engine.read("x") == "x" and not hung.lost, "it may only be slow"
        clock.now_s += HUNG_AFTER_S
        assert engine.read("x") == "x" and hung.lost
        engine.read("x")
        assert engine.process is not hung and not hung.end.alive
        engine.process.wait_until_ready(30.0)
        until(lambda: engine.read("x") == "said x")
    finally:
        engine.close()


@needs_node
def test_a_package_that_cannot_be_loaded_says_why_and_speech_goes_on(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "node_modules" / "speech-rule-engine" / "index.js").write_text("throw new Error('broken build');")
    engine = SpeechRuleEngine(folder)
    try:
        with pytest.raises(NoAnswer, match="broken build"):
            engine.process.wait_until_ready(30.0)
        assert engine.read("x^2") == "x squared"
    finally:
        engine.close()


@needs_node
def test_closing_ends_the_process_and_formulas_are_still_read(engine: SpeechRuleEngine) -> None:
    engine.close()
    engine.close()
    assert engine.read("x^2") == "x squared"


@needs_node
def test_a_text_is_spoken_with_it(engine: SpeechRuleEngine) -> None:
    assert speakable("So $x$ is 5.", engine) == "So said x is five."


@pytest.mark.parametrize("missing", ["node", "package", "converter", "damaged"])
def test_what_is_missing_is_named_with_the_command(missing: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None if missing == "node" else "/usr/bin/node")
    package = folder / "node_modules" / "speech-rule-engine" / "package.json"
    if missing == "package":
        package.unlink()
    if missing == "damaged":
        package.write_text("{")
    if missing == "converter":
        monkeypatch.setattr(speech_rule_engine.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FormulaReaderUnavailable) as error:
        SpeechRuleEngine(folder)
    assert "Node.js" in str(error.value) if missing == "node" else install_command(folder) in str(error.value)


@pytest.mark.parametrize(
    ("latex", "prepared"),
    [
        (r"\boxed{42}", "{42}"),
        (r"1{,}234 + 1\,000", "1234 + 1000"),
        (r"\$5.50", r"\text{five dollars and fifty cents}"),
        (r"3\,\text{kg} + 1 \mathrm{m}", r"3\text{ kilograms} + 1\text{ meter}"),
        (r"90^\circ, 20^{\circ}\text{C}", r"90\text{ degrees}, 20\text{ degrees Celsius}"),
        (r"\binom{n}{k}", r"{n}\text{ choose }{k}"),
        (r"P(A \mid B)", r"P(A \text{ given } B)"),
    ],
)
def test_the_converter_gets_what_it_knows(latex: str, prepared: str) -> None:
    assert mathml.prepared(latex) == prepared


def test_the_lines_of_a_calculation_are_read_one_by_one() -> None:
    assert mathml.lines_of("\\begin{aligned} x &= 1 \\\\ y &= 2 \\end{aligned}") == [" x = 1 ", " y = 2 "]
    assert mathml.lines_of("x & y") == ["x & y"]


@needs_node
@pytest.mark.skipif(not INSTALLED, reason="SOTTO_SPEECH_RULE_ENGINE names no folder with speech-rule-engine")
def test_the_real_package_reads_the_gold_samples() -> None:
    pytest.importorskip("latex2mathml")
    engine = SpeechRuleEngine(Path(INSTALLED), longest_answer_s=20.0)
    try:
        engine.process.wait_until_ready(60.0)
        assert wrong(load_samples(GOLD), lambda written: speakable(written, engine)) == []
        assert engine.fallbacks == 0
    finally:
        engine.close()

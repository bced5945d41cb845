"""Formulas read by speech-rule-engine (Volker Sorge; ClearSpeak rules) in a Node process of its own.

Speech never waits for it: while it starts, when it takes too long, dies or cannot read a formula, that formula is read
by the built-in rules and a line is logged. A process that died or hung is replaced.
"""

import importlib.util
import json
import logging
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from audio.errors import FormulaReaderUnavailable
from audio.text.formulas.mathml import lines_of, mended, to_mathml
from audio.text.formulas.node import NoAnswer, NodeProcess
from audio.text.formulas.reader import BY_RULES, FormulaReader

PACKAGE = "speech-rule-engine"
TESTED_VERSION = "4.1.5"
LONGEST_ANSWER_S = 0.5
"""For one formula; a typical one takes 20 ms."""
PAUSE_BETWEEN_STARTS_S = 5.0

log = logging.getLogger(__name__)


def install_command(folder: Path | str) -> str:
    """What a user runs, once."""
    pip = f"{shlex.quote(sys.executable)} -m pip install -c constraints.txt -e '.[math]'"
    return f"npm install --prefix {shlex.quote(str(folder))} {PACKAGE}@{TESTED_VERSION} && {pip}"


def installed_version(folder: Path) -> str:
    """The version in this folder. Raises FormulaReaderUnavailable if anything it needs is missing."""
    if shutil.which("node") is None:
        raise FormulaReaderUnavailable(f"{PACKAGE} needs Node, and there is no 'node' on the PATH; install Node.js")
    file = folder / "node_modules" / PACKAGE / "package.json"
    run = f"; run: {install_command(folder)}"
    if not file.is_file():
        raise FormulaReaderUnavailable(f"{PACKAGE} is not in {folder}{run}")
    if importlib.util.find_spec("latex2mathml") is None:
        raise FormulaReaderUnavailable(f"{PACKAGE} is in {folder}, but the package latex2mathml is not installed{run}")
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError, KeyError, TypeError):
        raise FormulaReaderUnavailable(f"{file} is damaged{run}") from None


class SpeechRuleEngine:
    """A `FormulaReader`. Raises FormulaReaderUnavailable if it is not installed; starts its process at once."""

    name = PACKAGE

    def __init__(
        self,
        folder: Path,
        fallback: FormulaReader = BY_RULES,
        longest_answer_s: float = LONGEST_ANSWER_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        installed_version(folder)
        to_mathml("x")  # loads the converter now, not in the middle of a sentence
        self._folder, self._fallback, self._longest_answer_s = folder, fallback, longest_answer_s
        self._clock = clock
        self._lock = threading.Lock()
        self._closed = False
        self._started_s = clock()
        self.fallbacks = 0
        """How many formulas were read by the fallback."""
        self.process = self._start()

    def read(self, latex: str) -> str:
        try:
            return ", ".join(self._say(line) for line in lines_of(latex))
        except NoAnswer as fault:
            why = str(fault)
        except Exception as fault:  # latex2mathml raises whatever it meets on LaTeX that it cannot read
            why = f"latex2mathml cannot read it: {type(fault).__name__}"
        self.fallbacks += 1
        log.warning("%s did not read %r (%s); it is read by %s", PACKAGE, latex[:80], why, self._fallback.name)
        return self._fallback.read(latex)

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self.process.end()

    def _say(self, latex: str) -> str:
        mathml = to_mathml(latex)
        process = self._living()
        speech = mended(process.ask(mathml, self._longest_answer_s))
        if not speech:
            raise NoAnswer("it has nothing to say")
        return speech

    def _living(self) -> NodeProcess:
        """The process, a new one if the last is lost; it will not be ready yet."""
        with self._lock:
            if self.process.lost and not self._closed and self._clock() - self._started_s >= PAUSE_BETWEEN_STARTS_S:
                log.warning("%s is started again: %s", PACKAGE, self.process.lost)
                self.process.end()
                self._started_s = self._clock()
                self.process = self._start()
            return self.process

    def _start(self) -> NodeProcess:
        node = shutil.which("node")
        if node is None:
            raise FormulaReaderUnavailable("Node has gone from the PATH; install Node.js")
        return NodeProcess(node, self._folder, self._clock)

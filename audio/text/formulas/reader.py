"""What reads formulas aloud: LaTeX in, words out. There are two: rules of our own, and speech-rule-engine."""

from typing import Protocol

from audio.text.formulas.words import formula_in_words


class FormulaReader(Protocol):
    """Says formulas in English words. May be asked from several threads, and answers within a fraction of a second."""

    name: str

    def read(self, latex: str) -> str:
        """The formula in words, without digits or signs; "" if nothing in it can be said. Never raises."""

    def close(self) -> None:
        """Gives processes back. Harmless when repeated."""


class RuleReader:
    """The reader that is always there: audio/text/formulas/words.py."""

    name = "built-in rules"

    def read(self, latex: str) -> str:
        return formula_in_words(latex)

    def close(self) -> None:
        pass


BY_RULES = RuleReader()

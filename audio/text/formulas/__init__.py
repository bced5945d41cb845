"""Formulas, spoken: LaTeX in, English words out, for a voice.

`reader` says what a reader of formulas is. `words` reads by rules of our own: `tokens` cuts the LaTeX up, `names` holds
the tables, `structures` puts parts together. `speech_rule_engine` asks the program of that name, in a Node process.
"""

from audio.text.formulas.reader import BY_RULES, FormulaReader
from audio.text.formulas.words import formula_in_words

__all__ = ["BY_RULES", "FormulaReader", "formula_in_words"]

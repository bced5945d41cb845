"""From written text to text that can be spoken, cut into phrases.

`phrases` cuts a growing answer where a voice may pause, never inside a formula or number (`spans`). `speakable` makes
plain words of a phrase: markup, numbers (`number_words`, `money`, `units`) and `formulas`; `traced` keeps for each
spoken character the written one. `speak` gives a phrase to a synthesizer and its marks back to the text as written.
`gold` checks all of it against samples read aloud by hand: `python -m audio.text.gold`.
"""

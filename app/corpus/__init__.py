"""A small corpus of spoken turns, made by the project itself: several engines and voices, noise, pauses inside turns,
corrections, back-channels, coughs, two voices at once.

`assets/audio/corpus.toml` says what is spoken, `corpus.jsonl` tells of every recording what it holds and when, and
`assets/audio/corpus/` keeps a few of them; the rest is made again, bit for bit, by `python -m app.corpus`.
"""

"""The page of figures, assets/docs/figures.md: written from the JSON files that the measuring commands have left.

`python -m app.figures` rewrites it and its charts; nothing on it is written by hand.
"""

"""Phrases in, sound with word positions out: speech synthesis in worker processes."""

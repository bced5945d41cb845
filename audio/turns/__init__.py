"""Whose turn it is: voice activity, ends of turns, back-channels."""

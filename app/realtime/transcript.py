"""Agreed words: how much of a growing transcript two successive hypotheses have in common.

Pure. The page dims what is not agreed yet. Source: local agreement, as in *Turning Whisper into Real-Time
Transcription System* (arXiv 2307.14743).
"""

import re

_WORD = re.compile(r"\S+")


def agreed_length(previous: str, current: str) -> int:
    """Characters of `current`, counted to the end of its last whole word that `previous` has in the same place."""
    agreed = 0
    for before, now in zip(_WORD.finditer(previous), _WORD.finditer(current), strict=False):
        if before.group() != now.group():
            break
        agreed = now.end()
    return agreed

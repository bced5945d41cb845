"""Tags: where a text asks for threads, and where a thread says that it is done. Pure: text in, what it means out.

    <Parallel> <Outlines> <Outline>1: ...</Outline> <Outline>2: ...</Outline> </Outlines>      threads follow, one each
    ... </Thread>                                                                              a thread's last words

White space between tags is free. Whatever is not well-formed is plain text and means nothing.
Source of the format: ThreadWeaver (arXiv 2512.07843).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.text import control_tokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TAGS = tuple(f"<{slash}{name}>" for name in ("Parallel", "Outlines", "Outline", "Thread") for slash in ("", "/"))
PARALLEL, OUTLINES_END, THREAD, THREAD_END = "<Parallel>", "</Outlines>", "<Thread>", "</Thread>"

_TAG = re.compile(f"({'|'.join(TAGS)})")
_NUMBERED = re.compile(r"\s*([0-9]+)\s*:(.*)", re.DOTALL)


def outlines_at_end(text: str) -> tuple[str, ...]:
    """The outlines with which the text ends just now, by number; empty if it does not end with a well-formed list."""
    if not text.rstrip().endswith(OUTLINES_END):
        return ()
    _, opened, rest = text.rpartition(PARALLEL)
    pieces = [piece for piece in _TAG.split(rest) if piece.strip()]
    if not opened or pieces[0] != "<Outlines>" or pieces[-1] != OUTLINES_END:
        return ()
    inside = pieces[1:-1]
    outlines = []
    for number, start in enumerate(range(0, len(inside), 3), start=1):
        outline = _outline(inside[start : start + 3], number)
        if outline is None:
            return ()
        outlines.append(outline)
    return tuple(outlines)


def _outline(pieces: Sequence[str], number: int) -> str | None:
    """What `<Outline>`, "number: text" and `</Outline>` hold; None if the pieces are something else."""
    if len(pieces) < 3 or (pieces[0], pieces[2]) != ("<Outline>", "</Outline>"):
        return None
    found = _NUMBERED.fullmatch(pieces[1])
    return found[2].strip() or None if found is not None and int(found[1]) == number else None


def thread_ends(text: str) -> bool:
    """Does the text of a thread, whose opening tag stands before it, end with its closing tag just now?"""
    return text.rstrip().endswith(THREAD_END) and text.count(THREAD_END) > text.count(THREAD)


def tag_tokens(tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Tags that are single added tokens, which count as control tokens; elsewhere they are spelled in ordinary ones."""
    return frozenset(token for token, text in control_tokens(tokenizer).items() if text in TAGS)

"""A turn that forks: outlines of independent parts, one thread for each, and then one stream again that has read them.

    main      [input, role, prefix, outlines]
    thread k  [main | its name, its paragraph]      it sees no other thread
    joined    [main | thread 1 … thread n | what joins them, the paragraphs that rest on them, the answer]

Source of the format: ThreadWeaver (arXiv 2512.07843).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from app.demo.rows import THREADS, Book, Kind, Row
from app.demo.tokenizer import OUTLINE, OUTLINES, PARALLEL, THREAD
from app.demo.traces import Encode, Tokenized, flat, sequential_trace

if TYPE_CHECKING:
    from app.demo.problems import Problem
    from engine.prompt_tokens import PromptTokens


def thread_trace(problem: Problem, item: Tokenized, encode: Encode, prompts: PromptTokens) -> list[Row]:
    """The turn. encode makes one token of a tag. Problems without independent parts are thought in one stream."""
    pieces = prompts.fork_join
    assert pieces is not None
    context = [*item.input, *pieces.role, *pieces.prefix]
    if not problem.outlines:
        said = [*flat(item.thoughts), *prompts.answer_prefix, *flat(item.answer), prompts.end_of_output]
        return sequential_trace(context, said)
    parts = problem.thoughts[1 : len(problem.outlines) + 1]
    rest = item.thoughts[len(parts) + 1 :]
    book = Book()
    book.append_said(context, encode(outlines_text(problem.outlines)), Kind.INPUT, 0)
    for kind, opening, paragraph in zip(THREADS, pieces.threads, parts, strict=False):
        book.append_said(opening, encode(f" {paragraph}\n{THREAD[1]}"), kind, 1)
    said = [*flat(rest), *prompts.answer_prefix, *flat(item.answer), prompts.end_of_output]
    book.append_said(pieces.join, said[:-1], Kind.JOINED, 2, end=said[-1])
    return book.rows


def outlines_text(outlines: Sequence[str]) -> str:
    """What stands in the main stream before the threads."""
    lines = "".join(f"{OUTLINE[0]}{number}: {text}{OUTLINE[1]}\n" for number, text in enumerate(outlines, start=1))
    return f"{PARALLEL[0]}\n{OUTLINES[0]}\n{lines}{OUTLINES[1]}"

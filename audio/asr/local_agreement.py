"""LocalAgreement-2: words on which two successive passes over a growing sound agree are committed, never taken back.

A recogniser hears the same sound again and again, each time with a little more behind it. Its last words change from
pass to pass, the earlier ones stay. All after the committed words is provisional. A pass hears a window of the sound:
it may repeat committed words, well or badly; these are recognised and skipped. Pure; knows no recogniser.
Source: Liu et al. 2020, arXiv 2005.11185 (local agreement); Macháček et al. 2023, arXiv 2307.14743 (with Whisper).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from audio.asr.hypothesis import Hypothesis
from audio.asr.settled import MARKS, settled_count

ALIGNED_WORDS = 12
"""So many of the last committed words are looked for in what a pass heard; what was heard before them is skipped."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word as a pass heard it. The texts join to the transcript: where there is a space, it stands in front."""

    text: str
    start: int
    end: int
    """In samples of the utterance."""
    sure: bool = True
    """Whether the recogniser trusts it enough to commit it."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What two passes agreed on, and what the latest pass heard after it."""

    committed: tuple[Word, ...] = ()
    provisional: tuple[Word, ...] = ()

    @property
    def text(self) -> str:
        return joined((*self.committed, *self.provisional))

    def hypothesis(self, written: Callable[[str], str] = str) -> Hypothesis:
        """As a text. Committed words that may yet be written otherwise, and the mark behind the last, are not agreed.

        written: how joined words are written; what it makes of settled words must stay when more words follow.
        """
        count = settled_count([word.text.strip() for word in self.committed])
        agreed = written(joined(self.committed[:count]))
        if count == len(self.committed):
            agreed = agreed.rstrip(MARKS)
        text = written(self.text)
        assert text.startswith(agreed), f"{text!r} does not begin with {agreed!r}"
        return Hypothesis(text, len(agreed))


def agree(before: Transcript, heard: Sequence[Word], window_start: int, until: int | None = None) -> Transcript:
    """The transcript after one more pass over the sound from sample `window_start` on.

    until: words that end after this sample are not committed yet.
    """
    after = continued(before, heard, window_start)
    both = zip(before.provisional, after.provisional, strict=False)
    shared = [word for _, word in takewhile(lambda pair: _same(*pair), both)]
    newly = tuple(takewhile(lambda word: word.sure and (until is None or word.end <= until), shared))
    return Transcript((*after.committed, *newly), after.provisional[len(newly) :])


def continued(before: Transcript, heard: Sequence[Word], window_start: int) -> Transcript:
    """What is committed, and what this pass heard after it: of the last pass, that is the final transcript."""
    within = [word for word in before.committed if word.end > window_start]
    recent = within[-ALIGNED_WORDS:]
    earlier = 0
    if len(recent) < len(within):
        earlier = sum(1 for _ in takewhile(lambda word: word.end <= recent[0].start, heard))
    count = earlier + _repeated(recent, heard[earlier:])
    return Transcript(_with_latest_mark(before.committed, heard[:count]), tuple(heard[count:]))


def commit_before(before: Transcript, sample: int) -> Transcript:
    """Commits provisional words that end before this sample, agreed or not: their sound is about to be forgotten."""
    newly = tuple(takewhile(lambda word: word.end <= sample, before.provisional))
    return Transcript((*before.committed, *newly), before.provisional[len(newly) :])


def joined(words: Iterable[Word]) -> str:
    return "".join(word.text for word in words).strip()


def _repeated(committed: Sequence[Word], heard: Sequence[Word]) -> int:
    """How many of the words heard, from the first on, stand for the committed ones.

    As many as make the least edits between the two; among equals, those that end where the committed words do.
    """
    if not committed:
        return 0
    edits = list(range(len(heard) + 1))
    for row, word in enumerate(committed, start=1):
        above, edits[0] = edits[0], row
        for column, other in enumerate(heard, start=1):
            changed = above + (not _same(word, other))
            above, edits[column] = edits[column], min(edits[column] + 1, edits[column - 1] + 1, changed)
    ends = [heard[0].start if heard else 0, *(word.end for word in heard)]
    return min(range(len(edits)), key=lambda count: (edits[count], abs(ends[count] - committed[-1].end)))


def _with_latest_mark(committed: tuple[Word, ...], known: Sequence[Word]) -> tuple[Word, ...]:
    """The mark behind the last committed word is as the latest pass heard it: "seven" may become "seven,"."""
    if not (committed and known and _same(committed[-1], known[-1])):
        return committed
    last, mark = committed[-1].text.rstrip(MARKS), known[-1].text[len(known[-1].text.rstrip(MARKS)) :]
    return (*committed[:-1], replace(committed[-1], text=last + mark))


def _same(one: Word, other: Word) -> bool:
    """Whether two passes heard the same word; capitals and marks do not count."""
    return _bare(one) == _bare(other)


def _bare(word: Word) -> str:
    text = word.text.strip().casefold()
    return text.strip("\"'“‘(¿¡-" + MARKS) or text

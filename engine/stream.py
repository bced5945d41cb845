"""A generating stream: its blocks, the token still to be fed, and the text so far.

A long stream is a row of blocks, a new one begun at the end of a paragraph now and then, so that its oldest paragraphs
can be dropped and their memory is free again; views close the gap by themselves. A stream can be cut back to any of its
tokens, as if the rest had never been written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine.arena import Arena
from engine.block import Account, Block
from engine.events import StreamName
from engine.text import IncrementalDecoder
from engine.view import Feed, Logits, View


class Stream:
    """Generates into the last of `blocks`. `pending` tokens are not yet in it for good: first the prefix, then the
    newest token.

    lane: tells streams of one name apart ("2" is the second worker). carried: blocks of an earlier stream, which this
    one goes on from and owns. shown: the pending tokens stand in the block for others to see, and will be fed again.
    resting: it has nothing to add until something new is seen. text_ends[i]: how long the stream's text must be for its
    i-th generated token to lie wholly within it; a token that ends in the middle of a character needs that one too.
    """

    def __init__(
        self,
        name: StreamName,
        arena: Arena,
        account: Account,
        prefix: tuple[int, ...],
        new_decoder: Callable[[], IncrementalDecoder],
        lane: str = "",
        carried: Sequence[Block] = (),
    ) -> None:
        self.name, self.lane, self.prefix = name, lane, prefix
        self._arena, self._account, self._new_decoder = arena, account, new_decoder
        self.blocks = [*carried]
        self._carried_tokens = self.length
        self._dropped_tokens = 0
        self.pending = prefix
        self.shown = self.ended = self.resting = False
        self._restart()
        if not self.blocks:  # else it goes on in the last one: a page for every few thoughts carried would be wasted
            self.roll()

    def _restart(self) -> None:
        self._decoder = self._new_decoder()
        self.generated: list[int] = []
        self.born: list[int] = []
        self.text_ends: list[int] = []
        self.text = ""

    @property
    def block(self) -> Block:
        """The one it writes into."""
        return self.blocks[-1]

    @property
    def length(self) -> int:
        """Tokens in its blocks, shown ones included."""
        return sum(block.length for block in self.blocks)

    @property
    def standing(self) -> tuple[int, ...]:
        """Prefix and generated tokens that were not dropped: its blocks hold them but for the pending ones."""
        return (*self.prefix, *self.generated)[self._dropped_tokens :]

    @property
    def active(self) -> bool:
        """Will it go on by itself?"""
        return not (self.ended or self.resting)

    @property
    def unread(self) -> bool:
        """Did it generate something whose newest token does not stand in its block?"""
        return bool(self.generated) and not self.shown

    @property
    def growth(self) -> int:
        """Tokens that its block gains when the pending ones are fed or shown; a bare prefix that has ended never is."""
        return 0 if self.shown or (self.ended and not self.generated) else len(self.pending)

    # -- what it runs

    def feed(self, before: View) -> Feed:
        """Run the pending tokens, behind what the stream sees before its own text, to get the next one's logits."""
        self.hide()
        return Feed(View(before, *self.blocks), self.pending)

    def show(self, before: View) -> Feed:
        """Put the pending tokens into the block without going on, so that other streams and the gate see them."""
        self.shown = True
        return Feed(View(before, *self.blocks), self.pending, logits=Logits.NONE)

    # -- what its logits bring

    def accept(self, token: int, step: int) -> str:
        """The next token was chosen in this step; returns the text it adds."""
        self._append(token, step)
        self.pending, self.shown = (token,), False
        return self._added

    def inject(self, tokens: Sequence[int], step: int) -> list[str]:
        """Go on as if the stream had written these tokens by itself; returns the text that each adds."""
        waiting = () if self.shown else self.pending
        added = []
        for token in tokens:
            self._append(token, step)
            added.append(self._added)
        self.pending, self.shown = (*waiting, *tokens), False
        return added

    def rest(self) -> None:
        """Nothing is added, and the tokens just fed are fed again when it is woken."""
        self.resting = self.shown = True

    def end(self) -> None:
        """It generates no more, unless it is woken; its newest tokens stand in the block."""
        self.ended = self.shown = True

    def wake(self) -> None:
        """Something new is to be seen: look again."""
        self.resting = self.ended = False

    def _append(self, token: int, step: int) -> None:
        self._added = self._decoder.push(token)
        self.generated.append(token)
        self.born.append(step)
        self.text += self._added
        self.text_ends.append(len(self.text) + self._decoder.unfinished)

    def within(self, characters: int) -> int:
        """How many of the generated tokens lie wholly within the first so many characters of the text."""
        limit = min(characters, len(self.text))  # an unfinished character lies in no text
        return sum(end <= limit for end in self.text_ends)

    def born_before(self, step: int) -> int:
        """How many of the generated tokens were chosen in earlier steps."""
        return sum(born < step for born in self.born)

    # -- its blocks

    def roll(self) -> None:
        """Write what comes into a new block."""
        self.blocks.append(self._arena.block(f"{self.name.value} {self.lane}".rstrip(), self._account))

    def drop_oldest(self) -> int:
        """Give the oldest block back; returns its tokens. The stream reads on as if they had never been there."""
        oldest = self.blocks.pop(0)
        count = oldest.length
        carried = min(count, self._carried_tokens)
        self._carried_tokens -= carried
        self._dropped_tokens += count - carried
        self._arena.release(oldest)
        return count

    def cut(self, count: int) -> bool:
        """Take back all but the first `count` generated tokens, and go on from there; is anything taken back?"""
        if count >= len(self.generated):
            return False
        self.hide()
        fed = self.length - self._carried_tokens + self._dropped_tokens  # so many of prefix and generated tokens
        wanted = min(fed, len(self.prefix) + count - 1) if count else 0
        self._crop_to(self._carried_tokens + max(0, wanted - self._dropped_tokens))
        self._dropped_tokens = min(self._dropped_tokens, wanted)
        kept, born = self.generated[:count], self.born[:count]
        self._restart()
        for token, step in zip(kept, born, strict=True):
            self._append(token, step)
        self.pending = (*self.prefix, *kept)[wanted:]
        self.shown = self.ended = self.resting = False
        return True

    def release(self) -> None:
        """Give all its blocks back."""
        for block in self.blocks:
            self._arena.release(block)
        self.blocks = []

    def hand_over(self) -> list[Block]:
        """Its blocks, for somebody else to own. Newest tokens that are shown stay for good; a bare prefix goes."""
        if not self.generated:
            self.hide()
        blocks, self.blocks = self.blocks, []
        return blocks

    def _crop_to(self, length: int) -> None:
        while len(self.blocks) > 1 and self.length - self.block.length >= length:
            self._arena.release(self.blocks.pop())
        self._arena.crop(self.block, self.block.length - (self.length - length))

    def hide(self) -> None:
        """Shown tokens leave the block."""
        if self.shown:
            self._arena.crop(self.block, self.block.length - len(self.pending))
            self.shown = False

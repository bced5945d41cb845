"""A generating stream: its block, the tokens still to be fed, and the text so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.block import Block
from engine.events import StreamName
from engine.text import IncrementalDecoder
from engine.view import Feed, Logits, View


@dataclass(slots=True)
class Stream:
    """Generates into `block`. `pending` tokens are not yet in the block for good: first the prefix, then the newest
    token.

    text_ends[i]: how long the stream's text must be for its i-th generated token to lie wholly within it; a token that
    ends in the middle of a character needs that character too.
    """

    name: StreamName
    block: Block
    pending: tuple[int, ...]
    decoder: IncrementalDecoder
    generated: list[int] = field(default_factory=list)
    text_ends: list[int] = field(default_factory=list)
    text: str = ""
    shown: bool = False  # the pending tokens stand in the block for others to see, and will be fed again
    ended: bool = False

    def feed(self, view: View) -> Feed:
        """Run the pending tokens to get the next one's logits."""
        return Feed(view, self.pending)

    def show(self, view: View) -> Feed:
        """Put the pending tokens into the block without going on, so that other streams and the gate see them."""
        self.shown = True
        return Feed(view, self.pending, logits=Logits.NONE)

    def accept(self, token: int) -> str:
        """The next token was chosen; returns the text it adds."""
        added = self.decoder.push(token)
        self.pending, self.shown = (token,), False
        self.generated.append(token)
        self.text += added
        self.text_ends.append(len(self.text) + self.decoder.unfinished)
        return added

    def within(self, characters: int) -> tuple[int, ...]:
        """The generated tokens that lie wholly within the first so many characters of the text."""
        limit = min(characters, len(self.text))  # an unfinished character lies in no text
        return tuple(self.generated[: sum(end <= limit for end in self.text_ends)])

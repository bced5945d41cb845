"""What a recogniser says on the way: the words so far, and how much of them is settled for good."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The words so far: the first `agreed` characters never change again, the rest may."""

    text: str
    agreed: int = 0

    def __post_init__(self) -> None:
        assert 0 <= self.agreed <= len(self.text), f"{self.agreed} of {len(self.text)} characters cannot be agreed"

    @property
    def committed(self) -> str:
        """What every later hypothesis of the utterance, and its final text, begins with."""
        return self.text[: self.agreed]

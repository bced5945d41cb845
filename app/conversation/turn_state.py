"""The turn machine's state, and what can be read off it. Times are seconds of whoever tells what happens."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.conversation.events import Mind, Mouth

REOPEN_S = 1.2  # a voice that begins so soon after a turn was taken to be over goes on with it …
REACTION_S = 0.4  # … unless the answer had been heard for so long by then: that may be what it reacts to


@dataclass(frozen=True, slots=True)
class UserUtterance:
    """The user's latest utterance. began_s: when; confirmed: it has proved to be a voice.

    left: its words were given up for a typed message or a stop, or lost, the rest of them too. lost_s: when the
    recogniser failed, and no voice was heard since.
    """

    began_s: float = 0.0
    confirmed: bool = False
    left: bool = False
    lost_s: float | None = None


@dataclass(frozen=True, slots=True)
class TurnState:
    """turn, epoch: the latest of each. active: a turn was begun and is not finished; open: its words are not final.

    answered: something of its answer was shown; written: all of it; sounding: some of its sound is out and not all was
    heard; heard_out: no sound is left to be heard; hushed_s: since when the sound is held. words: of the turn so far;
    earlier: those of them that stood before the running utterance. final_s: when they became final by themselves;
    sound_s: when the answer's first sound went out, moved by the time for which it was held.
    """

    turn: int = 0
    epoch: int = 0
    mind: Mind = Mind.IDLE
    mouth: Mouth = Mouth.SILENT
    active: bool = False
    open: bool = False
    answered: bool = False
    written: bool = False
    sounding: bool = False
    heard_out: bool = False
    hushed_s: float | None = None
    words: str = ""
    earlier: str = ""
    final_s: float | None = None
    sound_s: float | None = None
    utterance: UserUtterance = field(default_factory=UserUtterance)

    @property
    def hushed(self) -> bool:
        """Is the sound held?"""
        return self.hushed_s is not None

    @property
    def stoppable(self) -> bool:
        """Is something thought, written or spoken that a "stop" can mean?"""
        return self.active and not self.open

    @property
    def unanswered(self) -> bool:
        """Is a question thought about, and nothing of the answer shown or spoken yet?"""
        return self.stoppable and not (self.answered or self.written or self.sounding)

    def overhears(self, is_reply: bool) -> bool:
        """Are the words that are heard now none of a turn? An "mhm" to what is being said, or what sounds like words
        while it speaks and is no voice.
        """
        if self.utterance.left:
            return True
        return self.stoppable and (is_reply or (self.sounding and not self.utterance.confirmed))

    @property
    def continued(self) -> bool:
        """Does the voice that is heard now go on with the turn that was taken to be over?"""
        if self.final_s is None or self.utterance.began_s - self.final_s > REOPEN_S:
            return False
        return self.sound_s is None or self.utterance.began_s - self.sound_s < REACTION_S

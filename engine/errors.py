"""Errors of the engine. Every message is one readable line: what was tried, what was found, what to do.

EngineError
├── ModelNotFound     the name or folder of a model leads nowhere
├── ModelUnreadable   the files of a model are there but cannot be loaded
├── ModelRefused      the model loads, but would run wrongly on shared blocks
├── PromptInvalid     a prompt file does not say what it must
├── NoMemory          the machine has not the memory that was asked for keys and values
├── EngineFull        the arena has no room for more tokens (used, asked, capacity)
├── ContextFull       a view would pass the model's position limit (length, limit)
├── BadFeed           a step that cannot be meant: a fault of the caller (also a ValueError)
└── BadBlock          a released, frozen or too short block was used: a fault of the caller (also a ValueError)
"""


class EngineError(Exception):
    """Root of all errors the engine raises on purpose."""


class ModelNotFound(EngineError):
    """There is no such model on this machine."""


class ModelUnreadable(EngineError):
    """The model's files are incomplete, damaged or of an unknown kind."""


class ModelRefused(EngineError):
    """The model would give wrong results on shared blocks, so it is not run."""


class PromptInvalid(EngineError):
    """A prompt file is incomplete or contradicts itself."""


class NoMemory(EngineError):
    """The device cannot hold keys and values of so many tokens."""


class EngineFull(EngineError):
    """The arena cannot hold the tokens asked for.

    used, asked, capacity: tokens held by all blocks, tokens asked for on top, tokens the arena holds in all.
    """

    def __init__(self, used: int, asked: int, capacity: int) -> None:
        super().__init__(
            f"the key/value memory is full: {used} of {capacity} tokens are in use and {asked} more were asked for; "
            "end a conversation or start with more kv_tokens"
        )
        self.used, self.asked, self.capacity = used, asked, capacity


class ContextFull(EngineError):
    """A view would grow past the positions the model knows.

    length, limit: tokens the view would have, tokens the model takes.
    """

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"a view would reach {length} tokens but the model takes {limit}; drop or shorten blocks of the view first"
        )
        self.length, self.limit = length, limit


class BadFeed(EngineError, ValueError):
    """A feed or step that cannot be meant (empty, two feeds into one block, ...)."""


class BadBlock(EngineError, ValueError):
    """A block was used after its release, changed while frozen, or cut where it has no tokens."""

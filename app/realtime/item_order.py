"""The order of a conversation's items, as far as it can still matter: which item a new one follows.

Items of a turn that was withdrawn are deleted; nothing may be told to follow them. Pure.
"""


class ItemOrder:
    """The newest items: those that may still be deleted, and the one before them."""

    def __init__(self) -> None:
        self._items: list[str] = []

    def __len__(self) -> int:
        return len(self._items)

    @property
    def last(self) -> str | None:
        """The newest item; None if there is none."""
        return self._items[-1] if self._items else None

    def append(self, item: str) -> str | None:
        """One more item; returns the one it follows."""
        previous = self.last
        self._items.append(item)
        return previous

    def delete(self, item: str) -> None:
        """It never was."""
        self._items.remove(item)

    def settle(self, item: str) -> None:
        """This item stays, and all before it do: they are not looked at again."""
        del self._items[: self._items.index(item)]

"""Which slots of the arena are free: a sorted list of extents. Pure bookkeeping, knows no blocks and no tensors."""

from __future__ import annotations

from bisect import bisect_left

from engine.block import Extent


class FreeSlots:
    """Free slots; first fit, neighbours are merged on return. Callers take and return whole pages."""

    def __init__(self, count: int) -> None:
        self._extents = [Extent(0, count)] if count else []

    @property
    def count(self) -> int:
        return sum(extent.count for extent in self._extents)

    def take_at(self, slot: int, wanted: int) -> int:
        """Take up to `wanted` free slots that begin exactly at `slot`; returns how many (0: that slot is in use)."""
        index = bisect_left(self._extents, slot, key=lambda extent: extent.slot)
        if index == len(self._extents) or self._extents[index].slot != slot:
            return 0
        return self._cut(index, wanted).count

    def take(self, wanted: int, least: int) -> Extent | None:
        """Take one extent of `wanted` slots, else of `least`, else the largest there is; None when nothing is free."""
        if not self._extents:
            return None
        for size in (wanted, least):
            for index, extent in enumerate(self._extents):
                if extent.count >= size:
                    return self._cut(index, size)
        largest = max(range(len(self._extents)), key=lambda index: self._extents[index].count)
        return self._cut(largest, wanted)

    def give_back(self, given: Extent) -> None:
        """Return slots; the extent must not overlap free ones."""
        index = bisect_left(self._extents, given.slot, key=lambda extent: extent.slot)
        self._extents.insert(index, given)
        merged: list[Extent] = []
        for extent in self._extents:
            if merged and merged[-1].end == extent.slot:
                merged[-1] = Extent(merged[-1].slot, merged[-1].count + extent.count)
            else:
                assert not merged or merged[-1].end < extent.slot, "slots given back twice"
                merged.append(extent)
        self._extents = merged

    def _cut(self, index: int, wanted: int) -> Extent:
        free = self._extents[index]
        taken = Extent(free.slot, min(wanted, free.count))
        if taken.count == free.count:
            del self._extents[index]
        else:
            self._extents[index] = Extent(taken.end, free.count - taken.count)
        return taken

"""The arena: preallocated keys and values of all blocks, and their only owner.

Per layer one key tensor [kv_heads, slots, key_dim] and one value tensor [kv_heads, slots, value_dim]; head-major,
because attention reads one head's keys in a row. Slots are handed out in pages. A block owns a few extents that
grow by doubling, so that a long block stays nearly contiguous; slack is taken back from all blocks when room runs out.
Room is promised before it is used: an *account* keeps it for its owner's blocks, so that nobody's growth ends another.
The arena knows tokens and slots; it knows nothing of views, steps or the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.block import Account, Block, Extent
from engine.errors import BadBlock, EngineFull, NoMemory
from engine.slots import FreeSlots

PAGE_TOKENS = 32
LARGEST_GROWTH_TOKENS = 64 * PAGE_TOKENS


@dataclass(frozen=True, slots=True)
class LayerShape:
    """Sizes of one layer's stored keys and values."""

    kv_heads: int
    key_dim: int
    value_dim: int


def whole_pages(tokens: int) -> int:
    """`tokens` rounded up to whole pages (tokens)."""
    return -(-tokens // PAGE_TOKENS) * PAGE_TOKENS


class Arena:
    """Key/value storage of `capacity_tokens` slots for all blocks of one model.

    keys[layer]: [kv_heads, slots, key_dim]; values[layer]: [kv_heads, slots, value_dim]. Raises `NoMemory`.
    """

    def __init__(self, shapes: Sequence[LayerShape], capacity_tokens: int, dtype: torch.dtype, device: torch.device):
        self.capacity_tokens = whole_pages(capacity_tokens)
        self.dtype, self.device = dtype, device
        try:
            self.keys = [self._storage(shape.kv_heads, shape.key_dim) for shape in shapes]
            self.values = [self._storage(shape.kv_heads, shape.value_dim) for shape in shapes]
        except (RuntimeError, TypeError) as error:  # torch's ways to say that a size is too large
            found = f"keys and values of {self.capacity_tokens} tokens do not fit into the memory of {device}"
            raise NoMemory(f"{found}; start with fewer kv_tokens") from error
        self._free = FreeSlots(self.capacity_tokens)
        self._blocks: dict[Block, None] = {}
        self._accounts: dict[Account, None] = {}
        self._common = Account(0)  # of blocks that belong to nobody alone; it has what the others leave

    def _storage(self, heads: int, dim: int) -> Tensor:
        return torch.zeros(heads, self.capacity_tokens, dim, dtype=self.dtype, device=self.device)

    @property
    def used_tokens(self) -> int:
        """Slots in use, in whole pages; slack that would be taken back on demand does not count."""
        return sum(account.used for account in (self._common, *self._accounts))

    @property
    def reserved_tokens(self) -> int:
        """Slots that are spoken for: all accounts' rooms, and what blocks without an account hold."""
        return self._common.used + sum(account.reserved for account in self._accounts)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks that have not been released, oldest first."""
        return tuple(self._blocks)

    def account(self, tokens: int) -> Account:
        """Keep room for an owner whose blocks hold `tokens` at most, in whole pages. Raises `EngineFull`."""
        wanted = whole_pages(tokens)
        if self.reserved_tokens + wanted > self.capacity_tokens:
            raise EngineFull(self.reserved_tokens, wanted, self.capacity_tokens)
        account = Account(wanted)
        self._accounts[account] = None
        return account

    def close(self, account: Account) -> None:
        """Give an account's room back; its blocks must have been released."""
        assert not account.used, "an account was closed before its blocks were released"
        del self._accounts[account]

    def block(self, name: str = "", account: Account | None = None) -> Block:
        """A new empty block; without an account it takes what room no account has."""
        block = Block(name, account or self._common)
        self._blocks[block] = None
        return block

    def retain(self, block: Block) -> Block:
        """One more owner: the block lives until each of them has called `release`."""
        block.require_usable()
        block.references += 1
        return block

    def release(self, block: Block) -> None:
        """One owner less; the last one frees the slots, and any later use of the block raises `BadBlock`."""
        block.require_usable()
        block.references -= 1
        if block.references:
            return
        del self._blocks[block]
        block.account.used -= whole_pages(block.length)
        for extent in block.extents:
            self._free.give_back(extent)
        block.extents, block.tokens = [], []

    def freeze(self, block: Block) -> None:
        """Forbid append and crop from now on."""
        block.require_usable()
        block.frozen = True

    def append(self, block: Block, tokens: Sequence[int]) -> list[int]:
        """Add tokens and return the slots for their keys and values, which the caller must write.

        Raises `BadBlock` (released, frozen) or `EngineFull` (the account's room is used up); then nothing has changed.
        """
        self._require_changeable(block)
        length = block.length
        self._charge(block, length + len(tokens))
        self._grow(block, length + len(tokens))
        block.tokens.extend(map(int, tokens))
        return block.slots(length, block.length)

    def crop(self, block: Block, length: int) -> None:
        """Forget all tokens after the first `length`; their room stays with the block for now."""
        self._require_changeable(block)
        if not 0 <= length <= block.length:
            raise BadBlock(f"cannot crop block {block.name!r} to {length} tokens, it has {block.length}")
        block.account.used -= whole_pages(block.length) - whole_pages(length)
        del block.tokens[length:]

    def write(self, layer: int, slots: Tensor, keys: Tensor, values: Tensor) -> None:
        """Store keys [kv_heads, T, key_dim] and values [kv_heads, T, value_dim] in slots [T] of one layer."""
        self.keys[layer].index_copy_(1, slots, keys)
        self.values[layer].index_copy_(1, slots, values)

    def _require_changeable(self, block: Block) -> None:
        block.require_usable()
        if block.frozen:
            raise BadBlock(f"block {block.name!r} is frozen; append to another one")

    def _charge(self, block: Block, tokens: int) -> None:
        """Enter the block's growth to `tokens` in its account; raises `EngineFull` if there is no room for it."""
        account = block.account
        more = whole_pages(tokens) - whole_pages(block.length)
        if account is self._common:
            if more and self.reserved_tokens + more > self.capacity_tokens:
                raise EngineFull(self.reserved_tokens, tokens - block.length, self.capacity_tokens)
        elif account.used + more > account.reserved:
            raise EngineFull(account.used, tokens - block.length, account.reserved)
        account.used += more

    def _grow(self, block: Block, tokens: int) -> None:
        """Own slots for `tokens`, which the accounts allow; what is stored never moves."""
        missing = tokens - block.capacity
        if missing <= 0:
            return
        if whole_pages(missing) > self._free.count:
            self._take_back_slack(block)
        growth = whole_pages(max(missing, min(block.capacity, LARGEST_GROWTH_TOKENS)))
        missing -= self._extend_last(block, growth)
        while missing > 0:
            extent = self._free.take(growth, whole_pages(missing))
            assert extent is not None, "free slots were counted wrongly"
            block.extents.append(extent)
            missing -= extent.count

    def _extend_last(self, block: Block, wanted: int) -> int:
        if not block.extents:
            return 0
        last = block.extents[-1]
        taken = self._free.take_at(last.end, wanted)
        if taken:
            block.extents[-1] = Extent(last.slot, last.count + taken)
        return taken

    def _take_back_slack(self, growing: Block) -> None:
        for block in self._blocks:
            if block is not growing:
                self._trim(block, whole_pages(block.length))

    def _trim(self, block: Block, keep: int) -> None:
        """Give back whole extents and the tail of the last one until `keep` slots are left."""
        surplus = block.capacity - keep
        while surplus > 0:
            last = block.extents.pop()
            kept = max(0, last.count - surplus)
            if kept:
                block.extents.append(Extent(last.slot, kept))
            self._free.give_back(Extent(last.slot + kept, last.count - kept))
            surplus -= last.count - kept

"""The arena hands out slots, takes them back, and never loses or shares one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import torch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from engine.arena import PAGE_TOKENS, Arena, LayerShape, whole_pages
from engine.block import Account, Block
from engine.errors import BadBlock, EngineFull, NoMemory

CAPACITY = 20 * PAGE_TOKENS


def small_arena(capacity_tokens: int = CAPACITY) -> Arena:
    return Arena([LayerShape(2, 4, 3)], capacity_tokens, torch.float32, torch.device("cpu"))


def test_an_arena_holds_head_major_keys_and_values_of_every_layer() -> None:
    arena = Arena([LayerShape(2, 4, 3), LayerShape(1, 8, 8)], 33, torch.bfloat16, torch.device("cpu"))
    assert arena.capacity_tokens == 2 * PAGE_TOKENS
    assert [tuple(keys.shape) for keys in arena.keys] == [(2, 64, 4), (1, 64, 8)]
    assert [tuple(values.shape) for values in arena.values] == [(2, 64, 3), (1, 64, 8)]
    assert arena.keys[0].dtype == torch.bfloat16


def test_appended_tokens_get_slots_in_order_that_later_appends_do_not_move() -> None:
    arena = small_arena()
    first, second = arena.block("first"), arena.block("second")
    slots = []
    for number in range(150):
        slots += arena.append(first, [number])
        arena.append(second, [number])
    assert first.tokens == list(range(150))
    assert first.slots(0, 150) == slots
    assert set(slots).isdisjoint(second.slots(0, 150))
    assert first.slots(7, 9) == slots[7:9]
    assert len(first.extents) <= 4


def test_a_cropped_block_grows_again_into_the_same_slots() -> None:
    arena = small_arena()
    block = arena.block()
    slots = arena.append(block, range(50))
    arena.crop(block, 20)
    assert block.tokens == list(range(20))
    assert arena.append(block, [1, 2, 3]) == slots[20:23]


def test_a_full_arena_says_what_is_used_and_asked_and_changes_nothing() -> None:
    arena = small_arena()
    block, other = arena.block(), arena.block()
    arena.append(block, range(CAPACITY - 2 * PAGE_TOKENS))
    arena.append(other, [1])
    with pytest.raises(EngineFull, match="608 of 640 tokens are in use and 64 more") as caught:
        arena.append(block, range(64))
    assert (caught.value.used, caught.value.asked, caught.value.capacity) == (608, 64, 640)
    assert block.length == CAPACITY - 2 * PAGE_TOKENS
    arena.append(block, range(PAGE_TOKENS))
    assert arena.used_tokens == CAPACITY


def test_slack_of_other_blocks_makes_room_before_the_arena_counts_as_full() -> None:
    arena = small_arena()
    eager, cropped, growing = arena.block(), arena.block(), arena.block()
    for token in range(5 * PAGE_TOKENS):
        arena.append(eager, [token])
    arena.append(cropped, range(8 * PAGE_TOKENS))
    arena.crop(cropped, 1)
    slots = eager.slots(0, eager.length)
    arena.append(growing, range(CAPACITY - 6 * PAGE_TOKENS))
    assert eager.slots(0, eager.length) == slots
    assert arena.used_tokens == CAPACITY


@pytest.mark.parametrize("tokens", [10**13, 10**25])
def test_more_memory_than_there_is_is_told_in_one_line(tokens: int) -> None:
    with pytest.raises(NoMemory, match=r"^keys and values of \d+ tokens do not fit .* fewer kv_tokens$"):
        Arena([LayerShape(8, 128, 128)], tokens, torch.float32, torch.device("cpu"))


def test_an_accounts_room_is_kept_whatever_others_ask_for() -> None:
    arena = small_arena()
    account = arena.account(4 * PAGE_TOKENS - 1)
    assert (arena.used_tokens, arena.reserved_tokens) == (0, 4 * PAGE_TOKENS)
    with pytest.raises(EngineFull):
        arena.append(arena.block(), range(CAPACITY))
    arena.append(arena.block(), range(CAPACITY - 4 * PAGE_TOKENS))
    careful = arena.block("careful", account)
    arena.append(careful, range(4 * PAGE_TOKENS))
    with pytest.raises(EngineFull, match="128 of 128 tokens are in use and 1 more"):
        arena.append(careful, [1])
    assert careful.length == 4 * PAGE_TOKENS


def test_an_account_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    arena = small_arena()
    arena.append(arena.block(), [1])
    with pytest.raises(EngineFull) as caught:
        arena.account(CAPACITY - PAGE_TOKENS + 1)
    assert (caught.value.used, caught.value.asked) == (PAGE_TOKENS, CAPACITY)
    assert arena.reserved_tokens == PAGE_TOKENS
    arena.account(CAPACITY - PAGE_TOKENS)


def test_a_closed_account_gives_its_room_back() -> None:
    arena = small_arena()
    account = arena.account(CAPACITY)
    block = arena.block("a", account)
    arena.append(block, range(40))
    assert account.used == 2 * PAGE_TOKENS
    arena.crop(block, 3)
    assert account.used == PAGE_TOKENS
    arena.release(block)
    assert account.used == 0
    arena.close(account)
    arena.account(CAPACITY)


def test_a_block_lives_until_its_last_owner_releases_it() -> None:
    arena = small_arena()
    block = arena.block("shared")
    arena.append(block, [1, 2])
    assert arena.retain(block) is block
    arena.release(block)
    assert block.tokens == [1, 2]
    arena.release(block)
    assert block.released and arena.used_tokens == 0


def test_a_released_block_is_an_error_to_use() -> None:
    arena = small_arena()
    block = arena.block("gone")
    arena.release(block)
    uses = [
        lambda: arena.append(block, [1]),
        lambda: arena.crop(block, 0),
        lambda: arena.freeze(block),
        lambda: arena.retain(block),
        lambda: arena.release(block),
    ]
    for use in uses:
        with pytest.raises(BadBlock, match="'gone' was released"):
            use()


def test_a_frozen_block_is_read_only() -> None:
    arena = small_arena()
    block = arena.block("done")
    arena.append(block, [1, 2])
    arena.freeze(block)
    for use in (lambda: arena.append(block, [3]), lambda: arena.crop(block, 1)):
        with pytest.raises(BadBlock, match="frozen"):
            use()
    assert block.tokens == [1, 2]


@pytest.mark.parametrize("length", [-1, 3])
def test_a_block_is_cropped_only_to_a_length_it_has(length: int) -> None:
    arena = small_arena()
    block = arena.block()
    arena.append(block, [1, 2])
    with pytest.raises(BadBlock, match="it has 2"):
        arena.crop(block, length)


@dataclass
class Model:
    """What a block should hold. marks: what was written to the slot of each token."""

    marks: list[float] = field(default_factory=list)
    owners: int = 1


class ArenaMachine(RuleBasedStateMachine):
    """Random use by many blocks: what was written stays where it is, slots belong to one block, none gets lost."""

    held = Bundle("held")
    accounts = Bundle("accounts")

    @initialize()
    def start(self) -> None:
        self.arena = small_arena(12 * PAGE_TOKENS)
        self.models: dict[Block, Model] = {}
        self.opened: list[Account] = []
        self.mark = 0.0

    @rule(target=accounts, tokens=st.sampled_from([10, 70, 130]))
    def open(self, tokens: int) -> Account | None:
        room = self.arena.capacity_tokens - self.arena.reserved_tokens
        try:
            account = self.arena.account(tokens)
        except EngineFull:
            assert whole_pages(tokens) > room, "refused although there was room"
            return None
        assert whole_pages(tokens) <= room
        self.opened.append(account)
        return account

    @rule(target=held, account=st.none() | accounts)
    def make(self, account: Account | None) -> Block:
        block = self.arena.block("", account)
        self.models[block] = Model()
        return block

    @rule(block=held, count=st.sampled_from([1, 5, 33, 100]))
    def append(self, block: Block | None, count: int) -> None:
        if block is None or block.released:
            return
        account, needed = block.account, whole_pages(block.length + count) - whole_pages(block.length)
        common = not account.reserved
        free = self.arena.capacity_tokens - self.arena.reserved_tokens if common else account.reserved - account.used
        try:
            slots = self.arena.append(block, range(count))
        except EngineFull:
            assert needed > free, "refused although there was room"
            return
        assert needed <= free
        marks = [self.mark + index for index in range(count)]
        self.mark += count
        keys = torch.tensor(marks).expand(2, 4, count).transpose(1, 2)
        self.arena.write(0, torch.tensor(slots), keys, keys[:, :, :3])
        self.models[block].marks += marks

    @rule(block=held, percent=st.integers(0, 100))
    def crop(self, block: Block | None, percent: int) -> None:
        if block is not None and not block.released:
            length = block.length * percent // 100
            self.arena.crop(block, length)
            del self.models[block].marks[length:]

    @rule(block=held)
    def retain(self, block: Block | None) -> None:
        if block is not None and not block.released:
            self.arena.retain(block)
            self.models[block].owners += 1

    @rule(block=consumes(held))
    def release_all(self, block: Block | None) -> None:
        if block is not None and not block.released:
            for _ in range(self.models.pop(block).owners):
                self.arena.release(block)
            assert block.released

    @invariant()
    def blocks_hold_what_was_written(self) -> None:
        for block, model in getattr(self, "models", {}).items():
            assert block.length == len(model.marks)
            stored = self.arena.keys[0][1, block.slots(0, block.length), 2]
            assert stored.tolist() == model.marks

    @invariant()
    def every_slot_has_at_most_one_owner(self) -> None:
        owned = [
            slot
            for block in getattr(self, "models", {})
            for extent in block.extents
            for slot in range(extent.slot, extent.end)
        ]
        assert len(owned) == len(set(owned))

    def teardown(self) -> None:
        for block in list(getattr(self, "models", {})):
            self.release_all(block)
        if hasattr(self, "arena"):
            assert self.arena.used_tokens == 0
            for account in self.opened:
                self.arena.close(account)
            self.arena.append(self.arena.block(), range(self.arena.capacity_tokens))


TestArenaMachine = ArenaMachine.TestCase
TestArenaMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)

"""Views, layouts and tiles: what a stream sees, at which position, and which rows attend together."""

from __future__ import annotations

import pytest
import torch

from engine.arena import Arena, LayerShape
from engine.block import Block
from engine.errors import BadBlock
from engine.plan import Plan, build_plan
from engine.tile import CPU_TILES, Tile, build_tiles
from engine.view import Feed, Logits, Sees, Slice, View

CPU = torch.device("cpu")


@pytest.fixture
def arena() -> Arena:
    return Arena([LayerShape(1, 2, 2)], 4096, torch.float32, CPU)


def filled(arena: Arena, name: str, length: int) -> Block:
    block = arena.block(name)
    arena.append(block, [ord(name[0])] * length)
    return block


def plan_of(arena: Arena, *feeds: Feed) -> Plan:
    return build_plan(arena, feeds, max_positions=10_000)


def tiles_of(arena: Arena, *feeds: Feed, window: int | None = None, direct: bool = False) -> list[Tile]:
    return build_tiles(plan_of(arena, *feeds), window, direct, CPU)


def seen_slots(tile: Tile, row: int) -> list[int]:
    """The slots a row of the tile attends to, in column order."""
    columns = [slot for run in tile.runs for slot in range(run.slot, run.slot + run.count)]
    if tile.hidden is None:
        return columns
    hidden = [False] * tile.first_hidden + tile.hidden[row].tolist()
    return [slot for slot, is_hidden in zip(columns, hidden, strict=True) if not is_hidden]


def test_a_view_reads_its_slices_in_order_and_grows_with_its_blocks(arena: Arena) -> None:
    prompt, thoughts = filled(arena, "prompt", 3), filled(arena, "thoughts", 4)
    view = View(thoughts, Slice(prompt, 1), Slice(thoughts, 0, 2))
    assert view.token_ids() == [ord("t")] * 4 + [ord("p")] * 2 + [ord("t")] * 2
    assert view.length == 8 and view.target is thoughts
    arena.append(prompt, [9])
    arena.append(thoughts, [8])
    assert view.length == 10


def test_views_are_spliced_and_pinned_without_copying(arena: Arena) -> None:
    prompt, output = filled(arena, "prompt", 3), filled(arena, "output", 2)
    outer = View(View(prompt), output)
    pinned = outer.pinned()
    arena.append(prompt, [1])
    arena.append(output, [2])
    assert (outer.length, pinned.length) == (7, 6)
    assert [piece.block for piece in pinned.slices] == [prompt, output]


def test_a_slice_of_a_cropped_block_is_shorter_never_negative(arena: Arena) -> None:
    block = filled(arena, "block", 10)
    pieces = [Slice(block, 2, 8), Slice(block, 6), Slice(block, 2)]
    arena.crop(block, 4)
    assert [piece.length for piece in pieces] == [2, 0, 2]


@pytest.mark.parametrize(("start", "stop"), [(-1, None), (3, 2), (0, -1)])
def test_a_slice_that_runs_backwards_is_an_error(arena: Arena, start: int, stop: int | None) -> None:
    with pytest.raises(BadBlock, match="no slice"):
        Slice(filled(arena, "block", 5), start, stop)


def test_rows_stand_at_block_local_positions_and_know_their_place_in_the_view(arena: Arena) -> None:
    prompt, output = filled(arena, "prompt", 10), filled(arena, "output", 4)
    plan = plan_of(arena, Feed(View(Slice(prompt, 2, 8), Slice(output, 1)), [5, 6]))
    ((layout,),) = plan.parts
    assert plan.token_ids == [5, 6] and plan.positions == [4, 5]
    assert plan.slots == output.slots(4, 6)
    assert (layout.own_position, layout.view_position) == (4, 6 + 3)


def test_logits_are_found_in_the_callers_order_whatever_the_order_of_rows(arena: Arena) -> None:
    long, short, silent = (arena.block(name) for name in ("long", "short", "silent"))
    plan = plan_of(
        arena,
        Feed(View(silent, long), [1] * 5, logits=Logits.ALL),
        Feed(View(long, short), [2, 3]),
        Feed(View(short, silent), [4], logits=Logits.NONE),
    )
    assert plan.token_ids == [4, 2, 3, 1, 1, 1, 1, 1]
    rows = [plan.logit_rows[first:last] for first, last in plan.logit_ranges]
    assert rows == [[3, 4, 5, 6, 7], [2], []]


def test_feeds_that_share_no_block_attend_in_tiles_of_their_own(arena: Arena) -> None:
    mine, yours = filled(arena, "mine", 100), filled(arena, "yours", 50)
    first, second = tiles_of(arena, Feed(View(mine), [1]), Feed(View(yours), [2]))
    assert seen_slots(first, 0) == mine.slots(0, 101)
    assert seen_slots(second, 0) == yours.slots(0, 51)
    assert first.hidden is None and second.hidden is None


def test_a_chain_of_shared_blocks_is_one_part(arena: Arena) -> None:
    a, b, c, d = (filled(arena, name, 5) for name in "abcd")
    plan = plan_of(arena, Feed(View(a), [1]), Feed(View(b), [1]), Feed(View(a, b, c), [1]), Feed(View(d), [1]))
    assert sorted(len(part) for part in plan.parts) == [1, 3]


def test_a_stream_alone_hides_nothing_and_reads_every_key_once(arena: Arena) -> None:
    prompt, thoughts, output = (filled(arena, name, 20) for name in ("prompt", "thoughts", "output"))
    (tile,) = tiles_of(arena, Feed(View(prompt, thoughts, output), [1]))
    assert tile.hidden is None and sum(run.count for run in tile.runs) == 61


def test_two_streams_over_shared_blocks_read_each_key_once_and_see_their_own_views(arena: Arena) -> None:
    prompt, thoughts, output = (filled(arena, name, 20) for name in ("prompt", "thoughts", "output"))
    own = filled(arena, "role", 7)
    (tile,) = tiles_of(arena, Feed(View(prompt, own, thoughts, output), [1]), Feed(View(prompt, output, thoughts), [2]))
    assert sum(run.count for run in tile.runs) == 20 + 7 + 21 + 21
    assert sorted(seen_slots(tile, 0)) == sorted(
        [*prompt.slots(0, 20), *own.slots(0, 7), *thoughts.slots(0, 21), *output.slots(0, 21)]
    )
    assert sorted(seen_slots(tile, 1)) == sorted([*prompt.slots(0, 20), *output.slots(0, 21), *thoughts.slots(0, 21)])


def test_a_feed_that_sees_before_sees_others_as_they_were_and_all_of_its_own(arena: Arena) -> None:
    thoughts, output = filled(arena, "thoughts", 20), filled(arena, "output", 10)
    feeds = [Feed(View(thoughts, output), [1, 2], Sees.BEFORE), Feed(View(output, thoughts), [3])]
    (tile,) = tiles_of(arena, *feeds)
    thinker, writer_first, writer_second = (sorted(seen_slots(tile, row)) for row in range(3))
    assert thinker == sorted([*output.slots(0, 12), *thoughts.slots(0, 21)])
    assert writer_first == sorted([*thoughts.slots(0, 20), *output.slots(0, 11)])
    assert writer_second == sorted([*thoughts.slots(0, 20), *output.slots(0, 12)])


def test_a_long_feed_is_cut_into_tiles_that_skip_what_causality_hides(arena: Arena) -> None:
    prompt, text = filled(arena, "prompt", 30), arena.block("text")
    rows = 2 * CPU_TILES.own + 5
    tiles = tiles_of(arena, Feed(View(prompt, text), [1] * rows))
    assert [tile.row_count for tile in tiles] == [CPU_TILES.own, CPU_TILES.own, 5]
    assert [sum(run.count for run in tile.runs) for tile in tiles] == [
        30 + CPU_TILES.own,
        30 + 2 * CPU_TILES.own,
        30 + rows,
    ]
    for tile in tiles:
        for row in range(tile.row_count):
            assert seen_slots(tile, row) == [*prompt.slots(0, 30), *text.slots(0, tile.first_row + row + 1)]


def test_a_window_reaches_back_over_block_borders_in_the_order_of_the_view(arena: Arena) -> None:
    prompt, thoughts, output = (filled(arena, name, 20) for name in ("prompt", "thoughts", "output"))
    (tile,) = tiles_of(arena, Feed(View(thoughts, prompt, output), [1, 2]), window=25)
    assert seen_slots(tile, 0) == [*prompt.slots(16, 20), *output.slots(0, 21)]
    assert seen_slots(tile, 1) == [*prompt.slots(17, 20), *output.slots(0, 22)]
    assert len(tile.angles) == 2 * 2, "blocks out of sight cost nothing"


@pytest.mark.parametrize("direct", [False, True])
def test_angles_make_a_query_meet_each_block_at_its_distance_in_the_view(arena: Arena, direct: bool) -> None:
    prompt, thoughts, output = filled(arena, "p", 10), filled(arena, "t", 20), filled(arena, "o", 5)
    (tile,) = tiles_of(arena, Feed(View(prompt, Slice(thoughts, 4), output), [1]), direct=direct)
    position_in_view, local = 10 + 16 + 5, 5
    turned_already = 0 if direct else local
    frames = [position_in_view, position_in_view - (10 - 4), position_in_view - 26]
    assert tile.angles == [frame - turned_already for frame in frames]


def test_a_block_shown_twice_in_a_view_stands_at_both_places(arena: Arena) -> None:
    quote, output = filled(arena, "quote", 6), arena.block("output")
    (tile,) = tiles_of(arena, Feed(View(quote, Slice(quote, 0, 2), output), [1]), direct=True)
    assert seen_slots(tile, 0) == [*quote.slots(0, 6), *quote.slots(0, 2), *output.slots(0, 1)]
    assert tile.angles == [8, 2, 0]

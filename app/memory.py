"""How much memory the keys and values may take: what was asked for, or a share of what is free.

On a graphics card most of what is free is ours; a computer's own memory is shared with everything else that runs on
it.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

    import torch

CONVERSATIONS = 8  # room is made for so many, unless the settings or the memory say otherwise
CARD_SHARE, COMPUTER_SHARE = 0.6, 0.3  # of what is free


def kv_budget(
    asked_tokens: int | None,
    most_tokens: int | None,
    shortest_tokens: int,
    longest_tokens: int,
    need: Callable[[int], int],
) -> tuple[int, int]:
    """Tokens of the longest conversation, and of all together.

    asked_tokens: what the settings ask for; most_tokens: as many as the memory holds, if known; shortest_tokens,
    longest_tokens: what a conversation may be; need: what one of that length takes of the memory, growing with it.
    Raises SettingsError if not even the shortest conversation fits.
    """
    wanted = asked_tokens or CONVERSATIONS * need(longest_tokens)
    if asked_tokens is None and most_tokens is not None:
        wanted = min(wanted, most_tokens)
    if need(shortest_tokens) > wanted:
        what = f"--kv-tokens {wanted}" if asked_tokens else f"free memory holds {wanted} tokens, which"
        raise SettingsError(f"{what} is too little for one conversation; give at least {need(shortest_tokens)}")
    lengths = range(shortest_tokens, longest_tokens + 1)
    return lengths[bisect_right(lengths, wanted, key=need) - 1], wanted


def tokens_that_fit(device: torch.device, bytes_per_token: int) -> int | None:
    """How many tokens' keys and values our share of the free memory holds; None if the system does not tell."""
    if device.type == "cuda":
        import torch

        return int(CARD_SHARE * torch.cuda.mem_get_info(device)[0] / bytes_per_token)
    free = free_computer_bytes()
    return None if free is None else int(COMPUTER_SHARE * free / bytes_per_token)


def free_computer_bytes(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Memory of the computer that programs may still take; where only the whole is known, half of it."""
    if meminfo.is_file():
        fields = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines() if ":" in line)
        if "MemAvailable" in fields:
            return int(fields["MemAvailable"].split()[0]) * 1024
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):  # not on this system
        return None

"""`bench --serving`: many conversations of one real model at once; tokens a second, step time, and are they right?

Every conversation asks its own question. The same questions are asked of one conversation at a time first; the answers
served together must be the same, token for token. Times are the process's CPU time (other programs share the machine).
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch

from app.config import Settings
from app.demo.problems import SUM_FAMILIES, sample_problem
from app.files import as_json, write_whole
from app.machine import machine
from app.models import build_engine
from app.percentile import percentile
from engine.conversation import Conversation
from engine.engine import Engine
from engine.events import TokenGenerated, TurnEnded
from engine.sampling import Sampling

QUESTIONS = 16
Said = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Row:
    """So many conversations at once. step_ms: CPU time of a step, median and 95th percentile; tokens: of thoughts and
    answers; same: how many of the answers are, token for token, what the conversation says alone.
    """

    conversations: int
    step_ms: float
    step_ms_p95: float
    tokens_per_s: float
    tokens: int
    same: int
    asked: int


def questions(count: int, seed: int) -> list[str]:
    """Held-out questions."""
    rng = random.Random(f"serving:{seed}")
    return [sample_problem(rng, held_out=True, families=SUM_FAMILIES).question for _ in range(count)]


def serve(engine: Engine, texts: Sequence[str], at_once: int, method: str) -> tuple[list[Said], list[float]]:
    """All questions, `at_once` conversations at a time, each replaced as it ends.

    Returns what was said by stream, for each question, and the milliseconds of each step.
    """
    waiting = list(enumerate(texts))[::-1]
    said: list[Said] = [{} for _ in texts]
    open_ones: dict[int, tuple[int, Conversation]] = {}
    steps_ms: list[float] = []
    while waiting or open_ones:
        while waiting and len(open_ones) < at_once:
            index, text = waiting.pop()
            conversation = engine.open(method, Sampling())
            conversation.listen(text)
            conversation.end_input()
            open_ones[conversation.id] = (index, conversation)
        started = time.process_time()
        events = engine.step()
        steps_ms.append((time.process_time() - started) * 1000)
        for event in events:
            index, conversation = open_ones[event.conversation]
            if isinstance(event, TokenGenerated):
                said[index].setdefault(f"{event.stream} {event.lane}".strip(), []).append(event.token)
            elif isinstance(event, TurnEnded):
                engine.close(conversation)
                del open_ones[event.conversation]
    return said, steps_ms


def measure(engine: Engine, counts: Sequence[int], method: str, seed: int) -> list[Row]:
    """One row for each number of conversations."""
    texts = questions(QUESTIONS * 2, seed)
    serve(engine, texts[:2], 1, method)  # warm
    alone, _ = serve(engine, texts, 1, method)
    rows = []
    for count in counts:
        print(f"{count} at once …", file=sys.stderr)
        said, steps_ms = serve(engine, texts, count, method)
        tokens = sum(len(stream) for one in said for stream in one.values())
        rows.append(
            Row(
                conversations=count,
                step_ms=round(statistics.median(steps_ms), 3),
                step_ms_p95=round(percentile(steps_ms, 95), 3),
                tokens_per_s=round(tokens / (sum(steps_ms) / 1000), 1),
                tokens=tokens,
                same=sum(mine == theirs for mine, theirs in zip(said, alone, strict=True)),
                asked=len(texts),
            )
        )
    return rows


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py bench --serving`."""
    engine = build_engine(settings.model_copy(update={"threads": settings.threads or 1}))
    room = engine.need_tokens(settings.method) * max(args.serving)
    if room > engine.runner.arena.capacity_tokens:
        engine.runner.close()
        wider = {"threads": settings.threads or 1, "kv_tokens": room + engine.conversation_tokens}
        engine = build_engine(settings.model_copy(update=wider))
    rows = measure(engine, args.serving, settings.method, settings.seed)
    print(f"{settings.model}, method {settings.method}, CPU time, {torch.get_num_threads()} thread(s)")
    print(f"{'at once':>8}{'step ms':>9}{'p95':>8}{'tokens/s':>10}{'tokens':>8}{'same as alone':>15}")
    for row in rows:
        print(
            f"{row.conversations:8}{row.step_ms:9.2f}{row.step_ms_p95:8.2f}{row.tokens_per_s:10.0f}{row.tokens:8}"
            f"{f'{row.same}/{row.asked}':>15}"
        )
    if args.json is not None:
        document = {
            "model": settings.model,
            "method": settings.method,
            **machine(),
            "rows": [asdict(row) for row in rows],
        }
        write_whole(args.json, as_json(document))
    return 0

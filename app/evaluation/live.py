"""`eval --live`: questions heard word by word through the real engine, plain and corrected.

The same held-out questions are put several times: *drop* and *keep* hear "what is 47 plus 38, no wait, make that 25"
as it is spoken, thinking all the while, and treat what was thought before the correction as their names say; *whole* is
given all the words at once. It knows no sound.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from app.config import Settings
from app.evaluation.listening import Listening, LiveOutcome
from app.evaluation.live_question import LiveQuestion, SpokenPace, questions_of_all_kinds
from app.evaluation.live_report import document, table
from app.evaluation.serve import serve
from app.files import as_json, write_whole
from app.models import build_engine, choose_sampling
from engine.engine import Engine
from engine.sampling import Sampling

POLICIES = ("drop", "whole", "keep")


def listen_to_all(
    engine: Engine, questions: Sequence[LiveQuestion], policy: str, pace: SpokenPace, sampling: Sampling
) -> list[LiveOutcome]:
    """Every question once, several conversations at a time. Raises RunError if the engine fails."""

    def begin(numbered: tuple[int, LiveQuestion]) -> Listening:
        return Listening(*numbered, policy, pace, engine.open("async", sampling))

    done = serve(engine, enumerate(questions), begin)
    return [one.outcome() for one in sorted(done, key=lambda one: one.number)]


def run(args: argparse.Namespace, settings: Settings) -> int:
    """`launch.py eval --live`."""
    pace = SpokenPace(args.word_steps, args.late_steps)
    questions = questions_of_all_kinds(args.n, settings.seed, late=pace.late_steps is not None)
    results: dict[str, list[LiveOutcome]] = {}
    for policy in POLICIES:
        rule = "drop" if policy == "whole" else policy
        engine = build_engine(settings.model_copy(update={"corrections": rule}))
        sampling = choose_sampling(settings, engine.model.prompts)
        put = [asked for asked in questions if policy != "keep" or asked.live.correction is not None]
        results[policy] = listen_to_all(engine, put, policy, pace, sampling)
        engine.runner.close()
        print(f"{policy}: {len(put)} questions", file=sys.stderr)
    print(table(results))
    if args.json is not None:
        write_whole(args.json, as_json(document(settings, pace, results)))
    return 0

"""`eval`: accuracy against delay over many tasks, per method. Only the options; the work is `app.evaluation`."""

import argparse
from pathlib import Path

from app.config import Settings
from app.errors import UsageError
from app.files import check_place
from app.options import check_apart, positive

AT_ONCE, WORD_STEPS = 8, 6
FORMATS = ("auto", "sotto", "math-500", "gsm8k", "mmlu-pro")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    tasks = parser.add_argument_group("tasks (default: generated problems the bundled model was never trained on)")
    tasks.add_argument("--tasks", type=Path, metavar="FILE", help="JSON lines: question, answer, kind; or a task set")
    tasks.add_argument("--format", choices=FORMATS, help="of the file; auto tells it from its fields")
    tasks.add_argument("--instruction", metavar="TEXT", help="said behind every question of the file")
    tasks.add_argument("--n", type=positive, metavar="N", help="so many tasks (100 generated, or all of the file)")
    tasks.add_argument("--families", nargs="+", metavar="NAME", help="only these kinds of generated problems")
    grid = parser.add_argument_group("grid")
    grid.add_argument("--methods", nargs="+", metavar="METHOD", help="methods to compare (async think no-think)")
    grid.add_argument(
        "--patience",
        dest="patience_grid",
        type=float,
        nargs="+",
        metavar="P",
        help="the methods with a gate at each of these, from 0 (speak at once) to 1 (default: as set)",
    )
    grid.add_argument("--at-once", type=positive, metavar="N", help=f"conversations served together ({AT_ONCE})")
    results = parser.add_argument_group("results")
    results.add_argument("--json", type=Path, metavar="FILE", help="also write the figures; every outcome goes beside")
    results.add_argument("--resume", action="store_true", help="go on with the outcomes beside --json")
    results.add_argument("--chart", type=Path, metavar="FILE", help="draw accuracy against delay, as .png or .svg")
    live = parser.add_argument_group("corrected questions")
    live.add_argument(
        "--live",
        action="store_true",
        help="instead: questions heard word by word, plain and corrected, under each policy for corrections",
    )
    live.add_argument(
        "--word-steps", type=positive, metavar="N", help=f"with --live: decoding steps a word lasts ({WORD_STEPS})"
    )
    live.add_argument(
        "--late-steps",
        type=positive,
        metavar="N",
        help="with --live: every second correction comes so long after the question",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    for place in filter(None, (args.json, args.chart)):
        check_place(place)
    check_apart(tasks=args.tasks, json=args.json, chart=args.chart)
    if args.method is not None:
        raise UsageError(f"--method {args.method}: eval compares methods; use --methods {args.method}")
    if args.live:
        return _listen(args, settings)
    if given := [name for name, value in _steps(args).items() if value is not None]:
        raise UsageError(f"{', '.join(given)}: of questions that are heard word by word; add --live, or leave it out")
    if args.tasks is None and (args.instruction is not None or args.format is not None):
        raise UsageError("--format and --instruction concern a task file; give --tasks FILE")
    if args.instruction is not None and any("\ud800" <= character <= "\udfff" for character in args.instruction):
        raise UsageError("--instruction is not valid UTF-8 text; check the terminal's encoding")
    if args.chart is not None:
        from app.evaluation.chart import check_suffix

        check_suffix(args.chart)
    args.methods = args.methods or ["async", "think", "no-think"]
    args.format, args.at_once = args.format or "auto", args.at_once or AT_ONCE
    from app.evaluation.command import run as evaluate

    return evaluate(args, settings)


def _steps(args: argparse.Namespace) -> dict[str, int | None]:
    return {"--word-steps": args.word_steps, "--late-steps": args.late_steps}


def _listen(args: argparse.Namespace, settings: Settings) -> int:
    own = {"--tasks": args.tasks, "--families": args.families, "--methods": args.methods, "--chart": args.chart}
    own |= {"--patience": args.patience_grid, "--resume": args.resume or None, "--instruction": args.instruction}
    own |= {"--at-once": args.at_once, "--format": args.format}
    if given := [name for name, value in own.items() if value is not None]:
        raise UsageError(f"--live has its own questions and method; leave out {', '.join(given)}")
    args.n, args.word_steps = args.n or 100, args.word_steps or WORD_STEPS
    from app.evaluation.live import run as listen

    return listen(args, settings)

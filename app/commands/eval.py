"""`eval`: accuracy against delay over many problems, per method. Only the options; the work is `app.evaluate`."""

import argparse
from pathlib import Path

from app.config import Settings
from app.errors import UsageError
from app.files import check_place
from app.options import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=positive, metavar="N", default=100, help="problems for each method (100)")
    parser.add_argument(
        "--methods",
        nargs="+",
        metavar="METHOD",
        help="methods to compare (async think no-think)",
    )
    parser.add_argument("--families", nargs="+", metavar="NAME", help="only these kinds of problems (default: all)")
    live = parser.add_argument_group("corrected questions")
    live.add_argument(
        "--live",
        action="store_true",
        help="instead: questions heard word by word and corrected in speech, under each policy for corrections",
    )
    live.add_argument("--word-steps", type=positive, metavar="N", default=6, help="decoding steps a word lasts (6)")
    live.add_argument(
        "--late-steps", type=positive, metavar="N", help="every second correction comes so long after the question"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every answer and the figures")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.json is not None:
        check_place(args.json)
    if args.live:
        if args.families is not None or args.methods is not None:
            raise UsageError("--live has its own questions and method; leave out --families and --methods")
        from app.evaluation.live import run as listen

        return listen(args, settings)
    args.methods = args.methods or ["async", "think", "no-think"]
    from app.evaluate import run as evaluate

    return evaluate(args, settings)

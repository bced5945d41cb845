"""`eval`: accuracy against delay over many problems, per method. Only the options; the work is `app.evaluate`."""

import argparse
from pathlib import Path

from app.config import Settings
from app.files import check_place
from app.options import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--n", type=positive, metavar="N", default=100, help="problems for each method (100)")
    parser.add_argument(
        "--methods",
        nargs="+",
        metavar="METHOD",
        default=["async", "think", "no-think"],
        help="methods to compare (async think no-think)",
    )
    parser.add_argument("--families", nargs="+", metavar="NAME", help="only these kinds of problems (default: all)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every answer and the figures")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.json is not None:
        check_place(args.json)
    from app.evaluate import run as evaluate

    return evaluate(args, settings)

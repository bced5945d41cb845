"""`bench`: speed of the engine. Only the options stand here; the measurement is `app.bench`."""

import argparse
from pathlib import Path

from app.config import Settings
from app.files import check_place
from app.options import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shape",
        dest="shapes",
        action="append",
        choices=["5m", "46m"],
        help="size of the random model; may be given more than once (default: both)",
    )
    parser.add_argument(
        "--context",
        type=positive,
        nargs="+",
        metavar="N",
        default=[200, 1000, 4000, 8000],
        help="tokens in each view (200 1000 4000 8000)",
    )
    parser.add_argument(
        "--serving",
        type=positive,
        nargs="+",
        metavar="N",
        help="instead: so many conversations at once of the model of the settings (for example 1 4 8 16)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures, with machine and versions")


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.json is not None:
        check_place(args.json)
    if args.serving is not None:
        from app.bench_serving import run as serve

        return serve(args, settings)
    from app.bench import run as measure

    return measure(args, settings)

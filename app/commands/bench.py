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
        choices=["demo", "46m", "0.6b", "8b", "32b", "model"],
        help="size of a random model, or the model of the settings; may be given more than once (demo and 46m)",
    )
    lists = {
        "--streams": ([1, 2], "streams of each conversation"),
        "--context": ([200, 4000], "tokens in each view"),
        "--conversations": ([1], "conversations at once"),
    }
    for option, (default, what) in lists.items():
        text = " ".join(map(str, default))
        parser.add_argument(option, type=positive, nargs="+", metavar="N", default=default, help=f"{what} ({text})")
    parser.add_argument(
        "--gates",
        nargs="+",
        choices=["none", "folded", "separate"],
        default=["none", "folded", "separate"],
        help="whether the gate's question rides in the step, or is a step of its own (all three)",
    )
    parser.add_argument(
        "--rival",
        nargs="*",
        choices=["generate", "static", "compile", "batching"],
        default=["generate", "static"],
        help="Hugging Face's ways to generate that are measured beside it (generate static)",
    )
    parser.add_argument("--rounds", type=positive, metavar="N", default=9, help="figures are medians of so many (9)")
    parser.add_argument(
        "--serving",
        type=positive,
        nargs="+",
        metavar="N",
        help="instead: so many conversations at once of the model of the settings (for example 1 4 8 16)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures, with machine and versions")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="also draw them, as .svg or .png")


def run(args: argparse.Namespace, settings: Settings) -> int:
    for path in (args.json, args.chart):
        if path is not None:
            check_place(path)
    if args.chart is not None:
        from app.evaluation.chart import check_suffix

        check_suffix(args.chart)
    if args.serving is not None:
        from app.bench.serving import run as serve

        return serve(args, settings)
    from app.bench.run import run as measure

    return measure(args, settings)

"""`latency`: a script of spoken and typed turns, run in real time. Only the options; the work is `app.scripted`."""

import argparse
from pathlib import Path

from app.config import Settings, VoiceSettings
from app.files import check_place
from app.options import add_settings, check_apart, positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "place", nargs="?", type=Path, metavar="SCRIPT", help="the script (assets/latency/default.toml)"
    )
    parser.add_argument("--script", type=Path, metavar="FILE", help="the same, as an option")
    parser.add_argument(
        "--methods", nargs="+", metavar="METHOD", help="methods to measure (async think no-think interleaved)"
    )
    parser.add_argument("-n", "--repeats", type=positive, metavar="N", default=1, help="takes of each method (1)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every event and every figure to this file")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the timeline, as .html, .png or .svg")
    parser.add_argument(
        "--simulate",
        nargs="?",
        const="only",
        choices=("only", "beside"),
        metavar="beside",
        help="compute the papers' delay from token times instead of measuring; 'beside': measure, and compute it too",
    )
    add_settings(parser, "voice", VoiceSettings)


def run(args: argparse.Namespace, settings: Settings) -> int:
    for place in filter(None, (args.json, args.chart)):
        check_place(place)
    check_apart(script=args.place or args.script, json=args.json, chart=args.chart)
    from app.scripted.run import run as measure

    return measure(args, settings)

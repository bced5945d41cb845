"""`calibrate`: what the gate's answers of a model mean. Only the options; the work is `app.calibration`."""

import argparse
from pathlib import Path

from app.config import Settings
from app.errors import UsageError
from app.files import check_place
from app.options import check_apart, positive

EXAMPLES = 200
NOISE = 0.05  # app.calibration.fit.LABEL_NOISE, which is not imported for the help text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tasks",
        type=Path,
        metavar="FILE",
        help="JSON lines with question and answer, as for eval (default: problems of the bundled model's domain)",
    )
    parser.add_argument("--n", type=positive, metavar="N", default=EXAMPLES, help=f"so many examples ({EXAMPLES})")
    parser.add_argument(
        "--label-noise",
        type=_noise,
        metavar="P",
        default=NOISE,
        help=f"so many labels are taken to be wrong; more of it spreads a saturated gate further ({NOISE})",
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="put bias and scale into this prompt file")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures and every sample")


def run(args: argparse.Namespace, settings: Settings) -> int:
    for place in filter(None, (args.write, args.json)):
        check_place(place)
    if given := [f"--{name}" for name in ("method", "patience") if getattr(args, name) is not None]:
        raise UsageError(f"{', '.join(given)}: calibrate asks the gate of async turns at every patience; leave it out")
    check_apart(tasks=args.tasks, write=args.write, json=args.json)
    from app.calibration.command import run as calibrate

    return calibrate(args, settings)


def _noise(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 < number < 0.5:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 0.5")
    return number

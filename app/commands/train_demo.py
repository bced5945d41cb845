"""`train-demo`: rebuilds the bundled model. Only the options stand here; the recipe is `app.demo.training`."""

import argparse
import logging
from pathlib import Path

from app.config import Settings
from app.options import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder to write the model to (default: the bundled)")
    parser.add_argument(
        "--from", type=Path, metavar="DIR", help="go on from the weights and the tokenizer of this folder"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--tokens", type=positive, metavar="N", help="train on so many tokens (default: the recipe's)")
    length.add_argument("--quick", action="store_true", help="a minute's training: shows that it works, learns little")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on from the last checkpoint beside the output folder; its length may change",
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    from app.demo.training import run as train

    logging.getLogger("app.demo").setLevel(logging.INFO)  # hours of work: show how far it is
    return train(args, settings)

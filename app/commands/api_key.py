"""`api-key`: makes a key for programs. The key goes to stdout and is never shown again; the file keeps its hash."""

import argparse
import sys
from pathlib import Path

from app.config import Settings
from app.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, metavar="NAME", help="whose key it is, as the log calls it")
    parser.add_argument("--api-key-file", dest="api_key_file", metavar="FILE", help="the file it is added to")


def run(args: argparse.Namespace, settings: Settings) -> int:
    from app.api.keys import add_key

    if settings.api_key_file is None:
        raise UsageError("name the file that holds the keys: --api-key-file FILE")
    path = Path(settings.api_key_file)
    print(add_key(path, args.name))
    print(f"The key is shown this once. Its hash is in {path}; take the line out to refuse it.", file=sys.stderr)
    return 0

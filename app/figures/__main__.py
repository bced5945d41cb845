"""`python -m app.figures`: rewrite the page of figures."""

import argparse
import sys
from collections.abc import Sequence

from app.errors import SottoError
from app.figures.page import write


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code; what went wrong is one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m app.figures", description="Rewrite assets/docs/figures.md.")
    parser.parse_args(arguments)
    try:
        print(write())
    except SottoError as error:
        print(f"sotto: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

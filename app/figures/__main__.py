"""`python -m app.figures`: rewrite the page of figures."""

import sys

from app.errors import SottoError
from app.figures.page import write


def main() -> int:
    """Returns the exit code; what went wrong is one line on stderr."""
    try:
        print(write())
    except SottoError as error:
        print(f"sotto: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())

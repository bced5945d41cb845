"""Starts Sotto: `python launch.py [command] [options]`. Everything else is in `app.cli`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (said plainly, before newer syntax is read)
    sys.exit("Sotto needs Python 3.11 or newer; this is Python " + sys.version.split()[0])

from app.cli import main

if __name__ == "__main__":
    sys.exit(main())

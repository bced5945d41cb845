"""Starts Sotto: `python launch.py [command] [options]`. Everything else is in `app.cli`."""

import sys

from app.cli import main

if __name__ == "__main__":
    sys.exit(main())

"""What can go wrong above the engine and the voice, and which exit code it deserves.

SottoError              exit code
├── UsageError          2   the command line is wrong
├── SettingsError       2   a setting is unknown or has a bad value; names where it came from
├── InputError          2   something the user named cannot be used: a missing file, not a WAV
└── RunError            1   everything was said correctly, and it failed: port in use, device gone

Ctrl-C exits with INTERRUPTED, a reader of our output that went away with READER_GONE, as shells count signals.

Every message is one readable line: what was tried, what was found, what to do.
"""

INTERRUPTED = 130
READER_GONE = 141


class SottoError(Exception):
    """Base of all errors of `app`."""

    exit_code = 1


class UsageError(SottoError):
    """The command line cannot be understood."""

    exit_code = 2


class SettingsError(SottoError):
    """A setting is unknown or its value is not allowed."""

    exit_code = 2


class InputError(SottoError):
    """Something the user named (a file, a text) cannot be used."""

    exit_code = 2


class RunError(SottoError):
    """The request was right and still failed."""

    exit_code = 1

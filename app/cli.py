"""The command line: finds the command, runs it, and turns what went wrong into one line and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted (Ctrl-C), 141 whoever read our output went away.
Results go to stdout, everything else to stderr. SOTTO_DEBUG=1 adds the traceback of an error.

Only the standard library is imported here, so that even a broken installation gets a readable message.
"""

import os
import sys
import traceback
from collections.abc import Sequence

from app.errors import INTERRUPTED, READER_GONE, SottoError

# Faults of the engine and of the voice that mean "what you named cannot be used"; all others failed while running.
WRONG_NAMES = {"ModelNotFound", "ModelRefused", "NotAudio", "EmptyAudio"}
OURS = {"", "app", "audio", "engine"}
PACKAGE_ERRORS = {"engine.errors": "EngineError", "audio.errors": "AudioError"}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; never raises."""
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
        return code
    except SystemExit as done:  # argparse leaves this way after --help and --version
        return done.code if isinstance(done.code, int) else 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return READER_GONE
    except Exception as error:
        return _report(error)


def _run(words: list[str]) -> int:
    from app.commands import find_command
    from app.options import parse

    command, rest = find_command(words)
    module = command.load()
    args, settings = parse(command, module.add_arguments, rest)
    return module.run(args, settings)


def _report(error: Exception) -> int:
    """Prints `error` as one line on stderr and returns the exit code that belongs to it."""
    if os.environ.get("SOTTO_DEBUG", "") not in {"", "0"}:
        traceback.print_exception(error)
    message, code = _describe(error)
    print(f"sotto: {' '.join(message.split())}", file=sys.stderr)
    return code


def _describe(error: Exception) -> tuple[str, int]:
    if isinstance(error, SottoError):
        return str(error), error.exit_code
    if isinstance(error, _package_errors()):
        return str(error), 2 if type(error).__name__ in WRONG_NAMES else 1
    if isinstance(error, ModuleNotFoundError) and (package := (error.name or "").partition(".")[0]) not in OURS:
        mend = f"{sys.executable} -m pip install -c constraints.txt -e ."
        return f"the Python package '{package}' is not installed; install with: {mend}", 1
    return f"unexpected {type(error).__name__}: {error} (SOTTO_DEBUG=1 shows where)", 1


def _package_errors() -> tuple[type[Exception], ...]:
    """The error bases of the packages that are loaded; one that is not loaded cannot have raised."""
    loaded = ((sys.modules[module], name) for module, name in PACKAGE_ERRORS.items() if module in sys.modules)
    return tuple(getattr(module, name) for module, name in loaded)


def _forget_stdout() -> None:
    """Nobody reads stdout any more: the interpreter's last flush must not complain about it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

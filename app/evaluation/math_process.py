"""The process that runs math-verify: a formula and an answer in, equal or not out, one JSON line each.

It has no time limits of its own: sympy can be busy for ever in places where no signal is heard, so its owner waits and
ends it (math_checker).
"""

from __future__ import annotations

import json
import logging
import signal
import sys


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's, who ends this process
    logging.disable()  # math-verify warns that nobody watches the time; the owner does
    import math_verify

    print("ready", flush=True)
    for line in sys.stdin:
        formula, answer = json.loads(line)
        gold = math_verify.parse(formula if "$" in formula else f"${formula}$", parsing_timeout=None)
        given = math_verify.parse(answer, parsing_timeout=None)
        equal = gold and given and math_verify.verify(gold, given, timeout_seconds=None)
        print(json.dumps(bool(equal)), flush=True)


if __name__ == "__main__":
    main()

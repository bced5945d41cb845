"""The process that runs math-verify: a formula and an answer in, equal or not out, one JSON line each.

It has no time limits of its own: sympy can be busy for ever in places where no signal is heard, so its owner waits and
ends it (math_checker).
"""

from __future__ import annotations

import json
import logging
import sys


def main() -> None:
    logging.disable()  # math-verify warns that nobody watches the time; the owner does
    from math_verify import parse, verify

    print("ready", flush=True)
    for line in sys.stdin:
        formula, answer = json.loads(line)
        gold = parse(formula if "$" in formula else f"${formula}$", parsing_timeout=None)
        given = parse(answer, parsing_timeout=None)
        print(json.dumps(bool(gold and given and verify(gold, given, timeout_seconds=None))), flush=True)


if __name__ == "__main__":
    main()

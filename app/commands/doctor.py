"""`doctor`: prints what `app.doctor` found. Exit code 0 if these settings can work here, 1 if something is missing."""

import argparse
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from app.config import Settings, TalkSettings, VoiceSettings
from app.options import add_settings

if TYPE_CHECKING:
    from app.doctor.check import Check
    from app.doctor.report import Report


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print everything as JSON")
    add_settings(parser, "voice", VoiceSettings)
    add_settings(parser, "talk", TalkSettings)


def run(args: argparse.Namespace, settings: Settings) -> int:
    from app.doctor.report import examine

    report = examine(settings)
    if args.json:
        print(json.dumps(asdict(report) | {"healthy": report.healthy, "settings": settings.model_dump()}, indent=2))
    else:
        print("\n".join(lines(report)))
    return 0 if report.healthy else 1


def lines(report: "Report") -> Iterator[str]:
    """The report for people: what is chosen, what is installed, and last what is missing and how to mend it."""
    yield f"Sotto {report.version} on {report.system}"
    yield from ("", "chosen", *_table(report.chosen))
    yield from ("", "packages", *_table(report.packages))
    yield from ("", "optional", *_table(report.optional))
    yield ""
    for check in report.missing:
        yield f"{'missing' if check.needed else 'optional'}: {check.name}: {check.found}"
        if check.mend:
            yield f"    mend with: {check.mend}"
    yield "Sotto can run with these settings." if report.healthy else "Sotto cannot run with these settings yet."


def _table(checks: Iterable["Check"]) -> list[str]:
    rows = list(checks)
    width = max((len(check.name) for check in rows), default=0) + 2
    return [f"  {' ' if check.ok else '!'} {check.name:<{width}}{check.found}" for check in rows]

"""`talk`: the desktop client. The options and how its parts are put together; the work is `app.talk`."""

import argparse
from pathlib import Path

from app.config import Settings, TalkSettings, VoiceSettings
from app.errors import UsageError
from app.files import check_place
from app.options import add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--devices", action="store_true", help="list microphones and loudspeakers, and leave")
    parser.add_argument("--events", type=Path, metavar="FILE", help="write every event to this file, as JSON lines")
    add_settings(parser, "talk", TalkSettings)
    add_settings(parser, "voice", VoiceSettings)
    parser.epilog = (
        "Hold the space bar while you speak. A terminal does not tell when a key goes up: space counts as let go when "
        "it has not repeated for --release-ms, or 0.75 s after a first press that never repeats; where the terminal "
        "speaks the kitty keyboard protocol, it is exact. m mutes, s or esc stops the answer, t types a line, q quits."
    )


def run(args: argparse.Namespace, settings: Settings) -> int:
    if args.devices:
        from app.talk.devices import table
        from app.talk.streams import list_devices
        from app.talk.terminal import quiet_libraries

        with quiet_libraries():
            found = table(list_devices())
        print(found)
        return 0
    if settings.open_mic and settings.toggle:
        raise UsageError("--toggle is about the space bar and --open-mic always listens; give one of them")
    if args.events is not None:
        check_place(args.events)
    from app.talk.session import talk

    return talk(settings, args.events)

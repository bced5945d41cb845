"""`ui`: the page in the browser, with the interfaces for programs on the same port. The server is `app.web.server`."""

import argparse
import logging

from app.config import ServerSettings, Settings, VoiceSettings
from app.options import add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, "server", ServerSettings)
    add_settings(parser, "voice", VoiceSettings)


def run(args: argparse.Namespace, settings: Settings) -> int:
    from app.api.door import Door
    from app.api.logs import log_as_json
    from app.assistant import Assistant
    from app.web.server import bound, serve

    logging.getLogger("app").setLevel(logging.INFO)  # say which model and which voice were chosen
    if settings.log_format == "json":
        log_as_json()
    with bound(settings) as listener:
        assistant = Assistant(settings)
        door = Door(assistant, settings)
        try:
            assistant.start()
            serve(assistant, settings, listener, door=door)
        finally:
            assistant.close()
    return 0

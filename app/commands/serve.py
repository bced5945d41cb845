"""`serve`: the interfaces for programs without the page. The server is `app.web.server`, the API `app.api`."""

import argparse
import logging

from app.config import ServerSettings, Settings, VoiceSettings
from app.errors import SettingsError
from app.options import add_settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_settings(parser, "server", ServerSettings)
    add_settings(parser, "voice", VoiceSettings)


def run(args: argparse.Namespace, settings: Settings) -> int:
    from app.api.door import Door
    from app.api.logs import log_as_json
    from app.assistant import Assistant
    from app.web.access import is_loopback
    from app.web.server import bound, serve

    if settings.api_key_file is None and not is_loopback(settings.host):
        raise SettingsError(
            f"--host {settings.host} lets other machines in, so programs need keys: make one with api-key and name its "
            "file with --api-key-file"
        )
    logging.getLogger("app").setLevel(logging.INFO)
    if settings.log_format == "json":
        log_as_json()
    with bound(settings) as listener:
        assistant = Assistant(settings)
        door = Door(assistant, settings)
        try:
            assistant.start()
            serve(assistant, settings, listener, page=False, door=door)
        finally:
            assistant.close()
    return 0

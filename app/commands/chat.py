"""`chat`: chat in the terminal. The work is `app.terminal`."""

import argparse
import asyncio
import sys
from typing import TYPE_CHECKING

from app.config import Settings

if TYPE_CHECKING:
    from app.assistant import Assistant


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Lines from a pipe are answered one by one, on stdout. /quit or the end of the input ends the chat."


def run(args: argparse.Namespace, settings: Settings) -> int:
    from app.assistant import Assistant

    assistant = Assistant(settings)
    try:
        assistant.start()
        return asyncio.run(_chat(assistant, settings.method))
    finally:
        assistant.close()


async def _chat(assistant: "Assistant", method: str) -> int:
    from app.terminal.chat import chat_by_keys
    from app.terminal.piped import chat_by_lines

    on_terminal = sys.stdin.isatty() and sys.stdout.isatty() and sys.platform != "win32"
    conversation = assistant.converse(method=method, voice=False)
    chat = chat_by_keys if on_terminal else chat_by_lines
    return await chat(conversation, sys.stdin.fileno())

"""Ties the engine and the voice together: command line, settings, conversations, web page.

`from app import Assistant` is the Python door at the conversation level. It is loaded on first use, because light
commands import this package and must not wait for a model library.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.assistant import Assistant as Assistant

__version__ = "0.1.0"
__all__ = ["Assistant", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Assistant":
        from app.assistant import Assistant

        return Assistant
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

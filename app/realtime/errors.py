"""What can go wrong at the realtime door, and how an error is told to the peer.

SottoError
└── ProtocolError       the peer sent something this door does not understand; the connection lives on

`describe` turns any exception into the API's error body: a type, a code, one readable line, never a traceback.
"""

import logging
import re

from app.errors import SottoError, UsageError

log = logging.getLogger(__name__)

INVALID_REQUEST = "invalid_request_error"
SERVER_ERROR = "server_error"


class ProtocolError(SottoError):
    """A message that cannot be understood or obeyed; `param` names the field, `event_id` the client's event."""

    def __init__(self, message: str, *, code: str, param: str | None = None, event_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param
        self.event_id = event_id


def describe(error: Exception) -> dict[str, str | None]:
    """The `error` body for the peer. Faults of ours that nobody foresaw are logged and told without details."""
    match error:
        case ProtocolError():
            return error_body(INVALID_REQUEST, error.code, str(error), error.param, error.event_id)
        case UsageError():
            return error_body(INVALID_REQUEST, code_of(error), str(error))
        case _ if is_foreseen(error):
            return error_body(SERVER_ERROR, code_of(error), str(error))
        case _:
            log.error("unforeseen error at the realtime door", exc_info=error)
            return error_body(SERVER_ERROR, "internal_error", "The server failed here; its log says how.")


def error_body(
    kind: str, code: str, message: str, param: str | None = None, event_id: str | None = None
) -> dict[str, str | None]:
    return {"type": kind, "code": code, "message": message, "param": param, "event_id": event_id}


def is_foreseen(error: Exception) -> bool:
    """Whether the error belongs to one of the project's three trees, whose messages are meant to be read."""
    from audio.errors import AudioError
    from engine.errors import EngineError

    return isinstance(error, SottoError | EngineError | AudioError)


def code_of(error: Exception) -> str:
    """`EngineFull` becomes `engine_full`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()

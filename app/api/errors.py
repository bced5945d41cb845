"""Errors as OpenAI's API tells them: a status, a type, a code, the parameter, one readable line. Never a path or stack.

SottoError
└── ApiError            a request that is refused; `refused` and `unsupported` make the common ones
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi.responses import JSONResponse

from app.errors import SottoError

INVALID_REQUEST: Final = "invalid_request_error"
RATE_LIMIT: Final = "rate_limit_error"
SERVER_ERROR: Final = "server_error"
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_LARGE, TOO_MANY, INTERNAL = 400, 401, 403, 404, 413, 429, 500
FAULT = "The server had an error while processing your request. Its log says more under this request's id."

NAMES = {
    "bool_type": "a boolean",
    "dict_type": "an object",
    "float_type": "a number",
    "int_type": "an integer",
    "list_type": "an array",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "string_type": "a string",
}
"""What pydantic's type errors expect, in JSON's words."""
FOUND = {bool: "a boolean", dict: "an object", float: "a number", int: "an integer", list: "an array", str: "a string"}


class ApiError(SottoError):
    """A refused request."""

    def __init__(
        self,
        message: str,
        *,
        status: int = BAD_REQUEST,
        kind: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.code, self.param, self.headers = status, kind, code, param, headers

    @property
    def body(self) -> dict[str, Any]:
        """The API's error object."""
        return {"error": {"message": str(self), "type": self.kind, "param": self.param, "code": self.code}}

    @property
    def response(self) -> JSONResponse:
        return JSONResponse(self.body, self.status, dict(self.headers or {}))


def unsupported(param: str, message: str) -> ApiError:
    """Something OpenAI's API has and this server has not."""
    return ApiError(message, code="unsupported_parameter", param=param)


def server_fault() -> ApiError:
    """Our own fault. What happened is for the log, not for the caller."""
    return ApiError(FAULT, status=INTERNAL, kind=SERVER_ERROR, code="internal_error")


def invalid_request(faults: Sequence[Mapping[str, Any]]) -> ApiError:
    """The first fault that pydantic found, told as OpenAI tells it. Values that were sent are not repeated, but for
    short ones where a list of words is allowed.
    """
    fault = _deepest(faults)
    place = [part for part in fault["loc"] if part != "body"]
    kind, param = str(fault["type"]), _param(place) or None
    if kind == "json_invalid" or param is None:
        return ApiError("We could not parse the JSON body of your request; it must be an application/json object.")
    code, message = _explained(kind, param, fault)
    return ApiError(message, code=code, param=param)


def _deepest(faults: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The first fault; where a value could have been one of several things, of the one that it was most like."""

    def depth(fault: Mapping[str, Any]) -> int:
        return len([part for part in fault["loc"] if not _is_member(part)])

    field = [part for part in faults[0]["loc"] if not _is_member(part)]
    return max((fault for fault in faults if list(fault["loc"][: len(field)]) == field), key=depth)


def _param(place: Iterable[object]) -> str:
    """("messages", 0, "content") is `messages[0].content`; the names of a union's members are left out."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in place if not _is_member(part)]
    return "".join(parts).removeprefix(".")


def _is_member(part: object) -> bool:
    """Pydantic puts the tried member of a union into the place: `str`, `list[TextPart]`."""
    return isinstance(part, str) and (part in {"str", "float", "int"} or part.startswith(("list[", "constrained-")))


def _explained(kind: str, param: str, fault: Mapping[str, Any]) -> tuple[str, str]:
    """Code and message."""
    limits = fault.get("ctx", {})
    match kind:
        case "missing":
            return "missing_required_parameter", f"Missing required parameter: '{param}'."
        case "extra_forbidden":
            return "unknown_parameter", f"Unrecognized request argument supplied: {param}"
        case "literal_error":
            return "invalid_value", f"Invalid value for '{param}'. Supported values are: {limits['expected']}."
        case "greater_than_equal" | "greater_than":
            bound = limits.get("ge", limits.get("gt"))
            than = ">=" if "ge" in limits else ">"
            return "number_below_min_value", f"Invalid '{param}': expected a value {than} {bound}."
        case "less_than_equal":
            return "number_above_max_value", f"Invalid '{param}': expected a value <= {limits['le']}."
        case "too_short" | "string_too_short":
            return "empty_value", f"Invalid '{param}': it may not be empty."
        case "too_long" | "string_too_long":
            return "too_long", f"Invalid '{param}': it may be {limits.get('max_length')} long at most."
        case _ if kind in NAMES:
            found = FOUND.get(type(fault.get("input")), "null")
            return "invalid_type", f"Invalid type for '{param}': expected {NAMES[kind]}, but got {found} instead."
        case _:
            return "invalid_value", f"Invalid '{param}': {str(fault['msg']).removeprefix('Value error, ')}."

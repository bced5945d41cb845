"""Being watched: `/readyz` and `/metrics`. (`/healthz`, that the server lives, is the server's own.)"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from app.api.admission import Admission
from app.api.errors import ApiError
from app.api.metrics import EngineFacts, Metrics, engine_facts
from app.engine_thread import EngineThread
from app.errors import RunError

ANSWER_TIME_S = 5.0  # an engine that does not come to the end of its step in so long is not ready
UNAVAILABLE = 503


def health_routes(engine: Callable[[], EngineThread], metrics: Metrics, admission: Admission) -> APIRouter:
    """The routes. Everybody may ask whether the server is ready, those who may ask it anything also for its metrics."""
    router = APIRouter(include_in_schema=False)

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        if await facts(engine) is None:
            return JSONResponse({"status": "the engine does not answer"}, UNAVAILABLE)
        return JSONResponse({"status": "ready"})

    @router.get("/metrics")
    async def exposed(request: Request) -> Response:
        try:
            admission.caller(request.headers)
        except ApiError as error:
            return error.response
        return Response(metrics.exposition(await facts(engine)), media_type=CONTENT_TYPE_LATEST)

    return router


async def facts(engine: Callable[[], EngineThread]) -> EngineFacts | None:
    """Of the engine between two steps; None if it does not answer."""
    try:
        async with asyncio.timeout(ANSWER_TIME_S):
            return await asyncio.wrap_future(engine().call(engine_facts))
    except (TimeoutError, RunError):
        return None

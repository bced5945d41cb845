"""The routes: `POST /chat/completions`, `GET /models`, `GET /models/{model}`."""

from __future__ import annotations

import asyncio
import math
import os
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response

from app.api.completion import Completion, until_gone
from app.api.errors import NOT_FOUND, RATE_LIMIT, TOO_MANY, ApiError
from app.api.event_stream import EventStream
from app.api.generation import Generation, Limits, TooLong, Wanted, as_read
from app.api.guard import NOTE
from app.api.metrics import Metrics, outcome
from app.api.requests import ChatRequest
from app.api.responses import ChatCompletion, ErrorAnswer, ModelCard, ModelList
from app.api.transcript import Transcript, read_transcript
from app.assistant import Assistant
from app.models import choose_sampling
from engine.engine import Engine
from engine.errors import ContextFull, EngineFull, PromptInvalid
from engine.sampling import Sampling

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer} for status in (400, 401, 403, 404, 408, 413, 429, 500)
}
STREAMED = {"text/event-stream": {"schema": {"type": "string", "description": "chunks, as `data:` lines"}}}
LEAST_WAIT_S, MOST_WAIT_S = 1, 60
FIRST_GUESS_S = 5.0  # how long a completion takes, before there was one
NEWEST_SHARE = 0.2  # of the latest completion in how long one takes
CLIENT_GONE = 499


def chat_routes(assistant: Assistant, metrics: Metrics) -> APIRouter:
    """The assistant must have been started before the first request."""
    chat = Chat(assistant, metrics)
    router = APIRouter(responses=REFUSALS)
    router.add_api_route(
        "/chat/completions",
        chat.complete,
        methods=["POST"],
        response_model=ChatCompletion,
        responses={200: {"content": STREAMED}},
        summary="Answer a conversation",
    )
    router.add_api_route("/models", chat.models, methods=["GET"], response_model=ModelList, summary="The model")
    router.add_api_route(
        "/models/{model:path}", chat.model, methods=["GET"], response_model=ModelCard, summary="A model"
    )
    return router


class Chat:
    """Answers requests with one assistant's engine."""

    def __init__(self, assistant: Assistant, metrics: Metrics) -> None:
        self._assistant, self._metrics, self._clock = assistant, metrics, assistant.clock
        self._settings = assistant.settings
        self._card = ModelCard(id=model_name(self._settings.model), created=int(time.time()))
        self._usual_s = FIRST_GUESS_S  # how long a completion takes
        self._limits: Limits | None = None  # of the engine, once it was asked

    async def models(self) -> ModelList:
        return ModelList(data=[self._card])

    async def model(self, model: str) -> ModelCard:
        self._check_model(model)
        return self._card

    async def complete(self, body: ChatRequest, request: Request) -> Response:
        body.check()
        self._check_model(body.model)
        transcript = read_transcript(body.messages)
        method = body.chosen_method(self._settings)
        with _refusals(method, self._usual_s):
            generation = await self._opened(body, transcript, method)
        began_s = self._clock()

        def ended() -> None:
            generation.close()
            self._leave_record(request, generation, method, began_s)

        opened = generation.opened
        forgotten = transcript.forgotten_messages(opened.remembered_turns)
        completion = Completion(generation, self._card.id, method, forgotten, int(time.time()), body.includes_usage)
        request.scope[NOTE] |= {
            "completion": completion.id,
            "conversation": opened.conversation.id,
            "method": method,
            "stream": bool(body.stream),
        }
        if body.stream:
            return EventStream(completion.chunks(), ended)
        try:
            return await _unless_gone(completion, request)
        finally:
            ended()

    def _check_model(self, name: str) -> None:
        if name != self._card.id:
            raise ApiError(
                f"The model '{name[:100]}' does not exist or you do not have access to it; there is '{self._card.id}'.",
                status=NOT_FOUND,
                code="model_not_found",
                param="model",
            )

    async def _opened(self, body: ChatRequest, transcript: Transcript, method: str) -> Generation:
        """A generation that has begun. Raises what the engine does, and TooLong."""

        def sampling(engine: Engine) -> Sampling:
            usual = choose_sampling(self._settings, engine.model.prompts)
            return replace(
                usual,
                temperature=usual.temperature if body.temperature is None else body.temperature,
                top_p=usual.top_p if body.top_p is None else body.top_p,
                seed=secrets.randbits(63) if body.seed is None else body.seed,
            )

        engine = self._assistant.engine
        if self._limits is None:
            self._limits = await asyncio.wrap_future(engine.call(Limits.of))
        words = await asyncio.to_thread(as_read, transcript, self._limits, self._assistant.spelled)
        wanted = Wanted(words, method, sampling, body.patience, body.most_tokens, body.stop or ())
        generation = Generation(engine, wanted, self._clock)
        await generation.open()
        return generation

    def _leave_record(self, request: Request, generation: Generation, method: str, began_s: float) -> None:
        course, opened = generation.course, generation.opened
        delays = course.moments.delays()
        request.scope[NOTE] |= {
            "outcome": outcome(course),
            "prompt_tokens": opened.prompt_tokens,
            "thought_tokens": course.thought_tokens,
            "answer_tokens": course.answer_tokens,
            "steps": course.steps,
            "ttft_ms": delays.get("ttft"),
            "ttfat_ms": delays.get("ttfat"),
        }
        self._metrics.completion(method, course, opened.prompt_tokens)
        if course.finish is not None:
            self._usual_s += NEWEST_SHARE * (self._clock() - began_s - self._usual_s)


@contextmanager
def _refusals(method: str, usual_s: float) -> Iterator[None]:
    """What the engine does not take is an ApiError. usual_s: how long a completion takes."""
    try:
        yield
    except EngineFull:
        spread_s = usual_s * random.uniform(1, 2)  # so that not all who are refused come again at once
        wait_s = min(MOST_WAIT_S, max(LEAST_WAIT_S, math.ceil(spread_s)))
        raise ApiError(
            "The engine has no room for another conversation now; try again soon.",
            status=TOO_MANY,
            kind=RATE_LIMIT,
            code="engine_full",
            headers={"Retry-After": str(wait_s)},
        ) from None
    except ContextFull as error:
        message = f"This model takes {error.limit} tokens of messages, but yours have {error.length}; shorten them."
        raise _too_long(message) from None
    except TooLong:
        raise _too_long("The messages are far longer than this model takes; shorten them.") from None
    except PromptInvalid:
        raise ApiError(
            f"The method '{method}' is not available with this model.", code="invalid_value", param="sotto.method"
        ) from None


def _too_long(message: str) -> ApiError:
    return ApiError(message, code="context_length_exceeded", param="messages")


async def _unless_gone(completion: Completion, request: Request) -> Response:
    """The whole completion, or nothing for a caller that has hung up."""
    making = asyncio.ensure_future(completion.whole())
    gone = asyncio.ensure_future(until_gone(request.receive))
    try:
        await asyncio.wait({making, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not making.done():
            return Response(status_code=CLIENT_GONE)
        return Response(making.result().model_dump_json(), media_type="application/json")
    finally:
        making.cancel()
        gone.cancel()
        await asyncio.gather(making, gone, return_exceptions=True)


def model_name(setting: str) -> str:
    """What programs call the model: a folder's last part, as no path is told; else its name."""
    return Path(setting).resolve().name if os.path.isdir(setting) else setting

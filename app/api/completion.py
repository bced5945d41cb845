"""A completion on its way to the caller: whole, or in chunks beside each other as the engine makes them."""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from app.api.course import Course, Failed
from app.api.errors import server_fault
from app.api.generation import Generation
from app.api.responses import (
    FINGERPRINT,
    AnswerMessage,
    ChatCompletion,
    Choice,
    SottoFacts,
    Thoughts,
    as_delta,
    usage,
)
from engine.events import StreamName

DONE = "[DONE]"
Told = Callable[[Course], None]
log = logging.getLogger(__name__)


class Completion:
    """One completion. created_s: Unix time."""

    def __init__(
        self, generation: Generation, model: str, method: str, forgotten_messages: int, created_s: int, usage: bool
    ) -> None:
        """usage: the stream's last chunk tells the tokens."""
        self.id = f"chatcmpl-{secrets.token_hex(12)}"
        self.generation = generation
        self._model, self._method, self._forgotten = model, method, forgotten_messages
        self._created_s, self._include_usage = created_s, usage

    async def whole(self) -> ChatCompletion:
        """Raises ApiError if the engine failed."""
        thoughts, answer = Thoughts(), []
        async for delta in self.generation.deltas():
            if delta.stream is StreamName.THOUGHTS:
                thoughts.add(delta)
            else:
                answer.append(delta.text)
        course = self.generation.course
        if course.finish is None or isinstance(course.finish, Failed):
            raise server_fault()
        message = AnswerMessage(content="".join(answer), reasoning_content=thoughts.text)
        return ChatCompletion(
            id=self.id,
            created=self._created_s,
            model=self._model,
            choices=[Choice(message=message, finish_reason=course.finish)],
            usage=usage(course, self.generation.opened.prompt_tokens),
            sotto=self._facts,
        )

    async def chunks(self) -> AsyncIterator[str]:
        """The data of server-sent events, the last of them `[DONE]`; an error object instead of the end if the engine
        failed.
        """
        yield self._chunk({"role": "assistant", "content": ""})
        async for delta in self.generation.deltas():
            yield self._chunk(as_delta(delta))
        course = self.generation.course
        if course.finish is None or isinstance(course.finish, Failed):
            yield _packed(server_fault().body)
            return
        yield self._chunk({}, course.finish, sotto=self._facts.model_dump())
        if self._include_usage:
            tokens = usage(course, self.generation.opened.prompt_tokens)
            yield self._packed({"choices": [], "usage": tokens.model_dump()})
        yield DONE

    @property
    def _facts(self) -> SottoFacts:
        steps = self.generation.course.steps
        return SottoFacts(method=self._method, steps=steps, forgotten_messages=self._forgotten)

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self._include_usage else {}
        return self._packed({"choices": [choice]} | usage | more)

    def _packed(self, rest: Mapping[str, Any]) -> str:
        head = {"id": self.id, "object": "chat.completion.chunk", "created": self._created_s, "model": self._model}
        return _packed({**head, "system_fingerprint": FINGERPRINT, **rest})


async def until_gone(receive: Callable[[], Any]) -> None:
    """Returns when the caller has hung up. The request's body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        await asyncio.sleep(0)


def _packed(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

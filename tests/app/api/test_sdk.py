"""The official Python client against a really running server with the bundled model."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import openai
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletionChunk

from tests.app.api.conftest import ROOM, WAIT_S, Running

QUESTION, RESULT = "What is 47 plus 38?", "85"
LONG = "What is 12 times 3 plus 14 times 5 plus 9 times 8?"


@pytest.fixture(scope="module")
def client(running: Running) -> Iterator[OpenAI]:
    with running.client() as client:
        yield client


def ask(client: OpenAI, *said: Any, **more: Any) -> Any:
    messages = [{"role": "user", "content": text} if isinstance(text, str) else text for text in said]
    return client.chat.completions.create(model="demo", messages=messages, **more)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def test_a_question_is_answered_with_its_thoughts_and_counts(client: OpenAI, running: Running) -> None:
    completion = ask(client, QUESTION)
    (choice,) = completion.choices
    assert RESULT in choice.message.content and RESULT in choice.message.reasoning_content
    assert (choice.finish_reason, completion.model, completion.object) == ("stop", "demo", "chat.completion")
    usage = completion.usage
    thought = usage.completion_tokens_details.reasoning_tokens
    assert 0 < thought < usage.completion_tokens and usage.prompt_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert completion.sotto["method"] == "async" and completion.sotto["steps"] < usage.completion_tokens
    assert running.open_conversations() == 0


def test_thoughts_come_beside_the_answer_and_the_stream_is_the_whole(client: OpenAI) -> None:
    chunks: list[ChatCompletionChunk] = list(ask(client, QUESTION, stream=True, stream_options={"include_usage": True}))
    *pieces, last = chunks
    deltas = [chunk.choices[0].delta for chunk in pieces]
    answer = "".join(delta.content or "" for delta in deltas)
    thoughts = "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)
    alone = ask(client, QUESTION)
    assert (answer, thoughts) == (alone.choices[0].message.content, alone.choices[0].message.reasoning_content)
    kinds = ["answer" if delta.content else "thought" for delta in deltas[1:-1]]
    assert "thought" in kinds[kinds.index("answer") :], "no thought came after the answer had begun"
    assert deltas[0].role == "assistant" and pieces[-1].choices[0].finish_reason == "stop"
    assert all(chunk.choices[0].finish_reason is None for chunk in pieces[:-1])
    assert last.choices == [] and last.usage == alone.usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_without_being_asked_a_stream_tells_no_usage(client: OpenAI) -> None:
    assert all(chunk.usage is None and chunk.choices for chunk in ask(client, "hello", stream=True))


def test_the_asynchronous_client_asks_two_things_at_once(running: Running) -> None:
    async def both() -> list[str]:
        async with AsyncOpenAI(api_key="none", base_url=running.api, max_retries=0, timeout=WAIT_S) as client:

            async def streamed(question: str) -> str:
                stream = await client.chat.completions.create(
                    model="demo", messages=[{"role": "user", "content": question}], stream=True
                )
                return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

            return await asyncio.gather(streamed(QUESTION), streamed("What is 12 plus 9?"))

    first, second = asyncio.run(both())
    assert RESULT in first and "21" in second


def test_a_conversation_goes_on_with_the_answer_object_that_came(client: OpenAI) -> None:
    first = ask(client, QUESTION).choices[0].message
    asked = {"role": "user", "content": QUESTION}
    second = ask(client, asked, first, "and double that?")
    assert "170" in second.choices[0].message.content
    assert second.usage.prompt_tokens > 2 * ask(client, QUESTION, max_tokens=1).usage.prompt_tokens


def test_messages_that_the_model_does_not_see_are_counted(client: OpenAI) -> None:
    answer = {"role": "assistant", "content": "It is 2."}
    assert ask(client, *["What is 1 plus 1?", answer] * 5, "hello", max_tokens=1).sotto["forgotten_messages"] == 4


def test_max_tokens_counts_thoughts_and_answer(client: OpenAI) -> None:
    for name in ("max_tokens", "max_completion_tokens"):
        completion = ask(client, QUESTION, **{name: 25})
        assert (completion.usage.completion_tokens, completion.choices[0].finish_reason) == (25, "length")


def test_a_stop_sequence_ends_the_answer_before_it(client: OpenAI) -> None:
    whole = ask(client, QUESTION).choices[0].message.content
    stop = whole[len(whole) // 2 :][:5]
    completion = ask(client, QUESTION, stop=[stop, "never said"])
    assert completion.choices[0].message.content == whole[: whole.index(stop)]
    assert completion.choices[0].finish_reason == "stop"
    streamed = ask(client, QUESTION, stop=stop, stream=True)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in streamed) == whole[: whole.index(stop)]


def test_a_seed_makes_hot_sampling_repeatable(client: OpenAI) -> None:
    def hot(seed: int) -> str:
        message = ask(client, QUESTION, temperature=2.0, seed=seed, max_tokens=30).choices[0].message
        return f"{message.reasoning_content}|{message.content}"

    assert hot(5) == hot(5)
    assert len({hot(seed) for seed in (-1, 5, 2**62)}) > 1
    greedy = ask(client, QUESTION, max_tokens=30).choices[0].message
    for unlikely in ({"top_p": 1e-9, "temperature": 2.0}, {"temperature": 1e-50}):
        assert ask(client, QUESTION, max_tokens=30, **unlikely).choices[0].message == greedy


def test_method_and_patience_are_the_callers_to_choose(client: OpenAI) -> None:
    answered = ask(client, QUESTION, extra_body={"sotto": {"method": "no-think"}})
    assert answered.usage.completion_tokens_details.reasoning_tokens == 0
    assert getattr(answered.choices[0].message, "reasoning_content", None) is None

    def thoughts_first(**sotto: object) -> int:
        """How many chunks come before the answer."""
        with ask(client, QUESTION, stream=True, extra_body={"sotto": sotto}) as stream:
            return next(number for number, chunk in enumerate(stream) if chunk.choices[0].delta.content)

    assert thoughts_first(method="async", patience=0) < thoughts_first(method="async", patience=1)
    assert thoughts_first(method="think") > thoughts_first(method="async")


def test_several_thinkers_are_told_apart(client: OpenAI) -> None:
    sotto = {"sotto": {"method": "hogwild"}}
    lanes = {
        chunk.choices[0].delta.sotto["lane"]
        for chunk in ask(client, LONG, stream=True, extra_body=sotto, max_tokens=40)
        if getattr(chunk.choices[0].delta, "reasoning_content", None)
    }
    assert len(lanes) == 2


def test_errors_are_the_clients_own_kinds(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "hello"}])
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as bad:
        ask(client, "hello", temperature=3)
    assert bad.value.param == "temperature"
    for words in ("and " * 1500, "and " * 200_000):
        with pytest.raises(openai.BadRequestError) as long:
            ask(client, words)
        assert long.value.code == "context_length_exceeded"
    with pytest.raises(openai.BadRequestError) as unavailable:
        ask(client, "hello", extra_body={"sotto": {"method": "async-safe"}})
    assert unavailable.value.param == "sotto.method"


def test_models_are_listed(client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["demo"]
    assert client.models.retrieve("demo").owned_by == "sotto"


@contextmanager
def held(client: OpenAI, running: Running, count: int) -> Iterator[None]:
    """So many streams that have begun and are not read to their end."""
    streams = [ask(client, LONG, stream=True, extra_body={"sotto": {"method": "think"}}) for _ in range(count)]
    try:
        for stream in streams:
            next(stream)
        yield
    finally:
        for stream in streams:
            stream.close()


def test_a_full_engine_says_when_to_come_again(client: OpenAI, running: Running) -> None:
    with held(client, running, ROOM):
        with pytest.raises(openai.RateLimitError) as full:
            ask(client, QUESTION)
        assert full.value.code == "engine_full" and int(full.value.response.headers["retry-after"]) >= 1
    until(lambda: running.open_conversations() == 0)


def test_the_client_comes_again_by_itself_when_there_is_room(client: OpenAI, running: Running) -> None:
    def refused() -> float:
        return running.metric("sotto_errors_total", code="engine_full")

    before, answers = refused(), []
    with running.client(retries=8) as patient:
        asking = threading.Thread(target=lambda: answers.append(ask(patient, QUESTION)))
        with held(client, running, ROOM):
            asking.start()
            until(lambda: refused() > before)
        asking.join(WAIT_S)
    assert RESULT in answers[0].choices[0].message.content


def test_a_caller_that_leaves_in_mid_stream_ends_its_turn(client: OpenAI, running: Running) -> None:
    before = running.metric("sotto_completions_total", method="think", outcome="cancelled")
    with held(client, running, 1):
        assert running.open_conversations() == 1
    until(lambda: running.open_conversations() == 0)
    until(lambda: running.metric("sotto_completions_total", method="think", outcome="cancelled") > before)


def test_a_caller_that_does_not_wait_for_the_whole_answer_ends_its_turn(running: Running) -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": LONG}], "sotto": {"method": "think"}}
    before = running.metric("sotto_completions_total", method="think", outcome="cancelled")
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{running.api}/chat/completions", json=body, timeout=0.05)
    until(lambda: running.metric("sotto_completions_total", method="think", outcome="cancelled") > before)
    until(lambda: running.open_conversations() == 0)


def test_health_and_metrics_tell_how_it_is(client: OpenAI, running: Running) -> None:
    before = running.metric("sotto_tokens_total", kind="thoughts", method="async")
    tokens = ask(client, QUESTION).usage.completion_tokens_details.reasoning_tokens
    assert running.metric("sotto_tokens_total", kind="thoughts", method="async") == before + tokens
    assert running.metric("sotto_ttfat_seconds_count", door="chat") >= 1
    assert running.metric("sotto_engine_up") == 1 and running.metric("sotto_conversations") == 0
    assert running.metric("sotto_kv_tokens", state="capacity") > 0
    assert httpx.get(f"{running.url}/readyz").json() == {"status": "ready"}
    assert httpx.get(f"{running.url}/healthz").status_code == 200


def test_a_foreign_page_and_a_foreign_name_are_refused(running: Running) -> None:
    url = f"{running.api}/models"
    assert httpx.get(url, headers={"origin": "https://evil.example"}).status_code == 403
    assert httpx.get(url, headers={"host": "evil.example"}).status_code == 421

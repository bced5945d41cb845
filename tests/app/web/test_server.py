"""The application on its port: refusals before the handshake, caps, headers, and a page that asks no other host."""

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from app.config import load_settings
from app.errors import RunError
from app.realtime.socket import MESSAGE_LIMIT_BYTES
from app.web.server import bound, build_app
from tests.app.web.fake_assistant import FakeAssistant, Script
from tests.browser import serving

SETTINGS = load_settings()


@pytest.fixture(scope="module")
def assistant() -> FakeAssistant:
    return FakeAssistant(Script(phrases=("One.",), phrase_s=0.1, token_s=0.001), room=3)


@pytest.fixture(scope="module")
def url(assistant: FakeAssistant) -> Iterator[str]:
    with serving(lambda: build_app(assistant, SETTINGS, page=False)) as address:
        yield address


@pytest.fixture(scope="module")
def page_url() -> Iterator[str]:
    with serving(lambda: build_app(FakeAssistant(), SETTINGS)) as address:
        yield address


def socket_url(url: str, query: str = "") -> str:
    return url.replace("http", "ws") + "v1/realtime" + query


async def until(connection: ClientConnection, kind: str) -> dict[str, Any]:
    """The next event of this type."""
    while True:
        event: dict[str, Any] = json.loads(await asyncio.wait_for(connection.recv(), 5))
        if event["type"] == kind:
            return event


def refused_with(url: str, query: str = "", **headers: str) -> int:
    """HTTP status of a handshake that must fail."""

    async def scenario() -> int:
        with pytest.raises(InvalidStatus) as caught:
            await connect(socket_url(url, query), additional_headers=headers)
        return caught.value.response.status_code

    return asyncio.run(scenario())


def test_a_program_may_talk_over_the_socket(url: str) -> None:
    async def scenario() -> None:
        async with connect(socket_url(url, "?model=demo")) as connection:
            await until(connection, "session.created")
            await connection.send("{")
            assert (await until(connection, "error"))["error"]["code"] == "invalid_json"

    asyncio.run(scenario())


def test_a_foreign_page_is_refused_before_the_handshake(url: str) -> None:
    assert refused_with(url, origin="https://evil.example") == 403


def test_a_page_without_its_secret_is_refused_before_the_handshake(url: str) -> None:
    assert refused_with(url, origin=url.rstrip("/")) == 403
    assert refused_with(url, "?session=guess", origin=url.rstrip("/")) == 403


def test_a_foreign_host_name_is_refused(url: str) -> None:
    """As it happens when a foreign name resolves to this machine."""
    port = urlsplit(url).port

    async def scenario() -> None:
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"ws://evil.example:{port}/v1/realtime", host="127.0.0.1", port=port)
        assert caught.value.response.status_code == 403

    asyncio.run(scenario())
    answer = httpx.get(url + "healthz", headers={"host": "evil.example"})
    assert (answer.status_code, "evil.example" in answer.text) == (421, True)


def test_an_oversized_message_closes_with_1009(url: str) -> None:
    async def scenario() -> None:
        async with connect(socket_url(url)) as connection:
            await connection.send(b"\0" * (MESSAGE_LIMIT_BYTES + 2))
            with pytest.raises(ConnectionClosed) as caught:
                await until(connection, "never")
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009

    asyncio.run(scenario())


def test_one_caller_too_many_is_told_and_closed_with_1008(url: str, assistant: FakeAssistant) -> None:
    async def scenario() -> None:
        async with connect(socket_url(url)) as one, connect(socket_url(url)) as two, connect(socket_url(url)) as three:
            for connection in (one, two, three):
                await until(connection, "session.created")
            async with connect(socket_url(url)) as late:
                assert (await until(late, "error"))["error"]["code"] == "engine_full"
                with pytest.raises(ConnectionClosed) as caught:
                    await until(late, "never")
                assert caught.value.rcvd is not None
                assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1008, "engine_full")
        for _ in range(100):
            if assistant.open == 0:
                break
            await asyncio.sleep(0.02)
        assert assistant.open == 0

    asyncio.run(scenario())


def test_callers_at_once_do_not_hear_each_other(url: str, assistant: FakeAssistant) -> None:
    async def ask(number: int) -> None:
        async with connect(socket_url(url)) as connection:
            item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": f"caller {number}"}]}
            await connection.send(json.dumps({"type": "conversation.item.create", "item": item}))
            await connection.send(json.dumps({"type": "response.create"}))
            texts = []
            while True:
                event = json.loads(await asyncio.wait_for(connection.recv(), 5))
                if event["type"] == "conversation.item.added" and event["item"]["role"] == "user":
                    texts.append(event["item"]["content"][0]["text"])
                if event["type"] == "response.done":
                    break
            assert texts == [f"caller {number}"]

    async def scenario() -> None:
        await asyncio.gather(*(ask(number) for number in range(3)))

    asyncio.run(scenario())
    assert sorted(assistant.script.said[-3:]) == ["caller 0", "caller 1", "caller 2"]


def test_a_port_in_use_is_one_readable_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(RunError, match=f"port {port}") as caught:
            bound(load_settings(flags={"port": port}))
    assert "--port" in str(caught.value) and "\n" not in str(caught.value)


def test_an_address_that_is_not_ours_is_one_readable_line() -> None:
    with pytest.raises(RunError, match=r"203\.0\.113\.1"):
        bound(load_settings(flags={"host": "203.0.113.1", "port": 0}))


def test_without_the_page_there_is_only_the_door(url: str) -> None:
    assert httpx.get(url + "healthz").json() == {"status": "ok"}
    assert httpx.get(url).status_code == 404


def test_the_page_names_no_other_host_that_it_would_load_from(page_url: str) -> None:
    html = httpx.get(page_url).text
    loaded = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(?:https?:)?//[^"]+"', html)
    assert loaded == []
    assert "fonts.googleapis" not in html


def test_the_page_may_load_from_this_server_only(page_url: str) -> None:
    policy = httpx.get(page_url).headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "http:" not in policy and "https:" not in policy


def test_nothing_can_be_uploaded(page_url: str) -> None:
    answer = httpx.post(f"{page_url}gradio_api/upload", files={"files": ("big.bin", b"x" * 100)})
    assert answer.status_code == 413


def test_a_server_names_an_address_that_can_be_opened_and_stops_quietly() -> None:
    """A server is started as a user would, and stopped as a user would."""
    script = (
        "from app.config import load_settings\nfrom app.web.server import bound, serve\n"
        "from tests.app.web.fake_assistant import FakeAssistant\n"
        "here = load_settings(flags={'port': 0, 'host': '0.0.0.0'})\nserve(FakeAssistant(), here, bound(here))"
    )
    with subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        line = process.stderr.readline()
        port = int(re.findall(r"http://127\.0\.0\.1:(\d+)", line)[0])
        while httpx_or_none(f"http://127.0.0.1:{port}/healthz") is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert "need https for the microphone" in line
    assert (process.returncode, rest) == (0, "")


def httpx_or_none(url: str) -> httpx.Response | None:
    try:
        return httpx.get(url)
    except httpx.ConnectError:
        return None


def test_the_pages_files_are_served(page_url: str) -> None:
    for name in ("page.js", "talk.js", "turns.js", "voice.js", "worklets.js", "sotto.css"):
        assert httpx.get(f"{page_url}sotto/{name}").status_code == 200


def test_a_page_that_lost_its_network_finds_its_conversation_again() -> None:
    assistant = FakeAssistant(Script(phrases=("One.",), phrase_s=0.1, token_s=0.001))

    async def scenario(url: str, secret: str) -> None:
        async with connect(socket_url(url, f"?session={secret}")) as connection:
            await until(connection, "session.created")
            connection.transport.abort()
        async with connect(socket_url(url, f"?session={secret}")) as connection:
            await connection.send(json.dumps({"type": "session.update", "session": {}}))
            assert (await until(connection, "session.updated"))["session"]["id"]
            await connection.close(1001)
        async with connect(socket_url(url, f"?session={secret}")) as connection:
            await until(connection, "session.created")

    with serving(lambda: build_app(assistant, SETTINGS)) as url:
        asyncio.run(scenario(url, page_secret(url)))
    assert len(assistant.conversations) == 2, "one for the network's loss, one more after the goodbye"


def page_secret(url: str) -> str:
    """The secret that Gradio gives a tab when it loads."""
    config = httpx.get(f"{url}config").json()
    [load] = [each for each in config["dependencies"] if each["targets"][0][1] == "load"]
    answer = httpx.post(
        f"{url}gradio_api/run/predict", json={"data": [], "fn_index": load["id"], "session_hash": "test"}
    )
    return str(answer.json()["data"][0])

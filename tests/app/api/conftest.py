"""A really running server: the bundled model, room for two conversations, five milliseconds a step at least."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from openai import OpenAI

from app.api.door import Door
from app.assistant import Assistant
from app.config import Settings, load_settings
from app.web.server import build_app
from tests.browser import serving

ROOM = 2
KV_TOKENS = 6000  # of two conversations
WAIT_S = 60.0  # the machine may be busy


@dataclass(frozen=True)
class Running:
    """url: of the server, without a slash at its end."""

    url: str
    assistant: Assistant
    settings: Settings

    @property
    def api(self) -> str:
        return f"{self.url}/v1"

    def client(self, retries: int = 0) -> OpenAI:
        return OpenAI(api_key="none", base_url=self.api, max_retries=retries, timeout=WAIT_S)

    def open_conversations(self) -> int:
        """In the engine, right now."""
        return self.assistant.engine.call(lambda engine: len(engine.conversations)).result(WAIT_S)

    def metric(self, name: str, **labels: str) -> float:
        """A value of the exposition; 0 for one that has not been counted yet."""
        wanted = name + ("{" + ",".join(f'{key}="{value}"' for key, value in labels.items()) + "}" if labels else "")
        for line in httpx.get(f"{self.url}/metrics", timeout=WAIT_S).text.splitlines():
            if line.startswith(f"{wanted} "):
                return float(line.rpartition(" ")[2])
        return 0.0


@pytest.fixture(scope="package")
def running() -> Iterator[Running]:
    settings = load_settings(flags={"kv_tokens": KV_TOKENS, "step_ms": 5})
    assistant = Assistant(settings)
    assistant.start()
    try:
        with serving(lambda: build_app(assistant, settings, page=False, door=Door(assistant, settings))) as url:
            yield Running(url.rstrip("/"), assistant, settings)
    finally:
        assistant.close()

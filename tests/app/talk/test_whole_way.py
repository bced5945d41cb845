"""The whole way, as a user has it: `launch.py talk` in a terminal, on a virtual sound card; the bundled model answers.

A question is played into the virtual microphone, the virtual loudspeaker is recorded, and what the program says of
itself is compared with the recording. Barge-ins: tests/app/barge_in/test_command.py.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from app.barge_in.pulse import PROGRAMS, Pulse, pulse_server
from app.barge_in.talk_process import TalkProcess
from app.barge_in.trial import Bench, SpokenQuestion, ask
from audio.tts.worker import EspeakSynthesizer
from tests.conftest import Require

pytestmark = [pytest.mark.device, pytest.mark.slow]
QUESTION = SpokenQuestion("what is forty seven plus thirty eight", 85)


@pytest.fixture(scope="module")
def pulse(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulse]:
    for program in PROGRAMS:
        require(program)
    with pulse_server(tmp_path_factory.mktemp("pulse")) as server:
        yield server


@pytest.fixture(scope="module")
def client(pulse: Pulse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TalkProcess]:
    events = tmp_path_factory.mktemp("talk") / "events.jsonl"
    client = TalkProcess(pulse, events, "--open-mic", "--echo", "none", "--asr", "pocketsphinx", "--buffer-ms", "100")
    try:
        client.wait_until_it_listens()
        yield client
    finally:
        client.close()


def test_a_spoken_question_is_answered_aloud(client: TalkProcess, pulse: Pulse) -> None:
    with EspeakSynthesizer("en-us", rate_wpm=150) as user, EspeakSynthesizer("en-us", rate_wpm=165) as assistant:
        found = ask(Bench(client, pulse, user, assistant, lambda pcm: ""), QUESTION)
    print(found)
    assert found.understood == "what is 47 plus 38"
    assert found.right
    assert found.fit > 0.9
    assert b"not spoken" in client.screen
    assert b"85" in client.screen


def test_a_signal_ends_it_and_the_terminal_is_as_before(client: TalkProcess) -> None:
    assert client.attributes[3] != client.before[3]  # keys come one by one
    client.process.send_signal(signal.SIGTERM)
    assert client.process.wait(30) == 128 + signal.SIGTERM
    assert client.attributes == client.before
    assert client.screen.rindex(b"\x1b[?25h") > client.screen.rindex(b"\x1b[?25l")  # the cursor is back

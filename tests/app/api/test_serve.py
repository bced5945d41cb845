"""The command itself: started as a service manager would, stopped in mid-answer."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from app.api.keys import add_key
from tests.app.api.conftest import WAIT_S

QUESTION = {"model": "demo", "messages": [{"role": "user", "content": "What is 47 plus 38?"}], "stream": True}


def test_a_stop_lets_the_answer_at_hand_be_finished_and_the_log_has_no_words(tmp_path: Path) -> None:
    key = add_key(tmp_path / "keys", "laptop")
    command = ["launch.py", "serve", "--port", "0", "--log-format", "json", "--api-key-file", str(tmp_path / "keys")]
    with subprocess.Popen([sys.executable, *command], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        first = next(line for line in process.stderr if "serves" in line)
        url = re.findall(r"http://[\d.]+:\d+", first)[0] + "/v1/chat/completions"
        assert httpx.post(url, json=QUESTION, timeout=WAIT_S).status_code == 401
        headers = {"authorization": f"Bearer {key}"}
        with httpx.stream("POST", url, json=QUESTION, headers=headers, timeout=WAIT_S) as answer:
            lines = answer.iter_lines()
            next(lines)
            process.send_signal(signal.SIGTERM)
            assert [line for line in lines if line][-1] == "data: [DONE]"
        log = process.stderr.read()
    assert process.returncode == 0
    refused, served = [json.loads(line) for line in log.splitlines() if '"event": "request"' in line]
    assert refused["status"] == 401
    assert (served["caller"], served["outcome"], served["conversation"]) == ("laptop", "stop", 1)
    assert key not in log and "plus" not in log

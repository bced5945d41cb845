"""The sound card's process: opens the devices and lets their callbacks run, undisturbed by a model that thinks.

A callback has to be on time, and in one process all threads of Python share one interpreter: a recogniser or a model
at work would make sound stutter. So this runs alone. It is told by lines of JSON on stdin and answers on stdout; the
end of stdin ends it, and so does a device that goes away. Sound goes through shared memory.
"""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app.errors import SottoError
from app.talk.flow import Flow, WantedDevices
from app.talk.playback import RingPlayback
from app.talk.streams import Streams
from audio.errors import AudioError

LOOK_S = 0.2


def main() -> None:
    """argv: `WantedDevices` as JSON, and the path of the flow's memory."""
    flow = Flow(Path(sys.argv[2]))
    try:
        streams = Streams(WantedDevices(**json.loads(sys.argv[1])), flow)
        _say({"input": asdict(streams.input), "output": asdict(streams.output)})
        order = json.loads(sys.stdin.readline() or "null")
        if order is None:
            return
        streams.start(RingPlayback(order["rate_hz"], Path(order["path"])))
        _say({})
    except (SottoError, AudioError) as error:
        _say({"error": type(error).__name__, "message": str(error)})
        return
    over = threading.Event()
    threading.Thread(target=_wait_for_end, args=(over,), daemon=True).start()
    while streams.running and not over.wait(LOOK_S):
        pass
    streams.close()


def _wait_for_end(over: threading.Event) -> None:
    sys.stdin.read()
    over.set()


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()

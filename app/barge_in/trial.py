"""One barge-in: a question is spoken, its answer spoken over, the next answer heard to its end; and what it showed."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.barge_in.fit import fits, heard_error_ms, slipped_ms
from app.barge_in.pulse import Pulse
from app.barge_in.recording import Recording
from app.barge_in.talk_process import LoggedEvent, TalkProcess
from app.errors import RunError
from audio.pcm import INPUT_RATE_HZ, OUTPUT_RATE_HZ, Pcm, resample, silence
from audio.text.speak import speak
from audio.tts.synthesizer import Synthesizer

ANSWERING_S = 90.0
AFTER_S = 0.3  # the sound that is still on its way when the client says that it has stopped
SPEAKER, MICROPHONE = "spk.monitor", "micpipe.monitor"
AROUND_MS = 300


@dataclass(frozen=True, slots=True)
class SpokenQuestion:
    """What is asked, and the number that answers it."""

    text: str
    answer: int


@dataclass(frozen=True, slots=True)
class Bench:
    """What a trial needs. user, assistant: their voices. transcribe: what is said in a sound of 16 kHz. heard: the file
    with the sound the conversation got, if it is kept.
    """

    client: TalkProcess
    pulse: Pulse
    user: Synthesizer
    assistant: Synthesizer
    transcribe: Callable[[Pcm], str]
    heard: Path | None = None

    @property
    def heard_bytes(self) -> int:
        """How much sound the conversation has got so far."""
        return 0 if self.heard is None else self.heard.stat().st_size


@dataclass(frozen=True, slots=True)
class HeardAnswer:
    """A spoken question and its whole answer. understood: what the recogniser made of it. told: the client's own
    delays (ms). e2e_ms: the user's last sound at the microphone to the first of the answer at the loudspeaker.
    transcript: the recorded answer as the recogniser writes it down; fit: of the answer's own sound in the recording,
    median of quarters of a second (1: the same). lost_ms: of the question's sound, on the way to the recogniser.
    """

    question: str
    understood: str
    answer: str
    right: bool
    e2e_ms: float | None
    told: dict[str, float]
    transcript: str
    transcript_right: bool
    fit: float
    lost_ms: float | None


@dataclass(frozen=True, slots=True)
class BargeIn:
    """One interruption. after_s: of the answer's sound. silent_ms: the first sample of the user's voice at the
    microphone to the assistant's last. heard_error_ms: what was told to be heard, less what the recording holds.
    """

    turn: int
    asked: str
    understood: str
    written: str
    heard: str
    after_s: float
    silent_ms: float
    heard_error_ms: float | None
    next: HeardAnswer


class AnswerOver(Exception):
    """The answer had ended before it could be interrupted: no barge-in."""


class NotInterrupted(Exception):
    """The user spoke over the answer, and it went on to its end."""


@dataclass(frozen=True, slots=True)
class Sounding:
    """An answer that is being heard. first_s: since when, by our clock."""

    turn: int
    epoch: int
    first_s: float


def ask(bench: Bench, question: SpokenQuestion) -> HeardAnswer:
    """Asks it aloud and hears the answer to its end. Raises RunError if none comes."""
    client = bench.client
    turn = latest_turn(client)
    with Recording(bench.pulse, SPEAKER) as speaker, Recording(bench.pulse, MICROPHONE) as microphone:
        heard_from = bench.heard_bytes
        bench.pulse.speak(sound := spoken(bench.user, question.text))
        client.wait_for(lambda: idle(client, turn), ANSWERING_S, f"no answer to {question.text!r} came")
        time.sleep(AFTER_S)
    return answered(bench, question, sound, heard_from, speaker, microphone)


def interrupt(bench: Bench, asked: SpokenQuestion, after_s: float, words: SpokenQuestion) -> BargeIn:
    """Asks something aloud and speaks over the answer, `after_s` after its first sound. Raises AnswerOver,
    NotInterrupted, RunError.
    """
    client, before = bench.client, latest_turn(bench.client)
    with Recording(bench.pulse, SPEAKER) as speaker, Recording(bench.pulse, MICROPHONE) as microphone:
        bench.pulse.speak(spoken(bench.user, asked.text))
        answer = wait_until_it_sounds(client, before, asked)
        time.sleep(max(0.0, answer.first_s + after_s - time.monotonic()))
        if stopped(client, answer.epoch):
            client.wait_for(lambda: idle(client, before), ANSWERING_S, "the answer did not end")
            raise AnswerOver
        heard_from = bench.heard_bytes
        began_s = bench.pulse.speak(sound := spoken(bench.user, words.text))
        client.wait_for(lambda: finished(client, answer.turn), ANSWERING_S, "the answer did not end")
        if not finished(client, answer.turn)[0]["interrupted"]:
            raise NotInterrupted
        client.wait_for(lambda: idle(client, answer.turn), ANSWERING_S, f"no answer to {words.text!r} came")
        time.sleep(AFTER_S)
    told, done = stopped(client, answer.epoch)[-1], finished(client, answer.turn)[0]
    voice, last = microphone.first_audible(began_s), speaker.last_audible(told["clock_s"] + AFTER_S)
    if voice is None or last is None:
        raise RunError("the virtual sound card brought nothing: the recording is silent")
    voice_s, made = microphone.time_s(voice), sound_of(client, answer.epoch, bench.assistant)
    return BargeIn(
        turn=answer.turn,
        asked=asked.text,
        understood=words_of(client, answer.turn),
        written=done["answer"],
        heard=done["heard"],
        after_s=voice_s - answer.first_s,
        silent_ms=(speaker.time_s(last) - voice_s) * 1000,
        heard_error_ms=heard_error_ms(made, told["samples"], speaker.pcm, last),
        next=answered(bench, words, sound, heard_from, speaker, microphone, speaker.time_s(last)),
    )


def answered(
    bench: Bench,
    question: SpokenQuestion,
    sound: Pcm,
    heard_from: int,
    speaker: Recording,
    microphone: Recording,
    silent_s: float = 0.0,
) -> HeardAnswer:
    """What became of the question that was said last, as `sound`. heard_from: so much of the kept sound came before it
    (bytes); silent_s: when the loudspeaker had fallen silent before the answer.
    """
    client = bench.client
    done = finished(client, latest_turn(client))[0]
    epochs = [delta["epoch"] for delta in client.of("audio_delta") if delta["turn"] == done["turn"]]
    said = microphone.last_audible()
    if not epochs or said is None:
        raise RunError(f"nothing was said in answer to {question.text!r}, but {done['answer']!r} was written")
    said_s = microphone.time_s(said)
    first = speaker.first_audible(max(said_s, silent_s + 1 / OUTPUT_RATE_HZ))
    recorded = speaker.pcm[:0] if first is None else speaker.pcm[first:]
    transcript = bench.transcribe(resample(recorded, OUTPUT_RATE_HZ, INPUT_RATE_HZ))
    found = fits(sound_of(client, epochs[-1], bench.assistant), recorded)
    return HeardAnswer(
        question=question.text,
        understood=words_of(client, done["turn"]),
        answer=done["heard"],
        right=says(done["heard"], question.answer),
        e2e_ms=None if first is None else (speaker.time_s(first) - said_s) * 1000,
        told=done["latency"],
        transcript=transcript,
        transcript_right=says(transcript, question.answer),
        fit=float(np.median(found)) if found else 0.0,
        lost_ms=None if bench.heard is None else slipped_ms(sound, sound_since(bench.heard, heard_from)),
    )


# -- what the events say


def latest_turn(client: TalkProcess) -> int:
    """The number of the last turn that the user finished; 0 before the first."""
    return int(max((turn["turn"] for turn in client.of("user_turn")), default=0))


def words_of(client: TalkProcess, turn: int) -> str:
    """What the user said in that turn, as it was understood."""
    return str(next((event["text"] for event in reversed(client.of("user_turn")) if event["turn"] == turn), ""))


def finished(client: TalkProcess, turn: int) -> list[LoggedEvent]:
    """How that turn ended, once it has."""
    return [event for event in client.of("turn_done") if event["turn"] == turn]


def idle(client: TalkProcess, after_turn: int) -> bool:
    """Whether there was a turn after that one, and the last was answered to its end."""
    turn = latest_turn(client)
    return turn > after_turn and any(not done["interrupted"] for done in finished(client, turn))


def wait_until_it_sounds(client: TalkProcess, before: int, asked: SpokenQuestion) -> Sounding:
    """The answer to what was asked after that turn, as soon as it can be heard. Raises RunError if it cannot."""
    found: list[Sounding] = []

    def sounds() -> bool:
        turns = {delta["epoch"]: delta["turn"] for delta in client.of("audio_delta") if delta["turn"] > before}
        heard = [report for report in client.of("played") if report["epoch"] in turns and report["samples"]]
        if heard and turns[heard[-1]["epoch"]] == latest_turn(client):
            first = next(report for report in heard if report["epoch"] == heard[-1]["epoch"])
            first_s = first["clock_s"] - first["samples"] / OUTPUT_RATE_HZ
            found.append(Sounding(turns[first["epoch"]], first["epoch"], first_s))
        return bool(found)

    client.wait_for(sounds, ANSWERING_S, f"no answer to {asked.text!r} was heard")
    return found[0]


def stopped(client: TalkProcess, epoch: int) -> list[LoggedEvent]:
    """The last position told of an epoch, once it is known."""
    return [one for one in client.of("played") if one["epoch"] == epoch and one["done"]]


# -- sounds


def spoken(user: Synthesizer, text: str) -> Pcm:
    """Speech for the microphone at 16 kHz, at a moderate level, a little silence around it."""
    stream = speak(user, text)
    assert stream is not None, "a question can be spoken"
    sound = resample(np.concatenate([chunk.pcm for chunk in stream]), OUTPUT_RATE_HZ, INPUT_RATE_HZ).astype(np.float64)
    loud = np.flatnonzero(np.abs(sound) > 200)
    sound = sound[loud[0] : loud[-1] + 1]
    quiet = silence(AROUND_MS, INPUT_RATE_HZ)
    return np.concatenate([quiet, (sound / np.abs(sound).max() * 12_000).astype(np.int16), quiet])


def sound_of(client: TalkProcess, epoch: int, voice: Synthesizer) -> Pcm:
    """The sound of an epoch at 24 kHz, made once more from its phrases; espeak-ng says the same the same way, but for
    its hiss and some samples.
    """
    deltas = [delta for delta in client.of("audio_delta") if delta["epoch"] == epoch]
    made = [speak(voice, delta["text"]) for delta in deltas if delta["text"]]
    pcm = np.concatenate([chunk.pcm for stream in made if stream is not None for chunk in stream])
    samples = sum(delta["samples"] for delta in deltas)
    if len(pcm) < 0.999 * samples:
        raise RunError(f"the voice made {len(pcm)} samples of what it made {samples} of before")
    return pcm


def sound_since(path: Path, begin: int) -> Pcm:
    """The sound the conversation got (16 kHz) after its first so many bytes."""
    data = path.read_bytes()[begin // 2 * 2 :]
    return np.frombuffer(data[: len(data) // 2 * 2], "<i2")


def says(text: str, number: int) -> bool:
    """Whether the last number in the text is this one."""
    found = re.findall(r"\d+", text.replace(",", ""))
    return bool(found) and int(found[-1]) == number

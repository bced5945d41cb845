"""What the corpus' kept recordings are heard as, by the real voice activity detection."""

import numpy as np
import pytest

from app.corpus import text_ends, turn_ends
from app.corpus.flac import read_flac
from app.corpus.heard_words import TrueWords
from app.corpus.plan import Kind
from app.corpus.recording import Entry, read_manifest
from app.corpus.store import FOLDER, MANIFEST
from app.corpus.turn_ends import (
    LATE_MS,
    ShortSound,
    Turn,
    Way,
    hear,
    main,
    short_sound,
    short_table,
    turn,
    turns_table,
)
from audio.events import FinalTranscript, PartialTranscript, SpeechConfirmed, SpeechEnded
from audio.turns.endpoint import EndpointSettings
from audio.turns.turn_end import TextJudge
from audio.turns.vad import SileroVad

BY_WORDS = Way("words", TrueWords, TextJudge("en"), EndpointSettings())
BY_SILENCE = Way("silence", TrueWords, None, EndpointSettings())
SECOND = 16_000
KEPT = {entry.name: entry for entry in read_manifest(MANIFEST) if entry.file}


@pytest.fixture(scope="module")
def vad() -> SileroVad:
    return SileroVad()


def heard(name: str, way: Way, vad: SileroVad) -> list[object]:
    entry = KEPT[name]
    return list(hear(entry, read_flac(FOLDER / str(entry.file)), way, vad))


@pytest.mark.parametrize("name", [name for name in KEPT if name.startswith("pause")])
def test_a_pause_inside_a_turn_ends_it_by_silence_but_not_by_words(name: str, vad: SileroVad) -> None:
    (_, pause), (goes_on, _) = KEPT[name].speech[:2]
    by_silence = turn(KEPT[name], heard(name, BY_SILENCE, vad))
    assert (by_silence.cut_pauses >= 1) == (goes_on - pause > 0.56 * SECOND)
    found = turn(KEPT[name], heard(name, BY_WORDS, vad))
    assert (found.cut_pauses, found.other_cuts) == (0, 0)
    assert found.delay_ms is not None


@pytest.mark.parametrize("name", [name for name in KEPT if name.startswith("end")])
def test_a_whole_question_ends_sooner_by_words_than_by_silence(name: str, vad: SileroVad) -> None:
    by_words, by_silence = (turn(KEPT[name], heard(name, way, vad)) for way in (BY_WORDS, BY_SILENCE))
    assert by_words.cut_pauses == by_words.other_cuts == 0
    assert by_words.delay_ms is not None and by_silence.delay_ms is not None
    assert by_words.delay_ms < by_silence.delay_ms < LATE_MS


@pytest.mark.parametrize("name", [name for name in KEPT if name.startswith(("backchannel", "word"))])
def test_back_channels_and_coughs_stop_nobody_and_words_do(name: str, vad: SileroVad) -> None:
    entry = KEPT[name]
    found = short_sound(entry, heard(name, BY_WORDS, vad))
    assert found.is_reply == (entry.kind == Kind.BACKCHANNEL.value)
    if entry.kind == Kind.WORD.value:
        assert found.confirmed_ms is not None and found.confirmed_ms < 500
    if not entry.text:
        assert found.confirmed_ms is None


def test_a_voice_is_confirmed_over_another_one(vad: SileroVad) -> None:
    confirmed = [event for event in heard("overlap-02", BY_WORDS, vad) if isinstance(event, SpeechConfirmed)]
    assert len(confirmed) == 1
    assert confirmed[0].at_sample - KEPT["overlap-02"].speech[0][0] < SECOND / 2


def entry_with_pause() -> Entry:
    return Entry(
        "pause-00", "pause", "a b", "flite", "slt", 165, None, None, 6 * SECOND,
        ((0, SECOND), (2 * SECOND, 3 * SECOND)), (("a", 0), ("b", 2 * SECOND)), "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("decided_s", "cut", "other", "delay_ms"),
    [([3.4], 0, 0, 400), ([1.5, 3.5], 1, 0, 500), ([0.5, 3.5], 0, 1, 500), ([2.9], 0, 0, -100), ([1.5], 1, 0, None)],
)
def test_ends_are_counted_as_cuts_or_delays(
    decided_s: list[float], cut: int, other: int, delay_ms: float | None
) -> None:
    events = [SpeechEnded(0, round(at_s * SECOND)) for at_s in decided_s]
    found = turn(entry_with_pause(), events)
    assert (found.pauses, found.cut_pauses, found.other_cuts, found.delay_ms) == (1, cut, other, delay_ms)


def test_a_word_on_the_way_stops_the_assistant_whatever_comes_of_it() -> None:
    final = FinalTranscript("okay", 0, 0, 300, 20)
    stopped = short_sound(entry_with_pause(), [PartialTranscript("stop", 0, 4), final])
    unsettled = short_sound(entry_with_pause(), [PartialTranscript("stop", 0, 0), SpeechConfirmed(8_000), final])
    assert (stopped.is_reply, stopped.confirmed_ms) == (False, None)
    assert (unsettled.is_reply, unsettled.confirmed_ms, unsettled.heard) == (True, 500, "okay")


def test_the_tables_count_what_was_found() -> None:
    turns = [Turn("p", "pause", 2, 1, 0, 400), Turn("e", "end", 0, 0, 0, 500), Turn("f", "end", 0, 0, 0, None)]
    row = turns_table({"way": turns}).splitlines()[-1]
    assert row == "| way | 1 of 2 | 1 of 3 | 0 of 0 | 1 of 2 | 500 ms | 500 ms |"
    assert turns_table({"way": turns[:1]}).splitlines()[-1].endswith("| 0 of 0 | none found | none found |")
    shorts = [ShortSound("b", "backchannel", 200, "mhm", True), ShortSound("w", "word", None, "stop", False)]
    assert short_table({"way": shorts}).splitlines()[-1] == "| way | 1 of 1 | 0 of 1 | 1 of 1 |"


def test_the_true_words_are_those_begun_since_the_utterance_did() -> None:
    recognizer = TrueWords(entry_with_pause())
    assert recognizer.best_guess() == ""
    recognizer.at_sample = lambda: 20_000
    recognizer.start()
    assert recognizer.best_guess() == ""  # "a" was said before
    recognizer.at_sample = lambda: 40_000
    assert recognizer.best_guess() == "b"
    assert recognizer.feed(np.zeros(5, np.int16)) is None


def test_words_alone_are_counted_whole_and_broken_off(capsys: pytest.CaptureFixture[str]) -> None:
    text_ends.main(["--count", "34", "--seed", "3"])
    whole, broken = (
        [float(cell.strip(" %")) for cell in line.split("|")[2:5]] for line in capsys.readouterr().out.splitlines()[2:]
    )
    assert sum(whole) == pytest.approx(100, abs=0.2) and sum(broken) == pytest.approx(100, abs=0.2)
    assert whole[0] > 80 > 50 > broken[0]


def test_a_way_that_there_is_not_is_one_line(capsys: pytest.CaptureFixture[str], made_here: None) -> None:
    assert main(["--ways", "by heart", "--kinds", "word"]) == 1
    assert "--ways knows 'plain silence, 350 ms'," in capsys.readouterr().err


@pytest.fixture
def made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every recording had been made on this machine."""
    monkeypatch.setattr(turn_ends, "load", lambda entry: np.zeros(0, np.int16))

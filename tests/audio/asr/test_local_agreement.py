"""Words are committed when two passes agree on them, and never taken back."""

import itertools
import time
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from audio.asr.local_agreement import Transcript, Word, agree, commit_before, continued
from audio.asr.transcript import digits

WORD_SAMPLES = 4000


def words(text: str, start: int = 0, sure: bool = True) -> tuple[Word, ...]:
    """One word after the other from sample `start` on, each as long as the next."""
    starts = itertools.count(start, WORD_SAMPLES)
    return tuple(Word(f" {text}", at, at + WORD_SAMPLES, sure) for text, at in zip(text.split(), starts, strict=False))


def after(*passes: str) -> Transcript:
    transcript = Transcript()
    for heard in passes:
        transcript = agree(transcript, words(heard), 0)
    return transcript


def committed(transcript: Transcript) -> str:
    return "".join(word.text for word in transcript.committed).strip()


def test_a_single_pass_commits_nothing() -> None:
    assert after("what is the").hypothesis() == (Transcript((), words("what is the"))).hypothesis()
    assert after("what is the").hypothesis().committed == ""


def test_what_two_passes_share_from_the_beginning_is_committed() -> None:
    transcript = after("what is the time", "what is the dime now")
    assert (committed(transcript), transcript.text) == ("what is the", "what is the dime now")


def test_passes_must_follow_each_other() -> None:
    assert committed(after("what is", "who was", "what is")) == ""


def test_what_is_committed_stays_when_later_passes_hear_it_otherwise() -> None:
    transcript = after("what is the", "what is the time", "who is the time now", "who is the time now please")
    assert transcript.text == "what is the time now please"


def test_a_committed_word_heard_as_two_or_not_at_all_is_not_said_twice() -> None:
    agreed = after("tomorrow we go", "tomorrow we go")
    assert agree(agreed, words("to morrow we go home"), 0).text == "tomorrow we go home"
    assert agree(agreed, words("we go home"), 0).text == "tomorrow we go home"


def test_words_said_twice_stay_twice() -> None:
    assert after("no no", "no no no", "no no no no").text == "no no no no"


def test_a_window_that_begins_after_committed_words_goes_on_from_them() -> None:
    agreed = after("what is the time", "what is the time")
    window = 2 * WORD_SAMPLES
    assert continued(agreed, words("the time in rome", window), window).text == "what is the time in rome"
    beyond = 4 * WORD_SAMPLES
    assert continued(agreed, words("in rome", beyond), beyond).text == "what is the time in rome"


def test_of_long_speech_only_the_last_words_are_looked_for() -> None:
    said = " ".join(f"w{index}" for index in range(300))
    agreed = after(said, said)
    assert len(agreed.committed) == 300
    start = time.perf_counter()
    for _ in range(20):
        assert continued(agreed, words(f"{said} and more"), 0).text == f"{said} and more"
        assert continued(agreed, words(said.replace("w295", "w3 w4") + " and more"), 0).text == f"{said} and more"
    assert time.perf_counter() - start < 2.0


def test_capitals_and_marks_do_not_prevent_agreement_and_a_last_mark_may_still_change() -> None:
    transcript = after("Hello there.", "hello there,")
    assert (committed(transcript), transcript.hypothesis().committed) == ("hello there,", "hello there")
    transcript = agree(transcript, words("Hello there friend"), 0)
    assert transcript.text == "hello there friend"


def test_a_word_the_recogniser_does_not_trust_is_told_and_not_committed() -> None:
    doubted = words("what is") + words("mumble then", 2 * WORD_SAMPLES, sure=False)
    transcript = agree(agree(Transcript(), doubted, 0), doubted, 0)
    assert (committed(transcript), transcript.text) == ("what is", "what is mumble then")
    assert continued(transcript, doubted, 0).text == "what is mumble then"


def test_words_near_the_end_of_the_sound_can_be_left_to_a_later_pass() -> None:
    once = agree(Transcript(), words("what is the"), 0)
    assert committed(agree(once, words("what is the time"), 0, until=2 * WORD_SAMPLES)) == "what is"


def test_a_number_is_not_agreed_before_a_word_that_ends_it() -> None:
    counted = after("what is forty seven", "what is forty seven")
    assert committed(counted) == "what is forty seven"
    assert counted.hypothesis(digits).committed == "what is"
    assert counted.hypothesis(digits).text == "what is 47"
    assert agree(counted, words("what is forty seven plus"), 0).hypothesis(digits).text == "what is 47 plus"
    twice = after("what is forty seven plus", "what is forty seven plus")
    assert twice.hypothesis(digits).committed == "what is 47 plus"


def test_words_whose_sound_is_forgotten_are_committed_without_agreement() -> None:
    assert committed(commit_before(after("what is the time"), 2 * WORD_SAMPLES)) == "what is"


SOME_WORDS = ("what", "is", "five", "forty", "and", "a", "the", "To", "seven,", "no.", "plus", "half")
heard_words = st.lists(st.sampled_from(SOME_WORDS), max_size=8)


@settings(deadline=None)
@given(st.lists(heard_words, max_size=8), heard_words, st.integers(0, 3))
def test_whatever_is_heard_agreed_text_only_grows_and_the_final_text_begins_with_it(
    passes: Sequence[Sequence[str]], last: Sequence[str], skipped: int
) -> None:
    for written in (str, digits):
        transcript, agreed = Transcript(), ""
        for heard in passes:
            transcript = agree(transcript, words(" ".join(heard)), 0)
            told = transcript.hypothesis(written)
            assert told.text.startswith(agreed)
            assert told.agreed >= len(agreed)
            agreed = told.committed
        start = skipped * WORD_SAMPLES
        assert written(continued(transcript, words(" ".join(last), start), start).text).startswith(agreed)


@settings(deadline=None)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 3))
def test_if_only_the_last_words_of_a_pass_are_wrong_the_stream_says_what_one_pass_says(
    length: int, step: int, wrong: int
) -> None:
    said = [f"w{index}" for index in range(length)]
    transcript = Transcript()
    for number, end in enumerate(range(step, length, step)):
        heard = [*said[: max(0, end - wrong)], *(f"x{number}.{place}" for place in range(min(end, wrong)))]
        transcript = agree(transcript, words(" ".join(heard)), 0)
        assert said[: len(transcript.committed)] == committed(transcript).split()
    assert continued(transcript, words(" ".join(said)), 0).text == " ".join(said)

"""The microphone's side: the meter, the ears, the reference, the echo canceller, and what reaches the conversation."""

import asyncio
from itertools import product

import numpy as np
import pytest

from app.talk.ears import Ears, Echo, ears
from app.talk.echo import FRAME, EchoCanceller
from app.talk.line import HearingLine
from app.talk.meter import FLOOR_DB, LevelMeter, peak_db
from app.talk.microphone import KEPT_SAMPLES, GatedMicrophone
from app.talk.reference import KEPT_AHEAD, MOST_AHEAD, Reference
from audio.pcm import INPUT_RATE_HZ, Pcm
from audio.tts.worker import EspeakSynthesizer
from tests.app.fakes import FakeConversation
from tests.audio.speech import say
from tests.conftest import Require

# the meter


@pytest.mark.parametrize(
    ("peak", "level_db"), [(0, FLOOR_DB), (1, FLOOR_DB), (3_277, -20.0), (16_384, -6.0), (-32_768, 0.0)]
)
def test_the_level_is_that_of_the_largest_sample(peak: int, level_db: float) -> None:
    assert peak_db(np.array([0, peak, 0], np.int16)) == pytest.approx(level_db, abs=0.05)


def test_a_peak_is_shown_at_once_and_falls_slowly() -> None:
    meter = LevelMeter()
    meter.take(np.full(160, 32_767, np.int16))
    assert meter.clipped
    assert meter.bar(10) == "█" * 10
    meter.take(np.zeros(INPUT_RATE_HZ // 2, np.int16))
    assert meter.level_db == pytest.approx(-20, abs=0.1)
    assert meter.bar(9) == "██████···"
    meter.take(np.zeros(INPUT_RATE_HZ * 2, np.int16))
    assert meter.bar(4) == "····"


def test_no_sound_at_all_changes_nothing() -> None:
    meter = LevelMeter()
    meter.take(np.zeros(0, np.int16))
    assert meter.level_db == FLOOR_DB


# the ears


def test_push_to_talk_hears_only_while_the_key_is_held() -> None:
    for speaking, echo in product((False, True), Echo):
        assert ears(open_mic=False, talking=False, muted=False, speaking=speaking, echo=echo) is Ears.SHUT
        assert ears(open_mic=False, talking=True, muted=False, speaking=speaking, echo=echo) is Ears.OPEN


def test_half_duplex_is_deaf_while_the_assistant_speaks_unless_the_key_is_held() -> None:
    def half(talking: bool, speaking: bool) -> Ears:
        return ears(open_mic=True, talking=talking, muted=False, speaking=speaking, echo=Echo.HALF)

    assert [half(False, False), half(False, True), half(True, True)] == [Ears.OPEN, Ears.DEAF, Ears.OPEN]


@pytest.mark.parametrize("echo", [Echo.NONE, Echo.CANCEL])
def test_full_duplex_always_hears(echo: Echo) -> None:
    assert ears(open_mic=True, talking=False, muted=False, speaking=True, echo=echo) is Ears.OPEN


def test_a_muted_microphone_is_never_heard() -> None:
    for open_mic, talking, speaking, echo in product((False, True), (False, True), (False, True), Echo):
        found = ears(open_mic=open_mic, talking=talking, muted=True, speaking=speaking, echo=echo)
        assert found is (Ears.DEAF if open_mic else Ears.SHUT)


# the reference


def test_the_reference_keeps_step_with_the_microphone() -> None:
    reference = Reference()
    sound = np.arange(2_240, dtype=np.int16)
    reference.put(sound)
    assert np.concatenate([reference.take(320) for _ in range(7)]).tolist() == sound.tolist()
    assert reference.breaks == 0


def test_a_burst_of_either_device_does_not_break_the_step() -> None:
    reference = Reference()
    reference.put(np.arange(MOST_AHEAD, dtype=np.int16))
    assert reference.take(160)[0] == 0
    assert reference.breaks == 0


def test_after_a_stall_of_the_microphone_the_two_are_put_together_anew() -> None:
    reference = Reference()
    reference.put(np.arange(16_000, dtype=np.int16))
    assert reference.take(160)[0] == 16_000 - 160 - KEPT_AHEAD
    assert reference.breaks == 1


def test_too_little_reference_is_silence_in_front() -> None:
    reference = Reference()
    reference.put(np.array([5, 6], np.int16))
    assert reference.take(4).tolist() == [0, 0, 5, 6]
    assert reference.breaks == 1


def test_more_than_it_holds_keeps_the_newest() -> None:
    reference = Reference()
    for _ in range(10):
        reference.put(np.full(16_000, 1, np.int16))
    reference.put(np.full(2_000, 2, np.int16))
    assert (reference.take(160) == 2).all()


# the echo canceller


ANSWER = (
    "Forty seven plus thirty eight is eighty five. Then we take away twelve, which leaves seventy three. Doubled, that "
    "is one hundred and forty six, and with seven more it is one hundred and fifty three."
)


@pytest.fixture(scope="module")
def assistants_voice() -> np.ndarray:
    """Twelve seconds at the level of a loudspeaker."""
    with EspeakSynthesizer("en-us", rate_wpm=165) as voice:
        return say(voice, ANSWER).astype(float)


@pytest.fixture(scope="module")
def users_voice() -> np.ndarray:
    with EspeakSynthesizer("en-gb", rate_wpm=150) as voice:
        return say(voice, "Stop. What is nine times six?") * 0.67


def room(seed: int = 0) -> np.ndarray:
    """An impulse response: the direct sound and 100 ms of decaying reflections."""
    rng = np.random.default_rng(seed)
    tail = rng.standard_normal(1_600) * np.exp(-np.arange(1_600) / 400) * 0.15
    tail[0] = 1.0
    return tail


def power_db(sound: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(np.square(sound.astype(float))) + 1e-9))


def cleaned(near: Pcm, far: Pcm) -> Pcm:
    """All of `near` without the echo of `far`, in pieces of odd lengths as devices bring them."""
    canceller, reference, out = EchoCanceller(), Reference(), []
    for at in range(0, len(near), 333):
        piece = near[at : at + 333]
        reference.put(far[at : at + 333])
        out.append(canceller.clean(piece, reference.take(len(piece))))
    assert reference.breaks == 0
    return np.concatenate(out)


@pytest.fixture
def aec(require: Require) -> None:
    try:
        import pywebrtc_audio  # noqa: F401
    except ImportError:
        require.that(False, "needs pywebrtc-audio (pip install -c constraints.txt -e '.[aec]')")


@pytest.mark.usefixtures("aec")
@pytest.mark.parametrize("delay_ms", [30, 80, 150])
def test_the_assistants_own_voice_is_taken_out(delay_ms: int, assistants_voice: np.ndarray) -> None:
    far = assistants_voice
    echo = np.convolve(np.concatenate([np.zeros(delay_ms * 16), far]), room())[: len(far)] * 0.3
    hiss = np.random.default_rng(2).standard_normal(len(far)) * 8
    near = (echo + hiss).astype(np.int16)
    clean = cleaned(near, far.astype(np.int16))
    late = slice(4 * INPUT_RATE_HZ, len(clean))
    attenuation_db = power_db(near[late]) - power_db(clean[late])
    print(f"echo after {delay_ms} ms: {attenuation_db:.1f} dB less")
    assert attenuation_db > 30


@pytest.mark.usefixtures("aec")
def test_the_users_voice_over_the_assistants_stays(assistants_voice: np.ndarray, users_voice: np.ndarray) -> None:
    far = assistants_voice
    echo = np.convolve(np.concatenate([np.zeros(80 * 16), far]), room())[: len(far)] * 0.3
    user = np.zeros(len(far))
    spoken = slice(6 * INPUT_RATE_HZ, 6 * INPUT_RATE_HZ + len(users_voice))
    user[spoken] = users_voice
    clean = cleaned((echo + user).astype(np.int16), far.astype(np.int16))
    kept_db = power_db(clean[spoken]) - power_db(user[spoken])
    print(f"user's voice while the assistant speaks: {kept_db:+.1f} dB")
    assert kept_db > -8
    without = cleaned(echo.astype(np.int16), far.astype(np.int16))
    assert power_db(clean[spoken]) - power_db(without[spoken]) > 20


@pytest.mark.usefixtures("aec")
def test_nothing_is_lost_of_a_microphone_without_echo() -> None:
    canceller = EchoCanceller()
    pieces = [canceller.clean(np.zeros(n, np.int16), np.zeros(n, np.int16)) for n in (1, 158, 1, 500, 0)]
    assert [len(piece) for piece in pieces] == [0, 0, FRAME, 3 * FRAME, 0]


# from the devices to the conversation


def heard_by(talk: list[tuple[int, Ears, bool]], rate_hz: int = INPUT_RATE_HZ) -> int:
    """How many samples reach the conversation, if for so many milliseconds each the ears are so."""

    async def run() -> int:
        conversation = FakeConversation()
        line = HearingLine(conversation, lambda error: None)
        microphone = GatedMicrophone(line, None)
        microphone.set_rates(rate_hz, 24_000)
        for duration_ms, state, speaking in talk:
            for _ in range(duration_ms // 10):
                sound = np.full(rate_hz // 100, 1_000, np.int16)
                microphone.take(sound, np.zeros(0, np.int16), state, speaking)
                await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        await line.close()
        return conversation.heard_samples

    return asyncio.run(run())


def test_a_shut_microphone_brings_nothing_and_an_open_one_all() -> None:
    assert heard_by([(1_000, Ears.SHUT, False)]) == 0
    assert heard_by([(1_000, Ears.OPEN, False)]) == INPUT_RATE_HZ


def test_a_deaf_microphone_brings_silence_for_as_long() -> None:
    assert heard_by([(500, Ears.OPEN, False), (500, Ears.DEAF, True)]) == INPUT_RATE_HZ


def test_a_little_of_what_came_before_the_key_is_heard_too() -> None:
    assert heard_by([(1_000, Ears.SHUT, False), (500, Ears.OPEN, False)]) == INPUT_RATE_HZ // 2 + KEPT_SAMPLES


def test_but_not_the_assistants_own_voice() -> None:
    assert heard_by([(1_000, Ears.SHUT, True), (500, Ears.OPEN, False)]) == INPUT_RATE_HZ // 2


def test_devices_of_another_rate_are_heard_as_long() -> None:
    assert heard_by([(1_000, Ears.OPEN, False)], 44_100) == pytest.approx(INPUT_RATE_HZ, abs=700)


def test_hearing_that_falls_behind_loses_sound_counts_it_and_tells_once_each_time() -> None:
    class Stalled(FakeConversation):
        async def hear(self, pcm16k: np.ndarray, came_s: float | None = None) -> None:
            await free.wait()

    free = asyncio.Event()
    told: list[str] = []

    async def run() -> int:
        line = HearingLine(Stalled(), lambda error: told.append(str(error)))
        for _ in range(40):
            line.put(np.zeros(INPUT_RATE_HZ, np.int16))
        lost = line.lost_samples
        assert told == ["hearing is more than 30 s behind; nothing is heard until it has caught up"]
        free.set()
        await asyncio.sleep(0.01)
        line.put(np.zeros(INPUT_RATE_HZ, np.int16))
        free.clear()
        for _ in range(40):
            line.put(np.zeros(INPUT_RATE_HZ, np.int16))
        assert len(told) == 2
        await line.close()
        return lost

    assert asyncio.run(run()) == 9 * INPUT_RATE_HZ


def test_the_end_of_a_turn_comes_behind_its_sound_and_errors_are_told() -> None:
    told: list[str] = []

    class Recording(FakeConversation):
        async def hear(self, pcm16k: np.ndarray) -> None:
            told.append("heard")
            raise OSError("the recogniser is gone")

        async def commit(self) -> None:
            told.append("committed")

    async def run() -> None:
        line = HearingLine(Recording(), lambda error: told.append(str(error)))
        line.put(np.zeros(100, np.int16))
        line.commit(lambda: told.append("then"))
        await asyncio.sleep(0.1)

    asyncio.run(run())
    assert told == ["heard", "committed", "the recogniser is gone", "then"]

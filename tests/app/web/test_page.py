"""The page in a real Chromium, with a scripted assistant: what a user sees, hears, does, and what may go wrong."""

import re
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Playwright, sync_playwright

from app.config import load_settings
from app.conversation.events import Mind, Mouth, PartialTranscript, PassedOver, SpeechEnded, SpeechStarted, StateChanged
from app.web.page import EXAMPLES
from app.web.server import build_app
from audio.errors import SynthesizerUnavailable
from tests.app.web.fake_assistant import THOUGHTS, WORDS, FakeAssistant, FakeConversation, Script
from tests.browser import Tab, chromium, serving, strength, voice, write_microphone
from tests.conftest import Require

pytestmark = pytest.mark.browser

MICROPHONE_HZ = 48_000
TONE_HZ = 440.0
ANSWER = "So the result is three hundred and ninety-one."


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(round(seconds * MICROPHONE_HZ), np.int16)


def speech(seconds: float) -> NDArray[np.int16]:
    return voice(seconds, MICROPHONE_HZ)


@pytest.fixture(scope="module")
def path(require: Require) -> str:
    return require("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def playwright(path: str) -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright, path: str) -> Iterator[Browser]:
    """Its microphone is silent."""
    running = chromium(playwright, path)
    yield running
    running.close()


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def url(assistant: FakeAssistant) -> Iterator[str]:
    with serving(lambda: build_app(assistant, load_settings())) as address:
        yield address


@pytest.fixture
def listening(playwright: Playwright, path: str, tmp_path: Path) -> Iterator[Callable[[NDArray[np.int16]], Browser]]:
    """A browser whose microphone hears this sound from the moment it is opened."""
    started: list[Browser] = []

    def start(sound: NDArray[np.int16]) -> Browser:
        wav = write_microphone(tmp_path / "microphone.wav", sound, MICROPHONE_HZ)
        started.append(chromium(playwright, path, wav))
        return started[-1]

    yield start
    for browser in started:
        browser.close()


def test_the_page_loads_without_complaint_and_asks_no_other_host(browser: Browser, url: str) -> None:
    tab = Tab(browser, url)
    tab.wait(1.0)
    tab.screenshot("empty")
    assert tab.complaints == []
    assert tab.foreign_hosts == set()
    assert tab.page.title() == "Sotto"
    tab.close()


def test_a_typed_question_shows_thoughts_beside_the_answer_and_sounds(browser: Browser, url: str) -> None:
    tab = Tab(browser, url)
    tab.say("What is 17 times 23?")
    tab.wait_for_text(".answer p", "Seventeen times twenty")
    tab.screenshot("speaking")
    tab.wait_for_text(".answer p", ANSWER)
    tab.wait_for_state("mouth", "silent")
    tab.page.click(".timing summary")
    tab.screenshot("answered")
    assert tab.text(".user p") == "What is 17 times 23?"
    assert tab.text(".thoughts p").strip() == "".join(THOUGHTS).strip()
    assert "391 / 23" not in tab.text(".answer")
    assert "first sound after 510 ms" in tab.text(".timing")
    sound, rate_hz = tab.sound()
    played = sound[np.abs(sound) > 300]
    assert 4.0 <= len(played) / rate_hz <= 4.9
    assert strength(sound, rate_hz, TONE_HZ) > 0.95
    assert tab.complaints == []
    tab.close()


def test_what_was_played_is_reported_to_the_sample(browser: Browser, url: str, assistant: FakeAssistant) -> None:
    tab = Tab(browser, url)
    tab.say("What is 17 times 23?")
    tab.wait_for_text(".turn .timing", "first sound")
    reports = assistant.conversations[-1].reports
    positions = [samples for _, samples, _ in reports]
    assert positions == sorted(positions)
    assert reports[-1] == (1, round(4 * 1.2 * 24_000), True)
    assert all(50 <= (after - before) / 24 <= 250 for before, after in pairwise(positions[2:-1]))
    tab.close()


def test_spoken_words_arrive_appear_and_are_answered(
    listening: Callable[[NDArray[np.int16]], Browser], url: str, assistant: FakeAssistant
) -> None:
    tab = Tab(listening(np.concatenate([silence(0.5), speech(2.0), silence(8.0)])), url)
    tab.start_microphone()
    tab.page.wait_for_selector(".user.live .open:not(:empty)")
    tab.wait(0.6)
    tab.screenshot("listening")
    assert " ".join(WORDS).startswith(tab.text(".user p"))
    assert tab.text(".user.live + .lanes .thoughts p") == assistant.script.first_thought.strip()
    tab.wait_for_text(".answer p", ANSWER)
    assert tab.text(".user p") == " ".join(WORDS)
    heard = np.concatenate(assistant.script.heard)
    assert 0.5 <= np.count_nonzero(np.abs(heard) > 300) / 16_000 <= 2.0
    assert {len(chunk) for chunk in assistant.script.heard} == {320}
    assert tab.complaints == []
    tab.close()


def test_speaking_over_the_assistant_silences_it_at_once(
    listening: Callable[[NDArray[np.int16]], Browser], url: str, assistant: FakeAssistant
) -> None:
    talk = [silence(0.5), speech(1.0), silence(3.0), speech(1.5), silence(6.0)]
    tab = Tab(listening(np.concatenate(talk)), url)
    tab.start_microphone()
    tab.wait_for_state("mouth", "speaking")
    tab.page.wait_for_selector(".turn.interrupted")
    tab.wait(0.5)
    tab.screenshot("interrupted")
    [told_s] = assistant.conversations[-1].interrupted_at_s[:1]
    delay_s = tab.silent_from_s(told_s) - told_s
    print(f"interruption to silence: {1000 * delay_s:.0f} ms")
    assert delay_s < 0.3
    tab.wait_for_text(".turn:nth-of-type(2) .answer p", "Let me work")
    epochs = [epoch for epoch, _, _ in assistant.conversations[-1].reports]
    assert epochs == sorted(epochs)
    assert (1, True) in {(epoch, done) for epoch, _, done in assistant.conversations[-1].reports}
    tab.close()


def test_sound_is_held_for_a_cough_and_goes_on_where_it_was(
    browser: Browser, url: str, assistant: FakeAssistant
) -> None:
    def played_s() -> float:
        sound, rate_hz = tab.sound()
        return float(np.count_nonzero(np.abs(sound) > 300)) / rate_hz

    tab = Tab(browser, url)
    tab.say("What is 17 times 23?")
    tab.wait_for_state("mouth", "speaking")
    tab.wait(0.5)
    assistant.conversations[-1].hold(True)
    tab.wait(0.3)
    held_s = played_s()
    tab.wait(0.7)
    assert 0 < played_s() == held_s
    assistant.conversations[-1].hold(False)
    tab.wait_for_text(".turn .timing", "first sound")
    assert 4.0 <= played_s() <= 4.9
    assert assistant.conversations[-1].reports[-1] == (1, round(4 * 1.2 * 24_000), True)
    assert tab.complaints == []
    tab.close()


def test_typing_while_it_speaks_interrupts_it(browser: Browser, url: str, assistant: FakeAssistant) -> None:
    tab = Tab(browser, url)
    tab.say("First question")
    tab.wait_for_state("mouth", "speaking")
    tab.wait(0.5)
    tab.say("Second question")
    tab.wait_for_text(".turn.interrupted .user p", "First question")
    tab.wait_for_text(".turn:not(.interrupted) .answer p", ANSWER)
    assert assistant.script.said == ["First question", "Second question"]
    assert tab.page.locator(".turn").count() == 2
    tab.close()


def test_the_stop_button_silences_and_rests(browser: Browser, url: str) -> None:
    tab = Tab(browser, url)
    assert tab.page.is_disabled(".sotto-composer .stop")
    tab.say("What is 17 times 23?")
    tab.wait_for_state("mouth", "speaking")
    tab.wait(0.5)
    tab.stop()
    stopped_s = time.time()
    tab.page.wait_for_selector(".turn.interrupted")
    tab.wait(0.6)
    assert tab.silent_from_s(stopped_s) - stopped_s < 0.3
    assert tab.page.is_disabled(".sotto-composer .stop")
    tab.close()


def test_the_microphone_can_be_muted_and_opened_again(
    listening: Callable[[NDArray[np.int16]], Browser], url: str, assistant: FakeAssistant
) -> None:
    tab = Tab(listening(np.concatenate([silence(1.0), speech(20.0)])), url)
    tab.start_microphone()
    tab.page.click(".mic")
    tab.page.wait_for_selector(".mic[data-mic=muted]")
    tab.wait(1.5)
    assert assistant.script.heard and max(int(np.abs(chunk).max()) for chunk in assistant.script.heard[-20:]) == 0
    tab.page.click(".mic")
    tab.page.wait_for_selector(".mic[data-mic=on]")
    tab.page.wait_for_selector(".user.live")
    tab.close()


def test_a_denied_microphone_is_explained_and_typing_still_works(playwright: Playwright, path: str, url: str) -> None:
    browser = chromium(playwright, path, deny=True)
    tab = Tab(browser, url)
    tab.page.click(".mic")
    tab.wait_for_text(".sotto-notice", "The microphone is blocked")
    tab.screenshot("denied")
    tab.say("Can you read me?")
    tab.wait_for_text(".answer p", "Let me work")
    browser.close()


def test_an_insecure_address_is_explained_and_answers_come_as_text(
    playwright: Playwright, path: str, assistant: FakeAssistant
) -> None:
    settings = load_settings(flags={"host": "0.0.0.0"})
    browser = chromium(playwright, path, None, "--host-resolver-rules=MAP sotto.lan 127.0.0.1")
    with serving(lambda: build_app(assistant, settings)) as address:
        tab = Tab(browser, address.replace("127.0.0.1", "sotto.lan"))
        tab.page.click(".mic")
        tab.wait_for_text(".sotto-notice", "only to secure addresses")
        tab.screenshot("insecure")
        tab.say("Can you read me?")
        tab.wait_for_text(".answer p", ANSWER)
        tab.page.wait_for_selector(".timing details")
        browser.close()
    assert not assistant.conversations[-1].voice


def test_holding_the_button_talks_and_letting_go_ends_the_turn(
    listening: Callable[[NDArray[np.int16]], Browser], url: str, assistant: FakeAssistant
) -> None:
    tab = Tab(listening(np.concatenate([silence(0.5), speech(60.0)])), url)
    tab.page.click("#sotto-settings button")
    tab.page.get_by_label("Hold to talk").check()
    tab.page.click(".mic")
    tab.page.wait_for_selector(".mic[data-mic=muted]")
    assert tab.page.locator(".user").count() == 0
    tab.page.hover(".mic")
    tab.page.mouse.down()
    tab.page.wait_for_selector(".user.live")
    tab.screenshot("holding")
    tab.page.mouse.up()
    tab.wait_for_text(".answer p", "Let me work")
    assert tab.page.locator(".mic[data-mic=muted]").count() == 1
    tab.stop()
    tab.page.wait_for_selector(".turn.interrupted")
    tab.page.evaluate("document.activeElement.blur()")
    tab.page.keyboard.down(" ")
    tab.page.wait_for_selector(".turn:nth-of-type(2) .user.live")
    tab.page.keyboard.up(" ")
    tab.wait_for_text(".turn:nth-of-type(2) .answer p", "Let me work")
    assert len(assistant.conversations) == 1
    tab.close()


def test_a_lost_network_does_not_end_the_conversation(browser: Browser, url: str, assistant: FakeAssistant) -> None:
    tab = Tab(browser, url)
    tab.say("Are you there?")
    tab.wait_for_state("mouth", "speaking")
    tab.page.evaluate("window.sotto.connection.socket.close(3001)")
    tab.wait_for_state("link", "offline")
    tab.wait_for_state("link", "connected")
    tab.wait_for_text(".answer p", ANSWER)
    tab.wait_for_text(".turn .timing", "first sound")
    assert tab.text(".thoughts p").strip() == "".join(THOUGHTS).strip()
    assert tab.page.locator(".divider").count() == 0
    assert len(assistant.conversations) == 1
    sound, rate_hz = tab.sound()
    assert 4.0 <= np.count_nonzero(np.abs(sound) > 300) / rate_hz <= 4.9, "what was on its way came again, once"
    assert assistant.conversations[-1].reports[-1] == (1, round(4 * 1.2 * 24_000), True)
    tab.close()


def test_what_a_lost_network_lost_is_told_again(browser: Browser, url: str, assistant: FakeAssistant) -> None:
    """Messages the page never got, and a typed one the server never got."""
    tab = Tab(browser, url)
    tab.page.evaluate("""() => {
        const connection = window.sotto.connection;
        connection.socket.onmessage = () => {};
        connection.socket.send = () => {};
    }""")
    tab.say("Lost?")
    assistant.conversations[-1].tell(StateChanged(0.0, Mind.LISTENING, Mouth.SILENT))
    tab.wait(0.3)
    assert tab.page.locator(".user").count() == 0
    tab.page.evaluate("window.sotto.connection.socket.close(3001)")
    tab.wait_for_text(".answer p", ANSWER)
    assert tab.text(".user p") == "Lost?" and tab.page.locator(".turn").count() == 1
    assert assistant.script.said == ["Lost?"] and len(assistant.conversations) == 1
    tab.close()


def test_what_is_said_while_the_network_is_away_is_heard_when_it_is_back(
    listening: Callable[[NDArray[np.int16]], Browser], url: str, assistant: FakeAssistant
) -> None:
    tab = Tab(listening(np.concatenate([silence(1.5), speech(1.0), silence(8.0)])), url)
    tab.start_microphone()
    tab.page.evaluate("window.sotto.connection.socket.close(3001)")
    tab.page.evaluate("window.sotto.connection.attempts = 2")  # the next attempt comes two seconds later
    tab.wait_for_state("link", "offline")
    tab.wait_for_text(".answer p", "Let me work", timeout_ms=20_000)
    heard = np.concatenate(assistant.script.heard)
    assert np.count_nonzero(np.abs(heard) > 300) / 16_000 >= 0.4
    assert len(assistant.conversations) == 1
    tab.close()


def test_overheard_words_leave_the_page_again(browser: Browser, url: str, assistant: FakeAssistant) -> None:
    tab = Tab(browser, url)
    tab.say("What is 17 times 23?")
    tab.wait_for_text(".answer p", "Let me work")
    tell = assistant.conversations[-1].tell
    tell(SpeechStarted(0.0), PartialTranscript(0.0, "mhm"))
    tab.wait_for_text(".user.live", "mhm")
    tell(SpeechEnded(0.0), PassedOver(0.0))
    tab.page.wait_for_selector(".user.live", state="detached")
    tell(SpeechStarted(0.0), PassedOver(0.0))
    tab.wait_for_text(".answer p", ANSWER)
    assert tab.page.locator(".turn").count() == 1
    tab.close()


def test_a_message_typed_further_stands_beside_the_question_it_goes_on_with(browser: Browser, url: str) -> None:
    tab = Tab(browser, url)
    tab.page.evaluate("""() => {
        const added = (id, text) => {
            const item = {id, role: 'user', status: 'completed', content: [{type: 'input_text', text}]};
            window.sotto.take({type: 'conversation.item.added', item});
        };
        const take = (type, fields) => window.sotto.take({type, ...fields});
        added('one', 'What is 59 minus 4?');
        take('response.created', {response: {id: 'resp_1'}});
        take('response.reasoning_text.delta', {response_id: 'resp_1', content_index: 0, delta: 'Hm.'});
        added('two', 'plus 27');
        take('sotto.turn', {response_id: 'resp_1', withdrawn: true, answer: '', heard: '', latency: {}});
        take('conversation.item.deleted', {item_id: 'item_answer_1'});
        take('response.created', {response: {id: 'resp_2'}});
        take('response.reasoning_text.delta', {response_id: 'resp_2', content_index: 0, delta: 'Aha.'});
    }""")
    tab.wait_for_text(".thoughts p", "Aha.")
    tab.screenshot("further")
    assert tab.page.locator(".user:visible").all_inner_texts() == ["What is 59 minus 4?", "plus 27"]
    assert tab.page.locator(".thoughts p:visible").all_inner_texts() == ["Aha."]
    tab.close()


def test_an_answer_that_broke_off_says_so_and_how_to_go_on(
    browser: Browser, url: str, assistant: FakeAssistant
) -> None:
    tab = Tab(browser, url)
    tab.say("Tell me everything")
    tab.wait_for_text(".answer p", "Let me work")
    tab.page.evaluate("""() => window.sotto.take({type: 'sotto.turn', response_id: 'resp_1', turn: 1, withdrawn: false,
        interrupted: false, broke_off: true, answer: 'Let me work that', heard: 'Let me work that', latency: {}})""")
    tab.wait_for_text(".timing", "ask it to go on")
    tab.screenshot("broke_off")
    tab.close()


def test_a_conversation_that_outgrew_its_room_says_so_and_the_next_begins_by_itself(
    browser: Browser, url: str, assistant: FakeAssistant
) -> None:
    tab = Tab(browser, url)
    tab.say("One question too many")
    tab.wait_for_text(".answer p", "Let me work")
    assistant.conversations[-1].fail("out_of_room", "the conversation has outgrown what the model can hold and is over")
    tab.wait_for_text(".divider", "could not go on; this is a new one")
    tab.wait_for_text(".sotto-notice", "outgrown what the model can hold")
    tab.screenshot("out_of_room")
    tab.say("And now?")
    tab.wait_for_text(".turn:last-child .answer p", "Let me work")
    assert len(assistant.conversations) == 2
    tab.close()


def test_a_paced_page_says_so(browser: Browser) -> None:
    with serving(lambda: build_app(FakeAssistant(), load_settings(flags={"step_ms": 120}))) as address:
        tab = Tab(browser, address)
        tab.wait_for_text(".sotto-paced", "paced: 120 ms a step")
        tab.close()


def test_a_lost_server_is_told_and_found_again(browser: Browser) -> None:
    app = build_in_thread(FakeAssistant())
    with serving(lambda: app) as address:
        port = int(re.findall(r":(\d+)/", address)[0])
        tab = Tab(browser, address)
        tab.say("Before")
        tab.wait_for_text(".answer p", "Let me work")
    tab.wait_for_state("link", "offline")
    tab.wait_for_text(".sotto-notice", "Trying again")
    tab.screenshot("offline")
    with serving(lambda: app, port):
        tab.wait_for_state("link", "connected")
        tab.wait_for_text(".divider", "connection was lost; this is a new one")
        tab.say("After")
        tab.wait_for_text(".turn:last-child .answer p", "Let me work")
        tab.wait_for_state("mouth", "speaking")
        tab.close()


def test_a_restarted_server_asks_for_a_reload(browser: Browser) -> None:
    with serving(lambda: build_app(FakeAssistant(), load_settings())) as address:
        port = int(re.findall(r":(\d+)/", address)[0])
        tab = Tab(browser, address)
    with serving(lambda: build_app(FakeAssistant(), load_settings()), port):
        tab.wait_for_text(".sotto-notice", "session has ended")
        tab.screenshot("ended")
        tab.page.click(".sotto-notice button")
        tab.wait_for_state("link", "connected")
        tab.close()


def test_a_full_engine_is_told_and_can_be_tried_again(browser: Browser) -> None:
    with serving(lambda: build_app(FakeAssistant(room=1), load_settings())) as address:
        first = Tab(browser, address)
        second = Tab(browser, address, wait=False)
        second.wait_for_text(".sotto-notice", "no room for another conversation")
        second.screenshot("full")
        first.close()
        second.wait(0.5)
        second.page.click(".sotto-notice button")
        second.wait_for_state("link", "connected")
        second.say("Room now?")
        second.wait_for_text(".answer p", "Let me work")
        second.close()


def test_a_missing_voice_is_explained_and_text_is_offered(browser: Browser) -> None:
    class Mute(FakeAssistant):
        def converse(self, method: str | None = None, voice: bool = True) -> FakeConversation:
            if voice:
                raise SynthesizerUnavailable("no voice is installed; pip install espeakng-loader")
            return super().converse(method, voice)

    with serving(lambda: build_app(Mute(), load_settings())) as address:
        tab = Tab(browser, address, wait=False)
        tab.wait_for_text(".sotto-notice", "pip install espeakng-loader")
        tab.screenshot("no_voice")
        tab.page.click(".sotto-notice button")
        tab.wait_for_state("link", "connected")
        tab.say("In text, then")
        tab.wait_for_text(".answer p", ANSWER)
        tab.close()


def test_patience_is_a_slider_and_counts_without_a_new_conversation(
    browser: Browser, url: str, assistant: FakeAssistant
) -> None:
    tab = Tab(browser, url)
    tab.say("One")
    tab.wait_for_text(".answer p", "Let me work")
    tab.page.click("#sotto-settings button")
    slider = tab.page.get_by_role("slider", name="Patience")
    assert slider.input_value() == "0.5"
    tab.page.get_by_label("number input for Patience").fill("0.8")
    tab.page.keyboard.press("Tab")
    for _ in range(50):
        if assistant.conversations[-1].patience:
            break
        tab.wait(0.1)
    tab.screenshot("patience")
    assert assistant.conversations[-1].patience[-1] == 0.8
    assert len(assistant.conversations) == 1 and tab.page.locator(".divider").count() == 0
    assert tab.complaints == []
    tab.close()


def test_a_changed_method_begins_a_new_conversation(browser: Browser, url: str, assistant: FakeAssistant) -> None:
    tab = Tab(browser, url)
    tab.say("One")
    tab.wait_for_text(".answer p", "Let me work")
    tab.page.click("#sotto-settings button")
    tab.page.get_by_label("Think first, then speak").check()
    tab.wait_for_text(".divider", "New conversation")
    tab.wait(0.5)
    tab.screenshot("settings")
    tab.say("Two")
    tab.wait_for_text(".turn:last-child .answer p", "Let me work")
    tab.wait_for_state("mouth", "speaking")
    tab.wait(1.0)
    assert assistant.script.methods == [None, "think"]
    assert any(samples for _, samples, _ in assistant.conversations[-1].reports), "the new conversation made no sound"
    tab.close()


def test_the_newest_words_stay_in_sight_unless_the_reader_scrolls_up(browser: Browser) -> None:
    left_below = "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight)"
    rest = f"{left_below}(document.querySelector('.sotto-turns'))"
    with serving(lambda: build_app(FakeAssistant(Script(token_s=0.001)), load_settings())) as address:
        tab = Tab(browser, address, size=(800, 500))
        for number in (1, 2, 3):
            tab.say(f"Question {number}")
            tab.wait_for_text(f".turn:nth-of-type({number}) .answer p", ANSWER)
        assert tab.page.evaluate(rest) < 2
        tab.page.evaluate("document.querySelector('.sotto-turns').scrollTop = 0")
        tab.wait_for_text(".turn:last-child .timing", "first sound")
        assert tab.page.evaluate("document.querySelector('.sotto-turns').scrollTop") == 0
        tab.close()


def test_an_example_is_asked_by_a_click(browser: Browser, url: str, assistant: FakeAssistant) -> None:
    tab = Tab(browser, url)
    tab.page.click(".sotto-example >> nth=0")
    tab.wait_for_text(".answer p", "Let me work")
    assert assistant.script.said == [EXAMPLES[0]]
    tab.close()


def test_markup_in_answers_and_questions_stays_text(browser: Browser) -> None:
    nasty = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
    script = Script(thoughts=(nasty,), phrases=(nasty,), phrase_s=0.2)
    with serving(lambda: build_app(FakeAssistant(script), load_settings())) as address:
        tab = Tab(browser, address)
        tab.say(nasty)
        tab.page.wait_for_selector(".timing details")
        assert tab.text(".answer p") == tab.text(".thoughts p") == tab.text(".user p") == nasty
        assert tab.page.title() == "Sotto"
        tab.close()


@pytest.mark.parametrize(("name", "size", "dark"), [("phone", (390, 780), False), ("phone_dark", (390, 780), True)])
def test_the_page_fits_a_phone(browser: Browser, url: str, name: str, size: tuple[int, int], dark: bool) -> None:
    tab = Tab(browser, url, size, dark)
    tab.wait(0.5)
    tab.screenshot(f"{name}_empty")
    tab.say("What is 17 times 23?")
    tab.wait_for_text(".answer p", "Seventeen times three")
    tab.screenshot(name)
    widths = tab.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    assert tab.page.locator(".sotto-composer .stop").is_visible()
    tab.close()


def test_the_page_has_a_dark_side(browser: Browser, url: str) -> None:
    tab = Tab(browser, url, dark=True)
    tab.say("What is 17 times 23?")
    tab.wait_for_text(".answer p", "Seventeen times three")
    tab.screenshot("dark")
    background = tab.page.evaluate("getComputedStyle(document.querySelector('.sotto-turns')).backgroundColor")
    assert max(int(channel) for channel in re.findall(r"\d+", background)[:3]) < 80
    tab.close()


def build_in_thread(assistant: FakeAssistant) -> object:
    """The application; its page cannot be built where Playwright's event loop runs."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(build_app, assistant, load_settings()).result()

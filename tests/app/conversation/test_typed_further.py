"""What is typed after a question goes on with it, unless it is a question or a request of its own."""

import pytest

from app.conversation.typed_further import goes_on


@pytest.mark.parametrize(
    "text",
    [
        "plus 27",
        "and what is that in miles?",
        "no, make that 39",
        "sorry, 12 times 8",
        "he gives away 54. how many are left?",
        "I meant Paris, Texas",
        "in metric units please",
        "",
        "?",
    ],
)
def test_what_only_adds_to_a_question_or_corrects_it_goes_on(text: str) -> None:
    assert goes_on(text)


@pytest.mark.parametrize(
    "text", ["what is 8 times 7", "No, wait: how many are left?", "Tell me a joke.", "Okay, what’s the time?"]
)
def test_a_question_or_a_request_of_its_own_does_not(text: str) -> None:
    assert not goes_on(text)


def test_languages_have_tables_of_their_own_and_without_one_it_goes_on() -> None:
    assert not goes_on("Wie spät ist es?", "de") and goes_on("und wie spät ist es?", "de")
    assert goes_on("hva er klokka", "no")

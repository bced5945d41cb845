# ruff: noqa: SIM905
"""Words that no list has: made up of syllables, and the commonest ones of English to stand between them."""

from __future__ import annotations

from random import Random

COMMON_WORDS = tuple(
    """a about after again all also always am an and another any anybody are around as ask at back bad be because been
    before begin being best better between big book both bring but buy by call can child city close cold come could
    country day did different do does done down drink each early eat end even ever every explain fact family far feel
    few find first for friend from full funny get give go good great had hand hard has have he hear help her here him
    his hot house how i if in interesting into is it its job just keep kind know large last late learn leave let life
    like little live long look lot love made make man many may me mean mind month more morning most much must my name
    near need never new next night no nothing now of off often old on only open or other our out over own part
    people person place plan play please problem put question quick read really red right room run said same say
    school see seem send she should show since sleep small so some someone something song soon start still stop story
    such sure take talk tell than thank that the their them then there these they thing think this those though time
    to today together tomorrow too true try turn under until up us use very wait walk want was watch water way we week
    well went were what when where which while white who will wish with without woman word work world would write
    wrong year yes yesterday yet you young your""".split()
)
_ONSETS = ("", *"b c d f g h j k l m n p r s t v w y br ch cl cr dr fl gr pl pr sh sl sp st str th tr".split())
_VOWELS = tuple("a e i o u a e i o ai ea ee oo ou ie".split())
_CODAS = ("", "", "", "", *"n r l s t m d ck nd st rt ng ll".split())
_ENDINGS = ("", "", "", "", "s", "ing", "er", "ed", "ly", "ion", "y")


def made_up_word(rng: Random) -> str:
    """Of one to four syllables."""
    count = rng.choice((1, 2, 2, 3, 4))
    syllables = (rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(count))
    return "".join(syllables) + rng.choice(_ENDINGS)

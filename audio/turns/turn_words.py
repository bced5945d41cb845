"""Words that tell whether a sentence is over, by language: tables for `audio.turns.turn_end`.

Lower case, without punctuation, as recognisers write them. A word stands in `goes_on` only if hardly any complete
sentence ends with it: verb particles ("on", "off", German "an", "auf") and verbs that end clauses (German "ist") are
left out, stranded prepositions ("where are you from") excepted.
"""

from dataclasses import dataclass


def _set(words: str) -> frozenset[str]:
    """Phrases separated by commas or line ends, words within a phrase by one space."""
    return frozenset(phrase.strip() for phrase in words.replace("\n", ",").split(",") if phrase.strip())


NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TurnWords:
    """What marks the sentences of one language."""

    goes_on: frozenset[str]
    """Phrases that are no end: conjunctions, prepositions, articles, auxiliaries, filled pauses."""
    leads: frozenset[str]
    """Words and phrases before the sentence proper."""
    questions: frozenset[str]
    """Words that begin a question, after leads."""
    requests: frozenset[str]
    """Words that begin a request, after leads."""
    corrections: frozenset[str]
    """Phrases that correct what was said before."""
    conditions: frozenset[str]
    """Words that begin a clause of which the main one must follow, after leads."""
    complete: frozenset[str]
    """Whole utterances."""
    values: frozenset[str]
    """Asking for a value: after these a number alone is not enough ("what is 12", "multiply 12")."""
    operators: frozenset[str]
    """After a number, these call for another."""
    inner_questions: frozenset[str] = NONE
    """Phrases that begin a question anywhere: "… how many are left"."""
    stranded: frozenset[str] = NONE
    """Prepositions that may end a question: "where are you from"."""
    before_stranded: frozenset[str] = NONE
    """The words before them there."""
    retractions: frozenset[str] = NONE
    """Words that begin a correction: "no 25", "sorry 7 weeks"."""
    clause_ends: frozenset[str] = NONE
    """Verbs that may end a question within a sentence: "tell me what 9 times 8 is"."""


ENGLISH = TurnWords(
    goes_on=_set("""
        and, or, but, because, if, while, whether, although, though, unless, until, than, since, as, so that
        of, to, for, with, from, by, at, into, onto, between, per, about, without, against, during, through, toward
        a, an, the, my, your, our, their, every, another, plus, minus, divided, multiplied, take away, added, subtracted
        is, are, was, were, am, does, has, i'm, it's, there's, what's, where's, who's, how's, that's, he's, she's
        we're, they're, you're, i'll, you'll, we'll, let's, let me, what do, what did, what can, what will, what would
        how do, how did, how can, how would, how long, how far, how old, how many, how much, how big, how often
        what if, what, how, which, whose, what time, what day, do you know, can you, could you, would you, will you
        and then, but then, so then, tell me, i want, i need, i would like, i'd like
        to know, going to, want to, such as, for example, twice as, as many
        um, uh, uhm, umm, er, erm, you know, i mean, let me see, let me think, let's see, sort of, kind of
        no wait, wait no, sorry, or rather, actually, i meant, make that, i said"""),
    leads=_set("""
        okay, ok, so, and, now, please, hey, hi, hello, well, um, uh, oh, right, but, then, also, listen, look, sotto
        no, wait, sorry, my question is, here is a question, here is my next question, next question"""),
    questions=_set("""
        what, how, why, who, whose, where, when, which, what's, how's, who's, where's, when's
        is, are, was, were, am, do, does, did, can, could, will, would, should, shall, may, might, have, has, had
        isn't, aren't, don't, doesn't, didn't, can't, couldn't, won't, wouldn't, shouldn't"""),
    inner_questions=_set("""
        how many, how much, how far, how long, how old, how big, how often, how do, how does, how can, how is
        what is, what's, what are, what was, what does, what do, what did, what will, what would, what time, what day
        when is, when does, when do, when will, where is, where does, where do, who is, who has, which is, which one
        why is, why does, why do, do you know, can you, could you, i want to know, i would like to know, tell me
        which day, which date, which month, which number, which of"""),
    requests=_set("""
        tell, show, give, say, repeat, explain, add, subtract, multiply, divide, double, halve, take, calculate
        compute, work, find, make, go, stop, wait, start, begin, set, play, turn, open, close, call, help, read, solve
        write, list, count, convert, compare, describe, translate, remind, let's, try, use, put, change
        i need, i want, i would like, i'd like"""),
    corrections=_set("i mean, i meant, i said, make that, make it"),
    conditions=_set(
        "if, when, suppose, because, since, while, although, given, imagine, assuming, once, after, before"
    ),
    complete=_set("""
        yes, no, yeah, okay, ok, right, sure, exactly, thanks, thank you, thank you very much, thanks a lot, hello, hi
        no thank you, no thanks, yes please, please, stop, wait, go on, next, continue, again, never mind, hey
        good morning, good evening, good night, goodbye, bye, that's it, that's all, that is all, that is enough
        what, why, who, how, where, when, pardon, sorry, i'm sorry, i am sorry, excuse me, what else, so what, what for
        what then, tell me, tell me more, one more, once more, yes i am, yes it is, yes it was, i am, it is, here it is
        mhm, mm, mm-hmm, uh-huh, uh huh, hm, hmm, ah, oh, aha, i see, i know, got it, all right, of course, makes sense
        nevermind, cancel, cancel that, cancel it, forget it, hold on, hang on, enough, be quiet"""),
    values=_set("what is, what's, what are, what does, how much is, how much are, multiply, divide"),
    operators=_set("plus, minus, times, over, divided by, multiplied by, take away, and, or, by, from, to, point"),
    stranded=_set("for, about, from, with, to, at, of"),
    before_stranded=_set("""
        i, you, he, she, it, we, they, this, that, me, him, her, us, them, these, those, one, come, going, looking
        talking, waiting, speaking, made, called"""),
    retractions=_set("no, sorry, wait, rather"),
    clause_ends=_set("is, are, was, were"),
)

GERMAN = TurnWords(
    goes_on=_set("""
        und, oder, aber, sondern, denn, weil, dass, wenn, ob, obwohl, während, bevor, nachdem, als
        von, für, bei, nach, aus, gegen, ohne, zwischen, pro, seit, im, am, zum, zur, beim, vom, ins, ans
        der, den, dem, des, ein, eine, einen, einem, einer, eines, mein, meine, meinen, dein, deine, jede
        plus, minus, geteilt, geteilt durch, multipliziert, multipliziert mit, wie viel, wie viele
        was ist, wer ist, wo ist, wann ist, wie viel ist, was sind, das ist, was macht, was ergibt
        äh, ähm, na ja, ich meine, nein warte, beziehungsweise, zum beispiel, sag mir, kannst du, ich möchte"""),
    leads=_set(
        "okay, ok, und, also, aber, bitte, hallo, hey, na, äh, ähm, ja, dann, jetzt, nein, warte, entschuldigung"
    ),
    questions=_set("""
        was, wie, warum, wieso, weshalb, wer, wen, wem, wo, wohin, woher, wann, welche, welcher, welches, wieviel
        ist, sind, kannst, können, könntest, hast, haben, hat, willst, darf, soll, weißt, gibt, bist"""),
    inner_questions=_set("wie viel, wie viele, wie lange, wie weit, was ist, was sind, was kostet, was kosten"),
    requests=_set("""
        sag, sage, zeig, erklär, erkläre, rechne, addiere, nimm, gib, mach, wiederhole, stopp, halt, hilf, lies
        multipliziere, teile, dividiere"""),
    corrections=_set("ich meine, ich meinte, ich sagte, sondern"),
    conditions=_set("wenn, falls, weil, obwohl, angenommen, nachdem, bevor, während"),
    complete=_set("""
        ja, nein, danke, vielen dank, nein danke, hallo, stopp, halt, weiter, noch mal, nochmal, guten morgen, genau
        was, wie, warum, mhm, hm, ah, oh, okay, ok, ach so"""),
    values=_set("was ist, was sind, was macht, wie viel ist, wie viel sind, multipliziere, teile"),
    operators=_set("plus, minus, mal, durch, geteilt durch, und, oder, komma"),
    retractions=_set("nein, entschuldigung, sorry, warte"),
)

FRENCH = TurnWords(
    goes_on=_set("""
        et, ou, mais, donc, car, parce que, que, si, quand, lorsque, puisque, comme
        de, du, des, à, au, aux, pour, par, avec, sans, dans, sur, sous, entre, vers, chez
        le, la, les, un, une, mon, ma, mes, ton, ta, tes, son, sa, ses, notre, votre, leur, ce, cette, chaque
        moins, divisé, divisé par, multiplié par, est, sont, quel, quelle, combien de, qu'est-ce que, c'est
        euh, heu, ben, alors, je veux, je voudrais, dis-moi, enfin, par exemple, je veux dire"""),
    leads=_set("ok, d'accord, et, alors, bon, ben, euh, oui, mais, bonjour, salut, maintenant, non, pardon, attends"),
    questions=_set("""
        que, qu'est-ce, quoi, qui, où, quand, comment, pourquoi, combien, quel, quelle, quels, quelles, est-ce
        peux-tu, pouvez-vous, as-tu, avez-vous"""),
    inner_questions=_set("combien, qu'est-ce, quelle heure"),
    requests=_set("""
        dis, dis-moi, dites, montre, explique, calcule, ajoute, donne, répète, arrête, continue, attends, fais
        prends, lis, multiplie, divise"""),
    corrections=_set("je veux dire, je voulais dire, j'ai dit"),
    conditions=_set("si, quand, lorsque, puisque, comme"),
    complete=_set("""
        oui, non, merci, merci beaucoup, non merci, bonjour, salut, stop, arrête, encore, quoi, pourquoi, comment, voilà
        qu'est-ce que c'est, mhm, hm, ah, oh, ok, d'accord"""),
    values=_set("combien font, combien fait, que font, que fait, multiplie, divise"),
    operators=_set("plus, moins, fois, sur, divisé par, et, ou, virgule"),
    retractions=_set("non, pardon, attends, plutôt"),
)

SPANISH = TurnWords(
    goes_on=_set("""
        y, e, o, u, pero, porque, que, si, cuando, aunque, como, mientras, sino
        de, del, a, al, para, por, con, sin, en, entre, sobre, desde, hasta, hacia
        el, la, los, las, un, una, unos, unas, mi, mis, tu, tus, su, sus, cada
        dividido, dividido por, multiplicado por, cuántos, cuántas
        eh, em, pues, o sea, es decir, quiero, quisiera, dime, por ejemplo"""),
    leads=_set("ok, vale, y, entonces, bueno, pues, eh, sí, pero, hola, ahora, no, perdón, espera"),
    questions=_set("qué, cómo, quién, dónde, cuándo, cuánto, cuánta, cuántos, cuántas, cuál, cuáles, puedes, hay"),
    inner_questions=_set("cuánto, cuánta, cuántos, cuántas, por qué, qué hora"),
    requests=_set("""
        di, dime, muestra, explica, calcula, suma, resta, multiplica, divide, da, repite, para, sigue, espera
        haz, lee"""),
    corrections=_set("quiero decir, quise decir, mejor dicho, he dicho"),
    conditions=_set("si, cuando, como, aunque, porque"),
    complete=_set("""
        sí, no, gracias, muchas gracias, hola, para, sigue, otra vez, buenos días, qué, por qué, cómo, exacto, vale
        mhm, hm, ah, oh, ok, claro"""),
    values=_set("cuánto es, cuánto son, qué es, multiplica, divide"),
    operators=_set("más, menos, por, entre, dividido por, y, o, coma"),
    retractions=_set("no, perdón, espera"),
)

ITALIAN = TurnWords(
    goes_on=_set("""
        e, ed, o, ma, perché, che, se, quando, anche se, come, mentre, oppure
        di, del, della, dei, delle, a, al, alla, da, dal, dalla, in, nel, nella, con, su, sul, sulla, per, tra, fra
        il, lo, la, i, gli, le, un, uno, una, mio, mia, tuo, tua, suo, sua, ogni, senza
        diviso, diviso per, moltiplicato per, quanti, quante, qual è
        ehm, eh, beh, allora, cioè, voglio, vorrei, dimmi, per esempio"""),
    leads=_set("ok, va bene, e, allora, beh, sì, ma, ciao, adesso, no, scusa, aspetta"),
    questions=_set(
        "che, cosa, cos'è, come, perché, chi, dove, quando, quanto, quanta, quanti, quante, quale, qual, puoi"
    ),
    inner_questions=_set("quanto, quanta, quanti, quante, che ore"),
    requests=_set("""
        mostra, spiega, calcola, aggiungi, somma, moltiplica, dividi, dai, dimmi, ripeti, ferma, continua
        aspetta, leggi"""),
    corrections=_set("voglio dire, volevo dire, ho detto, anzi"),
    conditions=_set("se, quando, siccome, poiché"),
    complete=_set("""
        sì, no, grazie, grazie mille, ciao, basta, ancora, avanti, buongiorno, cosa, cos'è, perché, come, esatto
        va bene, mhm, hm, ah, oh, ok, certo"""),
    values=_set("quanto è, quanto fa, quanto fanno, moltiplica, dividi"),
    operators=_set("più, meno, per, diviso, diviso per, e, o, virgola"),
    retractions=_set("no, scusa, anzi, aspetta"),
)

BY_LANGUAGE = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "it": ITALIAN}
"""Of other languages only the punctuation is understood."""

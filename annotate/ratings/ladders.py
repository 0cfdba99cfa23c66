"""Words that stand in an order of their own: agreement, frequency, degree … as questionnaires print them."""

import re
from collections.abc import Iterable, Mapping

from annotate.ratings.meanings import as_number, plain

Rungs = tuple[tuple[str, ...], ...]
LEAST = 4  # fewer steps in words (negative, neutral, positive) are categories to most people
NEITHER = ("neither agree nor disagree", "neither disagree nor agree", "neither", "neutral", "undecided")
_AGREEMENT: Rungs = (
    ("strongly disagree", "completely disagree", "totally disagree", "fully disagree"),
    ("disagree",),
    ("somewhat disagree", "slightly disagree", "rather disagree"),
    NEITHER,
    ("somewhat agree", "slightly agree", "rather agree"),
    ("agree",),
    ("strongly agree", "completely agree", "totally agree", "fully agree"),
)
_LIKELIHOOD: Rungs = (
    ("very unlikely", "extremely unlikely"),
    ("unlikely",),
    ("somewhat unlikely", "slightly unlikely"),
    (*NEITHER, "neither likely nor unlikely"),
    ("somewhat likely", "slightly likely"),
    ("likely",),
    ("very likely", "extremely likely"),
)
_VALENCE: Rungs = (
    ("very negative", "extremely negative"),
    ("negative",),
    ("slightly negative", "somewhat negative"),
    (*NEITHER, "neither positive nor negative"),
    ("slightly positive", "somewhat positive"),
    ("positive",),
    ("very positive", "extremely positive"),
)
_SATISFACTION: Rungs = (
    ("very dissatisfied", "very unsatisfied"),
    ("dissatisfied", "unsatisfied"),
    ("somewhat dissatisfied", "slightly dissatisfied"),
    (*NEITHER, "neither satisfied nor dissatisfied"),
    ("somewhat satisfied", "slightly satisfied"),
    ("satisfied",),
    ("very satisfied",),
)
_FREQUENCY: Rungs = (
    ("never",),
    ("almost never", "hardly ever"),
    ("rarely", "seldom"),
    ("occasionally",),
    ("sometimes",),
    ("often", "frequently"),
    ("very often",),
    ("almost always", "usually"),
    ("always",),
)
_DEGREE: Rungs = (
    ("not at all", "none at all"),
    ("very slightly", "very slightly or not at all"),
    ("slightly", "a little", "a little bit", "weakly"),
    ("somewhat",),
    ("moderately",),
    ("quite a bit", "considerably"),
    ("very", "very much", "strongly", "a lot"),
    ("extremely", "completely"),
)
_QUALITY: Rungs = (("very poor", "bad"), ("poor",), ("fair",), ("good",), ("very good",), ("excellent",))
_AMOUNT: Rungs = (("very low",), ("low",), ("medium", "moderate"), ("high",), ("very high",))
MIRRORED = (_AGREEMENT, _LIKELIHOOD, _VALENCE, _SATISFACTION)  # who prints one step prints its opposite
LADDERS = (*MIRRORED, _FREQUENCY, _DEGREE, _QUALITY, _AMOUNT)
_NUMBERED = re.compile(r"\(?([-+]?\d+)\s*[-\u2013\u2014=:.)/(]+\s*(\D.*)", re.DOTALL)


def anchors_of(texts: Iterable[str]) -> tuple[tuple[float, str], ...]:
    """The points of a scale that texts are the words of, in order; empty where they are no such words.

    Either every text begins with its number ("1 - not at all", the points between may be bare), or all are steps of
    one ladder, which get the numbers from 1 on.
    """
    words = {plain(text): text for text in sorted(texts)}
    return _numbered(words) or next((steps for ladder in LADDERS if (steps := _steps(ladder, words))), ())


def _steps(ladder: Rungs, words: Mapping[str, str]) -> tuple[tuple[float, str], ...]:
    places = {spelling: place for place, spellings in enumerate(ladder) for spelling in spellings}
    used = {places.get(word, -1): text for word, text in words.items()}
    if -1 in used or not LEAST <= len(used) == len(words):
        return ()
    mirrored = {len(ladder) - 1 - place for place in used} if ladder in MIRRORED else set()
    steps = [used.get(place) or ladder[place][0].capitalize() for place in sorted({*used, *mirrored})]
    return tuple((float(point), text) for point, text in enumerate(steps, start=1))


def _numbered(words: Mapping[str, str]) -> tuple[tuple[float, str], ...]:
    """Texts that say their number themselves; a number with two different words is none."""
    anchors: dict[float, str] = {}
    for text in words.values():
        match = _NUMBERED.fullmatch(text.strip())
        if not match and as_number(text) is None:
            return ()
        if match and anchors.setdefault(float(match[1]), text) != text:
            return ()
    return tuple(sorted(anchors.items()))

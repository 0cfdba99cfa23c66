from typing import Any

import pytest

from pipelines.release.preflight import Standing, obstacles
from tests.pipelines.release.samples import key

ALLOWED = ("CC0-1.0", "CC-BY-4.0")


def voice(number: int, **changes: Any) -> Standing:
    told = {"source": key(99), "basis": "licence", "licence": "CC-BY-4.0", "source_address": "https://example.org/a"}
    return Standing(**{**told, **changes})


face = voice


def test_nothing_stands_against_what_is_licensed_consented_free_or_synthetic() -> None:
    samples = [
        voice(1),
        voice(2, basis="consent", scopes=("annotate", "publish")),
        face(3),
        voice(4, basis="synthetic", licence=None, model="a generator"),
    ]
    assert obstacles(samples, ALLOWED) == []


@pytest.mark.parametrize("spelling", ["cc-by-4.0", "CC BY 4.0", "cc_by_4.0 ", "CC-BY-4.0"])
def test_licences_are_known_in_any_spelling(spelling: str) -> None:
    assert obstacles([voice(1, licence=spelling)], ALLOWED) == []


@pytest.mark.parametrize(
    ("sample", "told"),
    [
        (voice(1, basis="unknown", licence=None), "--licence ID"),
        (voice(1, licence=None), "none is named"),
        (voice(1, licence="CC-BY-5.0"), "did you mean 'CC-BY-4.0'"),
        (voice(1, licence="CC-BY-NC-4.0"), "forbids commercial use"),
        (voice(1, licence="CC-BY-ND-4.0"), "forbids derivatives, for which a cut clip is taken"),
        (voice(1, basis="consent", licence=None, scopes=("annotate",)), "consented to annotate, not to 'publish'"),
        (voice(1, basis="consent", licence=None), "--scope publish"),
        (voice(1, basis="consent", licence=None, scopes=("publish",)), "granted no licence"),
        (voice(1, basis="synthetic", licence=None), "--metadata TABLE"),
        (face(1, licence="proprietary"), "'proprietary' is not among"),
    ],
)
def test_what_stands_against_publishing_is_told_with_what_to_type(sample: Standing, told: str) -> None:
    (sentence,) = obstacles([sample], ALLOWED)
    assert told in sentence
    assert sentence.startswith(f"1 clip of source {sample.source}")


def test_clips_are_counted_by_reason_and_sources_are_named() -> None:
    samples = [voice(number, basis="unknown", licence=None, source=key(number % 2)) for number in range(1_200)]
    samples += [voice(2_000, licence=None), voice(2_001)]
    many, one = sorted(obstacles(samples, ALLOWED), key=len, reverse=True)
    assert many.startswith(f"1,200 clips of 2 sources, among them source {min(key(0), key(1))} (https://example.org/")
    assert one.startswith("1 clip of source")


def test_an_item_may_have_more_than_one_thing_against_it() -> None:
    assert len(obstacles([voice(1, basis="unknown", licence="CC-BY-NC-4.0")], ALLOWED)) == 2


def test_a_collection_that_allows_no_licence_publishes_none() -> None:
    assert len(obstacles([voice(1)], ())) == 1


def test_a_licence_that_the_collection_allows_itself_may_be_a_restricted_one() -> None:
    assert obstacles([voice(1, licence="CC-BY-NC-4.0")], ("cc-by-nc-4.0",)) == []


def test_a_conflict_of_sources_stands_against_publishing() -> None:
    (sentence,) = obstacles([voice(1, conflict=True, clips=3)], ALLOWED)
    assert sentence.startswith("3 clips of source")
    assert "rights resolve" in sentence


def test_the_terms_of_every_layer_add_up() -> None:
    (sentence,) = obstacles([voice(1), voice(1, licence="CC-BY-NC-4.0", layer="text")], ALLOWED)
    assert "text: licence 'CC-BY-NC-4.0' is not among" in sentence

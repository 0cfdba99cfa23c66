"""A random sample of what thresholds drop is rated, says what they cost, and is not released for that."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from annotate.drawing import Draw
from pipelines import collection
from pipelines.ask.selection import Selection, select
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, Noun, insert
from pipelines.gates import gates
from pipelines.release.gather import gather
from pipelines.release.order import Wanted
from pipelines.show.gates import costs as drawn
from pipelines.status import status
from schemas.answers import Answer, Ask, Item, Rater
from schemas.errors import BadInput
from schemas.ids import canonical
from schemas.scheme import shipped_schemes
from tests.pipelines.conftest import Builder, empty_in
from tests.pipelines.test_gates import AT, STRICT, Recording, recorded

EKMAN = shipped_schemes()["ekman"]
# Of forty soft clips thirty are sad, of forty loud ones ten.
RECORDINGS = [Recording(n, -40 if n < 40 else -20) for n in range(80)]


def made_in(home: Path, media: Path) -> None:
    """The recordings."""
    empty_in(home, media)
    recorded(home, RECORDINGS)


def rated_in(home: Path, media: Path) -> None:
    """The same, of which ten were sampled and rated."""
    made_in(home, media)
    answer(home, list(sampled(home, 10)))


@pytest.fixture
def made(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(made_in)


@pytest.fixture
def rated(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(rated_in)


def sad(number: int) -> bool:
    return number < 30 or number >= 70


def sampled(home: Path, n: int, seed: int = 0) -> tuple[str, ...]:
    (scheme,) = collection.find(home).schemes
    return select(home, STRICT, scheme, Selection(draw=Draw(limit=n, seed=seed), dropped=True)).items


def answer(home: Path, items: list[str], who: str = "p1") -> None:
    """A person answers what each of these clips sounds like."""
    by_item = {Item("clip", one.clip.id).id: one for one in RECORDINGS}
    body = {"id": [EKMAN.id], "name": [EKMAN.name], "version": [1], "body": [canonical(asdict(EKMAN))]}
    with Catalog(home).open() as connection:
        insert(connection, "schemes", body)
    nouns: list[Noun] = [Rater(who, "person")]
    for item in items:
        one, ask = by_item[item], Ask(item, EKMAN.id)
        word = canonical("sadness" if sad(one.number) else "joy")
        nouns += [Item("clip", one.clip.id), ask, Answer("o", ask.id, "emotion", who, AT, word, "given")]
    Catalog(home).add(nouns)


def good_items() -> list[str]:
    return [Item("clip", one.clip.id).id for one in RECORDINGS[40:]]


def test_so_many_of_those_below_a_threshold_are_drawn_with_their_probability(made: Path) -> None:
    items = sampled(made, 10)
    rows = Catalog(made).rows("SELECT subject, value FROM decisions WHERE starts_with(what, 'sampled ')")
    assert sorted(rows) == sorted((item, 0.25) for item in items)
    assert not set(items) & set(good_items())


def test_a_second_time_the_same_are_drawn_and_of_more_the_first_are_the_same(made: Path) -> None:
    first = sampled(made, 10)
    answer(made, list(first))
    assert sampled(made, 10) == first
    assert set(first) <= set(sampled(made, 20))


def test_what_people_say_of_the_sample_says_what_the_thresholds_cost(made: Path) -> None:
    answer(made, [*sampled(made, 40), *good_items()])
    (heard,) = gates(made, STRICT).sampled
    assert (heard.question, heard.below, heard.drawn, heard.rated) == ("emotion", 40, 40, 40)
    (sadness,) = [one for one in heard.values if one.value == "sadness"]
    assert (sadness.below.value, sadness.good.value, sadness.removed.value) == (0.75, 0.25, 0.75)
    assert sadness.removed.low is not None
    assert sadness.removed.high is not None
    assert 0.6 < sadness.removed.low < 0.75 < sadness.removed.high < 0.9


def test_a_sampled_clip_is_not_good_for_having_been_asked_about(rated: Path) -> None:
    live.refresh(Catalog(rated), ["FindSpeech@1", "Measure@1"])
    voices = status(rated, STRICT).clips["voice"]
    assert (voices.good, voices.stay, voices.answered) == (40, 0, 10)


def test_a_sampled_clip_is_not_released_while_it_misses_a_threshold(rated: Path, tmp_path: Path) -> None:
    try:
        gathered = gather(rated, STRICT, tmp_path / "scratch.duckdb", Wanted(), lambda *_: None)
    except BadInput:
        pytest.fail("gathering says what stays out")
    assert not gathered.counts
    assert {reason: count for reason, count in gathered.left_out.items() if "push --dropped" in reason} == {
        next(reason for reason in gathered.left_out if "push --dropped" in reason): 10
    }


def test_the_report_shows_what_people_hear_in_the_sample(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer(made, [*sampled(made, 20), *good_items()])
    drawn(gates(made, STRICT))
    text = capsys.readouterr().out
    assert "emotion of voices below a threshold: 20 of 40 drawn, 20 rated" in text
    assert "sadness" in text

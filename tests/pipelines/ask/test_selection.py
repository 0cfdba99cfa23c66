"""`push --where`: what is asked is drawn from the clips a condition holds of, once, with its probability kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from annotate.drawing import Draw
from pipelines import collection
from pipelines.ask.push import push
from pipelines.ask.selection import Selected, Selection, select
from pipelines.engine.catalog import Catalog
from schemas.errors import BadSetting, StudioError
from tests.pipelines.ask.test_push import Taken
from tests.pipelines.conftest import Builder, run, small_media, take_in

pytestmark = pytest.mark.long


@pytest.fixture
def found(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection with eight utterances and three faces nobody was asked about."""
    return copy_of(found_in)


def found_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `found`."""
    collection.make(home, "test", ("ekman",))
    take_in(home, [small_media(media)])
    run(home)


def selected(home: Path, where: str | None = None, **draw: object) -> Selected:
    here = collection.find(home)
    (scheme,) = here.schemes
    return select(home, here.settings, scheme, Selection(where, Draw(**draw)))  # type: ignore[arg-type]


def test_a_condition_says_which_clips_are_drawn_from(found: Path) -> None:
    chosen = selected(found, "modality = 'voice' AND start_ms = 0", limit=2)
    assert (chosen.matching, chosen.drawn) == (4, 2)
    assert chosen.good > chosen.matching


def test_what_is_drawn_is_written_down_once_with_its_probability(found: Path) -> None:
    for _ in range(2):
        chosen = selected(found, "modality = 'voice'", per=(("file", 1),), limit=2)
    rows = Catalog(found).rows("SELECT subject, what, reason, value FROM decisions ORDER BY subject")
    assert [row[0] for row in rows] == list(chosen.items)
    assert {row[1:] for row in rows} == {
        (f"selected {chosen.named}", "where modality = 'voice', 1 per file, 2 in all, seed 0", 0.25)
    }


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("spaeker = 'a'", "did you mean 'speaker'"),
        ("duration_ms >", "cannot be read"),
        ("1 = 1); DROP TABLE clips; SELECT (1", "more than a condition"),
        ("file IN (SELECT content FROM read_text('/etc/passwd'))", "reaches for a file"),
        ("duration_ms > 'long'", "compares what is unlike"),
    ],
)
def test_a_condition_that_is_none_is_told_with_the_columns_there_are(found: Path, where: str, message: str) -> None:
    with pytest.raises(BadSetting, match=message):
        selected(found, where)
    assert Catalog(found).rows("SELECT count(*) FROM decisions") == [(0,)]


def test_a_column_nobody_knows_is_told(found: Path) -> None:
    with pytest.raises(BadSetting, match="no column 'spkr' to draw by; did you mean 'speaker'"):
        selected(found, per=(("spkr", 5),))


def test_only_what_was_drawn_becomes_a_task_and_a_second_push_asks_nothing_more(found: Path) -> None:
    here, studio = collection.find(found), Taken("http://127.0.0.1:1", "token")
    Taken.tasks.clear()
    plan = Selection("modality = 'voice'", Draw(limit=3))
    for _ in range(2):
        try:
            done = push(here, studio, 1, plan=plan)
        except StudioError:  # this server knows no further questions
            done = []
        assert Catalog(found).rows("SELECT count(*) FROM asks") == [(3,)]
    assert not done or done[0].selected is not None

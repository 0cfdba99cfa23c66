"""What somebody's words mean: a file, a speaker, a contributor, both, a source or a rater."""

from collections.abc import Iterator

import pytest

from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog, insert
from pipelines.forget.subject import Kind, Subject, subject
from schemas.answers import Rater
from schemas.errors import BadInput
from schemas.media import Source
from tests.pipelines.conftest import small_media

ADDRESS = "https://archive.example.org/tones"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[collection.Collection]:
    """Sounds that one person gave, in two of which another speaks; pictures from an address; and a rater."""
    folder = tmp_path_factory.mktemp("subjects")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        here = collection.make(folder / "home", "test", ("ekman",))
        media = small_media(folder / "media")
        spoken = Metadata({f"tone-{number}.wav": {"speaker": "otto"} for number in range(2)})
        given = Source("consent", scopes=("annotate",), contributor=here.people.of("anna@example.org"))
        add(Intake(here.home, given, spoken, here.people), sorted(media.glob("*.wav")))
        licensed = Source("licence", "CC-BY-4.0", ADDRESS)
        add(Intake(here.home, licensed, Metadata({}), here.people), sorted(media.glob("*.png")))
        raters = [here.people.of(name) for name in ("rater@example.org", "votes/ann")]
        Catalog(here.home).add([Rater(rater, "person") for rater in raters])
        with Catalog(here.home).open() as connection:
            insert(connection, "origins", {"id": ["o"], "server": ["table"], "corpus": ["votes"]})
        yield here


def meant(here: collection.Collection, words: str, kind: Kind | None = None) -> Subject:
    return subject(here.home, words, kind, here.people)


def names(here: collection.Collection, one: Subject) -> list[str]:
    rows = Catalog(here.home).rows("SELECT DISTINCT asset, name FROM statements ORDER BY name")
    return [name for asset, name in rows if asset in one.assets]


@pytest.mark.parametrize(
    ("words", "kind", "files"),
    [
        ("tone-3.wav", "file", ["tone-3.wav"]),
        ("plain-*", "file", ["plain-0.png", "plain-1.png", "plain-2.png"]),
        ("otto", "speaker", ["tone-0.wav", "tone-1.wav"]),
        ("anna@example.org", "contributor", [f"tone-{number}.wav" for number in range(4)]),
        (ADDRESS, "source", ["plain-0.png", "plain-1.png", "plain-2.png"]),
        ("rater@example.org", "rater", []),
        ("Ann", "rater", []),  # as the table of the corpus `votes` names its rater
    ],
)
def test_words_mean_what_there_is_of_that_name_and_no_more(
    here: collection.Collection, words: str, kind: Kind, files: list[str]
) -> None:
    one = meant(here, words)
    assert (one.kind, names(here, one)) == (kind, files)
    assert meant(here, words, kind) == one


def test_people_are_meant_by_their_pseudonyms_too(here: collection.Collection) -> None:
    people = here.people
    assert meant(here, people.of("otto")).assets == meant(here, "otto").assets
    assert meant(here, people.of("rater@example.org")).kind == "rater"


def test_a_person_is_all_that_somebody_speaks_in_or_gave(here: collection.Collection) -> None:
    assert len(meant(here, "anna@example.org", "person").assets) == 4
    assert meant(here, "otto", "person").assets == meant(here, "otto").assets


@pytest.mark.parametrize(("words", "kind"), [("tone-9.wav", None), ("otto", "source")])
def test_what_is_not_here_is_refused_with_the_nearest_name(
    here: collection.Collection, words: str, kind: Kind | None
) -> None:
    with pytest.raises(BadInput, match="nothing here is called"):
        meant(here, words, kind)


def test_who_looks_for_a_rater_is_told_by_what_raters_go(here: collection.Collection) -> None:
    with pytest.raises(BadInput, match="goes by the name at sign-in or in the table, or by the pseudonym of"):
        meant(here, "tone-0.wav", "rater")


@pytest.mark.parametrize(
    ("words", "kind", "why"),
    [
        ("tone-0.wav", "speaker", "no speaker; a person goes by the name in your tables"),
        ("otto", "file", "no file; known: plain-0.png"),
        (ADDRESS[:-1], "source", f"no source; did you mean '{ADDRESS}'"),
    ],
)
def test_who_says_which_kind_is_meant_is_told_what_there_is_of_it(
    here: collection.Collection, words: str, kind: Kind, why: str
) -> None:
    with pytest.raises(BadInput) as told:
        meant(here, words, kind)
    assert why in str(told.value)

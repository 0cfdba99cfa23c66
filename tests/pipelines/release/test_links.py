"""What is linked is in one split: by speaker, contributor, copy, voice, face, and sentence when that is wanted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine.catalog import Catalog, insert
from pipelines.release.large import MANY
from pipelines.release.links import draw_groups
from pipelines.release.splits import draw_splits
from schemas.media import Arrival, Asset, Clip, Source, Statement
from schemas.release import SPLITS
from schemas.sections import ExportSettings
from tests.curate.prints.test_pictures import jpeg, scene
from tests.curate.twins.test_sounds import encoded, talk
from tests.pipelines.conftest import answer, take_in
from tests.pipelines.find.test_groups import LAX, looked_at, written
from tests.pipelines.release.test_export import export

SAID_AT = "2026-01-01T00:00:00.000000Z"


def asset(name: str) -> str:
    return name * 32


def known(home: Path, *names: str, **said: Any) -> None:
    """Sounds, each with an utterance, of which the same is said."""
    assets = [Asset(asset(name), "sound", "wav", 1) for name in names]
    rows = [Statement(one.id, f"{one.id}.wav", "file", SAID_AT, **said) for one in assets]
    Catalog(home).add([*assets, *rows, *(Clip(one.id, "utterance", 0, 900) for one in assets)])


def groups_of(home: Path, **settings: Any) -> dict[str, set[str]]:
    with Catalog(home).open() as connection:
        draw_groups(connection, ExportSettings(**settings))
        rows = connection.execute('SELECT asset, "group" FROM asset_groups').fetchall()
    return {group: {one[0] for one, of in rows if of == group} for group in {group for _, group in rows}}


def grouped(home: Path, kind: str, *members: str) -> None:
    with Catalog(home).open() as connection:
        columns = {
            "kind": [kind] * len(members),
            "member": list(members),
            "group": ["g"] * len(members),
            "why": [""] * len(members),
        }
        insert(connection, "groups", columns)


def test_copies_are_joined_and_named_after_their_first_recording(home: Path) -> None:
    known(home, "a", "b", "c")
    grouped(home, "duplicate", asset("c"), asset("a"))
    assert groups_of(home) == {asset("a"): {"a", "c"}, asset("b"): {"b"}}


def test_links_of_several_kinds_chain(home: Path) -> None:
    known(home, "a", speaker="anna")
    known(home, "b", speaker="anna")
    known(home, "c", "d", "e")
    grouped(home, "duplicate", asset("b"), asset("c"))
    grouped(home, "voice", Clip(asset("c"), "utterance", 0, 900).id, Clip(asset("d"), "utterance", 0, 900).id)
    assert groups_of(home) == {"speaker anna": {"a", "b", "c", "d"}, asset("e"): {"e"}}


def test_a_contributor_is_in_one_split(home: Path) -> None:
    source = Source("consent", contributor="k" * 8)
    known(home, "a", "b", source=source.id)
    known(home, "c")
    Catalog(home).add([source, *(Arrival(asset(name), source.id) for name in "ab")])
    assert groups_of(home) == {asset("a"): {"a", "b"}, asset("c"): {"c"}}


def test_a_sentence_joins_when_the_collection_says_so(home: Path) -> None:
    known(home, "a", transcript="It is eleven o'clock.")
    known(home, "b", transcript="it is eleven o'clock")
    assert len(groups_of(home)) == 2
    assert groups_of(home, sentence=True) == {asset("a"): {"a", "b"}}


def test_repeated_content_joins_nothing(home: Path) -> None:
    known(home, "a", "b")
    grouped(home, "repeated", asset("a"), asset("b"))
    assert len(groups_of(home)) == 2


def test_a_group_over_the_cap_goes_to_train_uncut_and_is_named(home: Path) -> None:
    many = [f"{number:032}" for number in range(60)]
    speakers = ["anna" if number < 30 else None for number in range(60)]
    Catalog(home).add([Asset(one, "sound", "wav", 1) for one in many])
    Catalog(home).add(
        Statement(one, one, "file", SAID_AT, speaker=who) for one, who in zip(many, speakers, strict=True) if who
    )
    for salt in range(5):
        with Catalog(home).open() as connection:
            (large,) = draw_splits(connection, ExportSettings(0.4, 0.3, 0.3, salt=str(salt))).large
            splits = dict(connection.execute("FROM asset_splits").fetchall())
        assert (large.group, large.files, large.share, large.links) == ("speaker anna", 30, 0.5, ("speaker",))
        assert {splits[one] for one in many[:30]} == {"train"}


@pytest.mark.parametrize("salt", ["a", "b"])
def test_every_split_gets_its_share_of_each_language_and_emotion(home: Path, salt: str) -> None:
    for place, (language, emotion) in enumerate([("de", "joy"), ("de", "fear"), ("fr", "joy")]):
        many = [f"{place}{number:031}" for number in range(4 * MANY)]
        Catalog(home).add([Asset(one, "sound", "wav", 1) for one in many])
        Catalog(home).add(Statement(one, one, "file", SAID_AT, language=language, requested=emotion) for one in many)
    with Catalog(home).open() as connection:
        draw_splits(connection, ExportSettings(0.5, 0.25, 0.25, salt=salt))
        rows = connection.execute("SELECT asset[1], split, count(*) FROM asset_splits GROUP BY ALL").fetchall()
    for place in "012":
        counts = [n for split in SPLITS for where, of, n in rows if where == place and of == split]
        assert all(abs(n - wanted * MANY) <= 1 for n, wanted in zip(counts, (2, 1, 1), strict=True))


@pytest.mark.parametrize("salt", ["0", pytest.param("1", marks=pytest.mark.heavy)])
def test_a_release_of_twins_and_of_one_person_under_three_names_leaks_nothing(
    home: Path, tmp_path: Path, salt: str
) -> None:
    first = talk(3000, 1)
    sounds = {"a": first, "a-mp3": encoded(first, "mp3"), **{f"s{n}": talk(3000, 10 + n) for n in range(6)}}
    pictures = {"p": scene(1), "p-jpeg": jpeg(scene(1), 40), "q": scene(2)}
    take_in(home, [written(tmp_path / "in", sounds, pictures)])
    looked_at(home, LAX.duplicates)
    of = dict(
        Catalog(home).rows("SELECT s.name, l.id FROM statements s JOIN live_clips l USING (asset) WHERE l.id[1] < 'g'")
    )
    grouped(home, "voice", *(of[f"s{n}.flac"] for n in range(3)))  # one voice that goes by three names
    answer(home)
    settings = replace(LAX, export=ExportSettings(0.4, 0.3, 0.3, salt=salt))
    done = export(home, settings, unlabelled=True)
    told = {leak.kind: leak for leak in done.leaks}
    assert {leak.crossing for leak in done.leaks} == {0}
    assert told["duplicate"].linked > 0
    assert told["voice"].linked >= 3
    assert "likely missed" in (Path(done.folder) / "README.md").read_text("utf-8")

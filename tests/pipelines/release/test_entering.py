"""Licences decide at export: what they keep from leaving is left out, counted, and said on the card."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.collection import find
from pipelines.engine.catalog import Catalog, insert
from pipelines.release.check import check_loads
from pipelines.release.listing import show
from pipelines.release.preflight import Standing, obstacles
from pipelines.release.publish import inspect_release, publish_release
from pipelines.release.records import rows_of
from schemas.errors import BadInput, NotPublishable
from schemas.licences import facts_of
from schemas.media import Source
from schemas.settings import Settings, settings_from_toml
from tests.pipelines.conftest import Builder, answer, empty_in, notified, run, small_media, take_in
from tests.pipelines.release.test_export import export, samples_of
from tests.pipelines.release.test_loading import WITHOUT_TORCH


def keys_of(release: Path) -> list[str]:
    return [row["key"] for row in rows_of(release / "labels-only.parquet", ["key"])]


OWN = settings_from_toml('[publish]\nlicence = "CC-BY-4.0"')


def rated_elsewhere(home: Path, source: Source) -> str:
    """An origin of answers that is a file of ratings with terms of its own."""
    catalog = Catalog(home)
    catalog.add([source])
    with catalog.open() as connection:
        insert(connection, "origins", {"id": ["corpus"], "server": ["table"], "source": [source.id]})
    return "corpus"


def rated(home: Path, media: Path, pictures: Source) -> Path:
    """Sounds that may be passed on, and pictures of a source, with labels."""
    take_in(home, [path for path in media.iterdir() if path.suffix == ".wav"])
    take_in(home, [path for path in media.iterdir() if path.suffix == ".png"], pictures)
    run(home)
    answer(home)
    return home


def mixed_in(home: Path, media: Path) -> None:
    """Sounds that may be passed on, and pictures for which nobody may pay."""
    empty_in(home, media)
    rated(home, small_media(media), Source("licence", "CC-BY-NC-4.0"))


def internal_in(home: Path, media: Path) -> None:
    """The same with a release v1 for use within the house."""
    mixed_in(home, media)
    notified(home)
    assert export(home, Settings(), internal=True).internal


@pytest.fixture
def internal(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(internal_in)


def test_what_the_settings_do_not_allow_is_left_out_and_counted_on_the_card(copy_of: Callable[[Builder], Path]) -> None:
    done = export(copy_of(mixed_in), OWN)
    assert (sum(done.samples["voice"].values()), "face" in done.samples, done.refused) == (8, False, 3)
    assert done.left_out == {"licence CC-BY-NC-4.0 is not in publish.licences": 3}
    assert done.obstacles == ()
    card = (Path(done.folder) / "README.md").read_text("utf-8")
    assert "Not in it, because of their terms:\n\n- 3 clips: licence CC-BY-NC-4.0 is not in publish.licences" in card
    assert "The labels that raters gave for this release and what was measured are under CC-BY-4.0" in card


def test_what_may_leave_as_media_and_what_may_leave_as_labels_load_from_one_release(home: Path, media: Path) -> None:
    rated(home, media, Source("licence", "CC-BY-NC-4.0", address="https://example.org/pictures"))
    with_labels = settings_from_toml('[publish]\nlicence = "CC-BY-4.0"\nlabels_only = true')
    done = export(home, with_labels)
    assert (sum(done.samples["voice"].values()), sum(done.labels_only.values())) == (8, 3)
    folder = Path(done.folder)
    assert {loaded.configuration for loaded in check_loads(folder)} == {"voice"}
    card = (folder / "README.md").read_text("utf-8")
    code = next(block for block in re.findall(r"```python\n(.*?)```", card, re.DOTALL) if "labels-only" in block)
    command = [sys.executable, "-c", f"{WITHOUT_TORCH}\nfolder = {str(folder)!r}\n{code}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "3\n"


def test_an_internal_release_holds_everything_and_is_never_published(internal: Path) -> None:
    card = (internal / "releases" / "v1" / "README.md").read_text("utf-8")
    assert "never published" in card
    assert "CC BY-NC 4.0, sections" in card
    assert (show(internal, None).internal, len(samples_of(internal / "releases" / "v1", "face"))) == (True, 3)
    with pytest.raises(NotPublishable, match="for use within the house"):
        publish_release(find(internal), "somebody/faces", "v1", say=print)
    assert any("within the house" in line for line in inspect_release(find(internal), "v1").against)


def test_nobody_has_had_an_internal_release_so_that_none_of_its_clips_is_listed_as_removed(internal: Path) -> None:
    assert not (Path(export(internal, Settings()).folder) / "removed.txt").exists()


def test_where_nothing_may_leave_it_is_told_how_to_keep_it_within_the_house(home: Path, media: Path) -> None:
    take_in(home, [media], Source("unknown"))
    run(home)
    answer(home)
    with pytest.raises(BadInput, match=r"11 clips: nobody knows on what basis[\s\S]*export --internal"):
        export(home, Settings())
    assert Catalog(home).rows("SELECT count(*) FROM releases") == [(0,)]


@pytest.mark.parametrize(("cut", "count"), [(True, 1), (False, 0)])
def test_a_licence_without_derivatives_lets_whole_files_leave_and_no_cuts(cut: bool, count: int) -> None:
    standing = Standing("s", "licence", "CC-BY-ND-4.0", cut=cut)
    assert len(obstacles([standing], ["CC-BY-ND-4.0"])) == count


def test_what_a_licence_means_for_a_collection_comes_with_where_it_stands_and_of_which_day() -> None:
    assert [fact.part for fact in facts_of(["CC-BY-NC-SA-4.0", "MIT"])] == ["sa", "nc"]
    assert facts_of(["MIT", "LicenseRef-nd"]) == []
    assert facts_of(["CC-BY-4.0", "LicenseRef-x-nc"]) == []  # one licence's part is not another's
    (old,) = facts_of(["CC-BY-SA-4.0", "CC-BY-SA-2.0-DE"])
    assert old.source.endswith("the text of CC-BY-SA-2.0-DE is another, and was not read for this")
    assert all(fact.stated_on == "2013-11-25" and "legalcode" in fact.source for fact in facts_of(["CC-BY-NC-ND-4.0"]))


def test_the_licence_of_ratings_from_elsewhere_counts_for_clips_that_leave_without_their_media(
    home: Path, media: Path
) -> None:
    notified(home)
    at = "https://example.org/recordings"
    take_in(
        home,
        [path for path in media.iterdir() if path.suffix == ".png"],
        Source("unknown", address=at, evidence="said in /home/ann/terms"),
    )
    run(home)
    answer(home, rated_elsewhere(home, Source("licence", "CC-BY-NC-4.0", attribution="A Corpus", layer="labels")))
    done = export(home, settings_from_toml("[publish]\nlabels_only = true"))
    assert (done.samples, done.labels_only) == ({}, {"nobody knows on what basis it may be passed on": 3})
    assert "| A Corpus |" in (Path(done.folder) / "NOTICE.md").read_text("utf-8")
    (line,) = done.obstacles
    assert line.startswith("3 clips of source")
    assert "labels: licence 'CC-BY-NC-4.0' is not among" in line
    assert inspect_release(find(home), done.name).against == (
        line,
        "a path of a machine in evidence of 3 samples, such as " + ", ".join(keys_of(Path(done.folder))),
    )

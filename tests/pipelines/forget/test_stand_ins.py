"""What stood for a file before it came goes with it: no table keeps its name or its address."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from curate.rights.bodies import Part
from pipelines import collection
from pipelines.backup.backup import backup
from pipelines.backup.restore import restore
from pipelines.collect.add import Intake, add
from pipelines.collect.addresses import Address, stand_in
from pipelines.collect.fetching import Net
from pipelines.collect.frontier import Frontier
from pipelines.collect.metadata import Metadata
from pipelines.collect.net import Way, bring
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import Forgotten, How, forget
from pipelines.forget.verify import verify
from schemas.errors import BadInput
from schemas.sections import CrawlSettings
from tests.pipelines.conftest import SOURCE
from tests.site import Site, sound

pytestmark = pytest.mark.long

SETTINGS = CrawlSettings(contact="tests@example.org", seconds_per_file=2, max_mb=1)
HOSTS = ("127.0.0.1",)
COLUMNS = """SELECT table_name, column_name FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, table_name)
             WHERE database_name = current_database()"""


def take(home: Path, listing: Path, *urls: str, hosts: tuple[str, ...] = HOSTS, retry: bool = False) -> None:
    listing.write_text("\n".join(urls), "utf-8")
    way = Way(SETTINGS, Net(hosts), {}, print, retry)
    bring(Intake(home, SOURCE, Metadata(), collection.find(home).people), [listing], way)


def without(home: Path, words: str) -> Forgotten:
    return forget(collection.find(home), words, None, How(keep_studio=True))


def holding(home: Path, *words: str) -> Iterator[str]:
    """Every table and column of the catalog that holds any of some words."""
    with Catalog(home).open() as connection:
        for table, column in connection.execute(COLUMNS).fetchall():
            held = f'SELECT word FROM unnest(?) _(word) WHERE EXISTS (FROM {table} WHERE contains("{column}"::VARCHAR, word))'
            yield from (f"{table}.{column}: {word}" for (word,) in connection.execute(held, [words]).fetchall())


def assert_gone(home: Path, *words: str) -> None:
    assert [*holding(home, *words)] == []
    assert [verify(collection.find(home), word).found for word in words] == [()] * len(words)


def standing(home: Path, url: str) -> str:
    """What stands for an address that was asked and gave nothing."""
    ((asset,),) = Catalog(home).rows("SELECT DISTINCT asset FROM fetches WHERE url = ? AND outcome <> 'fetched'", [url])
    return str(asset)


def asset_of(home: Path, url: str) -> str:
    ((asset,),) = Catalog(home).rows("SELECT DISTINCT asset FROM fetches WHERE url = ? AND outcome = 'fetched'", [url])
    return str(asset)


@pytest.mark.parametrize("is_refused_by", ["the site", "us"])
@pytest.mark.parametrize("called", ["address", "asset"])
def test_an_address_that_gave_something_only_after_a_refusal_is_wholly_forgotten(
    home: Path, tmp_path: Path, site: Site, is_refused_by: str, called: str
) -> None:
    url, other = site.url("/anna.wav"), site.put("/other.wav", sound(2), "audio/wav")
    if is_refused_by == "us":
        site.put("/anna.wav", sound(1), "audio/wav")
    take(home, tmp_path / "m.txt", url, other, hosts=HOSTS if is_refused_by == "the site" else ())
    site.put("/anna.wav", sound(1), "audio/wav")
    take(home, tmp_path / "m.txt", url, other, retry=True)
    stood = standing(home, url)
    done = without(home, url if called == "address" else asset_of(home, url))
    assert done.files == (url,)
    assert_gone(home, url, stood)
    assert Catalog(home).rows("SELECT DISTINCT name FROM statements") == [(other,)]


def test_an_address_that_failed_before_it_gave_something_is_wholly_forgotten(
    home: Path, tmp_path: Path, site: Site
) -> None:
    url = site.fails("/anna.wav", 501, 1, sound(1))
    take(home, tmp_path / "m.txt", url)
    take(home, tmp_path / "m.txt", url)
    stood = standing(home, url)
    assert without(home, url).files == (url,)
    assert_gone(home, url, stood)


def test_an_address_that_gives_nothing_any_more_is_one_file_and_wholly_forgotten(
    home: Path, tmp_path: Path, site: Site
) -> None:
    url = site.put("/anna.wav", sound(1), "audio/wav")
    take(home, tmp_path / "m.txt", url)
    del site.bodies["/anna.wav"]
    take(home, tmp_path / "m.txt", url, "# once more")
    stood = standing(home, url)
    assert without(home, url).files == (url,)
    assert_gone(home, url, stood)


@pytest.mark.parametrize("status", [404, 501])
def test_a_backup_from_before_it_came_gives_nothing_of_it_back(
    home: Path, tmp_path: Path, site: Site, status: int
) -> None:
    url = site.fails("/anna.wav", status, 1, sound(1))
    take(home, tmp_path / "m.txt", url)
    backup(collection.find(home), tmp_path / "backup")
    shutil.move(tmp_path / "backup", tmp_path / "away")
    take(home, tmp_path / "m.txt", url, retry=True)
    stood = standing(home, url)
    without(home, url)
    restore(tmp_path / "away", tmp_path / "again")
    assert_gone(tmp_path / "again", url, stood)


def test_what_a_site_never_gave_can_be_forgotten_by_its_address(home: Path, tmp_path: Path, site: Site) -> None:
    url = site.url("/anna.wav")
    take(home, tmp_path / "m.txt", url)
    stood = standing(home, url)
    assert without(home, url).files == (url,)
    assert [one for one in holding(home, url, stood) if not one.startswith("tombstones")] == []


@pytest.fixture
def waits(home: Path, tmp_path: Path, site: Site) -> tuple[Path, str]:
    """A list whose one address was refused, and waits again, since the command with --retry was killed then."""
    url, listing = site.url("/anna.wav"), tmp_path / "m.txt"
    take(home, listing, url)
    with closing(sqlite3.connect(home / "web" / "frontier.sqlite")) as rows, rows:
        ((batch,),) = rows.execute("SELECT DISTINCT batch FROM addresses").fetchall()
    with Frontier(home) as frontier:
        frontier.retry(batch, (), True)
    return listing, url


def test_an_address_that_waits_again_after_a_kill_is_wholly_forgotten(home: Path, waits: tuple[Path, str]) -> None:
    without(home, waits[1])
    assert_gone(home, waits[1])


def test_what_has_come_from_an_address_that_is_forgotten_before_it_is_taken_in_goes_too(
    home: Path, waits: tuple[Path, str], site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    site.put("/anna.wav", sound(1), "audio/wav")
    with monkeypatch.context() as patched:
        patched.setattr("pipelines.collect.arrivals._placed", killed)
        with pytest.raises(KeyboardInterrupt):
            take(home, *waits)
    (came,) = (home / "web" / "incoming").iterdir()
    Part(came.with_suffix(".part")).begin(waits[1], None)
    came.with_suffix(".part").write_bytes(sound(1))
    without(home, waits[1])
    assert list((home / "web" / "incoming").iterdir()) == []
    assert_gone(home, waits[1])


def test_an_address_whose_media_have_expired_leaves_the_frontier_when_it_is_forgotten(
    home: Path, tmp_path: Path, site: Site
) -> None:
    url = site.put("/anna.wav", sound(1), "audio/wav")
    take(home, tmp_path / "m.txt", url)
    with Frontier(home) as frontier:
        frontier.expire([asset_of(home, url)], "expired")
        frontier.forget([stand_in(url)])
    assert url.encode() not in (home / "web" / "frontier.sqlite").read_bytes()


def test_another_file_that_came_from_the_same_address_keeps_its_row(home: Path, tmp_path: Path, site: Site) -> None:
    url = site.put("/anna.wav", sound(1), "audio/wav")
    take(home, tmp_path / "m.txt", url)
    with Frontier(home) as frontier:
        frontier.add("another", [Address(url, "http://127.0.0.1", 1, {})])
        frontier.forget([stand_in(url)])
    with closing(sqlite3.connect(home / "web" / "frontier.sqlite")) as rows:
        assert rows.execute("SELECT state, asset FROM addresses").fetchall() == [("kept", asset_of(home, url))]


def test_a_file_that_could_not_be_opened_before_is_one_file_and_wholly_forgotten(home: Path, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    intake = Intake(home, SOURCE, Metadata(), collection.find(home).people)
    (folder / "anna.wav").symlink_to(tmp_path / "away.wav")
    (tmp_path / "away.wav").write_bytes(sound(1))
    add(intake, [folder])
    refused = Catalog(home).rows("SELECT \"row\" FROM receipts WHERE state = 'dropped'")
    assert len(refused) == 1
    (folder / "anna.wav").unlink()
    (folder / "anna.wav").write_bytes(sound(1))
    add(intake, [folder])
    assert len(without(home, "anna.wav").files) == 1
    assert_gone(home, "anna.wav", str(refused[0][0]))


def test_two_files_of_one_name_still_have_to_be_told_apart(home: Path, tmp_path: Path) -> None:
    intake = Intake(home, SOURCE, Metadata(), collection.find(home).people)
    for number in range(2):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "anna.wav").write_bytes(sound(number))
        add(intake, [folder])
    with pytest.raises(BadInput, match="may be 2 files"):
        without(home, "anna.wav")

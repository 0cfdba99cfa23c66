"""Media of a crawl that nobody was asked about in time are removed, each with the reason, and nothing else is."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.backup.backup import backup
from pipelines.collect.found import Scope
from pipelines.collect.recheck import Checked
from pipelines.collect.rights import resolve
from pipelines.collect.verdicts import unreviewed
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.forget import expire as expiring
from pipelines.forget.expire import expire
from pipelines.show.rights import checks
from pipelines.status import status
from schemas.answers import Ask, Item
from schemas.media import Clip, Source
from schemas.scheme import shipped_schemes
from tests.pipelines.collect.test_crawl import BY, asking, crawled, page, says_who_asks
from tests.pipelines.collect.test_net import listed, take
from tests.pipelines.conftest import Builder, take_in
from tests.site import Site, served, sound

__all__ = ["asking"]
PAGE = "0" * 64
NAMES = ("lone", "asked", "resolved", "listed", "added")
REASON = "expired: nobody was asked about it within 90 days (crawl.keep_days)"


@pytest.fixture
def old(copy_of: Callable[[Builder], Path]) -> Path:
    """Files that pages showed long ago: one of no interest, and others that somebody has dealt with or has listed."""
    return copy_of(old_in)


def old_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `old`, from a site that is gone since."""
    says_who_asks(collection.make(home, "test", ("ekman",)).home)
    media.mkdir()
    with served() as site:
        urls = [site.put(f"/{name}.wav", sound(number), "audio/wav") for number, name in enumerate(NAMES)]
        shown = page(*(f'<audio src="{url}"></audio>' for url in urls))
        crawled(home, site.put("/", shown, "text/html"), scope=Scope(depth=0))
        copied = site.put("/copied.wav", sound(len(NAMES)), "audio/wav")  # which no crawl has seen
        found = media / "found.csv"
        found.write_text(f"url,evidence\n{copied},on a page; SHA-256 of the page {PAGE}", "utf-8")
        take(home, found, source=Source("unknown"))
        take(home, listed(media, site.url("/listed.wav")))
        (media / "added.wav").write_bytes(sound(NAMES.index("added")))
        take_in(home, [media / "added.wav"])
        resolve(home, site.url("/resolved.wav"), Source("licence", "CC0-1.0", evidence="a letter"))
        ((asset,),) = rows(home, f"SELECT DISTINCT asset FROM fetches WHERE url = '{site.url('/asked.wav')}'")
    clip = Clip(str(asset), "utterance", 0, 40)
    item = Item("clip", clip.id)
    Catalog(home).add([clip, item, Ask(item.id, shipped_schemes()["ekman"].id)])
    age(home)


def age(home: Path) -> None:
    with Catalog(home).open() as connection:
        connection.execute("UPDATE fetches SET fetched_at = '2020-01-01T00:00:00.000000Z'")


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    return Catalog(home).rows(query)


def names_here(home: Path) -> set[str]:
    query = "SELECT DISTINCT url FROM fetches SEMI JOIN assets ON assets.id = asset"
    return {name_of(str(url)) for (url,) in rows(home, query)}


def name_of(url: str) -> str:
    return url.rpartition("/")[2].removesuffix(".wav")


def test_only_what_nobody_has_dealt_with_expires_and_is_told_first(old: Path) -> None:
    here = collection.find(old)
    assert [name_of(file.url) for file in unreviewed(here)] == ["lone"]
    assert status(old, here.settings).files.expired == 1
    before = {path.name for path in (old / "media").rglob("*") if path.is_file()}
    (gone,) = expire(here).files
    assert (name_of(gone.url), gone.why) == ("lone", "fetched on 2020-01-01")
    after = {path.name for path in (old / "media").rglob("*") if path.is_file()}
    assert {name.partition(".")[0] for name in before - after} == {gone.asset}
    assert names_here(old) == {"asked", "resolved", "listed", "added", "copied"}
    assert rows(old, "SELECT name, reason FROM file_states WHERE state = 'dropped'") == [(gone.url, REASON)]
    assert rows(old, f"SELECT count(*) FROM arrivals WHERE asset = '{gone.asset}'") == [(0,)]
    assert (expire(here).files, status(old, here.settings).files.expired) == ([], 0)


def test_what_expires_leaves_the_backups_too(old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, places = collection.find(old), (tmp_path / "kept", tmp_path / "away")
    for place in places:
        backup(here, place)
    places[1].rename(tmp_path / "elsewhere")
    done = expire(here)
    assert done.backups == [str(places[0])]
    assert len(done.remaining) == 1
    assert str(places[1]) in done.remaining[0]
    checks(Checked([], [], [], None, done.files, done.remaining))
    assert f"still out of reach: {done.remaining[0]}" in capsys.readouterr().out
    (asset,) = (file.asset for file in done.files)
    assert list((tmp_path / "elsewhere").rglob(f"{asset}*"))
    assert not list(places[0].rglob(f"{asset}*"))


def test_a_backup_that_could_not_be_reached_is_reached_by_the_next_call(old: Path, tmp_path: Path) -> None:
    here, place = collection.find(old), tmp_path / "kept"
    backup(here, place)
    (asset,) = (file.asset for file in unreviewed(here))
    with lease(place, "backup"):  # as another `backup` into this folder holds it
        done = expire(here)
    assert (done.backups, len(done.remaining)) == ([], 1)
    assert list(place.rglob(f"{asset}*"))
    again = expire(here)
    assert (again.backups, again.remaining, list(place.rglob(f"{asset}*"))) == ([str(place)], [], [])
    assert (expire(here).backups, expire(here).remaining) == ([], [])


def test_the_same_crawl_does_not_fetch_again_what_has_expired(asking: Path, site: Site) -> None:
    site.put("/a.wav", sound(1))
    seed = site.put("/", page(f'<a rel="license" href="{BY}">x</a><audio src="/a.wav"></audio>'), "text/html")
    crawled(asking, seed)
    age(asking)
    assert len(expire(collection.find(asking)).files) == 1
    done = crawled(asking, seed, again=True)
    assert done.added
    assert done.added.dropped == {REASON: 1}
    assert site.asked["/a.wav"] == 1
    assert names_here(asking) == set()


def test_what_came_after_a_refusal_and_has_expired_is_told_as_such(asking: Path, tmp_path: Path, site: Site) -> None:
    url = site.url("/a.wav")
    assert take(asking, listed(tmp_path, url)).dropped == {"HTTP 404": 1}
    site.put("/a.wav", sound(1))
    crawled(asking, site.put("/", page('<audio src="/a.wav"></audio>'), "text/html"))
    assert rows(asking, "SELECT name, state FROM file_states") == [(url, "waiting")]
    age(asking)
    assert len(expire(collection.find(asking)).files) == 1
    assert rows(asking, "SELECT name, state, reason FROM file_states") == [(url, "dropped", REASON)]


def test_a_kill_before_the_catalog_is_written_anew_is_made_good(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = collection.find(old)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(expiring, "write_anew", killed)
        with pytest.raises(KeyboardInterrupt):
            expire(here)
    assert len(expire(here).files) == 1
    assert rows(old, "SELECT count(*), max(reason) FROM file_states WHERE state = 'dropped'") == [(1, REASON)]


def test_a_kill_before_the_backups_are_reached_is_made_good(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, place = collection.find(old), tmp_path / "kept"
    backup(here, place)
    (asset,) = (file.asset for file in unreviewed(here))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(expiring, "reach", killed)
        with pytest.raises(KeyboardInterrupt):
            expire(here)
    assert list(place.rglob(f"{asset}*"))
    assert (expire(here).backups, list(place.rglob(f"{asset}*"))) == ([str(place)], [])
    assert expire(here).backups == []


def test_nothing_expires_while_somebody_is_at_work_or_where_it_is_switched_off(old: Path) -> None:
    said: list[str] = []
    with lease(old, "run"):
        assert expire(collection.find(old), said.append).files == []
    assert "stay until the next check" in said[0]
    settings = old / "emocurate.toml"
    settings.write_text(settings.read_text("utf-8").replace("keep_days = 90", "keep_days = 0"), "utf-8")
    assert expire(collection.find(old)).files == []
    assert "lone" in names_here(old)

"""`rebuild`: the media of a release of labels come back byte for byte, and what does not is listed."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pytest
import soundfile
from datasets import load_dataset
from PIL import Image
from pyarrow import parquet

from curate.read.probe import Probe
from pipelines import collection, configuration, cuts
from pipelines.collect.fetching import Net
from pipelines.collect.net import Way
from pipelines.cutting import cut_path
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.run import bring_up_to_date
from pipelines.forget.forget import How, forget
from pipelines.rebuild.clips import UNCUT
from pipelines.rebuild.rebuild import Rebuild, Rebuilt, rebuild
from pipelines.rebuild.shards import FIELDS
from pipelines.release.listing import show
from pipelines.release.records import rows_of
from pipelines.release.sidecar import ParquetTable
from schemas.errors import BadInput, BadSetting, Busy
from schemas.media import Source
from schemas.sections import CrawlSettings
from schemas.settings import settings_from_toml
from tests.pipelines.collect.test_net import take
from tests.pipelines.conftest import Builder, answer
from tests.pipelines.engine.odd_stages import Corner, Halve
from tests.pipelines.rebuild.dying import dies, dies_with_pictures
from tests.pipelines.release.test_export import export, files_of
from tests.processes import points
from tests.site import Site, served

pytestmark = pytest.mark.long

LABELS_ONLY = settings_from_toml("[publish]\nlabels_only = true")
CRAWL = CrawlSettings(contact="tests@example.org", seconds_per_file=2)


def melody(number: int, seconds: float = 3.0, before: float = 0.0) -> bytes:
    """A sound that is like no other, with another one before it."""
    parts = [_notes(1000 + number, before)] if before else []
    file = io.BytesIO()
    soundfile.write(file, np.concatenate([*parts, _notes(number, seconds)]), 16_000, "PCM_16", format="WAV")
    return file.getvalue()


def _notes(seed: int, seconds: float) -> Any:
    random = np.random.default_rng(seed)
    at = np.arange(int(16_000 * seconds)) / 16_000
    pitches = random.uniform(250, 3000, (int(seconds * 10) + 1, 3))[(at * 10).astype(int)]
    return 0.1 * np.sin(2 * np.pi * np.cumsum(pitches, axis=0) / 16_000).sum(axis=1) + random.normal(0, 1e-3, len(at))


@dataclass(frozen=True)
class Released:
    """A collection of media from a site, its release of labels, and its release for use within the house."""

    site: Site
    home: Path
    keys: Path
    release: Path
    internal: Path


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    """Three sounds of which nobody knows the terms, and a picture without derivatives."""
    keys = tmp_path_factory.mktemp("keys")
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("EMOCURATE_KEYS", str(keys))
    home = collection.make(tmp_path_factory.mktemp("first") / "home", "first", ("ekman",)).home
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 40, 200)).save(picture, "PNG")
    with served() as site:
        lines = [{"url": site.put(f"/{n}.wav", melody(n), "audio/wav")} for n in range(3)]
        lines.append({"url": site.put("/face.png", picture.getvalue(), "image/png"), "licence": "CC-BY-ND-4.0"})
        listing = home.parent / "urls.jsonl"
        listing.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
        take(home, listing, source=Source("unknown"))
        bring_up_to_date(home, [Pass((Probe(), Halve(3000), Corner(px=32)))], Inline())
        answer(home)
        release = Path(export(home, LABELS_ONLY).folder)
        internal = Path(export(home, LABELS_ONLY, "internal", internal=True).folder)
        monkeypatch.undo()
        yield Released(site, home, keys, release, internal)


def elsewhere_in(home: Path, media: Path) -> None:
    """Make the collection of the fixture `elsewhere`."""
    collection.make(home, "elsewhere", ("ekman",))


@pytest.fixture
def elsewhere(copy_of: Callable[[Builder], Path]) -> collection.Collection:
    """A collection of somebody else's, who says who asks."""
    return collection.find(copy_of(elsewhere_in))


@pytest.fixture(scope="module")
def once(released: Released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a collection elsewhere in which the release was rebuilt, with its keys."""
    folder = tmp_path_factory.mktemp("once")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(folder / "keys"))
        rebuilt(collection.make(folder / "elsewhere", "elsewhere", ("ekman",)), released.release)
    return folder


@pytest.fixture
def fetched(once: Path, tmp_path: Path) -> collection.Collection:
    """A copy for this test alone of the collection in which the release was rebuilt once."""
    shutil.copytree(once / "keys", os.environ["EMOCURATE_KEYS"], dirs_exist_ok=True)
    return collection.find(Path(shutil.copytree(once / "elsewhere", tmp_path / "elsewhere")))


def rebuilt(
    here: collection.Collection,
    release: Path,
    *hosts: str,
    basis: str | None = None,
    retry: bool = False,
    processes: int = 1,
) -> Rebuilt:
    way = Way(replace(CRAWL, purpose="research"), Net(hosts or ("127.0.0.1",)), {}, print, retry)
    return rebuild(Rebuild(here, release, way, basis, processes))


def outcomes(done: Rebuilt) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in rows_of(Path(done.folder) / "rebuilt.parquet")}


def tars(folder: Path) -> dict[str, bytes]:
    return {name: data for name, data in files_of(folder).items() if name.endswith(".tar")}


def copied(release: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(release, tmp_path / "release"))


def test_what_may_not_leave_as_media_leaves_as_labels_with_all_it_takes_to_have_it_again(
    released: Released, tmp_path: Path
) -> None:
    assert not tars(released.release)
    table = load_dataset(str(released.release), "labels-only", split="labels", cache_dir=str(tmp_path))
    assert (table.num_rows, len(released.site.bodies)) == (7, 4)
    assert {"transcript", "transcript_by"}.isdisjoint(table.column_names)
    for row in table:
        assert row["source_address"].startswith(released.site.url("/"))
        assert len(row["labels"]) == 2
        assert None not in [row[name] for name in ("fetched_on", "evidence", "media_sha256", "decoded_sha256")]
    reasons = {row["media"]: row["reason"] for row in table}
    assert "nobody knows on what basis" in reasons["voice"]
    assert "no derivatives (CC-BY-ND-4.0)" in reasons["face"]


def test_card_and_show_say_what_is_there_without_its_media(released: Released) -> None:
    card = (released.release / "README.md").read_text("utf-8")
    assert "The media of 7 clips may not be passed on" in card
    assert "Labels of **7 clips** without their media" in card
    assert 'load_dataset(folder, "labels-only"' in card
    assert "| none | not known | labels only | 6 |" in card
    assert "CC BY-ND 4.0, sections" in card
    assert (show(released.home, "v1").labels_only, show(released.home, "v1").internal) == (7, False)


def test_a_rebuild_gives_the_very_tars_that_the_collection_would_have_written(
    released: Released, elsewhere: collection.Collection
) -> None:
    done = rebuilt(elsewhere, released.release)
    assert (done.clips, done.identical, done.missing, done.files) == (7, 7, {}, 4)
    expected = tars(released.internal)
    assert len(expected) >= 2
    assert tars(Path(done.folder)) == expected
    asked = dict(released.site.asked)
    assert rebuilt(elsewhere, released.release) == done
    assert dict(released.site.asked) == asked


def test_what_is_dead_or_another_file_is_listed_and_replaced_by_nothing(
    released: Released, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    first, second = released.site.bodies["/0.wav"], released.site.bodies["/1.wav"]
    del released.site.bodies["/0.wav"]
    released.site.put("/1.wav", melody(77), "audio/wav")
    try:
        done = rebuilt(elsewhere, released.release)
    finally:
        released.site.bodies |= {"/0.wav": first, "/1.wav": second}
    assert (done.identical, done.relocated) == (3, 0)
    assert done.missing == {"HTTP 404": 2, "another file is there now, and the clip is not heard in it": 2}
    missing = {row["source_address"]: row["reason"] for row in outcomes(done).values() if row["outcome"] == "missing"}
    assert missing.keys() == {released.site.url("/0.wav"), released.site.url("/1.wav")}
    assert rebuilt(elsewhere, released.release) == done, "what a site has not is not asked for all the time"
    assert rebuilt(elsewhere, released.release, retry=True).identical == 5


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_host_that_is_allowed_now_is_asked(
    released: Released, elsewhere: collection.Collection, tmp_path: Path, host: str
) -> None:
    release = copied(released.release, tmp_path)
    labels, manifest = release / "labels-only.parquet", release / "manifest.json"
    before, rows = sha256(labels.read_bytes()).hexdigest(), parquet.read_table(labels)
    column = rows.schema.get_field_index("source_address")
    named = pc.replace_substring(rows["source_address"], "127.0.0.1", host)
    parquet.write_table(rows.set_column(column, "source_address", named), labels)
    manifest.write_text(manifest.read_text("utf-8").replace(before, sha256(labels.read_bytes()).hexdigest()), "utf-8")
    (reason,) = rebuilt(elsewhere, release, "example.org").missing
    assert f"--allow-host {host}" in reason
    assert rebuilt(elsewhere, release, host).identical == 7


def test_a_recording_with_a_new_advertisement_is_found_again_with_its_offset(
    released: Released, elsewhere: collection.Collection
) -> None:
    before = released.site.bodies["/2.wav"]
    released.site.put("/2.wav", melody(2, before=1.237), "audio/wav")
    try:
        done = rebuilt(elsewhere, released.release)
    finally:
        released.site.bodies["/2.wav"] = before
    assert (done.identical, done.relocated, done.missing) == (5, 2, {})
    moved = [row for row in outcomes(done).values() if row["outcome"] == "relocated"]
    assert all(abs(row["offset_ms"] - 1237) <= 4 and row["shard"].startswith("relocated/voice/") for row in moved)
    same = {row["shard"] for row in outcomes(done).values() if row["outcome"] == "identical"}
    assert all(not shard.startswith("relocated/") for shard in same)


def test_what_was_taken_out_of_a_release_is_not_asked_for(
    released: Released, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    release = copied(released.release, tmp_path)
    gone = next(row for row in rows_of(release / "labels-only.parquet") if row["media"] == "face")
    (release / "removed.txt").write_text(f"{gone['key']}\n", "ascii")
    asked = released.site.asked["/face.png"]
    done = rebuilt(elsewhere, release)
    assert (done.clips, done.identical, done.removed, released.site.asked["/face.png"]) == (6, 6, 1, asked)


def test_whoever_is_forgotten_is_in_no_table_of_labels_and_in_no_rebuild(
    released: Released, elsewhere: collection.Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOCURATE_KEYS", str(released.keys))
    home = Path(shutil.copytree(released.home, tmp_path / "own"))
    forget(collection.find(home), released.site.url("/2.wav"), None, How(sure=True, keep_studio=True))
    release = home / "releases" / "v1"
    rows = list(rows_of(release / "labels-only.parquet"))
    assert len(rows) == 5
    assert len((release / "removed.txt").read_text("ascii").split()) == 2
    asked = released.site.asked["/2.wav"]
    assert rebuilt(elsewhere, release).clips == 5
    assert released.site.asked["/2.wav"] == asked


def test_what_is_forgotten_where_it_was_rebuilt_leaves_the_shards_and_the_cuts_and_does_not_come_back(
    released: Released, fetched: collection.Collection
) -> None:
    folder = fetched.home / "rebuilt" / "v1"
    cuts = {row["cut"] for row in rows_of(folder / "rebuilt.parquet") if row["source_address"].endswith("/2.wav")}
    done = forget(fetched, released.site.url("/2.wav"), None, How(sure=True, keep_studio=True))
    assert not folder.exists()
    assert any("rebuild it" in line for line in done.remaining)
    assert cuts.isdisjoint(path.stem for path in (fetched.home / "cuts").rglob("*"))
    again = rebuilt(fetched, released.release)
    assert (again.identical, sum(again.missing.values())) == (5, 2)


def test_what_was_taken_out_after_it_was_fetched_is_named_until_it_is_forgotten(
    released: Released, fetched: collection.Collection, tmp_path: Path
) -> None:
    release, address = copied(released.release, tmp_path), released.site.url("/2.wav")
    gone = [row for row in rows_of(release / "labels-only.parquet") if row["source_address"] == address]
    (release / "removed.txt").write_text("".join(f"{row['key']}\n" for row in gone), "ascii")
    asked = dict(released.site.asked)
    for _ in range(2):
        done = rebuilt(fetched, release)
        assert (done.identical, done.removed, done.left) == (5, 2, {address: 2})
    assert dict(released.site.asked) == asked, "the other files are here, and nobody is asked for them again"
    cuts = {row["cut"] for row in outcomes(done).values() if row["outcome"] == "removed"}
    assert len(cuts & {path.stem for path in (fetched.home / "cuts").rglob("*")}) == 2
    forget(fetched, address, None, How(sure=True, keep_studio=True))
    assert cuts.isdisjoint(path.stem for path in (fetched.home / "cuts").rglob("*"))
    assert rebuilt(fetched, release).left == {}


def cuts_of(folder: Path, address: str) -> set[str]:
    """The names of the cuts of a file, as the table of a rebuild has them."""
    return {row["cut"] for row in rows_of(folder / "rebuilt.parquet") if row["source_address"] == address}


def test_one_after_the_other_is_forgotten_without_a_rebuild_between_them(
    released: Released, fetched: collection.Collection
) -> None:
    addresses = [released.site.url(f"/{number}.wav") for number in (1, 2)]
    folder = fetched.home / "rebuilt" / "v1"
    cuts = [cuts_of(folder, address) for address in addresses]
    there = lambda: {path.stem for path in (fetched.home / "cuts").rglob("*")}  # noqa: E731
    for address, of in zip(addresses, cuts, strict=True):
        assert of <= there()
        forget(fetched, address, None, How(sure=True, keep_studio=True))
        assert of.isdisjoint(there())
    done = rebuilt(fetched, released.release)
    assert (done.identical, sum(done.missing.values())) == (3, 4)
    assert [path.name for path in folder.parent.iterdir()] == ["v1"]


def test_what_was_cut_for_another_release_of_the_same_name_stays_known(
    released: Released, elsewhere: collection.Collection
) -> None:
    begun = elsewhere.home / "rebuilt" / ".v1.begun" / "rebuilt.parquet"
    with ParquetTable(begun, FIELDS) as table:  # as `forget` leaves it
        table.add([{field.name: None for field in FIELDS} | {"key": "other", "asset": "a" * 32, "cut": "b" * 32}])
        table.close()
    cut = cut_path(elsewhere.home, "voice", "b" * 32)
    cut.parent.mkdir(parents=True)
    cut.touch()
    assert rebuilt(elsewhere, released.release).identical == 7
    assert [row["cut"] for row in rows_of(begun)] == ["b" * 32]
    cut.unlink()
    rebuilt(elsewhere, released.release)
    assert not begun.exists(), "what lies nowhere needs no name"


def test_two_processes_give_what_one_gives(released: Released, elsewhere: collection.Collection) -> None:
    done = rebuilt(elsewhere, released.release, processes=2)
    assert (done.identical, tars(Path(done.folder))) == (7, tars(released.internal))


def test_a_process_that_dies_while_others_fetch_costs_no_clip(
    released: Released, elsewhere: collection.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "_cut_all", dies)
    before = released.site.bodies["/2.wav"]
    released.site.put("/2.wav", melody(2, before=1.237), "audio/wav")
    try:
        done = rebuilt(elsewhere, released.release, processes=2)
    finally:
        released.site.bodies["/2.wav"] = before
    assert (done.identical, done.relocated, done.missing) == (5, 2, {})


def test_a_file_with_which_processes_die_costs_no_other_clip_anything(
    released: Released, elsewhere: collection.Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cuts, "_cut_all", dies)
    monkeypatch.setattr(cuts, "cut", dies_with_pictures)
    done = rebuilt(elsewhere, released.release, processes=2)
    assert (done.identical, done.missing) == (6, {UNCUT: 1})
    monkeypatch.undo()
    assert rebuilt(elsewhere, released.release, processes=2).identical == 7


def relocated_then_restored(released: Released, here: collection.Collection, left: str = "v1") -> set[str]:
    """The cuts of a file that a site had for a while, after a rebuild of what it has again; the first as `left`."""
    before = released.site.bodies["/2.wav"]
    released.site.put("/2.wav", melody(2, before=1.237), "audio/wav")
    try:
        done = rebuilt(here, released.release)
    finally:
        released.site.bodies["/2.wav"] = before
    folder, cuts = Path(done.folder), {row["cut"] for row in outcomes(done).values() if row["outcome"] == "relocated"}
    assert len(cuts) == 2
    folder.rename(folder.with_name(left))
    assert rebuilt(here, released.release, basis="tdm").identical == 7
    assert cuts.isdisjoint(cuts_of(folder, released.site.url("/2.wav")))
    return cuts


@pytest.mark.parametrize("left", points("v1", ".v1.aside", heavy=(".v1.begun", ".v1.gone")))
def test_what_was_cut_of_a_file_that_a_site_had_for_a_while_is_forgotten_with_it(
    left: str, released: Released, elsewhere: collection.Collection
) -> None:
    cuts = relocated_then_restored(released, elsewhere, left)  # killed, but for the first
    assert rebuilt(elsewhere, released.release, basis="tdm").identical == 7
    there = lambda: {path.stem for path in (elsewhere.home / "cuts").rglob("*")}  # noqa: E731
    assert cuts <= there()
    forget(elsewhere, released.site.url("/2.wav*"), None, How(sure=True, keep_studio=True))
    assert cuts.isdisjoint(there())


def test_of_a_file_that_a_site_had_for_a_while_and_the_release_took_out_every_cut_is_named(
    released: Released, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    cuts, address = relocated_then_restored(released, elsewhere), released.site.url("/2.wav")
    release = copied(released.release, tmp_path)
    gone = [row for row in rows_of(release / "labels-only.parquet") if row["source_address"] == address]
    (release / "removed.txt").write_text("".join(f"{row['key']}\n" for row in gone), "ascii")
    done = rebuilt(elsewhere, release)
    assert done.left == {address: 2}
    removed = {row["cut"] for row in rows_of(Path(done.folder) / "rebuilt.parquet") if row["outcome"] == "removed"}
    assert (len(removed), cuts < removed) == (4, True)


def test_what_a_killed_rebuild_had_cut_and_the_release_took_out_since_is_named(
    released: Released, fetched: collection.Collection, tmp_path: Path
) -> None:
    release, address = copied(released.release, tmp_path), released.site.url("/2.wav")
    folder = fetched.home / "rebuilt" / "v1"
    folder.rename(folder.with_name(".v1.aside"))  # as a kill leaves it
    gone = [row for row in rows_of(release / "labels-only.parquet") if row["source_address"] == address]
    (release / "removed.txt").write_text("".join(f"{row['key']}\n" for row in gone), "ascii")
    assert rebuilt(fetched, release).left == {address: 2}


def test_a_file_that_the_release_still_uses_is_not_to_be_forgotten(
    released: Released, fetched: collection.Collection, tmp_path: Path
) -> None:
    release, address = copied(released.release, tmp_path), released.site.url("/2.wav")
    first = next(row for row in rows_of(release / "labels-only.parquet") if row["source_address"] == address)
    (release / "removed.txt").write_text(f"{first['key']}\n", "ascii")
    done = rebuilt(fetched, renamed(release, "v2"))
    assert (done.removed, done.left, done.cut_still) == (1, {}, 1)
    assert outcomes(done)[first["key"]]["outcome"] == "removed"


def test_a_basis_that_is_given_later_holds(released: Released, fetched: collection.Collection) -> None:
    rebuilt(fetched, released.release, basis="tdm")
    query = (
        "SELECT DISTINCT a.asset FROM arrivals a JOIN sources s ON s.id = a.source WHERE s.basis IN ('tdm', 'licence')"
    )
    catalog = Catalog(fetched.home)
    assert len(catalog.rows(query)) == len(catalog.rows("SELECT id FROM assets"))


@pytest.mark.parametrize("left", [".v1.aside", ".v1.begun"])
def test_what_a_killed_rebuild_has_cut_and_written_is_forgotten_too(
    left: str, released: Released, fetched: collection.Collection
) -> None:
    folder = fetched.home / "rebuilt" / "v1"
    cuts = {row["cut"] for row in rows_of(folder / "rebuilt.parquet") if row["source_address"].endswith("/2.wav")}
    folder.rename(folder.with_name(left))  # as a kill leaves it
    (folder.with_name(".v2.aside") / "voice").mkdir(parents=True)
    with lease(fetched.home, "rebuild"), pytest.raises(Busy):
        forget(fetched, released.site.url("/2.wav"), None, How(sure=True, keep_studio=True))
    done = forget(fetched, released.site.url("/2.wav"), None, How(sure=True, keep_studio=True))
    assert not any("rebuilt" in line for line in done.remaining)
    assert [path.relative_to(folder.parent).as_posix() for path in folder.parent.rglob("*")] == [
        left,
        f"{left}/rebuilt.parquet",
    ], "it names the cuts of others"
    assert not cuts_of(folder.with_name(left), released.site.url("/2.wav"))
    assert cuts.isdisjoint(path.stem for path in (fetched.home / "cuts").rglob("*"))


def renamed(release: Path, name: object) -> Path:
    told = json.loads((release / "manifest.json").read_text("utf-8"))
    (release / "manifest.json").write_text(json.dumps({**told, "name": name}), "utf-8")
    return release


@pytest.mark.parametrize("name", ["..", "../media", "/", "", ".v1", None])
def test_a_strangers_release_cannot_name_a_folder_elsewhere(
    name: object, released: Released, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    before = files_of(elsewhere.home)
    with pytest.raises(BadInput, match="no name of one"):
        rebuilt(elsewhere, renamed(copied(released.release, tmp_path), name))
    assert files_of(elsewhere.home) == before


def test_another_release_of_the_same_name_replaces_no_rebuild(
    released: Released, elsewhere: collection.Collection
) -> None:
    folder = elsewhere.home / "rebuilt" / "v1"
    with ParquetTable(folder / "rebuilt.parquet", FIELDS) as table:
        table.add([{field.name: "other" if field.name == "key" else None for field in FIELDS}])
        table.close()
    before = files_of(folder)
    with pytest.raises(BadSetting, match="rename that folder"):
        rebuilt(elsewhere, released.release)
    assert files_of(folder) == before


def test_a_file_that_is_damaged_here_costs_no_other_clip_anything(
    released: Released, elsewhere: collection.Collection
) -> None:
    before = released.site.bodies["/2.wav"]
    released.site.put("/2.wav", melody(2, before=1.237), "audio/wav")
    try:
        moved = next(row for row in outcomes(rebuilt(elsewhere, released.release)).values() if row["offset_ms"])
    finally:
        released.site.bodies["/2.wav"] = before
    file = elsewhere.home / "media" / moved["asset"][:2] / moved["asset"]
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    done = rebuilt(elsewhere, released.release)
    assert (done.identical, sum(done.missing.values())) == (5, 2)


def test_what_a_site_says_against_it_meanwhile_holds(released: Released, elsewhere: collection.Collection) -> None:
    released.site.put("/robots.txt", "User-agent: *\nDisallow: /1.wav", "text/plain")
    try:
        done = rebuilt(elsewhere, released.release)
    finally:
        del released.site.bodies["/robots.txt"]
    assert (done.identical, sum(done.missing.values())) == (5, 2)
    assert "robots.txt" in next(iter(done.missing))


def test_addresses_that_are_private_are_told_with_what_to_type(
    released: Released, elsewhere: collection.Collection
) -> None:
    done = rebuilt(elsewhere, released.release, "example.org")
    (reason,) = done.missing
    assert (done.identical, "--allow-host 127.0.0.1" in reason) == (0, True)
    assert rebuilt(elsewhere, released.release, "127.0.0.1").identical == 7


def test_what_is_no_release_of_labels_is_refused(
    released: Released, elsewhere: collection.Collection, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="it has no manifest.json"):
        rebuilt(elsewhere, tmp_path)
    with pytest.raises(BadInput, match="nothing to rebuild"):
        rebuilt(elsewhere, released.internal)
    with pytest.raises(BadSetting, match="a release of this collection"):
        rebuilt(replace(elsewhere, home=released.home), released.release)
    edited = copied(released.release, tmp_path)
    (edited / "labels-only.parquet").write_bytes(b"PAR1")
    with pytest.raises(BadInput, match=r"not what manifest.json says"):
        rebuilt(elsewhere, edited)


@pytest.mark.heavy
def test_killed_twice_it_ends_the_same(released: Released, tmp_path: Path) -> None:
    made = collection.make(tmp_path / "elsewhere", "elsewhere", ("ekman",))
    configuration.change(made.home, "crawl.contact", "tests@example.org")
    command = [
        sys.executable,
        "-m",
        "cli",
        "rebuild",
        str(released.release),
        "--allow-host",
        "127.0.0.1",
        "--rate",
        "4",
    ]
    for seconds in (2.5, 4.0):
        process = subprocess.Popen(command, cwd=made.home, start_new_session=True, env=dict(os.environ))
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    subprocess.run(command, cwd=made.home, check=True, env=dict(os.environ))
    assert tars(made.home / "rebuilt" / "v1") == tars(released.internal)

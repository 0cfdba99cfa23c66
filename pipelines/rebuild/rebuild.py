"""`rebuild`: what a release of labels names is fetched politely, verified, cut, and written as the shards it lacks."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.collect.add import Added, Intake
from pipelines.collect.addresses import Ends
from pipelines.collect.frontier import FOLDER as WEB
from pipelines.collect.frontier import Frontier
from pipelines.collect.lists import AddressList
from pipelines.collect.lists import address_list as address_file
from pipelines.collect.net import Way, bring_list, list_batch, web_intake
from pipelines.collection import Collection
from pipelines.crew import Cutters, cutters
from pipelines.cuts import Ahead
from pipelines.cutting import MOMENTS, OPUS_CODER
from pipelines.engine.catalog import Catalog
from pipelines.engine.lease import lease
from pipelines.engine.tombstones import tombstones
from pipelines.rebuild.clips import Clip, cut_clips, cut_jobs
from pipelines.rebuild.listed import Listed, address_list, address_of, listed
from pipelines.rebuild.relocation import relocate
from pipelines.rebuild.shards import (
    ROOM,
    TABLE,
    Row,
    aside,
    begun,
    cut_before,
    keep_known,
    left_of_removed,
    remove,
    write,
    write_table,
)
from pipelines.release.order import versions
from pipelines.release.records import rows_of
from schemas.backends import Codec
from schemas.errors import BadSetting

# Files that may be held, and of which an earlier rebuild has said on what basis, where this one says it.
HELD = """
    SELECT asset FROM forms WHERE against_internal IS NULL AND list_contains($assets, asset)
    AND ($basis = 'unknown' OR asset IN (
        SELECT a.asset FROM arrivals a JOIN sources s ON s.id = a.source
        WHERE s.basis IN ($basis, 'licence', 'public-domain')))"""
CHANGED = "another file is there now, and the clip is not heard in it"


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild came to, in clips: those that are byte for byte what they were, and those that decode the same.

    `recoded` are cut from the very file by another version of a coder that loses something, as Opus and VP9 do.
    `relocated` are heard again in a file that has changed; `missing` counts the others by the reason. `removed` keys
    the release lists as taken out; `left` counts those of them whose file is still here, from an earlier rebuild, by
    the address by which it can be forgotten, and `cut_still` those whose file the release uses for others. `versions`
    are programs of the release that are others here: theirs, ours.
    """

    release: str
    folder: str
    clips: int
    identical: int
    decoded: int
    recoded: int
    relocated: int
    missing: dict[str, int]
    removed: int
    files: int
    left: dict[str, int] = field(default_factory=dict)
    cut_still: int = 0
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Rebuild:
    """A rebuild on its way: into which collection, of which release, over which net, on which basis."""

    here: Collection
    release: Path
    way: Way
    basis: str | None = None
    processes: int = 1
    report: Callable[[Added], None] = lambda _: None


def rebuild(one: Rebuild) -> Rebuilt:
    """Fetch, verify, cut and write the clips of a release of labels; the same again does what is left.

    What is not there any more, or has changed, is listed in `rebuilt.parquet`, and replaced by nothing else. Raises
    BadInput for a release that holds no such clips, BadSetting where it is of this very collection or another one was
    rebuilt under its name.
    """
    release = listed(one.release)
    home = one.here.home
    if one.release.resolve().is_relative_to((home / "releases").resolve()):
        raise BadSetting(f"{one.release} is a release of this collection, which has its files; rebuild in another one")
    folder = home / ROOM / release.name
    _check_same(folder, release)
    with lease(home, "rebuild"), cutters(one.processes) as processes:
        left = left_of_removed(home, release)
        ends = _fetched(one, release, processes, [*left, *cut_before(folder)])
        clips = [_clip(row, address_of(row), ends) for row in release.rows]
        relocate(home, clips, processes)
        fresh = aside(folder)
        shutil.rmtree(fresh, ignore_errors=True)  # what its table named, that of what was begun names now
        write_table(fresh, clips, left, {})
        differing = dict(_other_versions(one, release))
        cut_clips(one.here, release, clips, processes, differing)
        write(home, release, clips, left, fresh)
        if folder.exists():
            remove(folder)
        fresh.replace(folder)
        keep_known(home, folder)
    done = _rebuilt(release, clips, folder, differing)
    used = {clip.address for clip in clips}  # `forget` would take what the release still has of the file, too
    out = {row["key"]: row["source_address"] for row in left}
    gone = Counter(address for address in out.values() if address not in used)
    return replace(done, left=dict(sorted(gone.items())), cut_still=len(out) - gone.total())


def _fetched(one: Rebuild, release: Listed, processes: Cutters, known: Sequence[Row]) -> Mapping[str, Ends]:
    """What became of every address; clips of files that are what they were are cut while others are fetched.

    What may be cut is written down before, beside what is `known` to have been cut.
    """
    home = one.here.home
    addresses, intake = address_file(address_list(release, home / WEB), {}), web_intake(one.here, one.basis)
    _take_over(intake, addresses, one.way)
    wanted: dict[str, list[Clip]] = defaultdict(list)
    for row in release.rows:
        wanted[row["asset"]].append(Clip(row, address_of(row), row["asset"]))
    write_table(begun(home / ROOM / release.name), [clip for clips in wanted.values() for clip in clips], known, {})
    ahead = Ahead(home, processes)

    def settled(assets: Sequence[str]) -> None:
        clips = [clip for asset in assets for clip in wanted.get(asset, ())]
        ahead.begin([job for jobs in cut_jobs(home, clips).values() for job in jobs])

    bring_list(intake, addresses, one.way, one.report, settled)
    ahead.wait()
    with Frontier(home) as frontier:
        return {end.url: end for end in frontier.ends(list_batch(intake, addresses, one.way))}


def _take_over(intake: Intake, addresses: AddressList, way: Way) -> None:
    """Ask for nothing that an earlier rebuild brought and that is here, may be held, and is said to be the same."""
    home, batch = intake.home, list_batch(intake, addresses, way)
    with lease(home, "fetch"), Frontier(home) as frontier:
        frontier.begin(batch, addresses.portions(tombstones(home), way.say))
        had = frontier.had(batch)
        values = {"assets": sorted({asset for _, asset in had}), "basis": intake.source.basis}
        here = {asset for (asset,) in Catalog(home).rows(HELD, values)}
        frontier.settle((number, "kept", None, asset) for number, asset in had if asset in here)


def _check_same(folder: Path, release: Listed) -> None:
    """Refuse to replace the rebuild of another release: everybody's first one may be called the same."""
    if not (folder / TABLE).exists():
        return
    keys = {row["key"] for row in rows_of(folder / TABLE, ["key"])}
    if keys and keys.isdisjoint(release.keys):
        raise BadSetting(
            f"{folder} holds the rebuild of another release named {release.name}: none of its clips is in "
            f"{release.folder}; rename that folder, then type the same command again"
        )


def _clip(row: dict[str, Any], address: str, ends: Mapping[str, Ends]) -> Clip:
    """A clip with the file it is to be cut from, or the reason why there is none."""
    end = ends.get(address)
    if end is None or end.asset is None or end.state != "kept":
        return Clip(row, address, missing=(end.reason if end else None) or "its address cannot be asked for")
    if end.asset == row["asset"]:
        return Clip(row, address, end.asset)
    return Clip(row, address, end.asset, missing=CHANGED)


def _rebuilt(release: Listed, clips: Sequence[Clip], folder: Path, others: Mapping[str, tuple[str, str]]) -> Rebuilt:
    outcomes = Counter(clip.outcome for clip in clips)
    return Rebuilt(
        release=release.name,
        folder=str(folder),
        clips=len(clips),
        identical=outcomes["identical"],
        decoded=outcomes["decoded"],
        recoded=outcomes["recoded"],
        relocated=outcomes["relocated"],
        missing=dict(sorted(Counter(clip.missing for clip in clips if clip.missing).items())),
        removed=release.removed,
        files=len({clip.address for clip in clips}),
        versions=dict(others),
    )


def _other_versions(one: Rebuild, release: Listed) -> Iterator[tuple[str, tuple[str, str]]]:
    settings = one.here.settings
    codec: Codec = "opus" if OPUS_CODER in release.versions else "flac"
    settings = replace(settings, export=replace(settings.export, codec=codec))
    ours = versions(settings, MOMENTS in release.versions)
    for name, theirs in release.versions.items():
        if name in ours and ours[name] != theirs:
            yield name, (theirs, ours[name])

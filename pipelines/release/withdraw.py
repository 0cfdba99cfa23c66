"""What was forgotten leaves a release that is written: touched shards are made anew, all others stay byte for byte."""

import json
import os
import shutil
import tarfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipelines.release.check import check_loads
from pipelines.release.manifest import seal
from pipelines.release.records import listed_removed, manifest_of, part_of, release_of, rows_of, sample_of
from pipelines.release.shards import TarShard, json_bytes
from pipelines.release.sidecar import SHARD, write_labels
from pipelines.release.tally import Tally
from pipelines.release.writing import ASIDE, PLACES, PREPARED
from schemas.ids import content_id
from schemas.release import Part, Sample, Shard, record

GONE = ".gone"  # the folder of a release while its successor takes its name

Row = dict[str, Any]


@dataclass(frozen=True)
class Withdrawal:
    """What leaves: samples by key, or one rater, whose answers get another name or, without one, go."""

    keys: frozenset[str] = frozenset()
    rater: str | None = None
    becomes: str | None = None

    def touches(self, row: Mapping[str, Any]) -> bool:
        """Whether a sample, as its record, holds anything of it."""
        return row["key"] in self.keys or (
            self.rater is not None and any(answer["rater"] == self.rater for answer in row["answers"] or ())
        )

    def of(self, row: Row) -> Row | None:
        """The record of a sample without what leaves; None where the sample itself does."""
        if row["key"] in self.keys:
            return None
        if self.rater is None:
            return row
        answers = [
            {**answer, "rater": self.becomes} if answer["rater"] == self.rater else answer
            for answer in row["answers"] or ()
            if answer["rater"] != self.rater or self.becomes is not None
        ]
        return {**row, "answers": answers}


@dataclass(frozen=True)
class Follows:
    """How a release follows a withdrawal: shards made anew, samples that left and those that stay."""

    name: str
    shards: int
    removed: int
    left: int


def follow(folder: Path, withdrawal: Withdrawal, title: str, earlier: Collection[str]) -> Follows | None:
    """Take what leaves out of the release in a folder; None where it holds nothing of it.

    `earlier` are keys that releases before it held: those that it lacks are listed with the ones that leave now, so
    that nobody can tell why a clip is gone. A release that nothing is left of goes with its folder.
    """
    manifest = manifest_of(folder)
    touched: dict[str, int] = {}
    present: set[str] = set()
    for part in manifest["parts"]:
        for row in rows_of(folder / part["table"]["path"]):
            present.add(row["key"])
            if withdrawal.touches(row):
                touched[row[SHARD.name]] = touched.get(row[SHARD.name], 0) + (row["key"] in withdrawal.keys)
    if not touched:
        return None
    follows = Follows(folder.name, len(touched), sum(touched.values()), len(present - withdrawal.keys))
    if not follows.left:
        shutil.rmtree(folder)
        return follows
    removed = {*listed_removed(folder), *earlier, *(present & withdrawal.keys)} - (present - withdrawal.keys)
    _write_anew(folder, manifest, withdrawal, touched, title, tuple(sorted(removed)))
    return follows


def would_follow(folder: Path, keys: Collection[str]) -> Follows | None:
    """How a release would follow the withdrawal of samples; None where it holds none of them."""
    shards: set[str] = set()
    removed = left = 0
    for part in manifest_of(folder)["parts"]:
        for row in rows_of(folder / part["table"]["path"]):
            shards |= {row[SHARD.name]} if row["key"] in keys else set()
            removed, left = removed + (row["key"] in keys), left + (row["key"] not in keys)
    return Follows(folder.name, len(shards), removed, left) if shards else None


def restore(releases: Path) -> None:
    """Give a release its name back where a kill came between its old folder and its new one."""
    for old in releases.glob(f".*{GONE}"):
        folder = old.with_name(old.name.removeprefix(".").removesuffix(GONE))
        if folder.exists():
            shutil.rmtree(old)
        else:
            old.replace(folder)


def _write_anew(  # the old release, what leaves it, and what the new one says
    folder: Path,
    manifest: Row,
    withdrawal: Withdrawal,
    touched: Collection[str],
    title: str,
    removed: tuple[str, ...],
) -> None:
    """Write the release aside without what leaves, look whether it loads, and put it in the place of the old one."""
    aside, tally = folder.with_name(f".{folder.name}{ASIDE}"), Tally()
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    places = _places(folder)
    parts = [_part(folder, aside, part, withdrawal, touched, places, tally) for part in manifest["parts"]]
    for picture in manifest.get("pictures", ()):
        _keep(folder, aside, picture["path"])
    kept = "".join(f"{key},{where}\n" for key, where in places.items() if key not in withdrawal.keys)
    (aside / PLACES).write_text(kept, "ascii")
    (aside / PREPARED).write_text(content_id("withdrawn", of=manifest, removed=list(removed)), "utf-8")
    seal(aside, release_of(manifest, title, tuple(part for part in parts if part.shards), removed), tally)
    check_loads(aside)
    old = folder.with_name(f".{folder.name}{GONE}")
    folder.replace(old)
    aside.replace(folder)
    shutil.rmtree(old)


def _part(  # noqa: PLR0913, PLR0917  # as above, for one modality
    folder: Path,
    aside: Path,
    listed: Mapping[str, Any],
    withdrawal: Withdrawal,
    touched: Collection[str],
    places: dict[str, str],
    tally: Tally,
) -> Part:
    old = part_of(folder, listed)
    (aside / listed["media"]).mkdir(exist_ok=True)
    shards = []
    for shard in old.shards:
        path = shard.path.relative_to(folder)
        if shard.path.name in touched:
            made = _shard_without(shard, aside / path, withdrawal, places)
            shards += [made] if made else []
        else:
            _keep(folder, aside, str(path))
            shards.append(replace(shard, path=aside / path))

    def samples() -> Iterator[Sample]:
        for row in rows_of(folder / listed["table"]["path"]):
            if (staying := withdrawal.of(row)) is not None:
                sample = sample_of(staying)
                tally.see(sample)
                yield sample

    table = write_labels(aside / listed["table"]["path"], samples(), shards, old.quality)
    return Part(old.media, old.suffix, old.quality, tuple(shards), table)


def _shard_without(shard: Shard, path: Path, withdrawal: Withdrawal, places: dict[str, str]) -> Shard | None:
    """A shard made anew: what stays as it is stays byte for byte; None where nothing stays."""
    keys: list[str] = []
    with TarShard(path) as made, tarfile.open(shard.path) as old:
        for members in _samples(old):
            key, bare = members[0][0].split(".", 1)[0], json.loads(dict(members)[_json_name(members)])
            staying = withdrawal.of(bare)
            if staying is None:
                continue
            places[key] = f"{shard.split},{path.name},{made.size + 512}"
            for name, data in members:
                changed = staying is not bare and name.endswith(".json")
                made.add(name, json_bytes(record(sample_of(staying))) if changed else data)
            keys.append(key)
        if not keys:
            return None
        return replace(
            shard, path=path, sha256=made.close(), samples=len(keys), bytes=made.size, first=keys[0], last=keys[-1]
        )


def _samples(tar: tarfile.TarFile) -> Iterator[list[tuple[str, bytes]]]:
    """The members of each sample in turn, with their bytes."""
    members: list[tuple[str, bytes]] = []
    for member in tar:
        if members and members[0][0].split(".", 1)[0] != member.name.split(".", 1)[0]:
            yield members
            members = []
        file = tar.extractfile(member)
        members.append((member.name, file.read() if file else b""))
    if members:
        yield members


def _json_name(members: list[tuple[str, bytes]]) -> str:
    return next(name for name, _ in members if name.endswith(".json"))


def _places(folder: Path) -> dict[str, str]:
    """Where every sample lies: its split, shard and offset, by key."""
    with suppress(FileNotFoundError):
        lines = (folder / PLACES).read_text("ascii").splitlines()
        return dict(line.split(",", 1) for line in lines)
    return {}


def _keep(folder: Path, aside: Path, path: str) -> None:
    """The very file: a second name where the disk knows such, else a copy."""
    (aside / path).parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(folder / path, aside / path)
    except OSError:
        shutil.copy2(folder / path, aside / path)

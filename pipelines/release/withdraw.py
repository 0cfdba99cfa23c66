"""What was forgotten leaves a release that is written: touched shards are made anew, all others stay byte for byte."""

import json
import shutil
import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pipelines.release.check import check_loads
from pipelines.release.folders import ASIDE, GONE, PREPARED
from pipelines.release.manifest import seal
from pipelines.release.records import (
    PLACE_FIELDS,
    PLACES,
    bare_of,
    listed_removed,
    manifest_of,
    part_of,
    release_of,
    rows_of,
    sample_of,
)
from pipelines.release.shards import json_bytes, keep
from pipelines.release.sidecar import ParquetTable
from pipelines.release.tally import Tally
from pipelines.release.tar import BLOCK, TarShard
from pipelines.release.writing import PLACES_AT_ONCE
from schemas.columns import Field
from schemas.ids import content_id
from schemas.labels_only import labels_only_fields
from schemas.layout import ANSWER_TABLE, SHARD
from schemas.release import Bare, Part, Shard, Table

Row = dict[str, Any]


@dataclass(frozen=True)
class Withdrawal:
    """What leaves: samples by key, or one rater, whose answers get another name or, without one, go."""

    keys: frozenset[str] = frozenset()
    rater: str | None = None
    becomes: str | None = None

    def of(self, row: Row) -> Row | None:
        """The record of a sample without what leaves; None where the sample itself does."""
        if row["key"] in self.keys:
            return None
        if self.rater is None or "answers" not in row:
            return row
        return {**row, "answers": [left for answer in row["answers"] or () if (left := self.left(answer))]}

    def left(self, answer: Row) -> Row | None:
        """What stays of one answer; None where nothing does."""
        if answer.get("key") in self.keys:
            return None
        if self.rater is None or answer["rater"] != self.rater:
            return answer
        return None if self.becomes is None else {**answer, "rater": self.becomes}


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
    present, touched, answers = touched_by(folder, manifest, withdrawal)
    leave = present.keys() & withdrawal.keys
    if not leave and not answers:
        return None
    follows = Follows(folder.name, len(touched), len(leave), len(present) - len(leave))
    if not follows.left:
        aside = folder.with_name(f".{folder.name}{ASIDE}")  # half of a folder is no release, and is swept
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(folder.replace(aside))
        return follows
    removed = {*listed_removed(folder), *earlier, *leave} - (present.keys() - leave)
    if manifest.get("internal"):
        removed = set()  # nobody has had it
    _Anew(folder, manifest, withdrawal, touched).write(title, tuple(sorted(removed)))
    return follows


def touched_by(folder: Path, manifest: Row, withdrawal: Withdrawal) -> tuple[dict[str, str], set[str], bool]:
    """The shard of every sample, the shards that are made anew, and whether any answer leaves or changes."""
    present: dict[str, str] = {}
    answered: set[str] = set()
    for part in manifest["parts"]:
        present.update((row["key"], row[SHARD.name]) for row in rows_of(folder / part["table"]["path"]))
        of_rater = {row["key"] for row in rows_of(folder / part["answers"]["path"]) if row["rater"] == withdrawal.rater}
        answered |= of_rater
    if manifest.get("labels_only"):
        present.update((row["key"], "") for row in rows_of(folder / manifest["labels_only"]["table"]["path"], ["key"]))
    embedded = answered if any(part["layout"]["embed"] for part in manifest["parts"]) else set()
    touched = {present[key] for key in (withdrawal.keys | embedded) & present.keys()} - {""}
    return present, touched, bool(answered)


def affects(folder: Path, withdrawal: Withdrawal) -> bool:
    """Whether a release holds anything that leaves."""
    present, _, answers = touched_by(folder, manifest_of(folder), withdrawal)
    return answers or not withdrawal.keys.isdisjoint(present)


def would_follow(folder: Path, keys: Collection[str]) -> Follows | None:
    """How a release would follow the withdrawal of samples; None where it holds none of them."""
    shards: set[str] = set()
    removed = left = 0
    for part in manifest_of(folder)["parts"]:
        for row in rows_of(folder / part["table"]["path"]):
            shards |= {row[SHARD.name]} if row["key"] in keys else set()
            removed, left = removed + (row["key"] in keys), left + (row["key"] not in keys)
    if bare := manifest_of(folder).get("labels_only"):
        inside = [row["key"] in keys for row in rows_of(folder / bare["table"]["path"], ["key"])]
        removed, left = removed + sum(inside), left + len(inside) - sum(inside)
    return Follows(folder.name, len(shards), removed, left) if removed else None


@dataclass
class _Anew:
    """A release that is written again without what leaves it, beside the old one."""

    folder: Path
    manifest: Row
    withdrawal: Withdrawal
    touched: Collection[str]
    tally: Tally = field(default_factory=Tally)
    moved: dict[str, int] = field(default_factory=dict)  # where the media of a sample begin in a shard made anew

    @property
    def aside(self) -> Path:
        """Where it is written."""
        return self.folder.with_name(f".{self.folder.name}{ASIDE}")

    def write(self, title: str, removed: tuple[str, ...]) -> None:
        """Write it, look whether it loads, and put it in the place of the old one."""
        folder, aside, manifest = self.folder, self.aside, self.manifest
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        parts = [part for listed in manifest["parts"] if (part := self._part(listed)).shards]
        for picture in manifest.get("pictures", ()):
            keep(folder / picture["path"], aside / picture["path"])
        places = self._table(PLACES, PLACE_FIELDS, self._place, PLACES_AT_ONCE)
        bare = self._bare()
        (aside / PREPARED).write_text(content_id("withdrawn", of=manifest, removed=list(removed)), "utf-8")
        anew = release_of(manifest, title, tuple(parts), places, removed)
        seal(aside, replace(anew, bare=bare), self.tally)
        check_loads(aside)
        old = folder.with_name(f".{folder.name}{GONE}")
        folder.replace(old)
        aside.replace(folder)
        shutil.rmtree(old)

    def _part(self, listed: Mapping[str, Any]) -> Part:
        old, shards = part_of(self.folder, listed), []
        (self.aside / old.media).mkdir(exist_ok=True)
        for shard in old.shards:
            path = self.aside / shard.path.relative_to(self.folder)
            if shard.path.name in self.touched:
                shards += [made] if (made := self._shard(shard, path)) else []
            else:
                keep(shard.path, path)
                shards.append(replace(shard, path=path))
        table = self._table(listed["table"]["path"], old.layout.table, self._sample)
        answers = self._table(listed["answers"]["path"], ANSWER_TABLE, self._answer)
        if not shards:
            shutil.rmtree(self.aside / old.media)
        return replace(old, shards=tuple(shards), table=table, answers=answers)

    def _bare(self) -> Bare | None:
        """Its clips without media; None where nothing of them stays."""
        bare = bare_of(self.folder, self.manifest)
        if bare is None:
            return None
        columns = labels_only_fields(bare.layouts.values())
        table = self._table(bare.table.path.name, columns, self._without_media)
        if not table.samples:
            table.path.unlink()
            return None
        return replace(bare, table=table)

    def _without_media(self, row: Row) -> Row | None:
        if row["key"] in self.withdrawal.keys:
            return None
        self.tally.see_bare(sample_of(row))
        return row

    def _shard(self, shard: Shard, path: Path) -> Shard | None:
        """A shard made anew: what stays as it is stays byte for byte; None where nothing stays."""
        count = 0
        with TarShard(path) as made, tarfile.open(shard.path) as old:
            for members in _samples(old):
                bare = json.loads(dict(members)[_json_name(members)])
                staying = self.withdrawal.of(bare)
                if staying is None:
                    continue
                self.moved[bare["key"]] = made.size + BLOCK
                for name, data in members:
                    changed = staying is not bare and name.endswith(".json")
                    made.add(name, json_bytes(staying) if changed else data)
                count += 1
            if not count:
                return None
            return replace(shard, path=path, sha256=made.close(), samples=count, bytes=made.size, content="")

    def _table(
        self, path: str, columns: tuple[Field, ...], staying: Callable[[Row], Row | None], rows_at_once: int = 1_000
    ) -> Table:
        """One of its tables with what stays of every row."""
        with ParquetTable(self.aside / path, columns, rows_at_once) as table:
            for row in rows_of(self.folder / path):
                table.add([left] if (left := staying(row)) else [])
            return table.close()

    def _sample(self, row: Row) -> Row | None:
        left = self.withdrawal.of(row)
        if left is not None:
            self.tally.see(sample_of(left))
        return left

    def _answer(self, row: Row) -> Row | None:
        left = self.withdrawal.left(row)
        if left is not None:
            self.tally.see_answer(left["rater_kind"], left["rater"], left["state"])
        return left

    def _place(self, row: Row) -> Row | None:
        if row["sample"] in self.withdrawal.keys:
            return None
        return {**row, "offset": self.moved.get(row["sample"], row["offset"])}


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

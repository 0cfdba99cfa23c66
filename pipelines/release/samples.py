"""The samples of a release: clips with labels, answers, quality and origin, streamed from a scratch database."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import soundfile
from duckdb import DuckDBPyConnection
from PIL import Image

from curate.read.decode import decode
from pipelines.cutting import cut_path
from pipelines.engine.instances import beside
from pipelines.gates import Gates
from pipelines.release.balance import Deviation, Large
from pipelines.release.preflight import Standing
from pipelines.release.weighting import Weighting
from pipelines.tables.scratch import scratch_database
from schemas.answers import RaterKind
from schemas.ids import content_id
from schemas.layout import FlatLabel
from schemas.modality import MODALITIES, MOMENT, VOICE, Modality, ModalityName
from schemas.release import (
    LabelSource,
    Leak,
    Sample,
    SampleAnswer,
    SampleLabel,
    SampleSelection,
    SampleTake,
    SampleTerms,
    Split,
)

PORTION = 2_000  # samples held at a time

# What decides the bytes of a release, as one number: whatever order rows came in, equal rows give an equal one.
CONTENT = """
    SELECT count(*), coalesce(bit_xor(md5_number_lower(t::VARCHAR)), 0),
           coalesce(bit_xor(md5_number_upper(t::VARCHAR)), 0)
    FROM {table} t"""


@dataclass(frozen=True)
class Gathered:
    """The samples of a release in a scratch database, out of the catalog's way.

    `by` says whose labels they carry, `counts` how many there are by modality and split, `left_out` how many clips are
    not in by the reason why, `named` the first names of those, `moved` which clips earlier releases had in two splits,
    `large` groups over the cap, `leaks` what crosses splits, `deviations` how far these are from their shares, `flat`
    the columns of their labels by modality, `label_sources` whose ratings they carry, `weightings` what their
    weights come to. `labels_only` counts, by the reason, clips that leave without their media, `refused` those of
    `left_out` that may leave in no form; `gaps` says what is lacking, `gates` what the thresholds have removed.
    """

    home: Path
    scratch: Path
    by: tuple[RaterKind, ...]
    counts: Mapping[ModalityName, Mapping[Split, int]]
    left_out: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, Sequence[str]] = field(default_factory=dict)
    moved: tuple[str, ...] = ()
    large: tuple[Large, ...] = ()
    leaks: tuple[Leak, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    flat: Mapping[ModalityName, tuple[FlatLabel, ...]] = field(default_factory=dict)
    label_sources: tuple[LabelSource, ...] = ()
    weightings: Mapping[ModalityName, Weighting] = field(default_factory=dict)
    labels_only: Mapping[str, int] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    gates: Gates = field(default_factory=lambda: Gates((), 0, 0))

    @property
    def content(self) -> str:
        """The id of all rows, whatever order they came in."""
        with scratch_database(self.scratch) as connection:
            tables = [f"samples_{name}" for name in self.counts] + ["labels", "answers", "selection_weights"]
            rows = [connection.execute(CONTENT.format(table=table)).fetchall()[0] for table in tables]
            for name in MODALITIES:  # of which nothing is there, nothing leaves bare
                query = CONTENT.format(table=f"bare_{name}") if name in self.flat else "SELECT 0, 0, 0"
                rows += connection.execute(query).fetchall()
        return content_id("gathered", rows=rows)

    def standing(self) -> list[Standing]:
        """On what terms the samples stand."""
        with scratch_database(self.scratch) as connection:
            rows = connection.execute("SELECT * FROM standing").fetchall()
        return [
            Standing(source, basis, licence, tuple(scopes or ()), *rest)
            for source, basis, licence, scopes, *rest in rows
        ]

    def samples(self, name: ModalityName, split: Split | None = None) -> Iterator[Sample]:
        """The samples of a modality, of one split or of all, sorted by the shard they keep, then by key."""
        where = "" if split is None else f"WHERE s.split = '{split}'"
        with scratch_database(self.scratch) as connection:
            rows = beside(connection).sql(
                f"""SELECT s.*, k.number AS kept, w.weight AS selection_weight FROM samples_{name} s
                    LEFT JOIN selection_weights w ON w.clip = s.key
                    LEFT JOIN kept k ON k.clip = s.key AND k.split = s.split {where} ORDER BY kept NULLS LAST, key"""
            )
            for batch in rows.to_arrow_reader(PORTION):
                yield from self._portion(connection, MODALITIES[name], batch)

    def bare(self, name: ModalityName) -> Iterator[tuple[Sample, dict[str, Any]]]:
        """The clips of a modality of which labels alone leave, by key, each with its row."""
        with scratch_database(self.scratch) as connection:
            rows = beside(connection).sql(f"SELECT *, NULL::DOUBLE AS selection_weight FROM bare_{name} ORDER BY key")
            for batch in rows.to_arrow_reader(PORTION):
                yield from zip(self._portion(connection, MODALITIES[name], batch), batch.to_pylist(), strict=True)

    def _portion(self, connection: DuckDBPyConnection, modality: Modality, batch: pa.RecordBatch) -> Iterator[Sample]:
        connection.register("keys", pa.table({"clip": batch.column("key")}))
        labels, answers = (
            _by_clip(connection.sql(f"SELECT t.* FROM {table} t SEMI JOIN keys USING (clip)").to_arrow_table())
            for table in ("labels", "answers")
        )
        for row in batch.to_pylist():
            key = row["key"]
            more = {
                "labels": tuple(SampleLabel(**_frozen(label)) for label in labels[key]),
                "answers": tuple(_answer(answer) for answer in answers[key]),
                **_measured(cut_path(self.home, modality.name, key), modality, row),
            }
            yield sample_from({**row, **more}, modality)


def sample_from(row: dict[str, Any], modality: Modality) -> Sample:
    """The Sample of one row of the scratch database, with its labels and answers."""
    columns = {one.name for one in fields(Sample)}
    plain = {name: _frozen_value(value) for name, value in row.items() if name in columns}
    plain["terms"] = tuple(SampleTerms(**terms) for terms in row["terms"] or ())
    plain["takes"] = tuple(SampleTake(**one) for one in row["takes"] or ())
    plain["selections"] = tuple(SampleSelection(**one) for one in row["selections"] or ())
    plain["scopes"] = tuple(row["scopes"] or ())
    return Sample(media=modality.name, quality={name: row[name] for name in modality.scores}, **plain)


def _by_clip(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_pylist():
        rows[row.pop("clip")].append(row)
    return rows


def _answer(row: dict[str, Any]) -> SampleAnswer:
    """An answer in the columns of a release: its value is in the column of its question's type, of a skip in `text`."""
    value, column = row.pop("value"), row.pop("column") or "text"
    if value is None:
        return SampleAnswer(**row)
    value = json.loads(value)
    return SampleAnswer(**row, **{column: {"categories": tuple, "number": float}.get(column, str)(value)})


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _frozen_value(value) for name, value in row.items()}


def _frozen_value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _measured(cut: Path, modality: Modality, row: Mapping[str, Any]) -> dict[str, int]:
    """What the cut file says of itself: its rate, and how long a whole file is; or its width and height in pixels."""
    if modality is MOMENT:
        with decode(cut, "video", sound=False, every_ms=()) as decoding:
            told = decoding.description()
        return {"width_px": told.width_px or 0, "height_px": told.height_px or 0}
    if modality is VOICE:
        sound = soundfile.info(cut)
        duration_ms = row["duration_ms"] or round(1000 * sound.frames / sound.samplerate)
        return {"rate_hz": int(sound.samplerate), "duration_ms": duration_ms}
    with Image.open(cut) as picture:
        return {"width_px": picture.width, "height_px": picture.height}

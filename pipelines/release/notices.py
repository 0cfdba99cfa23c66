"""What raters were told before their single answers leave: raters are people, and answers tell of them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.engine.catalog import Catalog, now
from schemas.answers import Decision
from schemas.errors import BadInput

SUBJECT, WHAT = "raters", "told "  # and the SHA-256 of the text
NOTICES = 'SELECT what, reason, "at" FROM decisions WHERE subject = ? AND starts_with(what, ?) ORDER BY "at"'
NEEDED = (
    "{answers:,} single answers of people lie in it, and no notice to raters is recorded: write down what they were "
    "told (that their answers are passed on, under which names, to whom) or agreed to, and type `emocurate raters "
    "notice FILE`; or set `answers = false` under [export] in emocurate.toml and export again: labels leave alone"
)


@dataclass(frozen=True)
class Notice:
    """A text that raters were told or agreed to: its SHA-256, the name of its file, the day it was recorded (UTC)."""

    sha256: str
    file: str
    recorded_on: str


def record_notice(home: Path, file: Path) -> Notice:
    """Record the text of a file as what raters were told; the same text again changes nothing.

    Raises BadInput for a file that cannot be read or is empty.
    """
    try:
        text = file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read ({error.strerror}); name the file with what raters were told") from None
    if not text.strip():
        raise BadInput(f"{file} is empty; name the file with what raters were told or agreed to")
    said = Notice(hashlib.sha256(text).hexdigest(), file.name, now()[:10])
    known = {notice.sha256: notice for notice in notices(home)}
    if said.sha256 not in known:
        Catalog(home).add([Decision(SUBJECT, WHAT + said.sha256, said.file, now())])
    return known.get(said.sha256, said)


def notices(home: Path) -> list[Notice]:
    """Every notice that is recorded, the oldest first."""
    rows = Catalog(home).rows(NOTICES, [SUBJECT, WHAT])
    return [Notice(what.removeprefix(WHAT), reason, at[:10]) for what, reason, at in rows]


def unnoticed(home: Path, folder: Path, parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """What stands against publishing the single answers of a release; nothing once a notice is recorded."""
    if notices(home):
        return []
    kinds = [pq.read_table(folder / part["answers"]["path"], columns=["rater_kind"])["rater_kind"] for part in parts]
    answers = sum(pc.sum(pc.equal(kind, "person")).as_py() or 0 for kind in kinds)
    return [NEEDED.format(answers=answers)] if answers else []

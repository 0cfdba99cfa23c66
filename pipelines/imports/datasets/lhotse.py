"""Rows of lhotse manifests: recordings, with the supervisions about them or stretches of them."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipelines.imports.datasets.rows import Dataset, Row, RowMedium, Segment
from schemas.errors import BadInput

WHOLE_MS = 20  # a supervision that leaves out less than this at either end is about the whole recording
PLAIN = ("text", "language", "speaker", "gender")
KINDS = ("recordings", "supervisions")


def manifests(folder: Path) -> dict[str, list[Path]]:
    """The manifests in a folder by their kind; `cuts` are those that are not read."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.jsonl*")):
        kind = next((kind for kind in (*KINDS, "cuts") if kind in path.name), None)
        if kind:
            found.setdefault(kind, []).append(path)
    return found


def manifest_rows(dataset: Dataset, folder: Path) -> Iterator[Row]:
    """A row for every recording, in the order of the manifests; raises BadInput for a manifest that is none."""
    paths = manifests(folder)
    for path in paths.get("cuts", ()):
        dataset.unused[f"manifest {path.name}"] += 1
    about: dict[str, list[dict[str, Any]]] = {}
    for path in paths.get("supervisions", ()):
        for line in _lines(path):
            about.setdefault(str(line.get("recording_id", "")), []).append(line)
    for path in paths["recordings"]:
        for line in _lines(path):
            lines = about.pop(str(line.get("id", "")), [])
            try:
                yield _row(dataset, folder, line, lines)
            except (TypeError, ValueError, OverflowError) as error:
                yield Row(str(line.get("id", "nameless")), refusal=f"a time in its manifest is none: {error}")
    for recording, lines in about.items():
        yield Row(recording or "nameless", refusal=f"{len(lines)} supervisions of a recording that no manifest has")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for place, line in enumerate(lines, start=1):
                if line.strip():
                    value = json.loads(line)
                    if not isinstance(value, dict):
                        raise BadInput(f"{path}, line {place}: no JSON object; expected a manifest of lhotse")
                    yield value
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"{path} is no manifest we can read: {getattr(error, 'strerror', None) or error}") from None


def _row(dataset: Dataset, folder: Path, recording: Mapping[str, Any], about: list[dict[str, Any]]) -> Row:
    key = str(recording.get("id", "nameless"))
    sources = [one for one in recording.get("sources") or () if isinstance(one, dict)]
    files = [one for one in sources if one.get("type") == "file" and one.get("source")]
    if not files:
        kinds = ", ".join(sorted({str(one.get("type")) for one in sources})) or "nothing"
        return Row(key, refusal=f"its sources are no files but {kinds}")
    if len(files) > 1:
        dataset.unused["further sources of a recording"] += len(files) - 1
    path = (folder / str(files[0]["source"])).resolve()
    if not path.is_relative_to(folder.resolve()):
        return Row(key, refusal="a path that leads out of the folder of the manifests")
    if not path.is_file():
        return Row(key, refusal=f"there is no file {files[0]['source']}", failed=True)
    medium = RowMedium(path.suffix.removeprefix("."), f"{key}{path.suffix}", lambda: path.open("rb"), path)
    length_ms = round(float(recording.get("duration") or 0) * 1000)
    whole = [one for one in about if _is_whole(one, length_ms)]
    if len(whole) == len(about) == 1:
        return Row(key, (medium,), _values(about[0]))
    return Row(key, (medium,), _shared(about), segments=tuple(_segment(one) for one in about))


def _is_whole(one: Mapping[str, Any], length_ms: int) -> bool:
    start_ms, end_ms = _ends_ms(one)
    return start_ms <= WHOLE_MS and end_ms >= length_ms - WHOLE_MS


def _ends_ms(one: Mapping[str, Any]) -> tuple[int, int]:
    start_s = float(one.get("start") or 0)
    return round(start_s * 1000), round((start_s + float(one.get("duration") or 0)) * 1000)


def _segment(one: Mapping[str, Any]) -> Segment:
    return Segment(str(one.get("id", "")), *_ends_ms(one), _values(one))


def _values(one: Mapping[str, Any]) -> dict[str, Any]:
    """What a supervision says; what is custom stands beside the rest."""
    own = one.get("custom")
    return {name: one[name] for name in PLAIN if one.get(name) is not None} | (own if isinstance(own, dict) else {})


def _shared(about: list[dict[str, Any]]) -> dict[str, Any]:
    """What all supervisions of a recording say alike of who speaks and in which language."""
    values = {name: {str(one.get(name)) for one in about} for name in ("speaker", "language")}
    return {name: said.pop() for name, said in values.items() if len(said) == 1 and said != {"None"}}

"""Model packs of insightface: where one lies, which of its files does what, and whose it is; nothing is downloaded."""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import onnx
from google.protobuf.message import DecodeError

from curate.weights import Weights
from schemas.errors import BadSetting, Missing

Task = Literal["detection", "recognition"]
ROOT = Path("~/.insightface/models")  # where insightface's own download puts its packs
MANIFEST = "manifest.json"
MANIFEST_VERSION = 2
WITH_POINTS = (9, 15)  # results of a detector (SCRFD) that gives five points, with three and with five strides
FEWEST_RESULTS = 5  # of what insightface takes for a detector
SMALLEST_CROP, CROP_STEP = 112, 16  # sides of the square crops that a recognition model (ArcFace) sees
UNKNOWN_LICENCE = "non-commercial research only, as InsightFace says of its models"
PURPOSES: dict[Task, str] = {
    "detection": "finds faces and five points on each",
    "recognition": "describes a face by a vector, to tell whose it is",
}
EXPECTED = "expected a SCRFD detector that gives scores, boxes and five points (9 or 15 results of sizes 1, 4 and 10)"
INSTALL = "type: pip install 'emocurate[faces]'"


@dataclass(frozen=True)
class Pack:
    """A folder of models: the file of each task, the SHA-256 of each, and under which licence."""

    folder: Path
    files: dict[Task, Path]
    sha256: dict[Task, str]
    licence: str
    has_manifest: bool = False

    def weights(self, task: Task) -> Weights:
        """What its model for a task is, for people."""
        name = f"{self.folder.name}/{self.files[task].name} (insightface)"
        return Weights(name, self.sha256[task], self.licence, PURPOSES[task])


def pack(model: str, licence: str = "") -> Pack:
    """The pack of a name, a folder or a manifest; raises BadSetting or Missing with what to put where.

    Looked at before insightface is: its own loader would download a pack that is not there, and says of an empty or
    damaged one only that an assertion failed.
    """
    folder = _folder(model)
    if importlib.util.find_spec("insightface") is None:
        raise Missing(f'face.backend = "insightface", but insightface is not installed; {INSTALL}')
    manifest = _manifest(folder)
    files = _declared(folder, manifest) if manifest else _recognised(folder)
    if "detection" not in files:
        raise Missing(f"no face detector in {folder}; {EXPECTED}")
    sha256 = {task: digest(file) for task, file in files.items()}
    named = str(manifest.get("license") or "")
    terms = licence or (f"see {named} of its pack" if named else UNKNOWN_LICENCE)
    return Pack(folder, files, sha256, terms, bool(manifest))


def _folder(model: str) -> Path:
    if not model:
        raise BadSetting(
            'face.backend = "insightface" wants face.model: a folder of models, or the name of a pack below '
            f"{ROOT}; insightface's own models are for non-commercial research only"
        )
    path = Path(model).expanduser()
    path = path.parent if path.name == MANIFEST else path
    if path.suffix == ".onnx":
        raise BadSetting(f"face.model = {model!r} is a file; expected the folder it lies in")
    is_name = len(path.parts) == 1
    folder = (ROOT / path).expanduser() if is_name else path
    if not is_name and not path.is_absolute():
        raise BadSetting(f"face.model = {model!r}; expected an absolute path, or the name of a pack below {ROOT}")
    if not folder.is_dir():
        raise Missing(
            f"face.model = {model!r}, but there is no folder {folder}; nothing is downloaded: put the pack there "
            f"(see its licence), or name another folder with: emocurate config set face.model FOLDER"
        )
    return folder.resolve()


def _manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a pack, empty where there is none of the version that insightface goes by."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Missing(f"{folder / MANIFEST} is no JSON ({error}); {EXPECTED}") from None
    declares = isinstance(manifest, dict) and manifest.get("manifest_version") == MANIFEST_VERSION
    return dict(manifest) if declares else {}


def _declared(folder: Path, manifest: dict[str, Any]) -> dict[Task, Path]:
    """The files that a manifest names, each there and what its task needs; insightface checks their SHA-256."""
    files: dict[Task, Path] = {}
    for task in PURPOSES:
        declared = (manifest.get("tasks") or {}).get(task)
        if declared is None:
            continue
        file = folder / str(declared.get("file"))
        if not file.is_file():
            raise Missing(f"{folder / MANIFEST} names {declared.get('file')!r}, which is not there; put it there")
        if _task(file) != task:
            raise Missing(f"{file} is no model for {task}, as {MANIFEST} says; {EXPECTED}")
        files[task] = file
    return files


def _recognised(folder: Path) -> dict[Task, Path]:
    """The first file for each task, by the shapes of what models take and give, as insightface does it."""
    files: dict[Task, Path] = {}
    for file in sorted(folder.glob("*.onnx")):
        task = _task(file)
        if task is not None:
            files.setdefault(task, file)
    return files


def _task(file: Path) -> Task | None:
    graph = _graph(file, _stamp(file))
    results = len(graph.output)
    shape = _sizes(graph.input[0])
    if results >= FEWEST_RESULTS:
        lasts = [(_sizes(result) or [0])[-1] for result in graph.output]
        expected = [size for size in (1, 4, 10) for _ in range(results // 3)]
        is_as_needed = all(last in (0, size) for last, size in zip(lasts, expected, strict=False))
        if results not in WITH_POINTS or not is_as_needed or len(shape) != 4:
            raise Missing(f"{file} takes {len(shape)} axes and gives {results} results of sizes {lasts}; {EXPECTED}")
        return "detection"
    is_square = len(shape) == 4 and shape[2] == shape[3] >= SMALLEST_CROP and shape[2] % CROP_STEP == 0
    return "recognition" if is_square and shape[2] != 192 and results == 1 else None  # 192: points of a face


def _sizes(value: Any) -> list[int]:
    """The sizes of what a model takes or gives, 0 where they are open."""
    return [size.dim_value for size in value.type.tensor_type.shape.dim]


@cache
def _graph(file: Path, stamp: tuple[int, int]) -> Any:  # noqa: ARG001  # looked at again when the file changes
    with file.open("rb") as opened:
        begins = opened.read(200).lstrip()
    if begins[:1] == b"<" or begins.startswith(b"version https://git-lfs"):
        raise Missing(f"{file} is a web page or a pointer saved in place of a model; fetch the model itself again")
    try:
        graph = onnx.load(str(file), load_external_data=False).graph
    except (DecodeError, ValueError, OSError) as error:
        raise Missing(f"{file} is no ONNX model ({str(error).splitlines()[0][:100]}); fetch it again") from None
    if not graph.input or not graph.output:
        raise Missing(f"{file} is no ONNX model: it takes or gives nothing; fetch it again")
    graph.ClearField("initializer")  # the weights themselves are not looked at
    return graph


def _stamp(file: Path) -> tuple[int, int]:
    looked = file.stat()
    return looked.st_size, looked.st_mtime_ns


def digest(file: Path) -> str:
    """The SHA-256 of a model file; a large one is hashed once."""
    return _digest(file, _stamp(file))


@cache
def _digest(file: Path, stamp: tuple[int, int]) -> str:  # noqa: ARG001  # hashed again when the file changes
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()

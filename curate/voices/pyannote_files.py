"""Pipelines of pyannote.audio: of which files one is made, where they lie, and whose they are."""

import hashlib
import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from curate.weights import SHORT, Weights
from schemas.errors import BadSetting, Missing

Part = Literal["config", "segmentation", "embedding", "transform", "plda"]
CONFIG = "config.yaml"
NETWORK = "pytorch_model.bin"
PLDA_FILES: dict[Part, str] = {"transform": "xvec_transform.npz", "plda": "plda.npz"}
KIND = "SpeakerDiarization"
GROUPINGS = ("VBxClustering", "AgglomerativeClustering")  # those that are not told how many voices there are
NEEDS_PLDA = "VBxClustering"
TOLD = {"version", "dependencies", "pipeline", "params", "device"}
OBEYED = {"clustering", "embedding_exclude_overlap", "segmentation_step"}
WITHOUT_EFFECT = {  # on what is found: how much at a time, how it is handed back, how it is fetched and trained
    "cache_dir", "der_variant", "embedding_batch_size", "legacy", "segmentation_batch_size", "token", "use_auth_token",
}  # fmt: skip
UNKNOWN_LICENCE = "unknown"
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
EXPECTED = f"expected a folder with the {CONFIG} of a {KIND} pipeline, or an id of the hub such as pyannote/NAME"
INSTALL = "type: pip install 'emocurate[voices]'"


@dataclass(frozen=True)
class PyannoteFiles:
    """The files of a pipeline, and its settings without paths; `trusted` says that they may run code of their own."""

    name: str
    files: dict[Part, Path]
    sha256: str
    licence: str
    trusted: bool = False
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def weights(self) -> Weights:
        """What it is, for people: one SHA-256 over all its files, settings included."""
        return Weights(f"{self.name} (pyannote.audio)", self.sha256, self.licence, "tells who speaks when, by voices")

    def read(self, weights: str) -> dict[Part, bytes]:
        """The bytes of all files; raises Missing where their SHA-256 does not begin with `weights`."""
        contents = {part: file.read_bytes() for part, file in self.files.items()}
        if not _digest(contents).startswith(weights) or len(weights) < SHORT:
            raise Missing(f"{self.name} is not the pipeline any more that this run began with; type: emocurate run")
        return contents


def pyannote_files(model: str, licence: str = "", trusted: bool = False) -> PyannoteFiles:
    """The files of a pipeline in a folder or on the hub; raises BadSetting or Missing with what to put where.

    What lies on the hub is fetched with the token in HF_TOKEN and kept where its own client keeps it.
    """
    root = _root(model)
    if any(importlib.util.find_spec(name) is None for name in ("pyannote", "torch")):
        raise Missing(f'voice.turns = "pyannote", but pyannote.audio is not installed; {INSTALL}')
    config = _file(root, CONFIG)
    settings, parts = _settings(config)
    files: dict[Part, Path] = {"config": config}
    files["segmentation"] = _part(root, parts["segmentation"], NETWORK)
    files["embedding"] = _part(root, parts["embedding"], NETWORK)
    if settings["clustering"] == NEEDS_PLDA:
        files |= {part: _part(root, parts["plda"], name) for part, name in PLDA_FILES.items()}
    contents = {part: _content(file) for part, file in files.items()}
    name = root.name if isinstance(root, Path) else root
    return PyannoteFiles(name, files, _digest(contents), licence or UNKNOWN_LICENCE, trusted, settings)


def _root(model: str) -> Path | str:
    """The folder of a pipeline, or its id on the hub."""
    if not model:
        raise BadSetting(f'voice.turns = "pyannote" wants voice.turns_model: {EXPECTED}')
    path = Path(model).expanduser()
    if not path.is_absolute():
        if not HUB_ID.fullmatch(model):
            raise BadSetting(f"voice.turns_model = {model!r}; {EXPECTED}; a folder is an absolute path")
        return model
    folder = path.parent if path.name == CONFIG else path
    if path.is_file() and path.name != CONFIG:
        raise BadSetting(f"voice.turns_model = {model!r} is one network; {EXPECTED} that names this and others")
    if not folder.is_dir():
        raise Missing(
            f"voice.turns_model = {model!r}, but there is no folder {folder}; put the pipeline there, "
            "or name another with: emocurate config set voice.turns_model FOLDER"
        )
    return folder.resolve()


def _settings(config: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a pipeline is told beside its files, and where those are; raises Missing where it is of another kind.

    Only this class is ever made: a `config.yaml` may name any class of any package, and arguments for it.
    """
    try:
        told = yaml.safe_load(_content(config).decode("utf-8"))
        pipeline, tuned = told["pipeline"], told.get("params") or {}
        params = {"clustering": NEEDS_PLDA, **(pipeline.get("params") or {})}
        kind = str(pipeline["name"])
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError):
        raise Missing(f"{config} is no settings of a pipeline; {EXPECTED}") from None
    if not kind.startswith("pyannote.audio.pipelines.") or kind.rpartition(".")[2] != KIND:
        raise Missing(f"{config} is of a pipeline {kind!r}; {EXPECTED}")
    parts = {name: params.pop(name, None) for name in ("segmentation", "embedding", "plda")}
    if params["clustering"] not in GROUPINGS:
        raise Missing(f"{config} groups voices by {params['clustering']!r}; expected one of {', '.join(GROUPINGS)}")
    wanted = [name for name in parts if name != "plda" or params["clustering"] == NEEDS_PLDA]
    if lacking := [name for name in wanted if not parts[name]]:
        raise Missing(f"{config} does not say where its {lacking[0]} lies; expected $model/{lacking[0]} or a hub id")
    if unknown := sorted({*told} - TOLD | {*params} - OBEYED - WITHOUT_EFFECT):
        raise Missing(f"{config} sets {', '.join(unknown)}, which emocurate does not know; take that out of a copy")
    return {**{name: params[name] for name in OBEYED if name in params}, "tuned": tuned}, parts


def _part(root: Path | str, part: object, name: str) -> Path:
    """A file of a part of a pipeline: `$model/folder`, another model on the hub, or a path."""
    if isinstance(part, Mapping):
        inner = f"{part['subfolder']}/{name}" if part.get("subfolder") else name
        return _file(_root(str(part.get("checkpoint") or "")), inner)
    told = str(part or "")
    if told.startswith("$model"):
        return _file(root, f"{told.removeprefix('$model').strip('/')}/{name}".lstrip("/"))
    path = Path(told)
    return path if path.is_absolute() and path.is_file() else _file(_root(told), name)


def _file(root: Path | str, name: str) -> Path:
    if isinstance(root, str):
        return _fetched(root, name)
    file = root / name
    if not file.is_file():
        raise Missing(f"no {name} in {root}; {EXPECTED}")
    return file


def _fetched(model: str, name: str) -> Path:
    """A file of a model on the hub, from its cache where the hub cannot be reached."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from huggingface_hub import hf_hub_download  # noqa: PLC0415  # reads the environment when it is imported
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError  # noqa: PLC0415

    repository, _, revision = model.partition("@")
    token, endpoint = (os.environ.get(name) or None for name in ("HF_TOKEN", "HF_ENDPOINT"))
    try:
        return Path(hf_hub_download(repository, name, revision=revision or None, token=token, endpoint=endpoint))
    except (GatedRepoError, RepositoryNotFoundError):
        why = "the token in HF_TOKEN is not let in" if token else "there is no token in HF_TOKEN"
        raise Missing(
            f"voice.turns_model = {model!r} is not open on the hub, and {why}; accept its terms on its page there "
            "and set HF_TOKEN to a token of yours, or name a folder that holds it"
        ) from None
    except Exception as error:  # noqa: BLE001  # whatever stands between us and the hub
        raise Missing(
            f"{name} of voice.turns_model = {model!r} could not be fetched and is not kept here "
            f"({str(error).splitlines()[0][:200]}); run again with a network, or name a folder that holds it"
        ) from None


def _content(file: Path) -> bytes:
    content = file.read_bytes()
    if content[:200].lstrip()[:1] == b"<" or content.startswith(b"version https://git-lfs"):
        raise Missing(f"{file} is a web page or a pointer saved in place of a model; fetch the model itself again")
    return content


def _digest(contents: Mapping[Part, bytes]) -> str:
    whole = hashlib.sha256()
    for content in contents.values():
        whole.update(hashlib.sha256(content).digest())
    return whole.hexdigest()

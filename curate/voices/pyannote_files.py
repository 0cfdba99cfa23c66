"""Pipelines of pyannote.audio: which files make one up, where they are kept and under which licence they are."""

import hashlib
import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from curate.weights import SHORT, Weights
from schemas.errors import BadSetting, Missing

Part = Literal["config", "segmentation", "embedding", "transform", "plda"]
Found = tuple[dict[Part, Path], dict[str, Any]]  # the files of a pipeline, and its settings
NETWORKS: tuple[Part, ...] = ("segmentation", "embedding")
CONFIG = "config.yaml"
NETWORK = "pytorch_model.bin"
PLDA_FILES: dict[Part, str] = {"transform": "xvec_transform.npz", "plda": "plda.npz"}
GROUPINGS = ("VBxClustering", "AgglomerativeClustering")  # those that are not told how many voices there are
NEEDS_PLDA = "VBxClustering"
TOLD = {"version", "dependencies", "pipeline", "params", "device"}
WITHOUT_EFFECT = {  # on what is found: how much at a time, how it is handed back, how it is fetched and trained
    "batch_size", "cache_dir", "der_variant", "embedding_batch_size", "fscore", "legacy", "segmentation_batch_size",
    "token", "use_auth_token",
}  # fmt: skip
UNKNOWN_LICENCE = "unknown"
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(@[\w./-]+)?")
INSTALL = "type: pip install 'emocurate[voices]'"


class Purpose(NamedTuple):
    """What a pipeline is for: its setting `voice.<key>`, its class, its parts, and which of its settings are obeyed."""

    key: str
    kind: str
    does: str
    parts: tuple[str, ...]
    obeyed: frozenset[str]
    one_network: bool = False  # whether a network alone will do

    @property
    def setting(self) -> str:
        """The setting that says where the pipeline is."""
        return f"voice.{self.key}_model"

    @property
    def expected(self) -> str:
        """What may stand there."""
        also = f", a network ({NETWORK})" if self.one_network else ""
        return f"expected a folder with the {CONFIG} of a {self.kind} pipeline{also}, or a hub id such as pyannote/NAME"


TURNS = Purpose(
    "turns",
    "SpeakerDiarization",
    "tells who speaks when, by voices",
    ("segmentation", "embedding", "plda"),
    frozenset({"clustering", "embedding_exclude_overlap", "segmentation_step"}),
)
SPEECH = Purpose(
    "speech",
    "VoiceActivityDetection",
    "finds speech in sound",
    ("segmentation",),
    frozenset({"duration", "step"}),
    one_network=True,
)


@dataclass(frozen=True)
class PyannoteFiles:
    """The files of a pipeline, and its settings without paths; `trusted` says that they may run code of their own."""

    name: str
    files: dict[Part, Path]
    sha256: str
    licence: str
    trusted: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    purpose: Purpose = TURNS

    @property
    def weights(self) -> Weights:
        """What it is, for people: one SHA-256 over all its files, settings included."""
        return Weights(f"{self.name} (pyannote.audio)", self.sha256, self.licence, self.purpose.does)

    def read(self, weights: str) -> dict[Part, bytes]:
        """The bytes of all files; raises Missing where their SHA-256 does not begin with `weights`."""
        contents = {part: file.read_bytes() for part, file in self.files.items()}
        if not _digest(contents).startswith(weights) or len(weights) < SHORT:
            raise Missing(f"{self.name} is not the pipeline any more that this run began with; type: emocurate run")
        return contents


def pyannote_files(model: str, licence: str = "", trusted: bool = False, purpose: Purpose = TURNS) -> PyannoteFiles:
    """The files of a pipeline in a folder or on the hub; raises BadSetting or Missing with what to put where.

    What is on the hub is fetched with the token in HF_TOKEN and kept where its own client keeps it.
    """
    root = _root(model, purpose)
    if any(importlib.util.find_spec(name) is None for name in ("pyannote", "torch")):
        raise Missing(f'voice.{purpose.key} = "pyannote", but pyannote.audio is not installed; {INSTALL}')
    files, settings = _alone(root, purpose) or _of_pipeline(root, purpose)
    contents = {part: _content(file) for part, file in files.items()}
    name = root.name if isinstance(root, Path) else root
    return PyannoteFiles(name, files, _digest(contents), licence or UNKNOWN_LICENCE, trusted, settings, purpose)


def _alone(root: Path | str, purpose: Purpose) -> Found | None:
    """A network that is all there is, where that will do: a file, or a model whose `config.yaml` is of its training."""
    if isinstance(root, Path) and root.is_file():
        return {"segmentation": root}, {"tuned": {}}
    if not purpose.one_network or (isinstance(root, Path) and not (root / NETWORK).is_file()):
        return None
    if isinstance(root, str) or (root / CONFIG).is_file():
        told = _yaml(_file(root, CONFIG, purpose), purpose)
        if isinstance(told, dict) and "pipeline" in told:
            return None
    return {"segmentation": _file(root, NETWORK, purpose)}, {"tuned": {}}


def _of_pipeline(root: Path | str, purpose: Purpose) -> Found:
    """The files that a `config.yaml` names, and what it sets."""
    config = _file(root, CONFIG, purpose)
    settings, parts = _settings(config, purpose)
    files: dict[Part, Path] = {"config": config}
    files |= {part: _part(root, parts[part], NETWORK, purpose) for part in NETWORKS if part in purpose.parts}
    if settings.get("clustering") == NEEDS_PLDA:
        files |= {part: _part(root, parts["plda"], name, purpose) for part, name in PLDA_FILES.items()}
    return files, settings


def _root(model: str, purpose: Purpose) -> Path | str:
    """The folder of a pipeline, a network alone where that will do, or an id on the hub."""
    if not model:
        raise BadSetting(f'voice.{purpose.key} = "pyannote" wants {purpose.setting}: {purpose.expected}')
    path = Path(model).expanduser()
    if not path.is_absolute():
        if not HUB_ID.fullmatch(model):
            raise BadSetting(f"{purpose.setting} = {model!r}; {purpose.expected}; a folder is an absolute path")
        return model
    folder = path.parent if path.name == CONFIG else path
    if path.is_file() and path.name != CONFIG:
        if purpose.one_network:
            return path.resolve()
        raise BadSetting(f"{purpose.setting} = {model!r} is one network; {purpose.expected} that names this and others")
    if not folder.is_dir():
        raise Missing(
            f"{purpose.setting} = {model!r}, but there is no folder {folder}; put the pipeline there, "
            f"or name another with: emocurate config set {purpose.setting} FOLDER"
        )
    return folder.resolve()


def _yaml(config: Path, purpose: Purpose) -> Any:
    try:
        return yaml.safe_load(_content(config).decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise Missing(f"{config} is no settings of a pipeline; {purpose.expected}") from None


def _settings(config: Path, purpose: Purpose) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a pipeline is told beside its files, and where those are; raises Missing where it is of another kind.

    Only the class of its purpose is ever made: a `config.yaml` may name any class of any package, and its arguments.
    """
    told = _yaml(config, purpose)
    try:
        pipeline, tuned = told["pipeline"], told.get("params") or {}
        params = dict(pipeline.get("params") or {})
        kind = str(pipeline["name"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Missing(f"{config} is no settings of a pipeline; {purpose.expected}") from None
    if not kind.startswith("pyannote.audio.pipelines.") or kind.rpartition(".")[2] != purpose.kind:
        raise Missing(f"{config} is of a pipeline {kind!r}; {purpose.expected}")
    if "clustering" in purpose.obeyed and params.setdefault("clustering", NEEDS_PLDA) not in GROUPINGS:
        raise Missing(f"{config} groups voices by {params['clustering']!r}; expected one of {', '.join(GROUPINGS)}")
    parts = {name: params.pop(name, None) for name in purpose.parts}
    wanted = [name for name in parts if name != "plda" or params["clustering"] == NEEDS_PLDA]
    if lacking := [name for name in wanted if not parts[name]]:
        raise Missing(f"{config} does not say where its {lacking[0]} lies; expected $model/{lacking[0]} or a hub id")
    if unknown := sorted({*told} - TOLD | {*params} - purpose.obeyed - WITHOUT_EFFECT):
        raise Missing(f"{config} sets {', '.join(unknown)}, which emocurate does not know; take that out of a copy")
    return {**{name: params[name] for name in purpose.obeyed if name in params}, "tuned": tuned}, parts


def _part(root: Path | str, part: object, name: str, purpose: Purpose) -> Path:
    """A file of a part of a pipeline: `$model/folder`, another model on the hub, or a path."""
    if isinstance(part, Mapping):
        inner = f"{part['subfolder']}/{name}" if part.get("subfolder") else name
        return _file(_root(str(part.get("checkpoint") or ""), purpose), inner, purpose)
    told = str(part or "")
    if told.startswith("$model"):
        return _file(root, f"{told.removeprefix('$model').strip('/')}/{name}".lstrip("/"), purpose)
    path = Path(told)
    return path if path.is_absolute() and path.is_file() else _file(_root(told, purpose), name, purpose)


def _file(root: Path | str, name: str, purpose: Purpose) -> Path:
    if isinstance(root, str):
        return _fetched(root, name, purpose)
    file = root / name
    if not file.is_file():
        raise Missing(f"no {name} in {root}; {purpose.expected}")
    return file


def _fetched(model: str, name: str, purpose: Purpose) -> Path:
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
            f"{purpose.setting} = {model!r} is not open on the hub, and {why}; accept its terms on its page there "
            "and set HF_TOKEN to a token of yours, or name a folder that holds it"
        ) from None
    except Exception as error:  # noqa: BLE001  # whatever stands between us and the hub
        raise Missing(
            f"{name} of {purpose.setting} = {model!r} could not be fetched and is not kept here "
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

"""The files of a dataset on the Hugging Face Hub, fetched one after the other and deleted when they were read."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from huggingface_hub.errors import RepositoryNotFoundError

from pipelines.release.hub import Remote, errors, remote, status
from schemas.errors import BadInput
from schemas.licences import doubt, spdx

SCHEME = "hf://"
CARD = "README.md"


@dataclass(frozen=True)
class HubDataset:
    """One state of a dataset on the Hub: its files by path, and what its card says."""

    hub: Remote
    revision: str
    files: tuple[str, ...]
    card: dict[str, Any]

    @property
    def address(self) -> str:
        """Where people look at this state."""
        return f"{self.hub.address}/tree/{self.revision}"

    @cached_property
    def licence(self) -> str | None:
        """The licence of the card by its SPDX name; None where it names none, or none we know."""
        named = self.card.get("license")
        text = str(named) if isinstance(named, str) else ""
        return None if not text or doubt(text) else spdx(text)

    @contextmanager
    def fetched(self, path: str, aside: Path) -> Iterator[Path]:
        """A file on this disk, for as long as it is read; raises what `errors` of the Hub are."""
        with TemporaryDirectory(dir=aside) as folder:
            where = {"repo_type": "dataset", "revision": self.revision, "local_dir": folder}
            yield Path(self.hub.api.hf_hub_download(self.hub.repo, path, **where))

    def folder(self, paths: Sequence[str], aside: Path) -> None:
        """All of these files in a folder, as they lie in the dataset."""
        for path in paths:
            where = {"repo_type": "dataset", "revision": self.revision, "local_dir": str(aside)}
            self.hub.api.hf_hub_download(self.hub.repo, path, **where)


def hub_dataset(place: str) -> HubDataset:
    """A dataset by hf://USER/NAME or hf://USER/NAME@REVISION; raises BadInput, with what to do, where it cannot be had.

    Who asks comes from HF_TOKEN or `hf auth login`.
    """
    name, _, revision = place.removeprefix(SCHEME).removeprefix("datasets/").strip("/").partition("@")
    if name.count("/") != 1:
        raise BadInput(f"{place!r} names no dataset; expected hf://USER/NAME or hf://USER/NAME@REVISION")
    hub = remote(name)
    try:
        commit = str(hub.api.repo_info(name, repo_type="dataset", revision=revision or None).sha)
        files = tuple(sorted(path for path in hub.files(commit) if ".." not in PurePosixPath(path).parts))
        card = _front_matter(hub.read(CARD, commit)) if CARD in files else {}
    except RepositoryNotFoundError:
        hint = "check its name, or type `hf auth login`"
        raise BadInput(f"there is no dataset {name} that your token may see; {hint}") from None
    except errors() as error:
        raise BadInput(f"{name} cannot be fetched from the Hub: {said(error)}") from None
    return HubDataset(hub, commit, files, card)


def said(error: Exception) -> str:
    """What the Hub or the way there said, in one line, with what helps."""
    number = status(error)
    helps = {401: "; type `hf auth login`", 403: "; ask for access on its page", 429: "; try again in some minutes"}
    text = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
    return f"{f'status {number}, ' if number else ''}{text}{helps.get(number or 0, '')}"


def _front_matter(text: str) -> dict[str, Any]:
    """What a card says to machines, between its first two lines of dashes."""
    if not text.startswith("---"):
        return {}
    try:
        told = yaml.safe_load(text.split("---", 2)[1])
    except (yaml.YAMLError, IndexError):
        return {}
    return told if isinstance(told, dict) else {}

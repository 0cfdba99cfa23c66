"""A release by the name that somebody types: its folder, or a dataset on the Hub, as it stands there now."""

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.release.manifest import NAME as MANIFEST
from schemas.errors import BadInput
from schemas.labels_only import NAME
from schemas.release import REMOVED

REPO = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
NEEDED = (MANIFEST, NAME, REMOVED, "LICENSE.md")  # the media that it has stay there


@contextmanager
def release_folder(named: str, say: Callable[[str], None]) -> Iterator[Path]:
    """The folder of a release; of one on the Hub, what a rebuild needs of it, until the end.

    Raises BadInput for a dataset that there is not, that is for others, or that is no release, and EmocurateError where
    the Hub cannot be reached.
    """
    if Path(named).exists() or not REPO.fullmatch(named):
        yield Path(named)
        return
    say(f"{named} is no folder here: looked for on the Hugging Face Hub")
    with tempfile.TemporaryDirectory(prefix="emocurate-") as scratch:
        folder = Path(scratch) / named
        _download(named, folder)
        yield folder


def _download(repo: str, folder: Path) -> None:
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError  # noqa: PLC0415  # slow to load

    from pipelines.release import hub  # noqa: PLC0415

    with hub.translated(repo):
        remote = hub.remote(repo)
        try:
            commit = remote.head()
            there = remote.files(commit)
            if MANIFEST not in there:
                raise BadInput(f"{remote.address} is no release: it has no {MANIFEST}")
            for path in NEEDED:
                if path in there:
                    remote.download(path, commit, folder)
        except GatedRepoError:
            raise BadInput(f"{remote.address} is gated: ask for access there, then type `hf auth login`") from None
        except RepositoryNotFoundError:
            raise BadInput(
                f"there is neither a folder {repo} here nor a dataset of that name on the Hub that you may see; check "
                "the name, or type `hf auth login`"
            ) from None

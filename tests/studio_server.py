"""A real Label Studio for tests: initialised once on a machine, then copied and started for whoever asks.

Loaded as a plugin: `pytest_plugins = ["tests.studio_server"]`. Run as a program it only initialises: that installs
Label Studio where it is not, which takes minutes, and no test is to be timed by it.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
import pytest

from annotate.studio import installation, server
from annotate.studio.client import Studio
from annotate.studio.connection import PROJECTS_AT_ONCE, whole
from annotate.studio.notes import NOTES


class Person(NamedTuple):
    """Somebody who may log in and rate."""

    email: str
    password: str
    token: str


@dataclass
class RunningStudio:
    """A server of its own, its administrator's client and the folder whose subfolders it may serve."""

    server: server.Server
    media_root: Path

    @cached_property
    def client(self) -> Studio:
        return Studio(self.server.address, self.server.token)

    @cached_property
    def http(self) -> httpx.Client:
        """What our client does not do, as its administrator."""
        return httpx.Client(base_url=self.server.address, headers={"Authorization": f"Token {self.server.token}"})

    @cached_property
    def _raters(self) -> dict[int, Person]:
        return {}

    def rater(self, number: int) -> Person:
        """Somebody with an account, which is made once: a login costs the server as much as twenty requests."""
        if number not in self._raters:
            email, password = f"rater{number}@example.com", f"password-of-{number}"
            self._raters[number] = Person(email, password, server.add_rater(self.server, email, password))
        return self._raters[number]

    def projects(self) -> set[int]:
        """The numbers of all projects; each that is left makes every list of projects, and so every push, slower."""
        pages = self.client._sdk.projects.list(include="id", page_size=PROJECTS_AT_ONCE)
        return {project.id for project in whole(pages, PROJECTS_AT_ONCE)}


def served(file: Path, media_root: Path) -> str:
    """The address, without host, under which a browser that is logged in gets a file below the media root."""
    return "/data/local-files/?d=" + quote(file.resolve().relative_to(media_root.resolve().parent).as_posix())


def copied(template: Path, folder: Path) -> Path:
    """A data folder of its own, as after a first start; all copies know one token, so none may try another's port."""
    shutil.copytree(template, folder, ignore=shutil.ignore_patterns("*.lock", "*.log"))
    notes = json.loads((folder / NOTES).read_text("utf-8"))
    (folder / NOTES).write_text(json.dumps({**notes, "port": None}), "utf-8")
    return folder


def made_template() -> Path:
    """The data folder of a Label Studio that was started once, empty; kept beside the installation."""
    cache = installation.cache_folder()
    template = cache / f"empty-studio-{installation.VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with installation.only_one(cache / f"{template.name}.lock"):
        if not template.exists():
            made = Path(tempfile.mkdtemp(dir=cache))
            server.start(made / "studio", made / "media" / "cuts", say=print)
            server.stop(made / "studio")
            (made / "studio").replace(template)
            shutil.rmtree(made)
    return template


@pytest.fixture(scope="session")
def studio_template() -> Path:
    """See `made_template`."""
    return made_template()


@pytest.fixture(scope="session")
def studio(studio_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStudio]:
    """A running Label Studio that all tests of a process share; each makes projects of its own."""
    around = tmp_path_factory.mktemp("studio")
    folder, media_root = copied(studio_template, around / "studio"), around / "collection" / "cuts"
    yield RunningStudio(server.start(folder, media_root), media_root)
    server.stop(folder)


if __name__ == "__main__":
    made_template()

"""A push that cannot reach its server, or cannot be shown there, leaves nothing behind."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from annotate.studio.client import Studio
from pipelines import collection
from pipelines.ask.push import push
from pipelines.engine.catalog import Catalog
from schemas.errors import BadSetting, StudioError


class Stand(Studio):
    """A server that knows whose the token is, and no more unless told."""

    def whoami(self) -> str:
        return "somebody@example.org"

    def found(self, marker: str) -> int | None:
        return None

    def project(self, marker: str, title: str, interface: str, raters: int, instruction: str = "") -> int:
        raise StudioError("no project")


class Taking(Stand):
    """A server that makes a project, whose folder it may not serve."""

    def project(self, marker: str, title: str, interface: str, raters: int, instruction: str = "") -> int:
        return 1

    def serve_folder(self, project: int, folder: Path) -> None:
        raise StudioError("no folder")


class Breaking(Taking):
    """A server that breaks off when it is asked to take tasks."""

    def serve_folder(self, project: int, folder: Path) -> None:
        """As wanted."""

    def asked(self, project: int) -> dict[str, int]:
        return {}

    def ask(self, project: int, tasks: Sequence[Mapping[str, str]]) -> None:
        raise StudioError("no task")


@pytest.fixture
def home(answered: Path) -> Path:
    """A collection without answers and asks."""
    with Catalog(answered).open() as connection:
        for table in ("answers", "asks", "items", "raters"):
            connection.execute(f"DELETE FROM {table}")
    return answered


def asks(home: Path) -> int:
    return int(Catalog(home).rows("SELECT count(*) FROM asks")[0][0])


@pytest.mark.parametrize(("server", "reason"), [(Stand, "no project"), (Taking, "no folder")])
def test_what_has_no_project_is_not_asked(home: Path, server: type[Studio], reason: str) -> None:
    with pytest.raises(StudioError, match=reason):
        push(collection.find(home), server("http://127.0.0.1:9", "token"), 1)
    assert asks(home) == 0
    assert Catalog(home).rows("SELECT * FROM live_clips WHERE pinned") == []


def test_an_ask_is_written_down_before_its_task_is_sent(home: Path) -> None:
    with pytest.raises(StudioError, match="no task"):
        push(collection.find(home), Breaking("http://127.0.0.1:9", "token"), 1)
    assert asks(home) == 8


def test_a_scheme_that_cannot_be_shown_is_refused_before_any_is_asked(home: Path) -> None:
    mine = """
        name = "mine"
        version = 1
        title = "Mine"
        media = ["voice"]
        [[question]]
        name = "true"
        title = "A word Label Studio takes for a value"
        type = "text"
        """
    (home / "mine.toml").write_text(mine)
    settings = home / "emocurate.toml"
    settings.write_text(settings.read_text().replace('schemes = ["ekman"]', 'schemes = ["ekman", "mine.toml"]'))
    with pytest.raises(BadSetting, match="Label Studio needs a name"):
        push(collection.find(home), Breaking("http://127.0.0.1:9", "token"), 1)
    assert asks(home) == 0

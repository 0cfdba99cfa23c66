"""A push that cannot reach its server leaves nothing behind, and nobody is asked about a file that has changed."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from annotate.sampling import Plan
from annotate.studio.client import Listed, Project, Studio
from pipelines import collection
from pipelines.ask.push import push
from pipelines.engine.catalog import Catalog, revise
from pipelines.engine.store import Store
from schemas.errors import BadSetting, StudioError
from schemas.media import Source, Statement
from tests.pipelines.conftest import answer, run
from tests.pipelines.engine.test_links import other_sound

pytestmark = pytest.mark.long


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

    def projects(self, marker: str) -> list[Project]:
        return [Project(1, 0, marker)]

    def listed(self, project: int) -> list[Listed]:
        return []

    def counted(self, project: int) -> tuple[int, str]:
        return 0, "<View/>"

    def ask(self, project: int, tasks: Sequence[Mapping[str, str]], report: object = None) -> None:
        raise StudioError("no task")


class Taken(Breaking):
    """A server that takes tasks, and shows them to the test."""

    tasks: ClassVar[list[str]] = []

    def ask(self, project: int, tasks: Sequence[Mapping[str, str]], report: object = None) -> None:
        self.tasks += [Path(task["media"]).stem for task in tasks]


@pytest.fixture
def unasked(answered: Path) -> Path:
    """A collection without answers and asks."""
    with Catalog(answered).open() as connection:
        for table in ("answers", "asks", "items", "raters"):
            connection.execute(f"DELETE FROM {table}")
        revise(connection)
    return answered


def asks(home: Path) -> int:
    return int(Catalog(home).rows("SELECT count(*) FROM asks")[0][0])


@pytest.mark.parametrize(("server", "reason"), [(Stand, "no project"), (Taking, "no folder")])
def test_what_has_no_project_is_not_asked(unasked: Path, server: type[Studio], reason: str) -> None:
    with pytest.raises(StudioError, match=reason):
        push(collection.find(unasked), server("http://127.0.0.1:9", "token"), 1)
    assert asks(unasked) == 0
    assert Catalog(unasked).rows("SELECT * FROM live_clips WHERE pinned") == []


def test_media_whose_consent_does_not_include_annotation_are_asked_of_nobody_and_counted(unasked: Path) -> None:
    (asset,) = Catalog(unasked).rows("SELECT asset FROM live_clips WHERE modality = 'voice' ORDER BY asset LIMIT 1")[0]
    consent = Source("consent", scopes=("publish",))
    said = Statement(asset, "anna.wav", "file", "2026-03-01T00:00:00.000000Z", consent.id)
    Catalog(unasked).add([consent, said])
    Taken.tasks.clear()
    voices, _ = push(collection.find(unasked), Taken("http://127.0.0.1:9", "token"), 1)
    mine = {clip for (clip,) in Catalog(unasked).rows("SELECT id FROM clips WHERE asset = ?", [asset])}
    assert mine
    assert mine.isdisjoint(Taken.tasks)
    assert voices.withheld == len(mine)
    assert Taken.tasks


def test_an_ask_is_written_down_before_its_task_is_sent(unasked: Path) -> None:
    with pytest.raises(StudioError, match="no task"):
        push(collection.find(unasked), Breaking("http://127.0.0.1:9", "token"), 1)
    assert asks(unasked) == 8


def test_a_scheme_that_cannot_be_shown_is_refused_before_any_is_asked(unasked: Path) -> None:
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
    (unasked / "mine.toml").write_text(mine)
    settings = unasked / "emocurate.toml"
    settings.write_text(settings.read_text().replace('schemes = ["ekman"]', 'schemes = ["ekman", "mine.toml"]'))
    with pytest.raises(BadSetting, match="Label Studio needs a name"):
        push(collection.find(unasked), Breaking("http://127.0.0.1:9", "token"), 1)
    assert asks(unasked) == 0


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The clips that a server of the class Taken was asked to show."""
    tasks: list[str] = []
    monkeypatch.setattr(Taken, "tasks", tasks)
    return tasks


def clips_in(home: Path, path: Path) -> set[str]:
    """The clips of a linked file."""
    store = Store(home / "media")
    rows = Catalog(home).rows("SELECT id, asset FROM clips")
    return {clip for clip, asset in rows if store.path(asset).readlink() == path.resolve()}


def keep_time(path: Path) -> None:
    """Overwrite a sound so that nothing but its bytes tells."""
    before = path.stat()
    other_sound(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_changed_original_is_not_asked_about(linked_in: Path, media: Path, taken: list[str]) -> None:
    run(linked_in)
    changed = clips_in(linked_in, media / "tone-0.wav")
    other_sound(media / "tone-0.wav")
    pushed, _ = push(collection.find(linked_in), Taken("http://127.0.0.1:9", "token"), 1)
    assert (pushed.new, pushed.uncut, asks(linked_in)) == (6, 0, 9)
    assert changed.isdisjoint(taken)


def test_an_original_that_is_caught_when_it_is_cut_is_not_asked_about(
    linked_in: Path, media: Path, taken: list[str]
) -> None:
    run(linked_in)
    changed = clips_in(linked_in, media / "tone-0.wav")
    keep_time(media / "tone-0.wav")
    pushed, _ = push(collection.find(linked_in), Taken("http://127.0.0.1:9", "token"), 1)
    assert (pushed.new, pushed.uncut) == (6, 2)
    assert changed.isdisjoint(taken)


def test_a_task_that_was_not_made_yet_is_not_made_once_the_original_has_changed(
    linked_in: Path, media: Path, taken: list[str]
) -> None:
    run(linked_in)
    with pytest.raises(StudioError, match="no task"):
        push(collection.find(linked_in), Breaking("http://127.0.0.1:9", "token"), 1)
    changed = clips_in(linked_in, media / "tone-0.wav")  # they are asked about, and cut
    other_sound(media / "tone-0.wav")
    pushed, _ = push(collection.find(linked_in), Taken("http://127.0.0.1:9", "token"), 1)
    assert (pushed.new, pushed.uncut) == (6, 2)
    assert changed.isdisjoint(taken)


def test_an_original_that_is_put_back_is_asked_about(linked_in: Path, media: Path, taken: list[str]) -> None:
    run(linked_in)
    aside = (media / "tone-0.wav").rename(media.parent / "aside.wav")
    push(collection.find(linked_in), Taken("http://127.0.0.1:9", "token"), 1)
    assert len(taken) == 6 + 3
    aside.rename(media / "tone-0.wav")
    push(collection.find(linked_in), Taken("http://127.0.0.1:9", "token"), 1)
    assert len(set(taken)) == 8 + 3


def test_no_further_round_is_asked_about_a_changed_original(linked_in: Path, media: Path, taken: list[str]) -> None:
    run(linked_in)
    answer(linked_in)
    push(collection.find(linked_in), Taken("http://127.0.0.1:9", "token"), 1)
    changed = clips_in(linked_in, media / "tone-0.wav")
    other_sound(media / "tone-0.wav")
    taken.clear()
    push(collection.find(linked_in), Taken("http://127.0.0.1:9", "token"), 1, plan=Plan(n=99))
    rounds = Catalog(linked_in).rows("SELECT ref FROM items JOIN asks ON asks.item = items.id WHERE round = 2")
    clips = Catalog(linked_in).rows("SELECT id FROM clips")
    assert set(rounds) == set(clips) - {(clip,) for clip in changed}

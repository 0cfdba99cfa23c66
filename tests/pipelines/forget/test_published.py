"""A withdrawal reaches the published revision: a new commit with the touched files alone, then nothing of it at all."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

from pipelines import collection
from pipelines.forget.forget import How, forget
from pipelines.forget.report import SCREEN
from pipelines.release.publish import Access, Published, publish_release
from pipelines.release.purge import purge
from pipelines.release.records import rows_of
from tests.pipelines.conftest import Builder
from tests.pipelines.forget.test_forget import spoken_in
from tests.pipelines.release.test_publish import REPO, Desk, desk  # noqa: F401  # a fixture

Copy = Callable[[Builder], Path]


def test_only_touched_files_are_published_again_and_the_tag_follows(desk: Desk, copy_of: Copy) -> None:  # noqa: F811
    home = copy_of(spoken_in)
    here = collection.find(home)
    publish_release(here, REPO, None, say=print)
    before = desk.remote()
    gone = {row["sample"] for row in rows_of(home / "releases" / "v1" / "manifest.parquet")}
    forget(here, "speaker 1", None, How())
    done = publish_release(here, REPO, None, say=print)
    after = desk.remote()
    assert after == desk.remote("v1")
    kept = {row["sample"] for row in rows_of(home / "releases" / "v1" / "manifest.parquet")}
    assert set(after["removed.txt"].decode().split()) == gone - kept
    changed = {path for path in after if after[path] != before.get(path)}
    of_all = {"README.md", "croissant.json", "manifest.json", "manifest.parquet", "removed.txt"}
    assert (
        of_all
        <= changed
        <= of_all
        | {"LICENSE.md", "NOTICE.md", "DATASHEET.md"}
        | {path for path in changed if path.startswith("voice/")}
    )
    assert done.added == len(changed)
    assert (
        json.loads(after["manifest.json"])["counts"]["voice"] != json.loads(before["manifest.json"])["counts"]["voice"]
    )


def test_after_a_purge_nothing_on_the_hub_holds_what_was_withdrawn(desk: Desk, copy_of: Copy) -> None:  # noqa: F811
    home = copy_of(spoken_in)
    here = collection.find(home)
    publish_release(here, REPO, None, say=print)
    forget(here, "tone-1.wav", None, How())
    publish_release(here, REPO, None, say=print)
    (key, *_) = (home / "releases" / "v1" / "removed.txt").read_text().split()
    held = [sha for sha, data in desk.hub.objects.items() if key.encode() in data]
    assert held, "older commits hold it still"
    purge(REPO, REPO, "v1")
    assert [sha for sha, data in desk.hub.objects.items() if key.encode() in data] == []


def withdrawn_from_a_gated_dataset(desk: Desk, home: Path) -> Published:  # noqa: F811
    """Publish to a gated dataset, let two people in, take somebody out and publish again."""
    here = collection.find(home)
    publish_release(here, REPO, None, access=Access(gated=True), say=desk.said.append)
    desk.hub.repos[REPO].let_in = [("ben", "ben@example.org"), ("ada", "ada@example.org")]
    forget(here, "tone-1.wav", None, How())
    return publish_release(here, REPO, None, say=desk.said.append)


def test_whom_the_owner_let_in_is_listed_outside_the_release_so_that_they_can_be_told(
    desk: Desk,  # noqa: F811
    copy_of: Copy,
) -> None:
    home = copy_of(spoken_in)
    done = withdrawn_from_a_gated_dataset(desk, home)
    assert done.recipients == "recipients/owner--voices.csv"
    file = home / done.recipients
    assert [line.split(",")[0] for line in file.read_text().splitlines()] == ["user", "ada", "ben"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert any("2 people were let into" in line for line in desk.said)
    assert not any(b"ada@example.org" in data for data in desk.remote().values())


def test_it_is_said_where_the_token_may_not_read_who_was_let_in(desk: Desk, copy_of: Copy) -> None:  # noqa: F811
    home = copy_of(spoken_in)
    desk.hub.fault = lambda method, path: 403 if "/user-access-request/" in path else None
    done = withdrawn_from_a_gated_dataset(desk, home)
    assert (done.recipients, done.changed) == (None, True)
    assert any("could not be read (403)" in line and "publish again" in line for line in desk.said)
    assert not (home / "recipients").exists()


def test_of_a_dataset_that_is_not_gated_nobody_can_tell_who_has_it(desk: Desk, copy_of: Copy) -> None:  # noqa: F811
    home = copy_of(spoken_in)
    here = collection.find(home)
    publish_release(here, REPO, None, say=desk.said.append)
    assert forget(here, "tone-1.wav", None, How(report=SCREEN)).published == (REPO,)
    publish_release(here, REPO, None, say=desk.said.append)
    assert any("nobody can tell who has downloaded" in line for line in desk.said)

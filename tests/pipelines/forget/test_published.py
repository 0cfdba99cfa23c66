"""A withdrawal reaches the published revision: a new commit with the touched files alone, then nothing of it at all."""

import json
from pathlib import Path

from pipelines import collection
from pipelines.forget.forget import How, forget
from pipelines.release.publish import publish_release
from pipelines.release.purge import purge
from pipelines.release.records import rows_of
from tests.pipelines.forget.test_forget import spoken_in
from tests.pipelines.release.test_publish import REPO, Desk, desk  # noqa: F401  # a fixture


def test_only_touched_files_are_published_again_and_the_tag_follows(desk: Desk, tmp_path: Path, media: Path) -> None:  # noqa: F811
    home = spoken_in(tmp_path / "home", media)
    here = collection.find(home)
    publish_release(here, REPO, None, private=True, say=print)
    before = desk.remote()
    gone = {row["sample"] for row in rows_of(home / "releases" / "v1" / "manifest.parquet")}
    forget(here, "speaker 1", None, How())
    done = publish_release(here, REPO, None, private=True, say=print)
    after = desk.remote()
    assert after == desk.remote("v1")
    kept = {row["sample"] for row in rows_of(home / "releases" / "v1" / "manifest.parquet")}
    assert set(after["removed.txt"].decode().split()) == gone - kept
    changed = {path for path in after if after[path] != before.get(path)}
    of_all = {"README.md", "croissant.json", "manifest.json", "manifest.parquet", "removed.txt"}
    assert of_all <= changed <= of_all | {"LICENSE.md"} | {path for path in changed if path.startswith("voice/")}
    assert done.added == len(changed)
    assert (
        json.loads(after["manifest.json"])["counts"]["voice"] != json.loads(before["manifest.json"])["counts"]["voice"]
    )


def test_after_a_purge_nothing_on_the_hub_holds_what_was_withdrawn(desk: Desk, tmp_path: Path, media: Path) -> None:  # noqa: F811
    home = spoken_in(tmp_path / "home", media)
    here = collection.find(home)
    publish_release(here, REPO, None, private=True, say=print)
    forget(here, "tone-1.wav", None, How())
    publish_release(here, REPO, None, private=True, say=print)
    (key, *_) = (home / "releases" / "v1" / "removed.txt").read_text().split()
    held = [sha for sha, data in desk.hub.objects.items() if key.encode() in data]
    assert held, "older commits hold it still"
    purge(REPO, REPO, "v1")
    assert [sha for sha, data in desk.hub.objects.items() if key.encode() in data] == []

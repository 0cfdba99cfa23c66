"""A release that is too large for one commit arrives whole by a pull request, or not at all; nothing goes up twice."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.release import committing
from pipelines.release.committing import _Progress
from schemas.errors import EmocurateError
from tests.mini_hub import LOST
from tests.pipelines.release import test_publish
from tests.pipelines.release.samples import voice
from tests.pipelines.release.test_publish import FIRST, GUARDED, REPO, Desk
from tests.processes import points

desk = test_publish.desk
IN_PIECES = """
import sys
from pathlib import Path
from pipelines.release import committing
from pipelines.release.publish import publish

committing.PIECE_FILES = 4
print(publish(Path(sys.argv[1]), sys.argv[2], tag="v1", say=lambda line: print(line, flush=True)))
"""


@pytest.fixture
def pieces(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    shutil.rmtree(desk.folder)
    desk.write(FIRST[:6])
    monkeypatch.setattr(committing, "PIECE_FILES", 4)
    return desk


def pull(desk: Desk) -> dict[str, str]:
    return desk.hub.repos[REPO].pulls[1]


def test_many_files_go_up_in_pieces_and_the_main_branch_sees_one_change(pieces: Desk) -> None:
    done = pieces.publish(tag="v1")
    assert pieces.remote("v1") == pieces.local()
    assert pull(pieces)["status"] == "merged"
    assert pieces.hub.calls("POST", "/commit/") == -(-len(pieces.local()) // 4) > 1
    main = pieces.hub.repos[REPO].commits[done.commit]
    assert set(pieces.hub.repos[REPO].commits[main.parent].files) == {".gitattributes"}  # type: ignore[index]


def test_a_publishing_that_broke_off_goes_on_in_the_same_pull_request(pieces: Desk) -> None:
    commits = []

    def third_fails(method: str, path: str) -> int | None:
        commits.append(path) if "/commit/" in path else None
        return 503 if len(commits) == 3 and "/commit/" in path else None

    pieces.hub.fault = third_fails
    with pytest.raises(EmocurateError, match="503"):
        pieces.publish()
    assert pieces.remote() == {}
    pieces.hub.fault = lambda method, path: None
    pieces.hub.requests.clear()
    pieces.publish()
    assert pieces.remote() == pieces.local()
    assert list(pieces.hub.repos[REPO].pulls) == [1]
    assert pieces.hub.calls("POST", "/commit/") == -(-len(pieces.local()) // 4) - 2


def test_where_the_repository_changed_meanwhile_nothing_is_merged_and_the_next_time_another_request_is_opened(
    pieces: Desk,
) -> None:
    def change_before_merge(method: str, path: str) -> None:
        if "/commit/refs" in path and "notes.txt" not in pieces.hub.repos[REPO].head.files:
            pieces.hub.put(REPO, {"notes.txt": b"by hand"})

    pieces.hub.fault = change_before_merge
    with pytest.raises(EmocurateError, match="left out|somebody else changed"):
        pieces.publish()
    assert pieces.remote() == {"notes.txt": b"by hand"}
    pieces.hub.fault = lambda method, path: None
    pieces.publish()
    assert pieces.remote() == {"notes.txt": b"by hand", **pieces.local()}
    assert [one["status"] for one in pieces.hub.repos[REPO].pulls.values()] == ["open", "merged"]


def test_a_merge_whose_reply_was_lost_counts_as_done(pieces: Desk) -> None:
    pieces.hub.fault = lambda method, path: LOST if path.endswith("/merge") else None
    assert pieces.publish(tag="v1").changed
    assert pieces.remote("v1") == pieces.local()


@pytest.mark.parametrize("at", points("/commit/refs", heavy=("/commit/main", "/merge")))
def test_a_publishing_that_is_killed_and_repeated_is_a_publishing(pieces: Desk, tmp_path: Path, at: str) -> None:
    command = [sys.executable, "-c", GUARDED + IN_PIECES, str(pieces.folder), REPO]
    environment = {**os.environ, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "hf")}
    running = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)

    def kill(method: str, path: str) -> str | None:
        if at not in path:
            return None
        pieces.hub.fault = lambda method, path: None
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        return LOST

    pieces.hub.fault = kill
    assert running.wait(240) == -signal.SIGKILL
    uploaded = pieces.hub.calls("PUT", "/_lfs/")
    pieces.hub.requests.clear()
    pieces.publish(tag="v1")
    assert pieces.remote("v1") == pieces.local()
    large = [path for path in pieces.local() if path.endswith((".tar", ".parquet"))]
    assert uploaded + pieces.hub.calls("PUT", "/_lfs/") == len(large), "no large file goes up twice"


def test_progress_says_how_much_is_done_how_fast_and_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    clock = iter([0.0, 0.0, 5.0, 20.0, 40.0])
    monkeypatch.setattr(committing, "monotonic", lambda: next(clock))
    progress = _Progress(4_000_000, said.append, started=committing.monotonic(), said=committing.monotonic())
    progress.see(1_000_000)
    progress.see(1_000_000)
    progress.skip(1_000_000)
    assert said == ["2.0 of 4.0 MB, 0.1 MB/s, 0 min left", "3.0 of 4.0 MB, 0.1 MB/s, 0 min left"]


def test_one_commit_is_enough_where_the_files_are_few(desk: Desk) -> None:
    desk.write([voice(1)])
    desk.publish()
    assert desk.hub.repos[REPO].pulls == {}

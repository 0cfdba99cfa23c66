import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pipelines.collection import find
from pipelines.release.publish import Access, Published, publish, publish_release
from schemas.errors import BadInput, BadSetting, EmocurateError
from schemas.release import Sample
from tests.mini_hub import LOST, OWNER, READ_ONLY, TOKEN, MiniHub
from tests.pipelines.release.samples import face, voice, write_release

pytestmark = pytest.mark.long

REPO = f"{OWNER}/voices"
FIRST = [*(voice(number) for number in range(30)), voice(30, split="test"), face(40)]
GUARDED = """
import socket
look_up = socket.getaddrinfo

def guarded(host, *rest, **options):
    assert host in ("127.0.0.1", "localhost"), f"{host} is outside this machine"
    return look_up(host, *rest, **options)

socket.getaddrinfo = guarded
"""
IN_PIECES = """
from pipelines.release import committing

committing.PIECE_FILES = 4
"""
PUBLISHES = """
import sys
from pathlib import Path
from pipelines.release.publish import publish

print(publish(Path(sys.argv[1]), sys.argv[2], tag="v1", say=print))
"""
LOADS = """
import sys
from datasets import Value, load_dataset, load_dataset_builder

features = load_dataset_builder(sys.argv[1], "voice").info.features
features["flac"] = Value("binary")
print(load_dataset(sys.argv[1], "voice", split="test", revision="v1", features=features)[0]["__key__"])
"""


@dataclass
class Desk:
    """A release in a folder and a Hub to bring it to."""

    folder: Path
    hub: MiniHub
    said: list[str] = field(default_factory=list)

    def write(self, samples: list[Sample], max_samples: int = 10) -> None:
        write_release(self.folder, samples, max_samples)

    def anew(self, samples: list[Sample]) -> None:
        shutil.rmtree(self.folder)
        self.write(samples)

    def publish(self, **options: Any) -> Published:
        return publish(self.folder, REPO, **{"tag": None, "say": self.said.append, **options})

    def local(self) -> dict[str, bytes]:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}

    def remote(self, revision: str = "main") -> dict[str, bytes]:
        repo = self.hub.repos[REPO]
        files = repo.commits[repo.revision(revision)].files
        return {path: self.hub.read(REPO, path, revision) for path in files if path != ".gitattributes"}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    hub = MiniHub(tmp_path / "hub").start()
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "no-login"))
    monkeypatch.setattr(socket, "getaddrinfo", only_loopback(socket.getaddrinfo))
    desk = Desk(tmp_path / "release", hub)
    desk.write(FIRST)
    yield desk
    hub.stop()


def only_loopback(look_up: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *rest: Any, **options: Any) -> Any:
        assert host in ("127.0.0.1", b"127.0.0.1", "localhost"), f"{host} is outside this machine"
        return look_up(host, *rest, **options)

    return guarded


def test_a_release_arrives_whole_private_and_in_one_commit(desk: Desk) -> None:
    done = desk.publish()
    assert desk.remote() == desk.local()
    assert desk.hub.repos[REPO].private
    assert desk.hub.calls("POST", "/commit/") == 1
    assert (done.changed, done.added, done.deleted, done.private) == (True, len(desk.local()), 0, True)
    assert done.commit == desk.hub.repos[REPO].branches["main"]
    assert done.address == f"{desk.hub.url}/datasets/{REPO}"


def test_publishing_twice_uploads_nothing_and_makes_no_commit(desk: Desk) -> None:
    first = desk.publish(tag="v1")
    desk.hub.requests.clear()
    second = desk.publish(tag="v1")
    assert not [path for method, path in desk.hub.requests if method in ("POST", "PUT")]
    assert (second.changed, second.added, second.commit) == (False, 0, first.commit)
    assert second.unchanged == len(desk.local())


def test_only_what_differs_goes_up_and_what_is_gone_goes_away(desk: Desk) -> None:
    desk.publish()
    desk.hub.requests.clear()
    stale = set(desk.local())
    desk.write(FIRST[:-1])
    done = desk.publish()
    assert desk.remote() == {name: data for name, data in desk.local().items() if not name.startswith("face/")}
    assert done.deleted == len([name for name in stale if name.startswith("face/")]) == 4
    assert desk.hub.calls("PUT", "/_lfs/") == 1, "the manifest of samples, no shard"
    assert (done.added, done.unchanged) == (7, len(desk.remote()) - 7)  # card, licences, citation, datasheet, lists


def test_files_of_others_stay_where_they_are(desk: Desk) -> None:
    desk.publish()
    desk.hub.put(REPO, {"notes.txt": b"by hand", "voice/listen.txt": b"by hand"})
    desk.write(FIRST[:20])
    desk.publish()
    assert {name for name in desk.remote() if name.endswith(".txt")} == {"notes.txt", "voice/listen.txt"}


def test_files_of_others_are_not_written_over(desk: Desk) -> None:
    desk.hub.create(REPO, private=True)
    desk.hub.put(REPO, {"voice/voice-train-000000.tar": b"theirs", "manifest.json": b'{"name": "a web app"}'})
    with pytest.raises(BadSetting, match=r"somebody else.*manifest\.json.*OWNER/NAME"):
        desk.publish()
    assert desk.hub.calls("POST", "/commit/") == 0


def test_a_readme_the_hub_made_is_replaced(desk: Desk) -> None:
    desk.hub.create(REPO, private=True)
    desk.hub.put(REPO, {"README.md": b"---\nlicense: mit\n---\n"})
    desk.publish()
    assert desk.remote() == desk.local()


def test_what_is_public_has_to_be_said_to_be(desk: Desk) -> None:
    assert desk.publish(access=Access(private=False)).private is False
    with pytest.raises(BadSetting, match="--public"):
        desk.publish()
    desk.write(FIRST[:5])
    assert desk.publish(access=Access(private=False)).changed


def test_a_private_dataset_stays_private_until_its_owner_opens_it(desk: Desk) -> None:
    desk.publish()
    assert desk.publish(access=Access(private=False)).private is True
    assert any("stays private" in line for line in desk.said)


def test_a_tag_names_the_commit_for_ever(desk: Desk) -> None:
    first = desk.publish(tag="v1")
    before = desk.remote()
    desk.write(FIRST[:20])
    desk.publish(tag="v2")
    assert desk.hub.repos[REPO].tags["v1"] == first.commit
    assert desk.remote("v1") == before
    assert desk.remote("v2") == desk.remote() != before


def test_a_tag_of_another_release_is_refused_before_anything_is_uploaded(desk: Desk) -> None:
    desk.publish(tag="v1")
    desk.write(FIRST[:20])
    desk.hub.requests.clear()
    with pytest.raises(BadSetting, match="names another release"):
        desk.publish(tag="v1")
    assert not [path for method, path in desk.hub.requests if method in ("POST", "PUT")]


def test_a_tag_that_was_not_reached_is_made_the_next_time(desk: Desk) -> None:
    desk.hub.fault = lambda method, path: 500 if "/tag/" in path else None
    with pytest.raises(EmocurateError, match="500"):
        desk.publish(tag="v1")
    desk.hub.fault = lambda method, path: None
    done = desk.publish(tag="v1")
    assert (done.changed, desk.hub.repos[REPO].tags) == (False, {"v1": done.commit})


def test_a_commit_whose_reply_was_lost_counts_as_done(desk: Desk) -> None:
    desk.hub.fault = lambda method, path: LOST if "/commit/" in path else None
    done = desk.publish(tag="v1")
    assert desk.hub.calls("POST", "/commit/") == 1
    assert desk.remote("v1") == desk.local()
    assert done.changed


def test_a_change_by_somebody_else_meanwhile_is_told_and_nothing_is_written(desk: Desk) -> None:
    def change_meanwhile(method: str, path: str) -> None:
        if "/preupload/" in path:
            desk.hub.fault = lambda method, path: None
            desk.hub.put(REPO, {"notes.txt": b"by hand"})

    desk.hub.create(REPO, private=True)
    desk.hub.fault = change_meanwhile
    with pytest.raises(EmocurateError, match="somebody else changed"):
        desk.publish()
    assert set(desk.remote()) == {"notes.txt"}
    desk.publish()
    assert desk.remote() == {"notes.txt": b"by hand", **desk.local()}


def test_a_refused_commit_changes_nothing_and_can_be_tried_again(desk: Desk) -> None:
    desk.hub.fault = lambda method, path: 503 if "/commit/" in path else None
    with pytest.raises(EmocurateError, match="503"):
        desk.publish()
    assert desk.remote() == {}
    desk.hub.fault = lambda method, path: None
    desk.hub.requests.clear()
    desk.publish()
    assert desk.remote() == desk.local()
    assert desk.hub.calls("PUT", "/_lfs/") == 0


@pytest.mark.parametrize(
    "number", [403, *(pytest.param(number, marks=pytest.mark.heavy) for number in (400, 412, 500))]
)
def test_a_refused_commit_leaves_the_last_release_and_its_tag(desk: Desk, number: int) -> None:
    desk.publish(tag="v1")
    last, commit = desk.remote("v1"), desk.hub.repos[REPO].branches["main"]
    desk.anew(FIRST[:6])
    desk.hub.fault = lambda method, path: number if "/commit/" in path else None
    with pytest.raises(EmocurateError):
        desk.publish(tag="v2")
    repo = desk.hub.repos[REPO]
    assert (repo.branches["main"], repo.tags) == (commit, {"v1": commit})
    assert desk.remote() == last
    desk.hub.fault = lambda method, path: None
    desk.publish(tag="v2")
    assert (desk.remote("v1"), desk.remote("v2")) == (last, desk.local())


def test_files_that_the_repository_ignores_are_told(desk: Desk) -> None:
    desk.hub.create(REPO, private=True)
    desk.hub.put(REPO, {".gitignore": b"*.tar\n"})
    with pytest.raises(EmocurateError, match=r"left out .*\.tar.*gitignore"):
        desk.publish()


@pytest.mark.parametrize("token", [None, "hf_of_somebody_else"])
def test_without_a_token_that_may_write_it_says_how_to_log_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, token: str | None
) -> None:
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    else:
        monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(EmocurateError, match="hf auth login") as told:
        desk.publish()
    assert str(token) not in str(told.value)


@pytest.mark.parametrize("is_there", [False, True])
def test_with_a_token_that_may_only_read_it_says_which_one_is_needed_and_uploads_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    if is_there:
        desk.hub.create(REPO, private=True)
    monkeypatch.setenv("HF_TOKEN", READ_ONLY)
    with pytest.raises(EmocurateError, match="your token may not write to owner/voices; type `hf auth login`") as told:
        desk.publish()
    assert READ_ONLY not in str(told.value)
    assert not desk.hub.objects
    assert list(desk.hub.repos) == ([REPO] if is_there else [])


def test_the_token_is_never_said(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    done = desk.publish(tag="v1")
    out, err = capfd.readouterr()
    assert TOKEN not in "\n".join([*desk.said, repr(done), out, err])


def test_a_hub_that_cannot_be_reached_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(EmocurateError, match="cannot be reached"):
        desk.publish()


def test_a_file_that_the_hub_refuses_is_not_told_as_a_lost_connection(desk: Desk) -> None:
    desk.publish()
    desk.write(FIRST[:20])
    desk.hub.fault = lambda method, path: 404 if "/resolve/" in path else None
    with pytest.raises(EmocurateError, match="there is no dataset .* that your token may see"):
        desk.publish()


@pytest.mark.parametrize("repo", ["a/b/c", "so many words", "owner/", "-x"])
def test_a_name_that_cannot_be_one_is_refused(desk: Desk, repo: str) -> None:
    with pytest.raises(BadSetting, match="OWNER/NAME"):
        publish(desk.folder, repo, tag=None, say=desk.said.append)


def test_a_name_that_cannot_be_one_is_refused_before_the_release_is_looked_at(home: Path) -> None:
    with pytest.raises(
        BadSetting, match="'a/b/c' cannot be the name of a dataset; type `emocurate publish OWNER/NAME`"
    ):
        publish_release(find(home), "a/b/c", None, say=print)


def test_a_tag_that_cannot_be_one_is_refused(desk: Desk) -> None:
    with pytest.raises(BadSetting, match=r"v1\.0"):
        desk.publish(tag="my tag")


def test_a_folder_that_is_no_whole_release_is_refused(desk: Desk) -> None:
    shard = next(desk.folder.glob("voice/*.tar"))
    shard.write_bytes(shard.read_bytes()[:-512])
    with pytest.raises(BadInput, match="emocurate export"):
        desk.publish()
    (desk.folder / "manifest.json").unlink()
    with pytest.raises(BadInput, match=r"no manifest\.json"):
        desk.publish()
    assert not desk.hub.requests


def test_left_over_files_in_the_folder_stay_at_home(desk: Desk) -> None:
    expected = desk.local()
    (desk.folder / "voice" / "voice-train-000099.tar.tmp").write_bytes(b"half")
    (desk.folder / "private-notes.txt").write_bytes(b"not for the world")
    desk.publish()
    assert desk.remote() == expected


@pytest.mark.parametrize("xet", [pytest.param(True, id="xet"), pytest.param(False, id="lfs", marks=pytest.mark.heavy)])
def test_the_client_as_it_comes_publishes_and_loads_again_by_name(desk: Desk, tmp_path: Path, xet: bool) -> None:
    hub = MiniHub(tmp_path / "second", xet=xet).start()
    try:
        published = run(tmp_path, hub, PUBLISHES, str(desk.folder), REPO)
        assert "changed=True" in published
        assert (hub.calls("GET", "xet-write-token") > 0) is xet
        desk.hub = hub
        assert desk.remote("v1") == desk.local()
        assert "changed=False" in run(tmp_path, hub, PUBLISHES, str(desk.folder), REPO)
        assert run(tmp_path, hub, LOADS, REPO).strip() == voice(30).key
    finally:
        hub.stop()


def test_a_release_in_pieces_goes_up_through_xet_and_is_merged(desk: Desk, tmp_path: Path) -> None:
    hub = MiniHub(tmp_path / "second", xet=True).start()
    try:
        desk.anew(FIRST[:6])
        assert "changed=True" in run(tmp_path, hub, IN_PIECES + PUBLISHES, str(desk.folder), REPO)
        desk.hub = hub
        assert desk.remote("v1") == desk.local()
        repo = hub.repos[REPO]
        assert [pull["status"] for pull in repo.pulls.values()] == ["merged"]
        assert hub.calls("POST", "/commit/") == -(-len(desk.local()) // 4)
        assert (hub.calls("GET", "xet-write-token") > 0, hub.calls("PUT", "/_lfs/")) == (True, 0)
        assert set(hub.store.hashes() if hub.store else ()) == {  # every large file, each from Xet
            entry.sha256 for entry in repo.head.files.values() if entry.sha256
        }
    finally:
        hub.stop()


def run(tmp_path: Path, hub: MiniHub, code: str, *arguments: str) -> str:
    settings = {"HF_ENDPOINT": hub.url, "HF_TOKEN": TOKEN, "HF_HOME": str(tmp_path / "home")}
    settings |= {} if hub.store else {"HF_HUB_DISABLE_XET": "1"}
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **settings, "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-c", GUARDED + code, *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout

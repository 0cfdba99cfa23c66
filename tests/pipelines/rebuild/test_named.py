"""A release is named by its folder, or as it stands on the Hub, of which the media it has are not fetched."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.rebuild.named import release_folder
from schemas.errors import BadInput, EmocurateError
from tests.mini_hub import TOKEN, MiniHub
from tests.pipelines.rebuild.test_rebuild import Released, elsewhere, rebuilt, released, tars
from tests.pipelines.release.test_export import files_of as contents

REPO = "owner/labels"
__all__ = ["elsewhere", "released"]  # fixtures
FILES = {"manifest.json": b"{}", "labels-only.parquet": b"PAR1", "removed.txt": b"a1\n", "voice/voice-0.tar": b"tar"}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MiniHub]:
    running = MiniHub(tmp_path / "hub").start()
    monkeypatch.setenv("HF_ENDPOINT", running.url)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.chdir(tmp_path)
    yield running
    running.stop()


def files_of(named: str) -> dict[str, bytes]:
    with release_folder(named, print) as folder:
        files = [path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_of_a_release_on_the_hub_there_is_what_tells_of_it_as_it_stands_now(hub: MiniHub) -> None:
    hub.create(REPO, private=True)
    hub.put(REPO, FILES)
    assert files_of(REPO) == {name: data for name, data in FILES.items() if not name.endswith(".tar")}
    hub.put(REPO, {"removed.txt": b"a1\na2\n"})
    assert files_of(REPO)["removed.txt"] == b"a1\na2\n"


def test_a_folder_goes_before_the_hub(hub: MiniHub, tmp_path: Path) -> None:
    hub.create(REPO, private=True)
    (tmp_path / REPO).mkdir(parents=True)
    (tmp_path / REPO / "manifest.json").write_text(json.dumps({"name": "v1"}))
    assert files_of(REPO) == {"manifest.json": b'{"name": "v1"}'}
    assert not hub.requests
    with release_folder("releases/v1/of/mine", print) as folder:
        assert folder == Path("releases/v1/of/mine")


def test_what_is_no_release_there_or_nowhere_is_told(hub: MiniHub) -> None:
    hub.create(REPO, private=True)
    with pytest.raises(BadInput, match=r"owner/labels is no release: it has no manifest\.json"):
        files_of(REPO)
    with pytest.raises(BadInput, match="neither a folder owner/other here nor a dataset"):
        files_of("owner/other")


def test_a_hub_that_cannot_be_reached_is_told(hub: MiniHub, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.create(REPO, private=True)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(EmocurateError, match="the Hub cannot be reached"):
        files_of(REPO)


def test_a_release_on_the_hub_is_rebuilt_byte_for_byte_by_its_name(
    hub: MiniHub, released: Released, elsewhere: collection.Collection
) -> None:
    hub.create(REPO, private=True)
    hub.put(REPO, contents(released.release))
    with release_folder(REPO, print) as folder:
        done = rebuilt(elsewhere, folder)
    assert (done.identical, done.missing) == (7, {})
    assert tars(Path(done.folder)) == tars(released.internal)

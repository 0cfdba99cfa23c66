"""A release counts as written when webdataset and datasets load it; whatever keeps them from it is told."""

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.release import writing
from pipelines.release.check import Loaded, check_loads, streamed
from pipelines.release.export import export
from pipelines.release.order import Export
from schemas.errors import NotLoadable
from schemas.layout import record
from schemas.settings import Settings
from tests.pipelines.release.samples import EMOTIONS, face, flac, layout_of, voice, write_release
from tests.pipelines.release.test_loading import WITHOUT_TORCH

pytestmark = pytest.mark.long

SAMPLES = [*(voice(number) for number in range(12)), voice(12, split="test"), *(face(number) for number in range(3))]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_release(folder, SAMPLES, max_samples=6)
    return folder


@pytest.fixture
def release(whole: Path, tmp_path: Path) -> Path:
    """A release of the test's own, to break."""
    return Path(shutil.copytree(whole, tmp_path / "release"))


def test_every_split_of_every_configuration_is_counted_and_read(whole: Path) -> None:
    shards = len(list(whole.glob("voice/voice-train-*.tar")))
    assert shards > 1
    assert sorted(check_loads(whole), key=lambda loaded: loaded.configuration + loaded.split) == [
        Loaded("face", "train", samples=3, shards=1, read=3),
        Loaded("voice", "test", samples=1, shards=1, read=1),
        Loaded("voice", "train", samples=12, shards=shards, read=12),
    ]


def test_of_long_shards_only_the_first_samples_are_read_and_that_is_said(whole: Path) -> None:
    train = next(
        loaded for loaded in check_loads(whole, first=2) if (loaded.configuration, loaded.split) == ("voice", "train")
    )
    assert (train.samples, train.read) == (12, 2 * train.shards)


@pytest.mark.parametrize("name", [".v1.aside", "odd [1] {2} * ? #é"])
def test_the_name_of_the_folder_makes_no_difference(whole: Path, tmp_path: Path, name: str) -> None:
    assert check_loads(Path(shutil.copytree(whole, tmp_path / name))) == check_loads(whole)


def test_nothing_is_asked_of_the_network(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert check_loads(whole)


def test_neither_torch_nor_anything_left_behind(whole: Path, tmp_path: Path) -> None:
    program = f"{WITHOUT_TORCH}\nfrom pathlib import Path\nfrom pipelines.release.check import check_loads\n"
    program += "assert check_loads(Path(sys.argv[1]))\nassert 'torch' not in sys.modules"
    (tmp_path / "temporary").mkdir()
    kept = {"HF_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path / "temporary")}
    environment = {**os.environ, **kept, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", program, str(whole)], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert "%|" not in done.stderr  # a progress bar
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "cache").exists()


def test_media_come_as_bytes_and_samples_typed_by_the_card(whole: Path, tmp_path: Path) -> None:
    rows = {row["__key__"]: row for row in streamed(whole, "voice", tmp_path)[0]["test"]}
    sample = SAMPLES[12]
    assert rows[sample.key]["flac"] == flac()
    assert rows[sample.key]["json"] == {**record(sample, layout_of("voice")), "emotion": EMOTIONS.index("anger")}


def rewritten_card(old: str, new: str, count: int = 1) -> Callable[[Path], None]:
    def rewrite(release: Path) -> None:
        card = release / "README.md"
        text = card.read_text("utf-8")
        assert old in text
        card.write_text(text.replace(old, new, count), "utf-8")

    return rewrite


def cut_short(release: Path) -> None:
    shard = next(release.glob("voice/voice-train-*.tar"))
    os.truncate(shard, shard.stat().st_size - 512)


def removed(release: Path) -> None:
    next(release.glob("voice/voice-train-*.tar")).unlink()


def without_media(release: Path) -> None:
    """The shard of the test split again, as many bytes, its sound under another name."""
    (shard,) = release.glob("voice/voice-test-*.tar")
    size = shard.stat().st_size
    with tarfile.open(shard) as tar:
        members = [(member.name, tar.extractfile(member)) for member in tar]
        contents = [(name, file.read()) for name, file in members if file]
    with tarfile.open(shard, "w") as tar:
        for name, content in contents:
            member = tarfile.TarInfo(name.replace(".flac", ".wave"))
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    os.truncate(shard, size)


def miscounted(release: Path) -> None:
    manifest = json.loads((release / "manifest.json").read_text("utf-8"))
    manifest["counts"]["voice"]["train"] += 1
    (release / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.mark.parametrize(
    ("break_", "message"),
    [
        (cut_short, r"bytes of voice/voice-train-0.*: found \d+, expected \d+"),
        (removed, "shards of voice train: found 2, expected 3"),
        (without_media, "different 'flac' in sample"),
        (miscounted, "samples of voice train: found 12, expected 13"),
        (rewritten_card("config_name: face", "config_name: other"), r"configurations: found .*'other-bytes'"),
        (rewritten_card("face-train-*", "nothing-*"), r"rows read of face/face-train-0.*: found 0, expected 3"),
        (rewritten_card("data_files: *id002", "data_files: *id001"), "files of face-bytes"),
        (rewritten_card("split: test", "split: extra"), r"splits of voice: found \['extra', 'train'\]"),
        (rewritten_card("dtype: binary", "dtype: string"), "types of voice-bytes"),
        (rewritten_card("name: scopes", "name: other", -1), "different 'json' in sample"),
    ],
)
def test_a_release_that_does_not_load_is_refused_with_the_reason(
    release: Path, break_: Callable[[Path], None], message: str
) -> None:
    break_(release)
    with pytest.raises(NotLoadable, match=message) as refused:
        check_loads(release)
    assert str(release) in str(refused.value)


def test_an_export_that_does_not_load_makes_no_release_and_the_next_begins_anew(
    answered: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal = writing.seal

    def seal_and_break(folder: Path, *words: Any) -> None:
        seal(folder, *words)
        cut_short(folder)

    with monkeypatch.context() as disk:
        disk.setattr(writing, "seal", seal_and_break)
        with pytest.raises(NotLoadable, match="stay in"):
            export(Export(answered, Settings(), draw=False), "v1")
    assert not (answered / "releases" / "v1").exists()
    assert export(Export(answered, Settings(), draw=False), "v1").new
    assert [path.name for path in (answered / "releases").iterdir()] == ["v1"]


def test_a_scratch_folder_is_removed_even_when_a_release_does_not_load(
    release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    removed(release)
    with pytest.raises(NotLoadable):
        check_loads(release)
    assert list((tmp_path / "temporary").iterdir()) == []

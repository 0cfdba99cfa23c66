"""Which files make a pipeline of pyannote.audio, and what is said of those that are not there or are something else."""

import importlib.util
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from curate.voices.pyannote_files import pyannote_files
from schemas.errors import BadSetting, Missing

if importlib.util.find_spec("pyannote") is None:
    pytest.skip("the extra [voices] is not installed", allow_module_level=True)

PARAMS = {"segmentation": "$model/segmentation", "embedding": "$model/embedding", "plda": "$model/plda"}


def settings(folder: Path, pipeline: dict[str, Any] | None = None, **params: Any) -> Path:
    told = pipeline or {"name": "pyannote.audio.pipelines.SpeakerDiarization", "params": {**PARAMS, **params}}
    (folder / "config.yaml").write_text(yaml.safe_dump({"pipeline": told, "params": {}}))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("segmentation/pytorch_model.bin", "embedding/pytorch_model.bin", "plda/plda.npz"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(name.encode())
    (tmp_path / "plda" / "xvec_transform.npz").write_bytes(b"transform")
    return settings(tmp_path)


def test_a_folder_and_its_settings_are_the_same_pipeline_with_the_licence_that_is_told(folder: Path) -> None:
    files = pyannote_files(str(folder), "CC-BY-4.0")
    assert set(files.files) == {"config", "segmentation", "embedding", "transform", "plda"}
    assert files.weights.licence == "CC-BY-4.0"
    assert str(folder.parent) not in files.weights.name
    assert pyannote_files(str(folder / "config.yaml")).sha256 == files.sha256


def test_a_grouping_that_knows_nothing_of_voices_needs_no_plda(folder: Path) -> None:
    files = pyannote_files(str(settings(folder, clustering="AgglomerativeClustering", plda=None)))
    assert set(files.files) == {"config", "segmentation", "embedding"}


def test_a_part_may_lie_elsewhere(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "own.bin"
    elsewhere.write_bytes(b"network")
    assert pyannote_files(str(settings(folder, embedding=str(elsewhere)))).files["embedding"] == elsewhere


@pytest.mark.parametrize("part", ["config.yaml", "segmentation/pytorch_model.bin", "plda/plda.npz"])
def test_a_file_that_is_not_there_is_named(folder: Path, part: str) -> None:
    (folder / part).unlink()
    with pytest.raises(Missing, match=f"no {part} in {folder}"):
        pyannote_files(str(folder))


@pytest.mark.parametrize("content", [b"\n<!DOCTYPE html><html>", b"version https://git-lfs.github.com/spec/v1\noid"])
@pytest.mark.parametrize("part", ["config.yaml", "embedding/pytorch_model.bin"])
def test_a_web_page_or_a_pointer_is_no_model(folder: Path, part: str, content: bytes) -> None:
    (folder / part).write_bytes(content)
    with pytest.raises(Missing, match=f"{part} is a web page or a pointer"):
        pyannote_files(str(folder))


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ({"name": "subprocess.Popen", "params": {"args": ["touch", "ran"]}}, "is of a pipeline 'subprocess.Popen'"),
        ({"name": "pyannote.audio.pipelines.VoiceActivityDetection", "params": {}}, "VoiceActivityDetection"),
        ({"params": {}}, "is no settings of a pipeline"),
    ],
)
def test_settings_of_anything_else_are_refused_before_it_is_made(
    folder: Path, pipeline: dict[str, Any], message: str
) -> None:
    with pytest.raises(Missing, match=message):
        pyannote_files(str(settings(folder, pipeline)))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"clustering": "KMeansClustering"}, "groups voices by 'KMeansClustering'; expected one of VBxClustering"),
        ({"embedding": None}, "does not say where its embedding lies"),
        ({"segmentation_stride": 1}, "sets segmentation_stride, which emocurate does not know"),
    ],
)
def test_settings_that_cannot_be_obeyed_are_refused(folder: Path, params: dict[str, Any], message: str) -> None:
    with pytest.raises(Missing, match=message):
        pyannote_files(str(settings(folder, **params)))


@pytest.mark.parametrize("text", ["", "a: [", "pipeline: 3", "- 1", "\x00"])
def test_what_is_no_settings_at_all_is_refused(folder: Path, text: str) -> None:
    (folder / "config.yaml").write_text(text)
    with pytest.raises(Missing, match="is no settings of a pipeline"):
        pyannote_files(str(folder))


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        ("", BadSetting, "wants voice.turns_model"),
        ("models", BadSetting, "a folder is an absolute path"),
        ("/nowhere/at/all", Missing, "there is no folder /nowhere/at/all.*config set voice.turns_model FOLDER"),
    ],
)
def test_a_model_that_is_no_model_is_told_with_what_to_put_there(
    model: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        pyannote_files(model)


def test_one_network_is_no_pipeline(folder: Path) -> None:
    with pytest.raises(BadSetting, match="is one network"):
        pyannote_files(str(folder / "segmentation" / "pytorch_model.bin"))


class Gated(BaseHTTPRequestHandler):
    """A hub of models that lets in one token."""

    files: Path

    def do_GET(self) -> None:
        name = self.path.partition("/resolve/main/")[2]
        is_let_in = self.headers.get("Authorization") == "Bearer hf_let_in"
        content = (self.files / name).read_bytes() if is_let_in else b""
        self.send_response(200 if is_let_in else 401)
        if not is_let_in:
            self.send_header("X-Error-Code", "GatedRepo")
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("ETag", f'"{name.replace("/", "-")}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815 - the name http.server looks for

    def log_message(self, *_told: object) -> None:
        """Nothing is written of requests."""


@pytest.fixture
def hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    running = ThreadingHTTPServer(("127.0.0.1", 0), type("OfFolder", (Gated,), {"files": folder}))
    threading.Thread(target=running.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{running.server_address[1]}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    yield running
    running.shutdown()
    running.server_close()


@pytest.mark.usefixtures("hub")
def test_what_lies_on_the_hub_is_fetched_with_the_token_and_kept(
    folder: Path, hub: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_let_in")
    files = pyannote_files("somebody/turns")
    assert files.sha256 == pyannote_files(str(folder)).sha256
    assert files.name == "somebody/turns"
    hub.shutdown()
    hub.server_close()
    assert pyannote_files("somebody/turns").sha256 == files.sha256


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("token", "message"),
    [("", "there is no token in HF_TOKEN; accept its terms"), ("hf_other", "the token in HF_TOKEN is not let in")],
)
def test_a_model_that_the_hub_keeps_closed_is_told_without_the_token(
    token: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    with pytest.raises(Missing, match=message) as refused:
        pyannote_files("somebody/turns")
    assert "hf_other" not in str(refused.value)


@pytest.mark.usefixtures("hub")
def test_a_hub_that_is_not_asked_for_want_of_a_network_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(Missing, match="config.yaml of .* could not be fetched.*or name a folder that holds it"):
        pyannote_files("somebody/turns")

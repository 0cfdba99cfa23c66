import os
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from schemas.layout import answer_rows, record
from schemas.release import Sample, SampleAnswer, SampleLabel
from tests.pipelines.release.samples import face, flac, layout_of, voice, webp, write_release

pytestmark = pytest.mark.long

WITHOUT_TORCH = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in ("torch", "torchcodec") else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
"""


def hard_cases() -> list[Sample]:
    """What makes loaders guess wrongly: nulls and empty lists first, fractions late, odd text, every kind of answer."""
    bare = {"labels": (), "answers": (), "transcript": None, "quality": {"clipping": None, "snr_db": 0}}
    samples = [voice(number, **bare) for number in range(40)]
    answers = (
        SampleAnswer("s", "words", "r1", "person", text="'\"\\ \n\t 😀 日本 \u2028 |"),
        SampleAnswer("s", "several", "r1", "person", categories=("joy", "fear")),
        SampleAnswer("s", "several", "r2", "corpus", categories=()),
        SampleAnswer("s", "scale", "r1", "model", number=0.5, week="2026-W01"),
        SampleAnswer("s", "scale", "r2", "person", number=3, duration_ms=2**40),
        SampleAnswer("s", "*", "r3", "person", state="skipped"),
    )
    labels = (
        SampleLabel("ekman-1", "emotion", "majority@1", 2, "fear", names=("anger", "fear"), shares=(0.25, 0.75)),
        SampleLabel("s", "scale", "mean@1", 2, value_number=1.75, names=("0", "1"), shares=(0.1, 0.9), deviation=1 / 3),
        SampleLabel("s", "emotion", "majority@1", 2, tied=("joy", "fear"), agreement=0.0),
    )
    full = {"answers": answers, "labels": labels, "transcript": "é", "quality": {"clipping": 1e-7, "snr_db": -3.25}}
    late = max(samples, key=lambda sample: sample.key)
    tested = [voice(100, split="test", **bare), voice(101, split="test", **full)]
    return [*(sample for sample in samples if sample is not late), voice_like(late, full), *tested]


def voice_like(sample: Sample, changes: dict[str, Any]) -> Sample:
    number = next(number for number in range(40) if voice(number).key == sample.key)
    return voice(number, **changes)


def faces() -> list[Sample]:
    return [face(number, split="test" if number % 3 else "train") for number in range(6)]


def by_key(samples: list[Sample], split: str) -> dict[str, Any]:
    layout = layout_of(samples[0].media, samples)
    return {sample.key: record(sample, layout) for sample in samples if sample.split == split}


def rows_by_key(rows: Any) -> dict[str, Any]:
    """What `datasets` gives, classes by their names as in the shards."""
    names = getattr(rows.features["json"].get("emotion"), "names", ())
    by_key = {row["__key__"]: row["json"] for row in rows}
    return {key: named(row, names) for key, row in by_key.items()}


def named(row: dict[str, Any], names: Any) -> dict[str, Any]:
    return row | {"emotion": names[row["emotion"]]} if row.get("emotion") is not None else row


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("release")
    write_release(folder, [*hard_cases(), *faces()])
    return folder


@pytest.mark.parametrize("split", ["train", "test"])
def test_datasets_gives_back_every_kind_and_number_of_the_voices_through_the_card(
    release: Path, split: str, tmp_path: Path
) -> None:
    from datasets import Value, load_dataset, load_dataset_builder

    features = load_dataset_builder(str(release), "voice", cache_dir=str(tmp_path)).info.features
    features["flac"] = Value("binary")
    loaded = load_dataset(str(release), "voice", split=split, features=features, cache_dir=str(tmp_path))
    assert rows_by_key(loaded) == by_key(hard_cases(), split)
    assert {row["flac"] for row in loaded} == {flac()}


def test_datasets_streams_the_same(release: Path, tmp_path: Path) -> None:
    from datasets import Value, load_dataset, load_dataset_builder

    features = load_dataset_builder(str(release), "voice", cache_dir=str(tmp_path)).info.features
    features["flac"] = Value("binary")
    rows = load_dataset(
        str(release), "voice", split="train", features=features, streaming=True, cache_dir=str(tmp_path)
    )
    assert rows_by_key(rows) == by_key(hard_cases(), "train")


def test_datasets_gives_back_faces_as_pictures(release: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    loaded = load_dataset(str(release), "face", split="test", cache_dir=str(tmp_path))
    assert rows_by_key(loaded) == by_key(faces(), "test")
    assert {row["webp"].size for row in loaded} == {(64, 48)}


def test_webdataset_gives_back_every_sample_as_it_was(release: Path) -> None:
    from webdataset import WebDataset

    for media, suffix, content, samples in (
        ("voice", "flac", flac(), hard_cases()),
        ("face", "webp", webp(), faces()),
    ):
        shards = sorted(str(path) for path in (release / media).glob(f"{media}-test-*.tar"))
        rows = list(WebDataset(shards, shardshuffle=False).decode())
        assert {row["__key__"]: row["json"] for row in rows} == by_key(samples, "test")
        assert {row[suffix] for row in rows} == {content}


def test_the_code_on_the_card_runs_without_torch(release: Path, tmp_path: Path) -> None:
    blocks = [block for block in code_blocks(release) if "get_all_samples" not in block and "import torch" not in block]
    assert len(blocks) == 14
    said = run(release, tmp_path, WITHOUT_TORCH + "\n".join(blocks))
    assert said.count(f" {len(flac())}\n") == 2
    assert said.count("(64, 48)") == 1


def test_the_code_on_the_card_gives_torch_a_loader_with_soft_targets(release: Path, tmp_path: Path) -> None:
    first, *rest = code_blocks(release)
    blocks = [
        block for block in rest if "import torch" in block or block.startswith("import glob\n\nimport webdataset")
    ]
    assert len(blocks) == 6
    said = run(release, tmp_path, "\n".join([first, *blocks]))
    assert said.count("torch.Size([1, 7])") == 1  # the one labelled voice, seven emotions
    assert said.count("tensor(6.5000)") == 1


def test_single_answers_stand_beside_the_shards(release: Path) -> None:
    rows = pq.read_table(release / "voice" / "answers.parquet").to_pylist()
    expected = [row for sample in hard_cases() for row in answer_rows(sample)]
    assert sorted(map(str, rows)) == sorted(map(str, expected))


def test_single_answers_stand_in_the_shards_where_that_is_wanted(tmp_path: Path) -> None:
    from webdataset import WebDataset

    write_release(tmp_path, [voice(1), voice(2, split="test")], embed=True)
    (row,) = WebDataset([str(tmp_path / "voice" / "voice-test-000000.tar")], shardshuffle=False).decode()
    assert row["json"] == record(voice(2, split="test"), layout_of("voice", embed=True))
    assert len(row["json"]["answers"]) == 3


def test_where_every_sample_lies_is_told_to_the_byte(release: Path) -> None:
    for row in pq.read_table(release / "manifest.parquet").to_pylist():
        data = (release / row["shard"]).read_bytes()[row["offset"] : row["offset"] + row["size"]]
        assert data == (flac() if row["media"] == "voice" else webp())
        assert sha256(data).hexdigest() == row["sha256"]


def test_whoever_names_no_configuration_gets_all_of_it_without_torch(release: Path, tmp_path: Path) -> None:
    code = """
from datasets import load_dataset
rows = load_dataset(sys.argv[1])
print(sorted(rows), rows["train"].num_rows, rows["train"][0]["flac"][:4], rows["train"].features["json"]["emotion"].names[0])
"""
    assert run(release, tmp_path, WITHOUT_TORCH + code) == "['test', 'train'] 40 b'fLaC' anger\n"


def test_the_first_lines_of_the_card_that_load_anything_need_no_torch_and_no_plain_path(
    release: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(release, tmp_path / "set [v1]" / "r"))
    first, second, *_ = code_blocks(folder)
    assert " None " in run(folder, tmp_path, WITHOUT_TORCH + first + second)  # the label of a sample that has none


def test_the_card_loads_from_a_folder_whose_path_looks_like_a_pattern(release: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(release, tmp_path / "set [v1]" / "r"))
    first, *rest = code_blocks(folder)
    blocks = [block for block in rest if "DatasetInfosDict" in block]
    assert run(folder, tmp_path, WITHOUT_TORCH + "\n".join([first, *blocks])) == "40\n2\n"


def test_readers_beyond_the_number_of_shards_share_the_samples_as_the_card_shows(release: Path, tmp_path: Path) -> None:
    first, shards, _, several, *_ = code_blocks(release)
    assert "and `train` has 1." in (release / "README.md").read_text("utf-8")
    every = several.replace("    break", "").replace('sample["__key__"]', '"key", sample["__key__"]')
    reader = first + shards.split("for ")[0] + every
    of_each = [f"import os\nos.environ['RANK'] = '{rank}'\nprint('next reader')\n{reader}" for rank in "012"]
    _, *readers = run(release, tmp_path, "\n".join(of_each), WORLD_SIZE="3").split("next reader\n")
    printed = [re.findall(r"^key (\w+)$", text, re.M) for text in readers]
    assert sorted(map(len, printed)) == [13, 13, 14]
    assert {key for keys in printed for key in keys} == set(by_key(hard_cases(), "train"))


@pytest.mark.ffmpeg
def test_the_code_on_the_card_decodes_sound_with_torch(release: Path, tmp_path: Path) -> None:
    pytest.importorskip("torchcodec", exc_type=(ImportError, RuntimeError))  # type: ignore[arg-type]
    first, *rest = code_blocks(release)
    (block,) = [block for block in rest if "get_all_samples" in block]
    assert "torch.Size([1, 8000]) 16000" in run(release, tmp_path, first + "\n" + block)


def code_blocks(release: Path) -> list[str]:
    text = (release / "README.md").read_text("utf-8").replace("/path/to/this/release", str(release))
    return re.findall(r"```python\n(.*?)```", text, re.S)


def run(release: Path, cache: Path, code: str, **variables: str) -> str:
    offline = {"HF_HOME": str(cache), "HF_HUB_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment = {**os.environ, **offline, **variables}
    command = [sys.executable, "-c", code, str(release)]
    done = subprocess.run(command, cwd=cache, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout

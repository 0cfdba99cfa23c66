"""The section of a card that shows how to load the release, with torch and without."""

import json
import re

from pipelines.release.tally import Tally
from schemas.release import SPLITS, Part, Release

_FOLDER_FROM_HUB = """\
from huggingface_hub import snapshot_download

folder = snapshot_download({repo}, repo_type="dataset")"""
_FOLDER = """\
folder = "/path/to/this/release"  # where this file lies"""

_WEBDATASET = """\
import glob

import webdataset

shards = sorted(glob.glob(folder + "/{media}/{media}-{split}-*.tar"))
for sample in webdataset.WebDataset(shards, shardshuffle=False).decode():
    print(sample["__key__"], sample["json"]["labels"], len(sample["{suffix}"]))
    break"""

_DATASETS = """\
from datasets import load_dataset

for sample in load_dataset(folder, "{media}", split="{split}"):
    {decoded}
    break"""

_DATASETS_PLAIN = """\
from datasets import Value, load_dataset, load_dataset_builder

features = load_dataset_builder(folder, "{media}").info.features
features["{suffix}"] = Value("binary")
for sample in load_dataset(folder, "{media}", split="{split}", features=features):
    {decoded}
    break"""

_WITH = {
    "voice": """sound = sample["{suffix}"].get_all_samples()  # a torchcodec decoder
    print(sample["json"]["labels"], sound.data.shape, sound.sample_rate)""",
    "face": """print(sample["json"]["labels"], sample["{suffix}"].size)  # a PIL image""",
}
_WITHOUT = {
    "voice": """sound, rate_hz = soundfile.read(io.BytesIO(sample["{suffix}"]))
    print(sample["json"]["labels"], sound.shape, rate_hz)""",
    "face": """print(sample["json"]["labels"], PIL.Image.open(io.BytesIO(sample["{suffix}"])).size)""",
}
_IMPORT = {"voice": "import soundfile", "face": "import PIL.Image"}

_TABLE = """\
import pyarrow.parquet

table = pyarrow.parquet.read_table(folder + "/{media}/labels.parquet")
print(table.num_rows, table.column_names)"""


def loading(release: Release, tally: Tally) -> str:
    """The section on loading: the folder, then webdataset, datasets with and without torch, and the table."""
    parts = [part for part in release.parts if tally.of(part.media)]
    if not parts:
        return ""
    named = re.fullmatch(r"[\w.-]+/[\w.-]+", release.repo or "", re.ASCII)
    folder = _FOLDER_FROM_HUB.format(repo=json.dumps(release.repo)) if named else _FOLDER
    medias = [_part(part, tally) for part in parts]
    return "\n\n".join(["## Loading", _code(folder), *medias])


def _part(part: Part, tally: Tally) -> str:
    present = tally.of(part.media)
    names = {"media": part.media, "suffix": part.suffix, "split": next(one for one in SPLITS if one in present)}
    with_torch = _DATASETS.format(decoded=_WITH[part.media].format(**names), **names)
    without = _DATASETS_PLAIN.format(decoded=_WITHOUT[part.media].format(**names), **names)
    needs = "needs torch and torchcodec" if part.media == "voice" else "needs Pillow"
    return "\n\n".join(
        [
            f"### {part.media.capitalize()}",
            "With `webdataset` (media stay bytes):",
            _code(_WEBDATASET.format(**names)),
            f"With `datasets` ({needs}):",
            _code(with_torch),
            "With `datasets`, media as bytes, without torch:",
            _code(f"import io\n\n{_IMPORT[part.media]}\n{without}"),
            "Only labels, answers and scores:",
            _code(_TABLE.format(**names)),
        ]
    )


def _code(text: str) -> str:
    return f"```python\n{text}\n```"

"""The section of a card that shows how to load the release, with torch and without."""

import json
import re

from pipelines.release.frontmatter import AS_BYTES
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

shards = sorted(glob.glob(glob.escape(folder) + "/{media}/{media}-{split}-*.tar"))
for sample in webdataset.WebDataset(shards, shardshuffle=False).decode():
    print(sample["__key__"], sample["json"]["labels"], len(sample["{suffix}"]))
    break"""

# A shard goes to one reader, and webdataset raises an error in a reader that gets none.
_SEVERAL = """\
import itertools

from webdataset.utils import pytorch_worker_info

def every_nth(samples):
    rank, ranks, worker, workers = pytorch_worker_info()
    return itertools.islice(samples, rank * workers + worker, None, ranks * workers)

dataset = webdataset.WebDataset(shards, shardshuffle=False, nodesplitter=None, workersplitter=None)
for sample in dataset.compose(every_nth).decode():
    print(sample["__key__"])
    break"""

_DATASETS = """\
from datasets import load_dataset

for sample in load_dataset(folder, "{configuration}", split="{split}"):
    {decoded}
    break"""

_ANY_PATH = """\
import glob

from datasets import load_dataset
from datasets.info import DatasetInfosDict

features = DatasetInfosDict.from_directory(folder)["{configuration}"].features
shards = glob.escape(folder) + "/{media}/{media}-{split}-*.tar"
print(load_dataset("webdataset", data_files={{"{split}": shards}}, features=features, split="{split}").num_rows)"""

_TYPED = {
    "voice": """sound = sample["{suffix}"].get_all_samples()  # a torchcodec decoder
    print(sample["json"]["labels"], sound.data.shape, sound.sample_rate)""",
    "face": """print(sample["json"]["labels"], sample["{suffix}"].size)  # a PIL image""",
}
_BYTES = """sound, rate_hz = soundfile.read(io.BytesIO(sample["{suffix}"]))
    print(sample["json"]["labels"], sound.shape, rate_hz)"""

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
    medias = [block for part in parts for block in _part(part, tally)]
    return "\n\n".join(["## Loading", _code(folder), *medias])


def _part(part: Part, tally: Tally) -> list[str]:
    """What loads always comes first; what needs more than the libraries it names says so."""
    split = next(split for split in SPLITS if split in tally.of(part.media))
    as_bytes = AS_BYTES.get(part.media)
    names = {
        "media": part.media,
        "suffix": part.suffix,
        "split": split,
        "configuration": as_bytes or part.media,
    }
    typed = _DATASETS.format(**names | {"configuration": part.media}, decoded=_TYPED[part.media].format(**names))
    plain = "import io\n\nimport soundfile\n" + _DATASETS.format(decoded=_BYTES.format(**names), **names)
    shards = sum(shard.split == split for shard in part.shards)
    return [
        f"### {part.media.capitalize()}",
        "With `webdataset` (media stay bytes):",
        _code(_WEBDATASET.format(**names)),
        f"With several training processes or loader workers a shard goes to one of them, and `{split}` has "
        f"{shards:,}. For more readers than shards let each take every n-th sample:",
        _code(_SEVERAL),
        *(
            ["With `datasets` (media stay bytes; no torch is needed):", _code(plain)]
            if as_bytes
            else ["With `datasets` (needs Pillow):", _code(typed)]
        ),
        *(["With `datasets`, decoded (needs torch and torchcodec):", _code(typed)] if as_bytes else []),
        "`datasets` takes `[`, `?` and `*` in the path of a folder for a pattern; this loads from any:",
        _code(_ANY_PATH.format(**names)),
        "Only labels, answers and scores:",
        _code(_TABLE.format(**names)),
    ]


def _code(text: str) -> str:
    return f"```python\n{text}\n```"

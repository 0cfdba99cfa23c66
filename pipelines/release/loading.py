"""The section of a card that shows how to load the release and train on it, with torch and without."""

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
    print(sample["__key__"], {shown}, len(sample["{suffix}"]))
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

_TRAIN_WEBDATASET = """\
import torch

samples = webdataset.WebDataset(shards, shardshuffle=False).decode()
labelled = samples.select(lambda sample: sample["json"]["{target}"] is not None)
pairs = labelled.map(lambda sample: (sample["{suffix}"], torch.tensor(sample["json"]["{target}"])))
print(next(iter(torch.utils.data.DataLoader(pairs, batch_size=None)))[1])"""

_DATASETS = """\
from datasets import load_dataset

for sample in load_dataset(folder, "{configuration}", split="{split}"):
    {decoded}
    break"""

_STREAMED = """\
from datasets import load_dataset

rows = load_dataset(folder, "{configuration}", split="{split}", streaming=True)
print(next(iter(rows))["json"]["key"])"""

_TRAIN_DATASETS = """\
import torch
from datasets import load_dataset

rows = load_dataset(folder, "{configuration}", split="{split}")
labelled = rows.filter(lambda row: row["{target}"] is not None, input_columns="json")
targets = lambda rows: ([row["{suffix}"] for row in rows], torch.tensor([row["json"]["{target}"] for row in rows]))
print(next(iter(torch.utils.data.DataLoader(labelled, batch_size=8, collate_fn=targets)))[1].shape)"""

_ANY_PATH = """\
import glob

from datasets import load_dataset
from datasets.info import DatasetInfosDict

features = DatasetInfosDict.from_directory(folder)["{configuration}"].features
shards = glob.escape(folder) + "/{media}/{media}-{split}-*.tar"
print(load_dataset("webdataset", data_files={{"{split}": shards}}, features=features, split="{split}").num_rows)"""

_BARE = """\
from datasets import load_dataset

print(load_dataset(folder, "labels-only", split="labels").num_rows)"""

# `datasets` reads all configurations of a folder by one module, which is that of shards where there are any.
_BARE_BESIDE_SHARDS = """\
from datasets import load_dataset

table = folder + "/labels-only.parquet"
print(load_dataset("parquet", data_files={"labels": table}, split="labels").num_rows)"""

_TYPED = {
    "voice": """sound = sample["{suffix}"].get_all_samples()  # a torchcodec decoder
    print({shown}, sound.data.shape, sound.sample_rate)""",
    "face": """print({shown}, sample["{suffix}"].size)  # a PIL image""",
    "moment": """frame = sample["{suffix}"][0]  # of a torchcodec decoder of the pictures: colours, height, width
    print({shown}, frame.shape)  # its sound: torchcodec.decoders.AudioDecoder on the bytes above""",
}
_NEEDS = {"voice": "needs torch and torchcodec", "face": "needs Pillow", "moment": "needs torch and torchcodec"}
_PLAIN = """print({shown}, len(sample["{suffix}"]))"""

_TABLE = """\
import pyarrow.parquet

table = pyarrow.parquet.read_table(folder + "/{media}/labels.parquet")
answers = pyarrow.parquet.read_table(folder + "/{media}/answers.parquet")
print(table.num_rows, table.column_names, answers.num_rows)"""


def loading(release: Release, tally: Tally) -> str:
    """The section on loading: the folder, then webdataset, datasets with and without torch, and the tables."""
    parts = [part for part in release.parts if tally.of(part.media)]
    if not parts and not release.bare:
        return ""
    named = re.fullmatch(r"[\w.-]+/[\w.-]+", release.repo or "", re.ASCII)
    folder = _FOLDER_FROM_HUB.format(repo=json.dumps(release.repo)) if named else _FOLDER
    medias = [block for part in parts for block in _part(part, tally)]
    table = _BARE_BESIDE_SHARDS if parts else _BARE
    bare = ["Labels of clips without their media, with `datasets`:", _code(table)] if release.bare else []
    return "\n\n".join(["## Loading", _code(folder), *medias, *bare])


def _part(part: Part, tally: Tally) -> list[str]:
    """What loads always comes first; what needs more than the libraries it names says so."""
    split = next(split for split in SPLITS if split in tally.of(part.media))
    target = _target(part)
    names = {
        "media": part.media,
        "suffix": part.suffix,
        "split": split,
        "configuration": AS_BYTES[part.media],
        "target": target,
        "shown": f'sample["json"]["{target}"]' if target else 'sample["json"]["key"]',
    }
    typed = _DATASETS.format(**names | {"configuration": part.media}, decoded=_TYPED[part.media].format(**names))
    plain = _DATASETS.format(decoded=_PLAIN.format(**names), **names)
    shards = sum(shard.split == split for shard in part.shards)
    return [
        f"### {part.media.capitalize()}",
        "With nothing but `webdataset` (media stay bytes; no torch is needed):",
        _code(_WEBDATASET.format(**names)),
        *_train(
            _TRAIN_WEBDATASET,
            names,
            "Pairs of media and a target for torch, which has to be there, too; a target is the same in every epoch:",
        ),
        f"With several training processes or loader workers a shard goes to one of them, and `{split}` has "
        f"{shards:,}. For more readers than shards let each take every n-th sample:",
        _code(_SEVERAL),
        "With nothing but `datasets` (media stay bytes; no torch is needed):",
        _code(plain),
        "Streamed, which copies nothing into the cache first:",
        _code(_STREAMED.format(**names)),
        *_train(_TRAIN_DATASETS, names, "In batches for torch, which has to be there, too; streamed or not:"),
        f"With `datasets`, decoded ({_NEEDS[part.media]}):",
        _code(typed),
        "`datasets` takes `[`, `?` and `*` in the path of a folder for a pattern; this loads from any:",
        _code(_ANY_PATH.format(**names)),
        "Only labels and scores, and every single answer (needs pyarrow, which comes with `datasets`):",
        _code(_TABLE.format(**names)),
    ]


def _target(part: Part) -> str:
    """The column to train on: a soft label where there is one, else a scale."""
    soft = [f"{label.column}_soft" for label in part.layout.flat if label.type != "scale" and label.by != "intended"]
    return next(iter([*soft, *(label.column for label in part.layout.flat if label.type == "scale")]), "")


def _train(template: str, names: dict[str, str], words: str) -> list[str]:
    return [words, _code(template.format(**names))] if names["target"] else []


def _code(text: str) -> str:
    return f"```python\n{text}\n```"

"""From recordings of meetings to shards: each clip is of one voice, told from turns that people wrote down."""

import json
import tarfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine.catalog import Catalog
from tests.curate.conversations import rttm
from tests.processes import typed

pytestmark = pytest.mark.long

MEETINGS = {"dev00": "debug.development", "dev01": "debug.development", "sample": "sample"}
SETTINGS = """voice.changes true
voice.max_change 0.7
voice.min_ms 1200
voice.bursts false"""


def emocurate(*verb: str, home: Path) -> None:
    done = typed(*verb, "--home", str(home))
    assert done.returncode == 0, done.stderr


def described(shards: Path) -> list[dict[str, Any]]:
    """What stands beside the media of every sample."""
    samples: list[dict[str, Any]] = []
    for shard in sorted(shards.glob("*.tar")):
        with tarfile.open(shard) as opened:
            members = [opened.extractfile(one) for one in opened.getmembers() if one.name.endswith(".json")]
            samples += [json.loads(member.read()) for member in members if member]
    return samples


def spoken_s(truth: list[tuple[float, float, str]], start_s: float, end_s: float) -> Counter[str]:
    """How long each person speaks between two moments."""
    heard: Counter[str] = Counter()
    for begins, ends, person in truth:
        heard[person] += max(0.0, min(ends, end_s) - max(begins, start_s))
    return heard


def test_clips_of_meetings_in_shards_are_for_nine_tenths_of_their_speech_of_one_voice(
    shared: Path, tmp_path: Path
) -> None:
    home, speech = tmp_path / "meetings", shared / "speech"
    typed("init", str(home))
    for setting in SETTINGS.splitlines():
        emocurate("config", "set", *setting.split(), home=home)
    files = [str(speech / f"{name}.wav") for name in MEETINGS]
    emocurate("add", *files, "--licence", "CC-BY-4.0", "--attribution", "the people of the meetings", home=home)
    emocurate("run", home=home)
    emocurate("export", "--unlabelled", home=home)
    names = dict(Catalog(home).rows("SELECT asset, name FROM statements"))
    shares = []
    for sample in (one for release in (home / "releases").iterdir() for one in described(release / "voice")):
        name = Path(names[sample["asset"]]).stem
        heard = spoken_s(
            rttm(speech / f"{MEETINGS[name]}.rttm", name), sample["start_ms"] / 1000, sample["end_ms"] / 1000
        )
        shares.append(max(heard.values()) / sum(heard.values()))
    assert len(shares) == 12
    assert min(shares) >= 0.9

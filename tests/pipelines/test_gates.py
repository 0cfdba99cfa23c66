"""What thresholds remove is told by what is known without them, with intervals, every threshold for itself."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from annotate.raters.shares import share_apart
from pipelines import collection
from pipelines.engine import live
from pipelines.engine.catalog import Catalog, Noun, insert
from pipelines.engine.workers import Inline
from pipelines.find.pipeline import pipeline
from pipelines.find.run import bring_up_to_date
from pipelines.gates import TOGETHER, Cost, Gate, Gates, gates
from pipelines.imports.commit import NAMES
from pipelines.show.gates import costs as drawn
from schemas.answers import Answer, Ask, Item, Rater, RaterKind
from schemas.ids import canonical
from schemas.media import Asset, Clip, ClipKind, Source, Statement, score
from schemas.sections import VoiceSettings
from schemas.settings import Settings
from schemas.stage import Receipt
from tests.pipelines.conftest import take_in

FIND, MEASURE = "FindSpeech@1", "Measure@1"
STRICT = Settings(voice=VoiceSettings(min_loudness_lufs=-30.0, min_ms=500))
AT = "2026-01-01T00:00:00.000000Z"


@dataclass(frozen=True)
class Recording:
    """A made recording with one utterance, and what is said of it."""

    number: int
    lufs: float
    requested: str | None = None
    speaker: str | None = None
    sex: str | None = None
    language: str | None = None
    ms: int = 1000
    kind: ClipKind = "utterance"

    @property
    def asset(self) -> str:
        return f"{self.number:032x}"

    @property
    def clip(self) -> Clip:
        return Clip(self.asset, self.kind, 0, self.ms)


def recorded(home: Path, recordings: Sequence[Recording]) -> None:
    """Recordings in the catalog, found and measured."""
    source = Source("licence", "CC-BY-4.0")
    nouns: list[Noun] = [source]
    receipts: list[Receipt] = []
    for one in recordings:
        words = (one.speaker, one.language, None, one.requested, one.sex)
        nouns += [
            Asset(one.asset, "sound", "wav", 1),
            Statement(one.asset, f"{one.number}.wav", "batch", AT, source.id),
        ]
        nouns.append(Statement(one.asset, f"{one.number}.wav", "file", AT, None, *words))
        receipts.append(Receipt(FIND, one.asset, "done", made=(one.clip,)))
        receipts.append(Receipt(MEASURE, one.clip.id, "done", made=(score(one.clip.id, "loudness_lufs", one.lufs),)))
    Catalog(home).add(nouns, receipts)
    live.refresh(Catalog(home), [FIND, MEASURE])


def gate(found: Gates, setting: str) -> Gate:
    (one,) = [one for one in found.gates if one.setting.endswith(setting) and one.modality == "voice"]
    return one


def cost(found: Gates, setting: str, variable: str, value: str) -> Cost:
    (one,) = [one for one in gate(found, setting).costs if (one.variable, one.value) == (variable, value)]
    return one


def calm_and_angry() -> list[Recording]:
    """Twenty calm clips, of which fifteen are too soft, and twenty angry ones, of which two are."""
    calm = [Recording(n, -40 if n < 15 else -20, "Calm ", "p1", "F", "de") for n in range(20)]
    return calm + [Recording(20 + n, -40 if n < 2 else -20, "angry", "p2", "m", "en") for n in range(20)]


def test_a_threshold_confesses_which_requested_emotion_it_removes_with_wilsons_interval(home: Path) -> None:
    recorded(home, calm_and_angry())
    calm = cost(gates(home, STRICT), "min_loudness_lufs", "requested", "calm")
    assert (calm.removed, calm.share.n, calm.share.value) == (15, 20, 0.75)
    assert (calm.share.low, calm.share.high) == pytest.approx((0.5313, 0.8881), abs=1e-4)  # Wilson's for 15 of 20


def test_what_costs_an_emotion_more_than_the_rest_is_named_with_newcombes_interval(home: Path) -> None:
    recorded(home, calm_and_angry())
    found = gate(gates(home, STRICT), "min_loudness_lufs")
    assert ("requested", "calm") in {(one.variable, one.value) for one in found.uneven}
    assert ("requested", "angry") not in {(one.variable, one.value) for one in found.uneven}
    (calm,) = [one for one in found.costs if one.value == "calm"]
    assert calm.more == share_apart(15, 20, 2, 20)


def test_leaving_overlaps_out_is_a_gate_that_confesses_too(home: Path) -> None:
    recorded(
        home,
        [
            Recording(n, -20, "angry" if n < 20 else "calm", kind="overlap" if n < 15 else "utterance")
            for n in range(40)
        ],
    )
    found = gate(gates(home, Settings()), "voice.overlaps")
    assert (found.removed, found.alone) == (15, 15)
    assert [(each.value, each.removed) for each in found.uneven if each.variable == "requested"] == [("angry", 15)]


@pytest.mark.parametrize(
    ("variable", "value"), [("speaker", "p1"), ("sex", "f"), ("language", "de"), ("basis", "licence")]
)
def test_what_is_told_of_speaker_sex_language_and_basis_is_counted_too(home: Path, variable: str, value: str) -> None:
    recorded(home, calm_and_angry())
    assert cost(gates(home, STRICT), "min_loudness_lufs", variable, value).removed == (17 if value == "licence" else 15)


def test_what_nobody_told_is_no_value(home: Path) -> None:
    recorded(home, [Recording(n, -40) for n in range(3)])
    found = gates(home, STRICT)
    assert {one.variable for one in gate(found, "min_loudness_lufs").costs} == {"basis"}
    assert (found.clips, found.emotions) == (3, 0)


def test_every_threshold_that_a_clip_misses_counts_it(home: Path) -> None:
    recorded(home, [Recording(0, -40, "calm", ms=100), Recording(1, -40, "calm")])
    found = gates(home, STRICT)
    assert [(gate(found, name).removed, gate(found, name).alone) for name in ("min_ms", "min_loudness_lufs")] == [
        (1, 0),
        (2, 1),
    ]
    assert gate(found, TOGETHER).removed == 2


def rated(home: Path, ref: Item, rater: Rater, value: Any, server: str = "table") -> None:
    ask = Ask(ref.id, "s")
    answer = Answer(f"o-{rater.id}", ask.id, "emotion", rater.id, AT, canonical(value), "given")
    Catalog(home).add([ref, ask, rater, answer])
    with Catalog(home).open() as connection:
        row = {"id": [f"o-{rater.id}"], "scheme": ["s"], "modality": [""], "server": [server]}
        insert(connection, "origins", row)


@pytest.mark.parametrize(
    ("kind", "server", "variables"),
    [
        ("corpus", "table", {"emotion (corpus)"}),
        ("corpus", NAMES, {"emotion (intended)"}),
        ("person", "table", set()),
        ("model", "table", set()),
    ],
)
def test_emotions_are_those_of_corpora_and_of_names_of_files_and_never_of_people_or_models(
    home: Path, kind: RaterKind, server: str, variables: set[str]
) -> None:
    one = Recording(0, -40)
    recorded(home, [one])
    rated(home, Item("clip", one.clip.id), Rater("r", kind), "anger", server)
    found = gates(home, STRICT)
    assert {one.variable for one in gate(found, "min_loudness_lufs").costs} - {"basis"} == variables
    assert found.emotions == bool(variables)


def test_what_a_corpus_says_of_a_whole_file_is_known_of_the_clips_in_it(home: Path) -> None:
    one = Recording(0, -40)
    recorded(home, [one])
    whole = Clip(one.asset, "whole")
    Catalog(home).add([whole])
    rated(home, Item("clip", whole.id), Rater("r", "corpus"), "anger")
    assert cost(gates(home, STRICT), "min_loudness_lufs", "emotion (corpus)", "anger").removed == 1


def test_a_tie_between_votes_of_a_corpus_is_no_emotion(home: Path) -> None:
    one = Recording(0, -40)
    recorded(home, [one])
    for name, value in (("a", "anger"), ("b", "joy")):
        rated(home, Item("clip", one.clip.id), Rater(name, "corpus"), value)
    assert gates(home, STRICT).emotions == 0


def test_numbers_of_a_corpus_are_parted_into_thirds(home: Path) -> None:
    recordings = [Recording(n, -40 if n > 5 else -20) for n in range(9)]
    recorded(home, recordings)
    for place, one in enumerate(recordings):
        rated(home, Item("clip", one.clip.id), Rater("r", "corpus"), place / 10)
    found = gate(gates(home, STRICT), "min_loudness_lufs")
    shares = {one.value: one.share.value for one in found.costs if one.variable == "emotion (corpus)"}
    assert shares == {"low, up to 0.2": 0, "middle, up to 0.5": 0, "high": 1}


def test_files_in_which_the_finder_finds_nothing_are_a_gate_too(home: Path) -> None:
    recorded(home, [Recording(0, -20, "calm")])
    silent = Asset("f" * 32, "sound", "wav", 1)
    said = Statement(silent.id, "f.wav", "file", AT, requested="calm")
    Catalog(home).add([silent, said], [Receipt(FIND, silent.id, "dropped", "no speech")])
    live.refresh(Catalog(home), [FIND, MEASURE])
    found = gate(gates(home, STRICT), "finds nothing")
    assert (found.unit, found.removed, found.of) == ("files", 1, 2)
    assert [one.removed for one in found.costs if one.value == "calm"] == [1]


def test_the_report_shows_every_gate_that_removes_something_and_names_the_others(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(home, calm_and_angry())
    drawn(gates(home, STRICT))
    text = capsys.readouterr().out
    assert "voice.min_loudness_lufs = -30 removes 17 of 40 clips" in text
    assert "it costs requested 'calm' more than the rest" in text
    assert "remove nothing: voice.bursts, " in text


def test_where_no_emotion_is_known_the_report_says_how_to_learn_one(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(home, [Recording(0, -40)])
    drawn(gates(home, STRICT))
    assert "push --dropped" in capsys.readouterr().out


@pytest.mark.heavy
@pytest.mark.parametrize("noise", [0.0, 1.0], ids=["as they are", "in a room as loud as they are"])
def test_no_threshold_is_on_by_default_that_costs_loud_emotions_more_than_calm_ones(
    home: Path, shared: Path, tmp_path: Path, noise: float
) -> None:
    (tmp_path / "clips").mkdir()
    random = np.random.default_rng(0)
    with (shared / "speech_emotion" / "arousal.csv").open() as file:
        arousal = {name: float(value) for name, value in csv.reader(file)}
    for name in arousal:
        samples, rate = soundfile.read(shared / "speech_emotion" / name)
        soundfile.write(tmp_path / "clips" / name, samples + noise * random.normal(0, 0.03, len(samples)), rate)
    take_in(home, [tmp_path / "clips"])
    bring_up_to_date(home, pipeline(Settings()), Inline())
    for asset, name in Catalog(home).rows("SELECT asset, min(name) FROM statements GROUP BY asset"):
        whole = Clip(asset, "whole")
        Catalog(home).add([whole])
        rated(home, Item("clip", whole.id), Rater("r", "corpus"), arousal[name])
    found = gates(home, collection.find(home).settings)
    assert found.emotions > 40
    assert [(one.setting, one.uneven) for one in found.gates if one.unit == "clips" and one.uneven] == []

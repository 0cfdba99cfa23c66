"""Thresholds: each clause turns down what is beyond it and nothing else, in the order in which reasons are told."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.find.thresholds import choose, miss
from schemas.answers import Ask, Item
from schemas.media import Asset, Clip, score
from schemas.modality import MODALITIES, VOICE, Modality
from schemas.scheme import Media
from schemas.sections import FaceSettings, MomentSettings, VoiceSettings
from schemas.settings import Settings
from schemas.stage import LINK, Receipt
from tests.pipelines.conftest import Builder, empty_in

SOUND, PICTURE = Asset("5" * 32, "sound", "wav", 1), Asset("7" * 32, "picture", "png", 1)
VIDEO = Asset("9" * 32, "video", "mp4", 1)
FIND, MEASURE = "Find@1", "Measure@1"
LAX = Settings(
    voice=VoiceSettings(min_ms=0, max_ms=10**9, min_snr_db=-1e9, min_loudness_lufs=-1e9, max_clipping=1.0),
    face=FaceSettings(min_px=0, min_score=0.0, min_brightness=0.0, max_yaw_deg=180.0, per_track=1000),
    moment=MomentSettings(min_sync=-1.0, min_margin=0.0),
)


@dataclass(frozen=True)
class Clause:
    """A threshold on a score: what is just beyond it, what is just inside, and the reason it gives."""

    media: Media
    setting: str
    value: float
    score: str
    beyond: float
    inside: float
    reason: str

    def __str__(self) -> str:
        return f"{self.setting}: {self.beyond}"


CLAUSES = [
    Clause("voice", "min_snr_db", 10.0, "snr_db", 9.9999, 10.0, "noisier than voice.min_snr_db"),
    Clause(
        "voice", "min_loudness_lufs", -40.0, "loudness_lufs", -40.0001, -40.0, "quieter than voice.min_loudness_lufs"
    ),
    Clause("voice", "max_clipping", 0.1, "clipping", 0.1001, 0.1, "clipped more than voice.max_clipping"),
    Clause("voice", "min_bandwidth_hz", 4e3, "bandwidth_hz", 3999.9999, 4e3, "narrower than voice.min_bandwidth_hz"),
    Clause(
        "voice", "max_steadiness", 0.9, "steadiness", 0.9001, 0.9, "a steady tone: steadier than voice.max_steadiness"
    ),
    Clause("voice", "max_purity", 0.9, "purity", 0.9001, 0.9, "a tone or sweep: purer than voice.max_purity"),
    Clause("voice", "max_music", 0.4, "music", 0.4001, 0.4, "music without speech: more than voice.max_music"),
    Clause("voice", "max_singing", 0.4, "singing", 0.4001, 0.4, "singing: more than voice.max_singing"),
    Clause("voice", "max_change", 0.7, "voice_change", 0.7001, 0.7, "the voice changes more than voice.max_change"),
    Clause("voice", "max_flatness", 0.4, "flatness", 0.4001, 0.4, "noise: flatter than voice.max_flatness"),
    Clause(
        "voice",
        "min_speech_probability",
        0.2,
        "speech_probability",
        0.1999,
        0.2,
        "less like speech than voice.min_speech_probability",
    ),
    Clause("face", "min_score", 0.5, "face_score", 0.4999, 0.5, "less sure than face.min_score"),
    Clause("face", "min_blur", 20.0, "blur", 19.9999, 20.0, "more blurred than face.min_blur"),
    Clause("face", "min_brightness", 30.0, "brightness", 29.9999, 30.0, "darker than face.min_brightness"),
    Clause("face", "max_yaw_deg", 45.0, "yaw_deg", 45.0001, 45.0, "turned away more than face.max_yaw_deg"),
    Clause("face", "max_yaw_deg", 45.0, "yaw_deg", -45.0001, -45.0, "turned away more than face.max_yaw_deg"),
    Clause("face", "max_pitch_deg", 40.0, "pitch_deg", -41.0, -40.0, "looks up or down more than face.max_pitch_deg"),
    Clause("face", "max_occlusion", 0.8, "occlusion", 0.8001, 0.8, "covered more than face.max_occlusion"),
    Clause("face", "per_track", 2, "track_rank", 3, 2, "not among the best of its track: face.per_track"),
    Clause("moment", "min_sync", 0.5, "sync", 0.4999, 0.5, "lips and voice go together less than moment.min_sync"),
    Clause(
        "moment", "min_margin", 0.1, "sync_margin", 0.0999, 0.1, "another face fits almost as well: moment.min_margin"
    ),
]
SPANS = {"bursts", "overlaps", "min_ms", "max_ms", "min_px"}  # those that look at the clip itself, each with its test
TOO_BRIGHT = Clause("face", "max_brightness", 240.0, "brightness", 240.1, 240.0, "brighter than face.max_brightness")


def utterance(ms: int = 1000, start_ms: int = 0) -> Clip:
    return Clip(SOUND.id, "utterance", start_ms, start_ms + ms)


def burst(ms: int) -> Clip:
    return Clip(SOUND.id, "burst", 0, ms)


def overlap() -> Clip:
    return Clip(SOUND.id, "overlap", 0, 1000)


def face(width: int = 100, height: int = 100) -> Clip:
    return Clip(PICTURE.id, "face", None, None, (0, 0, width, height))


def moment(start_ms: int = 0) -> Clip:
    return Clip(VIDEO.id, "moment", start_ms, start_ms + 2000)


def with_clips(home: Path, *clips: Clip, stage: str = MEASURE, **scores: float) -> None:
    """Clips that a stage in force made, and what another measured of each."""
    made = [Receipt(FIND, clip.asset, "done", made=(clip,), attempt=n) for n, clip in enumerate(clips, start=1)]
    measured = [
        Receipt(stage, clip.id, "done", made=tuple(score(clip.id, *pair) for pair in scores.items())) for clip in clips
    ]
    Catalog(home).add([SOUND, PICTURE, VIDEO], [*made, *measured])
    live.refresh(Catalog(home), [FIND, MEASURE])


def chosen(home: Path, settings: Settings, media: Media, columns: str = "id, reason") -> list[tuple[Any, ...]]:
    with Catalog(home).open() as connection:
        choose(connection, settings, media)
        return connection.execute(f"SELECT {columns} FROM chosen_{media} ORDER BY id").fetchall()


def reasons(home: Path, settings: Settings, media: Media) -> list[str | None]:
    return [reason for _, reason in chosen(home, settings, media)]


def having(media: Media, **values: Any) -> Settings:
    """Settings that turn down nothing but what these do."""
    return replace(LAX, **{media: replace(getattr(LAX, media), **values)})


def clip_of(clause: Clause, *, beyond: bool) -> Clip:
    """The clip of `clauses_in` that is just beyond a clause, or just inside."""
    place = 2 * [*CLAUSES, TOO_BRIGHT].index(clause) + beyond
    if clause.media == "face":
        return face(width=100 + place)
    return utterance(start_ms=2000 * place) if clause.media == "voice" else moment(2000 * place)


def clauses_in(home: Path, media: Path) -> None:
    """A collection with two clips for each clause, of each of which one score is known."""
    empty_in(home, media)
    values = [
        (clip_of(clause, beyond=beyond), score_of)
        for clause in (*CLAUSES, TOO_BRIGHT)
        for beyond, score_of in ((True, (clause.score, clause.beyond)), (False, (clause.score, clause.inside)))
    ]
    made = [Receipt(FIND, clip.asset, "done", made=(clip,), attempt=n) for n, (clip, _) in enumerate(values, start=1)]
    measured = [Receipt(MEASURE, clip.id, "done", made=(score(clip.id, *of),)) for clip, of in values]
    Catalog(home).add([SOUND, PICTURE, VIDEO], [*made, *measured])
    live.refresh(Catalog(home), [FIND, MEASURE])


@pytest.mark.parametrize("clause", [*CLAUSES, TOO_BRIGHT], ids=str)
def test_a_clause_turns_down_what_is_beyond_it(made_once: Callable[[Builder], Path], clause: Clause) -> None:
    home, clip = made_once(clauses_in) / "home", clip_of(clause, beyond=True)
    strict = having(clause.media, **{clause.setting: clause.value})
    assert dict(chosen(home, strict, clause.media))[clip.id] == clause.reason
    assert dict(chosen(home, LAX, clause.media))[clip.id] is None


@pytest.mark.parametrize("clause", CLAUSES, ids=str)
def test_a_value_at_a_threshold_is_good(made_once: Callable[[Builder], Path], clause: Clause) -> None:
    home, clip = made_once(clauses_in) / "home", clip_of(clause, beyond=False)
    strict = having(clause.media, **{clause.setting: clause.value})
    assert dict(chosen(home, strict, clause.media))[clip.id] is None


@pytest.mark.parametrize("modality", MODALITIES.values(), ids=lambda modality: modality.name)
def test_no_threshold_is_without_a_test_of_its_clause(modality: Modality) -> None:
    tested = {clause.setting for clause in (*CLAUSES, TOO_BRIGHT) if clause.media == modality.name}
    assert {threshold.setting for threshold in modality.thresholds} <= tested | SPANS


@pytest.mark.parametrize("media", ["voice", "face", "moment"])
def test_a_missing_score_never_speaks_against_a_clip(home: Path, media: Media) -> None:
    with_clips(home, utterance(), face(), moment(), unknown=0.0)
    values = {clause.setting: clause.value for clause in CLAUSES if clause.media == media}
    assert reasons(home, having(media, **values), media) == [None]


@pytest.mark.parametrize(
    ("clip", "setting", "reason"),
    [
        (utterance(299), {"min_ms": 300}, "shorter than voice.min_ms"),
        (utterance(300), {"min_ms": 300}, None),
        (utterance(299, start_ms=5000), {"min_ms": 300}, "shorter than voice.min_ms"),
        (burst(299), {"min_ms": 300}, None),
        (utterance(4001), {"max_ms": 4000}, "longer than voice.max_ms"),
        (utterance(4000), {"max_ms": 4000}, None),
        (utterance(4000, start_ms=5000), {"max_ms": 4000}, None),
        (burst(4001), {"max_ms": 4000}, "longer than voice.max_ms"),
        (burst(400), {"bursts": False}, "bursts are switched off"),
        (burst(400), {"bursts": True}, None),
        (utterance(), {"bursts": False}, None),
        (overlap(), {"overlaps": False}, "several voices at once: voice.overlaps is off"),
        (overlap(), {"overlaps": True}, None),
    ],
)
def test_a_span_is_judged_by_its_length_and_its_kind(
    home: Path, clip: Clip, setting: dict[str, Any], reason: str | None
) -> None:
    with_clips(home, clip)
    assert reasons(home, having("voice", **setting), "voice") == [reason]


@pytest.mark.parametrize(
    ("clip", "reason"),
    [
        (face(32, 32), None),
        (face(31, 100), "smaller than face.min_px"),
        (face(100, 31), "smaller than face.min_px"),
    ],
)
def test_a_face_is_as_large_as_its_shorter_side(home: Path, clip: Clip, reason: str | None) -> None:
    with_clips(home, clip)
    assert reasons(home, having("face", min_px=32), "face") == [reason]


@pytest.mark.parametrize(("probability", "reason"), [(0.49, "noise: flatter than voice.max_flatness"), (0.5, None)])
def test_what_is_flat_is_noise_unless_a_voice_is_heard_in_it(
    home: Path, probability: float, reason: str | None
) -> None:
    with_clips(home, utterance(), flatness=0.8, speech_probability=probability)
    assert reasons(home, Settings(), "voice") == [reason]


def test_noise_level_and_clipping_refuse_nothing_by_default(home: Path) -> None:
    with_clips(home, utterance(), snr_db=-20.0, loudness_lufs=-70.0, clipping=1.0)
    assert reasons(home, Settings(), "voice") == [None]


@pytest.mark.parametrize("media", ["voice", "face"])
def test_of_several_reasons_the_first_in_order_is_told(home: Path, media: Media) -> None:
    clips = {"voice": burst(5000), "face": face(10, 10)}
    with_clips(home, clips[media], **{clause.score: clause.beyond for clause in CLAUSES if clause.media == media})
    settings = {clause.setting: clause.value for clause in CLAUSES if clause.media == media}
    settings |= {"voice": {"bursts": False, "max_ms": 4000}, "face": {"min_px": 32}}[media]
    told = []
    while (reason := reasons(home, having(media, **settings), media)[0]) is not None:
        told.append(reason.split(".")[-1])
        off = "bursts" if reason == "bursts are switched off" else told[-1]
        del settings[off]
    assert told == {
        "voice": ["bursts are switched off", "max_ms", "min_snr_db", "min_loudness_lufs", "max_clipping",
                  "min_bandwidth_hz", "max_steadiness", "max_purity", "max_flatness", "max_music", "max_singing", "max_change",
                  "min_speech_probability"],
        "face": ["min_px", "min_score", "min_blur", "min_brightness", "max_occlusion", "per_track", "max_yaw_deg", "max_pitch_deg"],
    }[media]  # fmt: skip


def test_every_threshold_that_a_clip_misses_is_known_and_whether_it_is_the_only_one(home: Path) -> None:
    short, lone = utterance(100), utterance(900, start_ms=5000)
    with_clips(home, short, lone, snr_db=0.0)
    settings = having("voice", min_ms=300, min_snr_db=10.0)
    with Catalog(home).open() as connection:
        choose(connection, settings, "voice")
        miss(connection, settings, "voice")
        missed = connection.execute("SELECT id, setting, alone FROM missed_voice ORDER BY ALL").fetchall()
    assert sorted(missed) == sorted(
        [(short.id, "min_ms", False), (short.id, "min_snr_db", False), (lone.id, "min_snr_db", True)]
    )


def test_too_short_is_told_before_too_noisy(home: Path) -> None:
    with_clips(home, utterance(100), snr_db=0.0)
    assert reasons(home, having("voice", min_ms=300, min_snr_db=10.0), "voice") == ["shorter than voice.min_ms"]


def test_each_medium_has_its_own_clips(home: Path) -> None:
    with_clips(home, utterance(), burst(500), face())
    assert sorted(kind for (kind,) in chosen(home, LAX, "voice", "kind")) == ["burst", "utterance"]
    assert chosen(home, LAX, "face", "kind, box") == [("face", [0, 0, 100, 100])]


def test_a_clip_carries_every_score_of_its_medium(home: Path) -> None:
    measured = {name: 1.5 + place for place, name in enumerate(VOICE.scores)}
    with_clips(home, utterance(), **measured)
    assert chosen(home, LAX, "voice", ", ".join(measured)) == [tuple(measured.values())]


def test_a_clip_that_is_not_live_is_not_chosen(home: Path) -> None:
    with_clips(home, utterance())
    live.refresh(Catalog(home), ["Another@1"])
    assert chosen(home, LAX, "voice") == []


def pinned(home: Path, clip: Clip) -> None:
    item = Item("clip", clip.id)
    Catalog(home).add([item, Ask(item.id, "scheme")])


def test_the_stage_in_force_outranks_one_that_was(home: Path) -> None:
    with_clips(home, utterance(), snr_db=20.0)
    with_clips(home, utterance(), stage="Zold@9", snr_db=1.0)
    assert chosen(home, having("voice", min_snr_db=10.0), "voice", "snr_db, reason") == [(20.0, None)]


def test_a_pinned_clip_keeps_what_the_last_stage_measured_of_it(home: Path) -> None:
    with_clips(home, utterance(), stage="Old@1", snr_db=20.0)
    with_clips(home, utterance(), stage="Old@2", snr_db=1.0)
    pinned(home, utterance())
    live.refresh(Catalog(home), ["Another@1"])
    assert chosen(home, LAX, "voice", "snr_db, pinned") == [(1.0, True)]


def test_a_clip_is_not_good_once_its_file_has_changed_whatever_else_is_said_of_it(home: Path) -> None:
    with_clips(home, utterance(100), utterance(900))
    Catalog(home).add([], [Receipt(LINK, SOUND.id, "failed", "the linked file has gone")])
    told = chosen(home, having("voice", min_ms=300), "voice", "altered, reason")
    assert told == [("the linked file has gone", "the linked file has gone")] * 2
    Catalog(home).add([], [Receipt(LINK, SOUND.id, "done", attempt=2)])
    assert sorted(map(str, reasons(home, having("voice", min_ms=300), "voice"))) == [
        "None",
        "shorter than voice.min_ms",
    ]

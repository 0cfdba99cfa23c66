"""The modalities: one table of what tells voices and faces apart, from clip kinds to files, scores and thresholds."""

from dataclasses import dataclass
from typing import Literal

from schemas.media import AssetKind, ClipKind

ModalityName = Literal["voice", "face"]
FLAGS = ("cannot tell", "broken", "I know this person", "distressing", "a minor")  # why raters turn a clip down
WHOLE: ClipKind = "whole"  # the file as it came, for corpora that are cut already: no times, no box


@dataclass(frozen=True)
class Modality:
    """One modality: what its clips are, how they are cut, measured and judged, and what libraries call them.

    `found_in` are the kinds of assets its clips of kinds `kinds` lie in; a file of kind `whole_of` is such a clip as it
    came. `scores` are measured on its clips and stand in releases. `thresholds` is the SQL of the reason why a clip is
    not good (NULL: it is), over the clip's columns, its scores, and the settings of the section of its name as `$key`;
    reasons stand in the order they are told, a clip has the first that applies, and a missing score never speaks
    against it. `finder` is the stage that finds such clips in a file, `absent` why a file has none where the stage gave
    no reason, `mistaken` what a rater says of a clip that is none. `feature` and `task` are the Hub's names.
    """

    name: ModalityName
    plural: str
    kinds: tuple[ClipKind, ...]
    found_in: tuple[AssetKind, ...]
    whole_of: AssetKind
    finder: str
    absent: str
    suffix: str
    feature: str
    task: str
    has_duration: bool
    scores: tuple[str, ...]
    thresholds: str
    mistaken: str

    @property
    def flags(self) -> tuple[str, ...]:
        """The reasons for which raters may turn a clip down."""
        return (*FLAGS, self.mistaken)


VOICE = Modality(
    name="voice",
    plural="voices",
    kinds=("utterance", "burst"),
    found_in=("sound", "video"),
    whole_of="sound",
    finder="FindSpeech",
    absent="no speech",
    suffix="flac",
    feature="audio",
    task="audio-classification",
    has_duration=True,
    scores=(
        "snr_db",
        "loudness_lufs",
        "clipping",
        "bandwidth_hz",
        "peak_dbfs",
        "speech_probability",
        "steadiness",
        "purity",
        "flatness",
    ),
    thresholds="""
    CASE WHEN kind = 'burst' AND NOT $bursts THEN 'bursts are switched off'
         WHEN end_ms - start_ms < $min_ms AND kind <> 'burst' THEN 'shorter than voice.min_ms'
         WHEN end_ms - start_ms > $max_ms THEN 'longer than voice.max_ms'
         WHEN snr_db < $min_snr_db THEN 'noisier than voice.min_snr_db'
         WHEN loudness_lufs < $min_loudness_lufs THEN 'quieter than voice.min_loudness_lufs'
         WHEN clipping > $max_clipping THEN 'clipped more than voice.max_clipping'
         WHEN bandwidth_hz < $min_bandwidth_hz THEN 'narrower than voice.min_bandwidth_hz'
         WHEN steadiness > $max_steadiness THEN 'a steady tone: steadier than voice.max_steadiness'
         WHEN purity > $max_purity THEN 'a tone or sweep: purer than voice.max_purity'
         WHEN flatness > $max_flatness THEN 'noise: flatter than voice.max_flatness'
         WHEN speech_probability < $min_speech_probability
             THEN 'less like speech than voice.min_speech_probability' END""",
    mistaken="not speech",
)
FACE = Modality(
    name="face",
    plural="faces",
    kinds=("face",),
    found_in=("picture", "video"),
    whole_of="picture",
    finder="DetectFaces",
    absent="no face",
    suffix="webp",
    feature="image",
    task="image-classification",
    has_duration=False,
    scores=("face_score", "blur", "brightness", "contrast", "yaw_deg", "pitch_deg", "roll_deg"),
    thresholds="""
    CASE WHEN least(box[3], box[4]) < $min_px THEN 'smaller than face.min_px'
         WHEN face_score < $min_score THEN 'less sure than face.min_score'
         WHEN blur < $min_blur THEN 'more blurred than face.min_blur'
         WHEN brightness < $min_brightness THEN 'darker than face.min_brightness'
         WHEN abs(yaw_deg) > $max_yaw_deg THEN 'turned away more than face.max_yaw_deg' END""",
    mistaken="not a face",
)
MODALITIES: dict[ModalityName, Modality] = {"voice": VOICE, "face": FACE}


def clip_kinds() -> list[tuple[ModalityName, ClipKind, AssetKind]]:
    """Which clip in which asset is of which modality; a clip that is not listed, such as a whole video, is of none."""
    rows: list[tuple[ModalityName, ClipKind, AssetKind]] = []
    for modality in MODALITIES.values():
        rows += [(modality.name, kind, asset) for kind in modality.kinds for asset in modality.found_in]
        rows.append((modality.name, WHOLE, modality.whole_of))
    return rows

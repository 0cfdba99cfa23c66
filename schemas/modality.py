"""The modalities: one table of what tells voices and faces apart, from clip kinds to files, scores and thresholds."""

from dataclasses import dataclass
from typing import Literal

from schemas.media import AssetKind, ClipKind

ModalityName = Literal["voice", "face", "moment"]
MINOR = "a minor"
ABOUT_RATERS = ("cannot tell", "I know this person")  # flags that say nothing against the clip itself
FLAGS = ("cannot tell", "broken", "I know this person", "distressing", MINOR)  # why raters turn a clip down
SPEECH = 0.5  # from this probability on Silero takes sound for speech
WHOLE: ClipKind = "whole"  # the file as it came, for corpora that are cut already: no times, no box


@dataclass(frozen=True)
class Threshold:
    """One reason why a clip is not good: `setting` is the key that says so, `fails` the SQL of when.

    `fails` is over the clip's columns, its scores, and the value of that key as `$key`; a missing score never speaks
    against a clip.
    """

    setting: str
    fails: str
    reason: str


@dataclass(frozen=True)
class Modality:
    """One modality: what its clips are, how they are cut, measured and judged, and what libraries call them.

    `found_in` are the kinds of assets its clips of kinds `kinds` lie in; a file of kind `whole_of` is such a clip as it
    came. `scores` are measured on its clips and stand in releases. `thresholds` stand in the order in which reasons are
    told: a clip has the first that applies. `finder` is the stage that finds such clips in a file, `absent` why a file
    has none where the stage gave no reason, `mistaken` what a rater says of a clip that is none. `best` is the
    order, in SQL, in which near-duplicates are preferred. `feature` and `task` are the Hub's names.
    """

    name: ModalityName
    plural: str
    kinds: tuple[ClipKind, ...]
    found_in: tuple[AssetKind, ...]
    whole_of: AssetKind | None
    finder: str
    absent: str
    suffix: str
    task: str
    scores: tuple[str, ...]
    thresholds: tuple[Threshold, ...]
    best: str
    mistaken: str

    @property
    def flags(self) -> tuple[str, ...]:
        """The reasons for which raters may turn a clip down."""
        return (*FLAGS, self.mistaken)

    @property
    def withholding(self) -> tuple[str, ...]:
        """Those flags for which a clip stays out of releases until somebody decides."""
        return tuple(flag for flag in self.flags if flag not in ABOUT_RATERS)


VOICE = Modality(
    name="voice",
    plural="voices",
    kinds=("utterance", "burst", "overlap"),
    found_in=("sound", "video"),
    whole_of="sound",
    finder="FindSpeech",
    absent="no speech",
    suffix="flac",
    task="audio-classification",
    scores=(
        "snr_db",
        "loudness_lufs",
        "clipping",
        "bandwidth_hz",
        "peak_dbfs",
        "speech_probability",
        "voice",
        "voices",
        "steadiness",
        "purity",
        "flatness",
        "reverb_s",
        "music",
        "singing",
        "voice_change",
        "dnsmos_sig",
        "dnsmos_bak",
        "dnsmos_ovrl",
    ),
    thresholds=(
        Threshold("bursts", "kind = 'burst' AND NOT $bursts", "bursts are switched off"),
        Threshold("overlaps", "kind = 'overlap' AND NOT $overlaps", "several voices at once: voice.overlaps is off"),
        Threshold("min_ms", "end_ms - start_ms < $min_ms AND kind <> 'burst'", "shorter than voice.min_ms"),
        Threshold("max_ms", "end_ms - start_ms > $max_ms", "longer than voice.max_ms"),
        Threshold("min_snr_db", "snr_db < $min_snr_db", "noisier than voice.min_snr_db"),
        Threshold("min_loudness_lufs", "loudness_lufs < $min_loudness_lufs", "quieter than voice.min_loudness_lufs"),
        Threshold("max_clipping", "clipping > $max_clipping", "clipped more than voice.max_clipping"),
        Threshold("min_bandwidth_hz", "bandwidth_hz < $min_bandwidth_hz", "narrower than voice.min_bandwidth_hz"),
        Threshold(
            "max_steadiness", "steadiness > $max_steadiness", "a steady tone: steadier than voice.max_steadiness"
        ),
        Threshold("max_purity", "purity > $max_purity", "a tone or sweep: purer than voice.max_purity"),
        Threshold(  # speech in a noisy room is flat too, loud emotions more than calm ones, and no model doubts it
            "max_flatness",
            f"flatness > $max_flatness AND kind <> 'whole' AND coalesce(speech_probability, 0) < {SPEECH}",
            "noise: flatter than voice.max_flatness",
        ),
        Threshold("max_music", "music > $max_music", "music without speech: more than voice.max_music"),
        Threshold("max_singing", "singing > $max_singing", "singing: more than voice.max_singing"),
        Threshold("max_change", "voice_change > $max_change", "the voice changes more than voice.max_change"),
        Threshold(
            "min_speech_probability",
            "speech_probability < $min_speech_probability",
            "less like speech than voice.min_speech_probability",
        ),
    ),
    best="round(bandwidth_hz / 1000) DESC NULLS LAST, snr_db DESC NULLS LAST, end_ms - start_ms DESC NULLS LAST",
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
    task="image-classification",
    scores=(
        "face_score",
        "blur",
        "brightness",
        "contrast",
        "yaw_deg",
        "pitch_deg",
        "roll_deg",
        "occlusion",
        "track_rank",
    ),
    thresholds=(
        Threshold("min_px", "least(box[3], box[4]) < $min_px", "smaller than face.min_px"),
        Threshold("min_score", "face_score < $min_score", "less sure than face.min_score"),
        Threshold("min_blur", "blur < $min_blur", "more blurred than face.min_blur"),
        Threshold("min_brightness", "brightness < $min_brightness", "darker than face.min_brightness"),
        Threshold("max_brightness", "brightness > $max_brightness", "brighter than face.max_brightness"),
        Threshold("max_occlusion", "occlusion > $max_occlusion", "covered more than face.max_occlusion"),
        Threshold("per_track", "track_rank > $per_track", "not among the best of its track: face.per_track"),
        Threshold("max_yaw_deg", "abs(yaw_deg) > $max_yaw_deg", "turned away more than face.max_yaw_deg"),
        Threshold("max_pitch_deg", "abs(pitch_deg) > $max_pitch_deg", "looks up or down more than face.max_pitch_deg"),
    ),
    best="least(box[3], box[4]) DESC NULLS LAST, blur DESC NULLS LAST",
    mistaken="not a face",
)
MOMENT = Modality(
    name="moment",
    plural="moments",
    kinds=("moment",),
    found_in=("video",),
    whole_of=None,
    finder="FindMoments",
    absent="nobody is seen to speak",
    suffix="mp4",
    task="video-classification",
    scores=("sync", "sync_margin", "mouth_share"),
    thresholds=(
        Threshold("min_sync", "sync < $min_sync", "lips and voice go together less than moment.min_sync"),
        Threshold("min_margin", "sync_margin < $min_margin", "another face fits almost as well: moment.min_margin"),
    ),
    best="end_ms - start_ms DESC NULLS LAST",
    mistaken="not who speaks",
)
MODALITIES: dict[ModalityName, Modality] = {"voice": VOICE, "face": FACE, "moment": MOMENT}


def clip_kinds() -> list[tuple[ModalityName, ClipKind, AssetKind]]:
    """Which clip in which asset is of which modality; a clip that is not listed, such as a whole video, is of none."""
    rows: list[tuple[ModalityName, ClipKind, AssetKind]] = []
    for modality in MODALITIES.values():
        rows += [(modality.name, kind, asset) for kind in modality.kinds for asset in modality.found_in]
        rows += [] if modality.whole_of is None else [(modality.name, WHOLE, modality.whole_of)]
    return rows

"""The sections of a collection's settings, each key with its default and what it means."""

from dataclasses import dataclass

from schemas.backends import (
    Codec,
    FaceBackend,
    FaceCrop,
    FaceIdentity,
    MosBackend,
    MusicBackend,
    SpeechBackend,
    Stratum,
    TurnsBackend,
    VoiceIdentity,
)
from schemas.licences import PUBLISHED
from schemas.media import PADDING
from schemas.web import OPT_OUT_KINDS, OptOutKind


@dataclass(frozen=True)
class RunSettings:
    """How the work of `run` is spread: `workers` 0 means one per core; a file has `seconds_per_file`, 10 s for each MB,
    and as long as its sound lasts.

    `devices` are what networks run on, the processes take them in turn: `cpu`, or `cuda:0` and so on, for each of which
    four are started unless you set `workers`.
    """

    workers: int = 0
    seconds_per_file: int = 120
    devices: tuple[str, ...] = ("cpu",)


@dataclass(frozen=True)
class StoreSettings:
    """Where media lie: in the folder `media`, or below an `address` as s3://bucket/name, for workers on other machines.

    Of what lies there the folder `cache` keeps copies, `cache_gb` at most beside those in use; cuts and releases are
    copied there too. Keys and endpoints come from the environment (AWS_ACCESS_KEY_ID …), never from here.
    """

    address: str = ""
    cache_gb: float = 20.0


@dataclass(frozen=True)
class CrawlSettings:
    """How the net is asked: `contact`, an e-mail or web address, is part of the name we give everywhere.

    `optouts` are the kinds that keep an address out. `purpose` is what media on basis `tdm` are taken for. Media of a
    crawl that nobody was asked about are removed after `keep_days` (0: never). `per_host` requests at once go to one
    host, `at_once` to all together; a file has `max_mb` (of 1,000,000 bytes) and `seconds_per_file` at most.
    """

    contact: str = ""
    optouts: tuple[OptOutKind, ...] = OPT_OUT_KINDS
    purpose: str = ""
    keep_days: int = 90
    per_host: int = 4
    at_once: int = 32
    max_mb: int = 2048
    seconds_per_file: int = 600


@dataclass(frozen=True)
class VoiceSettings:
    """Which utterances and bursts are good enough to be asked about; every measured number is kept.

    Speech of 300 ms or more is an utterance; what is shorter is a burst, which `min_ms` does not refuse. Speech longer
    than `max_ms` is cut at its pauses, so that another `max_ms` has the next run find utterances anew; it is cut to
    1,856 ms at the shortest, and pieces longer than a smaller `max_ms` are refused. All other limits are thresholds.
    Tones are steady or pure, noise is flat and hardly like speech: a limit of 1 refuses none of them, as 0 does for
    what must be reached.
    `speech` says by what speech is found, `turns` who speaks when (each utterance is of one), `turns_careful` in twice
    the time. pyannote wants a `speech_model` or `turns_model` of yours (folder, hub id; for speech also a network),
    with its `..._licence`; with `..._trusted` it may run code of its own.
    `changes` measures how far the voice changes inside of an utterance, at half the pace; above `max_change` (0.7) two
    voices are likelier than one, but whoever begins calm and ends screaming changes too: 2 refuses none.
    `music`: what tells music and singing from speech; `mos`: what predicts listeners' opinions, for no threshold;
    `asr`: the folder of a Whisper model (CTranslate2) that hears what nobody wrote down, under its `asr_licence`.
    `identity` "campplus" describes utterances by vectors, to tell whose they are in other recordings too; for these,
    `identity_basis` and `keep_vectors` the same holds as for those of faces.
    Noise, level and clipping refuse nothing by default: they cost emotions unevenly (see `emocurate status --gates`).
    """

    min_ms: int = 300
    max_ms: int = 30_000
    min_snr_db: float = -20.0
    min_loudness_lufs: float = -70.0
    max_clipping: float = 1.0
    min_bandwidth_hz: float = 0.0
    max_steadiness: float = 0.997
    max_purity: float = 0.995
    max_flatness: float = 0.45
    min_speech_probability: float = 0.0
    bursts: bool = True
    overlaps: bool = False
    speech: SpeechBackend = "silero"
    speech_model: str = ""
    speech_licence: str = ""
    speech_trusted: bool = False
    turns: TurnsBackend = "onnx"
    turns_careful: bool = False
    turns_model: str = ""
    turns_licence: str = ""
    turns_trusted: bool = False
    changes: bool = False
    max_change: float = 2.0
    music: MusicBackend = "off"
    max_music: float = 0.5
    max_singing: float = 0.5
    mos: MosBackend = "off"
    asr: str = ""
    asr_licence: str = ""
    identity: VoiceIdentity = "off"
    identity_basis: str = ""
    keep_vectors: bool = False


@dataclass(frozen=True)
class FaceSettings:
    """How faces are found: `backend`, the smallest square searched (`find_px`), one frame every `every_ms` of video.

    insightface wants a `model` of yours: a folder, or the name of a pack in ~/.insightface/models; `model_licence` says
    under which licence it is. It knows no smallest square, and finds faces of a score from 0.5 on, mtcnn from 0.8 on.
    A change of these has the next run compute what it must. Pictures are searched at 1,920 pixels a side at most.
    The others are thresholds for the faces that were found, whose boxes may be somewhat smaller than `find_px`. What
    seems covered is refused where you set `max_occlusion`, as to 0.8: a proxy, which also refuses some uncovered faces.
    Of a track, which is somebody in view of a video, the best `per_track` faces are good.
    In releases a face is its box, or with `crop` "aligned" a square in which its five points are upright and always at
    the same places, either with `padding` of its size around; nothing is ever scaled, and raters see the box with 0.3.
    `identity` is what describes faces by vectors, to tell whose they are: "dlib", "insightface" or "off". Vectors are
    biometric data: made of synthetic media and of people whose consent has the scope `identify`, of others only on the
    legal basis that you name in `identity_basis`, and deleted once tracks and groups are drawn, unless `keep_vectors`;
    the groups stay.
    """

    backend: FaceBackend = "mtcnn"
    model: str = ""
    model_licence: str = ""
    find_px: int = 40
    every_ms: int = 200
    min_px: int = 32
    min_score: float = 0.9
    min_blur: float = 0.0
    min_brightness: float = 15.0
    max_brightness: float = 255.0
    max_occlusion: float = 1.0
    max_yaw_deg: float = 75.0
    max_pitch_deg: float = 90.0
    per_track: int = 3
    crop: FaceCrop = "box"
    padding: float = PADDING
    identity: FaceIdentity = "off"
    identity_basis: str = ""
    keep_vectors: bool = False


@dataclass(frozen=True)
class MomentSettings:
    """Whether moments are found, a face with the utterance that goes with its lips, and which are good enough.

    Finding them decodes a video with faces and speech once more, by the next run; `min_sync` and `min_margin` are
    thresholds.
    """

    find: bool = False
    min_sync: float = 0.48
    min_margin: float = 0.03


@dataclass(frozen=True)
class LabellingSettings:
    """What is asked and where; `address` empty means the Label Studio that `emocurate studio` starts.

    Each task is offered to `raters` people, by the next `push` also those that are there. `media_url` is a web address
    under which the folder `cuts/clips` is served, for a Label Studio on another machine, and with `transcripts` raters
    read what is said in a clip, which changes what they answer: both in tasks sent from then on.
    """

    schemes: tuple[str, ...] = ("ekman",)
    raters: int = 3
    address: str = ""
    media_url: str = ""
    transcripts: bool = False


@dataclass(frozen=True)
class LabelSettings:
    """How answers become labels: `methods` stand side by side, those that suit choices and those that suit scales.

    A method spec names what differs from its defaults, as in "threshold(m=2,n=3)".
    """

    methods: tuple[str, ...] = ("majority", "mean")


@dataclass(frozen=True)
class ExportSettings:
    """Shares of the splits, their salt, and how large new shards may grow, all of the next export.

    What is released stays where it is. A clip is labelled once `min_answers` people have answered about it.
    With `sentence` recordings of one sentence are in one split; a group of over `largest` of all files goes to train.
    `splits`: a table that pins files. `answers`: single answers go along, with `texts` those in raters' own words, too.
    `weigh_by`: weights undo what was lost. `codec` of sound: "flac", or "opus" of 64 kbit/s a channel: much smaller
    where sound was recorded at 44.1 kHz or more, hardly at 16 kHz; it loses a little, and needs the program ffmpeg.
    """

    train: float = 0.8
    validation: float = 0.1
    test: float = 0.1
    salt: str = "emocurate"
    shard_mb: int = 256
    min_answers: int = 1
    sentence: bool = False
    largest: float = 0.3
    splits: str = ""
    answers: bool = True
    texts: bool = False
    weigh_by: tuple[Stratum, ...] = ("emotion",)
    codec: Codec = "flac"


@dataclass(frozen=True)
class PublishSettings:
    """Licences whose media may leave: `export` leaves the others out and counts them, `publish` refuses them.

    With `labels_only` what may not leave as media leaves as labels with address, hash and times. `licence` is that of
    the labels and of what was measured, which are yours: every clip keeps its own.
    `contact` is whom people write to who want to be taken out, `authors` whom a citation names; both are public.
    """

    licences: tuple[str, ...] = PUBLISHED
    licence: str = ""
    labels_only: bool = False
    contact: str = ""
    authors: tuple[str, ...] = ()

"""One cut clip, a FLAC or WebP file, from its original, and sound as Opus for releases; without the catalog."""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from curate.cut import OPUS_HZ, face_cuts, voice_cuts
from curate.transcode import OPUS_BITS, ffmpeg_version, moment_cuts, opus
from pipelines.engine.claims import store_in
from pipelines.engine.lease import aside
from schemas.backends import Codec, FaceCrop
from schemas.errors import Altered, Unreadable
from schemas.media import PADDING, AssetKind, Clip
from schemas.modality import FACE, MODALITIES, MOMENT, VOICE
from schemas.scheme import Media
from schemas.settings import Settings

ROOM = "cuts"
FOLDER = f"{ROOM}/clips"  # Label Studio may serve what lies below `cuts`, and nothing else of the collection

OPUS = f"{ROOM}/opus-"  # and the version of the program: another one may give other bytes
MOMENTS, OPUS_CODER = "moments", "Opus"  # what codes them, on the card
CROPS = f"{ROOM}/faces-"  # and what the settings ask for


@dataclass(frozen=True)
class Job:
    """The clips of one asset that are to be cut, all of one medium, with one decode.

    Without a `form` they are what raters see; with one, faces as releases have them, by their `points` where aligned.
    """

    asset: str
    kind: AssetKind
    media: Media
    clips: tuple[Clip, ...]
    form: "MediaForm | None" = None
    points: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def path(self, home: Path, clip: str) -> Path:
        """Where the cut of a clip lies, or would lie."""
        return (
            cut_path(home, self.media, clip) if self.form is None else released_path(home, self.media, clip, self.form)
        )


@dataclass(frozen=True)
class MediaForm:
    """In which form media go into releases; faces in another crop than raters see are cut again, see `Job`."""

    codec: Codec = "flac"
    crop: FaceCrop = "box"
    padding: float = PADDING

    @property
    def has_crops(self) -> bool:
        """Whether faces are other crops than raters see."""
        return (self.crop, self.padding) != ("box", PADDING)


def media_form(settings: Settings) -> MediaForm:
    """The form that the settings of a collection ask for."""
    return MediaForm(settings.export.codec, settings.face.crop, settings.face.padding)


def cut_path(home: Path, media: Media, clip: str) -> Path:
    """Where the cut of a clip lies, or would lie."""
    return home.joinpath(FOLDER, media, clip[:2], f"{clip}.{MODALITIES[media].suffix}")


def cut_rooms(home: Path) -> list[tuple[Path, str]]:
    """The folders in which cuts lie, also those that other programs or settings made, each with the suffix there."""
    return [
        *((home.joinpath(FOLDER, modality.name), modality.suffix) for modality in MODALITIES.values()),
        *((room, "opus") for room in home.glob(f"{OPUS}*")),
        *((room, FACE.suffix) for room in home.glob(f"{CROPS}*")),
    ]


def cut_places(rooms: Iterable[tuple[Path, str]], clip: str) -> Iterator[Path]:
    """Wherever the cut of a clip may lie in the folders of `cut_rooms`."""
    return (room / clip[:2] / f"{clip}.{suffix}" for room, suffix in rooms)


def cut(home: Path, job: Job) -> int | None:
    """Cut the clips of one asset; gives how many, or None where its bytes are not, or do not stay, what was added.

    Files are written aside, and get their names when nothing was written to the original meanwhile.
    """
    written: dict[Path, Path] = {}
    with aside(home, ROOM) as folder:
        try:
            with store_in(home).verified(job.asset) as original, suppress(Unreadable):
                for place, content in _contents(original, job):
                    file = written[job.path(home, job.clips[place].id)] = folder / secrets.token_hex(16)
                    file.write_bytes(content)
            for path, file in written.items():
                _settle(path, file)
        except Altered:
            return None
        finally:
            for file in written.values():
                file.unlink(missing_ok=True)
    return len(written)


def released_path(home: Path, media: Media, clip: str, form: MediaForm) -> Path:
    """Where the media of a clip lie that go into releases: its cut, its cut in another code, or another crop."""
    if media == FACE.name and form.has_crops:
        return home.joinpath(f"{CROPS}{form.crop}-{form.padding:g}", clip[:2], f"{clip}.{FACE.suffix}")
    if media != VOICE.name or form.codec == "flac":
        return cut_path(home, media, clip)
    return home.joinpath(f"{OPUS}{ffmpeg_version()}", clip[:2], f"{clip}.opus")


def encoded(home: Path, clips: Sequence[str]) -> int:
    """Write cuts of voices as Opus, and give how many; what cannot be coded is left out."""
    written = 0
    with aside(home, ROOM) as folder:
        for clip in clips:
            file = folder / secrets.token_hex(16)
            with suppress(Unreadable):
                file.write_bytes(opus(cut_path(home, VOICE.name, clip)))
                _settle(released_path(home, VOICE.name, clip, MediaForm("opus")), file)
                written += 1
    return written


def coder_versions(codec: Codec, moments: bool) -> dict[str, str]:
    """What codes the media of a release beside our own wheels, with its version. Raises Missing without ffmpeg."""
    coders = {}
    if codec == "opus":
        coders[OPUS_CODER] = f"{OPUS_BITS // 1000} kbit/s a channel at {OPUS_HZ:,} Hz by ffmpeg {ffmpeg_version()}"
    if moments:
        coders[MOMENTS] = f"VP9 and Opus by ffmpeg {ffmpeg_version()}"
    return coders


def _settle(path: Path, file: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file.replace(path)


def _contents(path: Path, job: Job) -> Iterator[tuple[int, bytes]]:
    if job.media == VOICE.name:
        return voice_cuts(path, [(clip.start_ms or 0, clip.end_ms) for clip in job.clips])
    if job.media == MOMENT.name:
        return moment_cuts(path, [(clip.start_ms or 0, clip.end_ms or 0, clip.box) for clip in job.clips])
    faces = [(clip.start_ms, clip.box) for clip in job.clips]
    if job.form is None:
        return face_cuts(path, job.kind, faces)
    return face_cuts(path, job.kind, faces, job.form.padding, [job.points.get(clip.id) for clip in job.clips])

"""Faces: insightface through us and its own loop, photos through `run`, video per core, memory over an hour of it."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from curate.transcode import ffmpeg_program
from pipelines.engine.workers import Inline
from schemas.errors import Missing
from tests.benchmarks.bench_run import detector_alone, inline
from tests.benchmarks.figures import ROUNDS, Figure, apart, medians, on_one_core, peak_mb, say, spent
from tests.benchmarks.recordings import SHARED, photos

COPIES = 4
STILLS = 16  # copies: a run takes half a second whatever there is to do, and nobody has fifty photos
VIDEO_S, MINUTES = 60, 60
SIZE = "640x360"
EVERY_MS = 200


def folder_of(place: str) -> Path:
    """A pack with the detector of the development media; raises Missing where there is none."""
    model = SHARED / "models" / "scrfd_500m_bnkps.onnx"
    if not model.exists():
        raise Missing(f"no {model}")
    return Path(shutil.copy(model, place)).parent


def pictures(paths: Sequence[Path]) -> list[Any]:
    """Photos as arrays of red, green and blue."""
    import numpy as np
    from PIL import Image

    return [np.asarray(Image.open(path).convert("RGB")) for path in paths]


def through_us(place: str, paths: Sequence[Path]) -> tuple[float, int]:
    """CPU seconds of our DetectFaces on an insightface detector, and how many faces it finds."""
    from curate.faces.detect import DetectFaces
    from curate.faces.insightface import scrfd
    from curate.faces.packs import pack
    from curate.read.decode import Frame
    from schemas.media import Asset, Clip

    on_one_core()
    stage, rgbs = DetectFaces(scrfd(pack(str(folder_of(place))))), pictures(paths)
    rows, frames = [Asset("a", "picture", "jpeg", 1)] * len(rgbs), [Frame(None, rgb) for rgb in rgbs]
    found = sum(isinstance(row, Clip) for outcome in stage(rows, frames) for row in outcome)  # type: ignore[union-attr]
    return medians([spent(lambda: list(stage(rows, frames))) for _ in range(ROUNDS)])[1], found


def plain_loop(place: str, paths: Sequence[Path]) -> tuple[float, int]:
    """The same for FaceAnalysis.get on one photo after another, as insightface's own examples have it."""
    from insightface.app import FaceAnalysis

    on_one_core()
    root = Path(place) / "root"
    (root / "models" / "plain").mkdir(parents=True)
    shutil.copy(folder_of(place) / "scrfd_500m_bnkps.onnx", root / "models" / "plain")
    app = FaceAnalysis("plain", root=str(root), allowed_modules=["detection"], providers=["CPUExecutionProvider"])
    app.prepare(ctx_id=-1, det_size=(640, 640))
    bgrs = [rgb[..., ::-1].copy() for rgb in pictures(paths)]
    found = sum(len(app.get(bgr)) for bgr in bgrs)
    return medians([spent(lambda: [app.get(bgr) for bgr in bgrs]) for _ in range(ROUNDS)])[1], found


def video(path: Path, heads: Sequence[Path]) -> Path:
    """A minute of 640 x 360 at 25 frames a second: talking heads of 3 s, one after another."""
    listed = path.with_suffix(".txt")
    listed.write_text("".join(f"file '{head}'\n" for head in heads) * (VIDEO_S // (3 * len(heads)) + 1), "utf-8")
    subprocess.run(
        [ffmpeg_program(), "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", str(listed), "-t", str(VIDEO_S),
         "-vf", "scale=-2:360,pad=640:360:-1:-1", "-r", "25", "-c:v", "mpeg4", "-q:v", "5", "-c:a", "aac", str(path)],
        check=True,
    )  # fmt: skip
    listed.unlink()
    return path


def lasting(path: Path, minute: Path, times: int) -> Path:
    """The same video so many times, without coding it again."""
    repeated = ["-stream_loop", str(times - 1), "-i", str(minute), "-c", "copy", str(path)]
    subprocess.run([ffmpeg_program(), "-v", "error", "-y", *repeated], check=True)
    return path


def faces_of_video(path: Path) -> tuple[float, float]:
    """CPU seconds for decoding a video, finding and measuring faces five times a second and following them; the peak."""
    from curate.faces.detect import DetectFaces
    from curate.faces.tracks import FollowFaces
    from curate.quality import MeasureFace
    from curate.read.decode import decode
    from schemas.media import Asset, Clip
    from schemas.stage import Rows

    on_one_core()
    find, measure, follow = DetectFaces(every_ms=EVERY_MS), MeasureFace(), FollowFaces(("seen",))
    asset = Asset("a", "video", "mp4", 1)

    def watch() -> None:
        seen: list[Any] = []
        with decode(path, "video", sound=False, every_ms=(EVERY_MS,)) as decoding:
            for frame in decoding.frames():
                rows: Any = next(iter(find([asset], [frame])))
                clips = [row for row in rows if isinstance(row, Clip)]
                seen += [*rows, *(row for outcome in measure(clips, [frame] * len(clips)) for row in outcome)]  # type: ignore[union-attr]
        list(follow([asset], [Rows({"seen": seen})]))

    return spent(watch).cpu_s, peak_mb()


def whole_run(path: Path) -> tuple[float, float]:
    """CPU seconds and peak memory of `run` with all default stages on one video, in this process."""
    from tests.benchmarks.bench_run import ours

    on_one_core()
    with tempfile.TemporaryDirectory() as place:
        return ours(path.parent, Path(place), Inline()).cpu_s, peak_mb()


def insight() -> list[Figure]:
    """insightface through us and its own loop, alternating."""
    with tempfile.TemporaryDirectory() as folder:
        paths = photos(Path(folder), COPIES)
        rounds = []
        for number in range(ROUNDS):
            for name in (ours_in := f"{folder}/ours{number}", peer_in := f"{folder}/peer{number}"):
                Path(name).mkdir()
            rounds.append((*apart(through_us, ours_in, paths), *apart(plain_loop, peer_in, paths)))
    cpu_s, found, peer_s, peer_found = medians(rounds)
    say(f"faces: insightface, {len(paths)} photos: ours {cpu_s:.2f} s of CPU, the plain loop {peer_s:.2f} s")
    return [
        Figure(
            "insightface through us", "photos/s of CPU", len(paths) / cpu_s, 1.5, peer=len(paths) / peer_s, of_peer=True
        ),
        Figure("faces that insightface finds through us", "faces", found, 1.0, peer=peer_found, of_peer=True),
    ]


def stills() -> list[Figure]:
    """`run` on photos against decoding and detecting alone."""
    with tempfile.TemporaryDirectory() as folder:
        paths = photos(Path(folder), STILLS)
        (_, cpu_s), _ = apart(inline, Path(folder))
        _, alone_s = apart(detector_alone, paths)
    return [Figure("photos, `run`", "ms of CPU", 1e3 * cpu_s / len(paths), 1.3, True, 1e3 * alone_s / len(paths), True)]


def moving() -> list[Figure]:
    """Video per second of CPU, and memory over an hour against a minute."""
    heads = sorted((SHARED / "video").glob("*.mpg"))
    if not heads:
        raise Missing(f"no talking heads in {SHARED / 'video'}")
    with tempfile.TemporaryDirectory() as folder:
        short, long = Path(folder) / "short", Path(folder) / "long"
        for room in (short, long):
            room.mkdir()
        minute = video(short / "minute.mp4", heads)
        rate = 25 * VIDEO_S / medians([apart(faces_of_video, minute) for _ in range(ROUNDS)])[0]
        _, minute_mb = apart(whole_run, minute)
        _, hour_mb = apart(whole_run, lasting(long / "hour.mp4", minute, MINUTES))
    say(
        f"faces: video {SIZE}: {rate:.0f} source frames per s of CPU; peak {minute_mb:.0f} MB, of an hour {hour_mb:.0f}"
    )
    return [
        Figure("faces in video 640 x 360, 5 a second", "source frames/s of CPU", rate, 130),
        Figure("memory over an hour of video", "MB", hour_mb, 1.25, True, minute_mb, True),
    ]


def main() -> Iterator[Figure]:
    """All figures."""
    yield from stills()
    yield from moving()
    yield from insight()

"""Makes small real media of every kind, in process: a voice, a face, and the two together."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib.resources import as_file, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

SAMPLES = files("pipelines.demo") / "media"
SPEECH_HZ = 16_000


@dataclass(frozen=True)
class Recipe:
    """How a file is muxed: container, codecs, and what the codecs insist on."""

    suffix: str
    muxer: str
    sound: str | None = None
    picture: str | None = None
    rate_hz: int = SPEECH_HZ
    pixel_format: str = "yuv420p"
    size_px: tuple[int, int] = (192, 192)
    rotation: int = 0
    seconds: float = 2.0

    @property
    def frame_rate(self) -> int:
        """MPEG knows only the rates of television."""
        return 25 if (self.picture or "").startswith("mpeg") else 10


MUXED = {
    "mp3": Recipe("mp3", "mp3", "libmp3lame"),
    "mp2": Recipe("mp2", "mp2", "mp2"),
    "opus": Recipe("opus", "ogg", "libopus", rate_hz=48_000),
    "m4a": Recipe("m4a", "ipod", "aac"),
    "aac": Recipe("aac", "adts", "aac"),
    "amr": Recipe("amr", "amr", "libopencore_amrnb", rate_hz=8_000),
    "wma": Recipe("wma", "asf", "wmav2", rate_hz=44_100),
    "wv": Recipe("wv", "wv", "wavpack"),
    "tta": Recipe("tta", "tta", "tta"),
    "w64": Recipe("w64", "w64", "pcm_s16le"),
    "voc": Recipe("voc", "voc", "pcm_u8"),
    "ac3": Recipe("ac3", "ac3", "ac3", rate_hz=48_000),
    "eac3": Recipe("eac3", "eac3", "eac3", rate_hz=48_000),
    "webm_voice": Recipe("webm", "webm", "libopus", rate_hz=48_000),
    "mp4": Recipe("mp4", "mp4", "aac", "libx264"),
    "mp4_silent": Recipe("mp4", "mp4", None, "libx264"),
    "mp4_rotated": Recipe("mp4", "mp4", "aac", "libx264", size_px=(192, 128), rotation=-90),
    "mov": Recipe("mov", "mov", "pcm_s16le", "libx264"),
    "webm": Recipe("webm", "webm", "libopus", "libvpx", rate_hz=48_000),
    "mkv": Recipe("mkv", "matroska", "flac", "libx264"),
    "avi": Recipe("avi", "avi", "libmp3lame", "mpeg4"),
    "mpg": Recipe("mpg", "mpeg", "mp2", "mpeg1video", rate_hz=44_100),
    "mpv": Recipe("m1v", "mpeg1video", None, "mpeg1video"),
    "ts": Recipe("ts", "mpegts", "mp2", "mpeg2video", rate_hz=44_100),
    "3gp": Recipe("3gp", "3gp", "aac", "mpeg4"),
    "wmv": Recipe("wmv", "asf", "wmav2", "wmv2", rate_hz=44_100),
    "nut": Recipe("nut", "nut", "pcm_s16le", "mpeg4"),
    "y4m": Recipe("y4m", "yuv4mpegpipe", None, "wrapped_avframe"),
    "ivf": Recipe("ivf", "ivf", None, "libvpx"),
    "flv": Recipe("flv", "flv", "libmp3lame", "flv1", rate_hz=44_100),
}
PICTURE_FORMATS: dict[str, dict[str, Any]] = {
    "jpg": {"quality": 90},
    "png": {},
    "webp": {"quality": 90},
    "bmp": {},
    "gif": {},
    "tiff": {"compression": "tiff_lzw"},
    "avif": {"speed": 10},
    "heic": {"quality": 80},
    "ppm": {},
    "jp2": {},
}
ODD_NAMES = (
    b"a name with spaces.wav",
    b"hash # and 100 %.wav",
    b"quotes ' and \".wav",
    b"line\nbreak.wav",
    "ünïcödé ☺.wav".encode(),
    b"not utf-8 \xff\xfe.wav",
    b"no suffix",
    b"really a sound.jpg",
    b"-dash=first.wav",
    b"http:colon.wav",
)


def voice(seconds: float, rate_hz: int = SPEECH_HZ) -> Any:
    """Speech from the samples as int16, at another rate where that is wanted."""
    import numpy as np
    import soundfile
    from scipy.signal import resample_poly

    with as_file(SAMPLES / "anna_sadness.flac") as recording:
        samples, hz = soundfile.read(recording, dtype="int16")
    samples = np.tile(samples, int(seconds * hz // len(samples)) + 1)[: round(seconds * hz)]
    return samples if rate_hz == hz else np.round(resample_poly(samples, rate_hz, hz)).astype(np.int16)


def face(size_px: tuple[int, int] = (256, 256)) -> Any:
    """A photo of one person (NASA, public domain), as scikit-image carries it."""
    return _astronaut().resize(size_px)


@cache
def _astronaut() -> Any:
    from PIL import Image

    package = find_spec("skimage")  # importing it would take a second
    where = package.origin if package else None
    assert where, "the tests take a photo from scikit-image: pip install 'emocurate[demo]'"
    with (Path(where).parent / "data" / "astronaut.png").open("rb") as file:
        return Image.open(file).convert("RGB").crop((100, 0, 356, 256))


def mux(path: Path, recipe: Recipe) -> Path:
    """A file with a voice, a face, or a face that moves while a voice speaks."""
    import av

    with av.open(str(path), "w", format=recipe.muxer) as output:
        picture = _picture_track(output, recipe) if recipe.picture else None
        sound = _sound_track(output, recipe) if recipe.sound else None
        spoken = voice(recipe.seconds, recipe.rate_hz)
        total = round(recipe.seconds * recipe.frame_rate)
        for number in range(total):
            if picture:
                output.mux(picture.encode(_moving(number, recipe)))
            if sound:
                start, end = (len(spoken) * at // total for at in (number, number + 1))
                output.mux(sound.encode(_sound_frame(spoken[start:end], start, recipe.rate_hz)))
        for track in (picture, sound):
            if track:
                output.mux(track.encode(None))
    return path


def _sound_track(output: Any, recipe: Recipe) -> Any:
    track = output.add_stream(recipe.sound, rate=recipe.rate_hz, layout="mono")
    if not track.name.startswith(("libopencore", "pcm")):
        track.bit_rate = 48_000
    return track


def _picture_track(output: Any, recipe: Recipe) -> Any:
    track = output.add_stream(recipe.picture, rate=recipe.frame_rate)
    track.width, track.height = recipe.size_px
    track.pix_fmt = recipe.pixel_format
    track.bit_rate = 400_000
    track.codec_context.thread_count = 1
    if recipe.picture == "libx264":
        track.options = {"preset": "ultrafast"}
    if recipe.rotation:
        track.set_display_rotation(recipe.rotation)
    return track


def _moving(number: int, recipe: Recipe) -> Any:
    import av

    width, height = recipe.size_px
    moved = face().crop((number % 8, number % 5, 248 + number % 8, 248 + number % 5)).resize((width, height))
    frame = av.VideoFrame.from_image(moved)
    frame.pts = number
    frame.time_base = Fraction(1, recipe.frame_rate)
    return frame


def _sound_frame(samples: Any, start: int, rate_hz: int) -> Any:
    import av

    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate, frame.pts = rate_hz, start
    return frame


def sound_files(folder: Path) -> dict[str, Path]:
    """Sound in every format that is read, by our short name for it."""
    import numpy as np
    import soundfile

    def write(key: str, suffix: str, channels: int = 1, rate_hz: int = SPEECH_HZ, **how: Any) -> None:
        made[key] = folder / f"{key}.{suffix}"
        spoken = voice(2.0, rate_hz).astype(np.int32) << 16
        spoken = spoken / 2.0**31 if how["subtype"] == "FLOAT" else spoken
        soundfile.write(made[key], np.tile(spoken[:, None], (1, channels)), rate_hz, **how)

    made: dict[str, Path] = {}
    write("wav", "wav", subtype="PCM_16")
    write("wav_8bit", "wav", subtype="PCM_U8")
    write("wav_24bit", "wav", channels=2, rate_hz=48_000, subtype="PCM_24")
    write("wav_float", "wav", subtype="FLOAT")
    write("wav_mulaw", "wav", rate_hz=8_000, subtype="ULAW")
    write("wav_8ch", "wav", channels=8, rate_hz=192_000, subtype="PCM_16")
    write("wav_rf64", "wav", format="RF64", subtype="PCM_16")
    write("flac", "flac", subtype="PCM_16")
    write("flac_24bit", "flac", channels=2, rate_hz=44_100, subtype="PCM_24")
    write("ogg", "ogg", format="OGG", subtype="VORBIS")
    write("aiff", "aiff", subtype="PCM_16")
    write("caf", "caf", subtype="PCM_16")
    write("au", "au", subtype="PCM_16")
    made |= _muxed(folder, [key for key, recipe in MUXED.items() if not recipe.picture])
    made["nistsphere"] = folder / "nistsphere.sph"
    header = "NIST_1A\n   1024\nchannel_count -i 1\nsample_rate -i 16000\nsample_n_bytes -i 2\n"
    header += "sample_byte_format -s2 01\nsample_coding -s3 pcm\nsample_count -i 32000\nend_head\n"
    made["nistsphere"].write_bytes(header.encode().ljust(1024) + voice(2.0).tobytes())
    made["mp3_junk_first"] = folder / "junk_first.mp3"
    made["mp3_junk_first"].write_bytes(bytes(700) + b"junk" * 20 + _without_tag(made["mp3"].read_bytes()))
    made["mp3_large_tag"] = folder / "large_tag.mp3"
    tag = b"ID3\x04\x00\x00" + bytes((0, 1, 0x1D, 0x20)) + b"TXXX" + bytes(20_000 - 4)
    made["mp3_large_tag"].write_bytes(tag + _without_tag(made["mp3"].read_bytes()))
    return made


def _without_tag(mp3: bytes) -> bytes:
    return mp3[mp3.index(b"\xff\xf3") if b"\xff\xf3" in mp3 else mp3.index(b"\xff\xfb") :]


def _muxed(folder: Path, keys: list[str]) -> dict[str, Path]:
    return {key: mux(folder / f"{key}.{MUXED[key].suffix}", MUXED[key]) for key in keys}


def video_files(folder: Path) -> dict[str, Path]:
    """Video in every format that is read; Theora has no encoder in process."""
    import imageio_ffmpeg

    made = _muxed(folder, [key for key, recipe in MUXED.items() if recipe.picture])
    made["ogv"] = folder / "ogv.ogv"
    codecs = ["-c:v", "libtheora", "-c:a", "libvorbis"]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", made["mkv"], *codecs, made["ogv"]]
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return made


def picture_files(folder: Path) -> dict[str, Path]:
    """A face in every picture format and in every kind of colours."""
    import pillow_heif
    from PIL import Image

    pillow_heif.register_heif_opener()
    made: dict[str, Path] = {}

    def save(key: str, image: Any, suffix: str, **how: Any) -> None:
        made[key] = folder / f"{key}.{suffix}"
        image.save(made[key], **how)

    person = face((120, 160))
    for name, how in PICTURE_FORMATS.items():
        save(name, person, name, **how)
    for orientation in range(2, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(f"jpg_turned_{orientation}", stored_as(person, orientation), "jpg", quality=95, exif=exif)
    save("jpg_cmyk", person.convert("CMYK"), "jpg", quality=95)
    save("jpg_grey", person.convert("L"), "jpg", quality=95)
    save("jpg_progressive", person, "jpg", progressive=True)
    save("png_palette", person.quantize(64), "png")
    save("png_16bit", sixteen_bit(person), "png")
    with_alpha = person.copy()
    with_alpha.putalpha(Image.linear_gradient("L").resize(person.size))
    save("png_alpha", with_alpha, "png")
    save("tiff_float", person.convert("F"), "tiff")
    save("gif_moving", person, "gif", save_all=True, append_images=[person.rotate(90 * n) for n in range(1, 4)])
    return made


def stored_as(upright: Any, orientation: int) -> Any:
    """The picture as a camera would store it that says `orientation`; turning it by that gives the upright one."""
    from PIL import Image

    inverse = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE"}
    inverse |= {6: "ROTATE_90", 7: "TRANSVERSE", 8: "ROTATE_270"}
    return upright.transpose(Image.Transpose[inverse[orientation]])


def sixteen_bit(image: Any) -> Any:
    """The picture in 16 bits of grey."""
    import numpy as np
    from PIL import Image

    return Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)


def talking_head(folder: Path, seconds: float = 6.0) -> Path:
    """A video of a face with a voice, larger and longer than the others."""
    recipe = Recipe("mp4", "mp4", "aac", "libx264", size_px=(384, 384), seconds=seconds)
    return mux(folder / "talking_head.mp4", recipe)


def odd_names(folder: Path) -> list[Path]:
    """The same sound under names that break careless programs."""
    from soundfile import write

    made = [Path(os.fsdecode(os.fsencode(folder) + b"/" + name)) for name in ODD_NAMES]
    plain = folder / "plain.wav"
    write(plain, voice(0.5), SPEECH_HZ)
    for path in made:
        shutil.copyfile(plain, path)
    return made


def good_files(folder: Path) -> dict[str, Path]:
    """All of the above in one folder, by a short name each."""
    folder.mkdir(parents=True, exist_ok=True)
    made = sound_files(folder) | video_files(folder) | picture_files(folder)
    made["talking_head"] = talking_head(folder)
    return made | {f"odd_name_{number}": path for number, path in enumerate(odd_names(folder))}

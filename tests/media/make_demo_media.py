"""Makes the recordings of the demo with espeak-ng and flite, and its pictures: run once, its results are kept.

Licence: the sentences are our own and are given to the public domain (CC0-1.0), and so is the speech made of them.
All of it is synthetic: nobody was recorded, and the emotions are only asked for by pitch, speed and loudness.
"""

import csv
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parents[2] / "pipelines" / "demo" / "media"
RATE_HZ = 16_000
STEP = 32  # of the 65,536 levels of 16 bits; the engines make no finer sound, and FLAC packs it in half the bytes
COLUMNS = [
    "path",
    "speaker",
    "language",
    "transcript",
    "requested",
    "basis",
    "licence",
    "model",
    "model_version",
    "voice",
]


@dataclass(frozen=True)
class Voice:
    """One voice of one engine, which counts as a speaker."""

    speaker: str
    engine: str
    name: str
    language: str
    pitch: int  # espeak-ng: 0 to 99; flite: hertz
    speed: int  # words a minute


@dataclass(frozen=True)
class Manner:
    """How an emotion is asked for: factors on pitch and speed, the peak level, and the pause between sentences."""

    pitch: float
    speed: float
    level: float
    pause_ms: int


ANNA = Voice("sample-anna", "flite", "slt", "en-US", 175, 160)
RALF = Voice("sample-ralf", "flite", "rms", "en-US", 95, 150)
GWEN = Voice("sample-gwen", "espeak-ng", "en-us+f3", "en-US", 60, 165)
OTTO = Voice("sample-otto", "espeak-ng", "de+m3", "de-DE", 40, 160)
MANNERS = {
    "neutral": Manner(1.0, 1.0, 0.45, 700),
    "happiness": Manner(1.3, 1.12, 0.6, 550),
    "sadness": Manner(0.8, 0.75, 0.25, 1100),
    "anger": Manner(1.15, 1.25, 0.9, 450),
    "fear": Manner(1.4, 1.3, 0.35, 600),
    "surprise": Manner(1.5, 1.05, 0.6, 800),
}
RECORDINGS: tuple[tuple[Voice, str, tuple[str, ...]], ...] = (
    (ANNA, "neutral", ("The shop opens at nine.", "On Sundays it stays closed.")),
    (ANNA, "happiness", ("You really came!", "I have been waiting for this all year.")),
    (ANNA, "sadness", ("The house is empty now.", "Nobody calls any more.")),
    (RALF, "neutral", ("Take the second road on the left.", "Then go straight on to the bridge.")),
    (RALF, "anger", ("I told you twice already!", "Put that down and listen to me!")),
    (RALF, "surprise", ("Is that really you?", "I would never have guessed!")),
    (GWEN, "fear", ("Did you hear that?", "There is somebody on the stairs.", "Please stay here.")),
    (GWEN, "happiness", ("We won the match!", "Come on, let us dance!")),
    (GWEN, "anger", ("No, that is not what we agreed.", "You broke your word again!")),
    (OTTO, "neutral", ("Der Zug fährt um zehn Uhr ab.", "Bitte steigen Sie hinten ein.")),
    (OTTO, "sadness", ("Er ist gestern abgereist.", "Ich vermisse ihn sehr.")),
    (ANNA, "fear", ("Please leave the light on.", "There are steps behind the door.")),
    (RALF, "sadness", ("We had to sell the boat.", "My father built it himself.")),
    (RALF, "happiness", ("They said yes to all of it!", "Tonight we are going to celebrate.")),
    (OTTO, "anger", ("Das habe ich nie gesagt!", "Hör auf damit und geh nach Hause!")),
    (OTTO, "happiness", ("Wir haben es wirklich geschafft!", "Endlich sind wir am Meer.")),
)


def spoken(voice: Voice, manner: Manner, sentence: str) -> Any:
    """One sentence as floats at RATE_HZ, without the silence around it."""
    import numpy as np
    import soundfile
    from scipy.signal import resample_poly

    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "spoken.wav"
        subprocess.run(_command(voice, manner, sentence, wav), check=True, capture_output=True)
        samples, rate_hz = soundfile.read(wav)
    samples = resample_poly(samples, RATE_HZ, rate_hz)
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def _command(voice: Voice, manner: Manner, sentence: str, wav: Path) -> list[str]:
    if voice.engine == "flite":
        stretch = f"duration_stretch={160 / (voice.speed * manner.speed):.3f}"
        pitch = f"int_f0_target_mean={voice.pitch * manner.pitch:.1f}"
        return ["flite", "-voice", voice.name, "--setf", stretch, "--setf", pitch, "-t", sentence, "-o", str(wav)]
    higher, faster = min(99, round(voice.pitch * manner.pitch)), round(voice.speed * manner.speed)
    return ["espeak-ng", "-v", voice.name, "-p", str(higher), "-s", str(faster), "-w", str(wav), sentence]


def recording(voice: Voice, manner: Manner, sentences: tuple[str, ...]) -> Any:
    """Sentences with pauses between, before and after them, as int16."""
    import numpy as np

    def silence(ms: int) -> Any:
        return np.zeros(ms * RATE_HZ // 1000)

    parts = [silence(300)]
    for sentence in sentences:
        parts += [spoken(voice, manner, sentence), silence(manner.pause_ms)]
    samples = np.concatenate(parts)
    samples *= manner.level * 32767 / np.abs(samples).max()
    return (np.round(samples / STEP) * STEP).astype(np.int16)


def version(engine: str) -> str:
    """What the engine says its version is."""
    told = subprocess.run([engine, "--version"], capture_output=True, text=True, check=False)  # flite ends with 1
    found = re.search(r"(?:flite-|: )(\d+\.\d+)", told.stdout + told.stderr)
    return found.group(1) if found else "unknown"


def main() -> None:
    """Write the recordings and the table that describes them."""
    import soundfile

    rows = []
    for voice, emotion, sentences in RECORDINGS:
        name = f"{voice.speaker.removeprefix('sample-')}_{emotion}.flac"
        samples = recording(voice, MANNERS[emotion], sentences)
        soundfile.write(HERE / name, samples, RATE_HZ, subtype="PCM_16", compression_level=1.0)
        told = (voice.speaker, voice.language, " ".join(sentences), emotion, "synthetic", "CC0-1.0")
        rows.append((name, *told, voice.engine, version(voice.engine), voice.name))
    with (HERE / "metadata.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table, lineterminator="\n").writerows([COLUMNS, *rows])
    pictures()


def pictures() -> None:
    """Write NASA's portrait of an astronaut as a picture, and as a video in which it speaks with a voice of ours."""
    from PIL import Image
    from skimage import data

    folder = HERE.with_name("pictures")
    portrait = folder / "astronaut.jpg"
    Image.fromarray(data.astronaut()).save(portrait, quality=90, optimize=True)
    talking_picture(portrait, HERE / "anna_happiness.flac", folder / "astronaut-speaks.mkv")


def talking_picture(picture: Path, sound: Path, video: Path, frames_per_s: int = 5) -> None:
    """Write a video (Matroska, MPEG-4, FLAC) that shows a picture while a sound lasts; the same input, the same bytes."""
    import ffmpeg

    shown = ffmpeg.input(str(picture), loop=1, framerate=frames_per_s)
    ffmpeg.output(
        shown, ffmpeg.input(str(sound)), str(video), vcodec="mpeg4", qscale=3, acodec="flac", pix_fmt="yuv420p",
        shortest=None, fflags="+bitexact", flags="+bitexact", map_metadata=-1,
    ).overwrite_output().run(quiet=True)  # fmt: skip


if __name__ == "__main__":
    main()

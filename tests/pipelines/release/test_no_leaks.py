"""The whole way with the verbs: planted twins, altered copies, one voice under two names; nothing known crosses splits."""

import csv
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageOps
from skimage import data

from pipelines.engine.catalog import Catalog
from tests.curate.prints.test_pictures import jpeg
from tests.curate.twins.test_sounds import encoded, noisy
from tests.processes import typed

pytestmark = pytest.mark.heavy

RATE_HZ = 16_000
# Which voice of the demo is in which file, and under which name it goes there: Anna is Anna, Annie, and nobody.
VOICES: dict[str, tuple[str, str]] = {
    "anna_neutral": ("anna", "Anna"),
    "anna_happiness": ("anna", ""),
    "anna_sadness": ("anna", "Annie"),
    "otto_neutral": ("otto", "Otto"),
    "otto_sadness": ("otto", ""),
    "ralf_anger": ("ralf", ""),
    "ralf_neutral": ("ralf", ""),
    "gwen_fear": ("gwen", "Gwen"),
}
COPIES = {  # file -> of what, and what was done to it
    "copy-1": ("ralf_anger", lambda one: encoded(one, "mp3")),
    "copy-2": ("otto_sadness", lambda one: noisy(one[: len(one) // 16 * 16] / 3)),
    "copy-3": ("gwen_fear", lambda one: encoded(one[4_000:-6_000], "opus")),
}
PICTURES = {
    "astronaut": lambda one: one,
    "astronaut-small": lambda one: jpeg(one, 40).resize((256, 256)),
    "astronaut-mirrored": ImageOps.mirror,
    "cat": lambda _: Image.fromarray(data.cat()),
}
NAMES = """
    SELECT min(s.name), r.split, g."group" FROM released r JOIN clips c ON c.id = r.clip JOIN statements s USING (asset)
    LEFT JOIN groups g ON g.member = c.id AND g.kind = 'voice' GROUP BY r.clip, r.split, g."group" """


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A collection after `init`, `add`, `run` and `export`, and what `export --json` says."""
    place = tmp_path_factory.mktemp("twins")
    media, home = place / "media", place / "home"
    media.mkdir()
    for name in VOICES:
        spoken, _ = soundfile.read(str(files("pipelines.demo") / "media" / f"{name}.flac"), dtype="int16")
        soundfile.write(media / f"{name}.flac", spoken, RATE_HZ)
    for name, (of, altered) in COPIES.items():
        spoken, _ = soundfile.read(media / f"{of}.flac", dtype="int16")
        soundfile.write(media / f"{name}.flac", np.asarray(altered(spoken)).astype(np.int16), RATE_HZ)
    for name, altered in PICTURES.items():
        altered(Image.fromarray(data.astronaut())).save(media / f"{name}.png")
    with (media / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("path", "speaker"), *((f"{name}.flac", who) for name, (_, who) in VOICES.items())])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOCURATE_KEYS", str(place / "keys"))
        done = _typed(home, media)
    return home, json.loads(done)


SETTINGS = {  # as `init` writes them, and as they are to be
    'identity = "off"': 'identity = "campplus"',  # of voices, which come first
    "\nturned = false": "\nturned = true",
    "\nfold = true": "\nfold = false",  # so that copies leave, too, and could cross
    "\ntrain = 0.8": "\ntrain = 0.4",
    "validation = 0.1": "validation = 0.3",
    "\ntest = 0.1": "\ntest = 0.3",
}


def _typed(home: Path, media: Path) -> str:
    """What the last of the verbs prints, that make a release of a folder."""
    said: list[tuple[str, ...]] = [
        ("init", str(home), "--scheme", "ekman"),
        ("add", str(media), "--basis", "synthetic", "--licence", "CC0-1.0", "--metadata", str(media / "metadata.csv")),
        ("run",),
        ("export", "--unlabelled", "--internal", "--allow-gaps", "--no-figures", "--json"),
    ]
    for verb in said:
        done = typed(*verb, *(() if verb[0] == "init" else ("--home", str(home))))
        assert done.returncode == 0, (verb, done.stderr)
        if verb[0] == "init":
            written = (home / "emocurate.toml").read_text("utf-8")
            for before, after in SETTINGS.items():
                assert before in written, written
                written = written.replace(before, after, 1)
            (home / "emocurate.toml").write_text(written, "utf-8")
    return done.stdout


def test_nothing_that_is_linked_crosses_splits(released: tuple[Path, dict[str, Any]]) -> None:
    leaks = {leak["kind"]: leak for leak in released[1]["leaks"]}
    assert {leak["crossing"] for leak in leaks.values()} == {0}
    assert leaks["voice"]["linked"] > 0
    assert leaks["duplicate"]["linked"] > 0
    assert sum(sum(splits.values()) > 0 for splits in released[1]["samples"].values()) == 2


def test_copies_are_where_what_they_were_made_from_is(released: tuple[Path, dict[str, Any]]) -> None:
    home, _ = released
    splits: dict[str, set[str]] = {}
    for name, split, _ in Catalog(home).rows(NAMES):
        splits.setdefault(Path(name).stem, set()).add(split)
    assert {*VOICES, *COPIES} <= set(splits)
    assert all(splits[copy] == splits[of] for copy, (of, _) in COPIES.items())
    assert len({frozenset(splits[name]) for name in PICTURES if name.startswith("astronaut")}) == 1


def test_copies_are_groups_with_what_they_were_made_from_and_nothing_else_is(
    released: tuple[Path, dict[str, Any]],
) -> None:
    done = typed("duplicates", "--json", "--home", str(released[0]))
    groups = [
        {Path(member["name"]).stem for member in group["members"]}
        for group in json.loads(done.stdout)["groups"]
        if group["what"] == "file"
    ]
    wanted = [{copy, of} for copy, (of, _) in COPIES.items()] + [{name for name in PICTURES if name != "cat"}]
    assert sorted(map(sorted, groups)) == sorted(map(sorted, wanted))


def test_a_voice_that_has_no_name_is_in_the_split_of_that_voice(released: tuple[Path, dict[str, Any]]) -> None:
    of_voice: dict[str, set[str]] = {}
    for name, _, group in Catalog(released[0]).rows(NAMES):
        if group and Path(name).stem in VOICES:
            of_voice.setdefault(group, set()).add(VOICES[Path(name).stem][0])
    assert of_voice
    assert all(len(voices) == 1 for voices in of_voice.values())


def test_one_voice_under_two_names_is_told(released: tuple[Path, dict[str, Any]]) -> None:
    (alike,) = json.loads(typed("audit", "--json", "--home", str(released[0])).stdout)["alike"]
    assert len(alike["people"]) == 2
    assert {Path(name).stem for name in alike["files"]} == {"anna_neutral", "anna_sadness"}

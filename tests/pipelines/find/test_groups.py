"""Groups over a collection: copies that were encoded anew are one, asked about once, and nothing else is."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
import soundfile
from PIL import Image

from curate.prints.pictures import FingerprintPicture, picture_print
from curate.prints.sounds import FingerprintSound
from curate.read.probe import Probe
from curate.twins.pictures import alike_pictures
from pipelines.engine.catalog import Catalog
from pipelines.engine.passes import Pass
from pipelines.engine.workers import Inline
from pipelines.find.duplicates import Duplicates, duplicates
from pipelines.find.groups import TURNED, refresh
from pipelines.find.run import bring_up_to_date
from pipelines.find.thresholds import FOLDED, choose
from pipelines.items import duplicate_groups
from schemas.answers import Ask, Item
from schemas.duplicates import DuplicateSettings
from schemas.media import Source
from schemas.sections import FaceSettings, VoiceSettings
from schemas.settings import Settings
from tests.curate.prints.test_pictures import jpeg, scene
from tests.curate.twins.test_sounds import encoded, talk
from tests.pipelines.conftest import Builder, empty_in, take_in
from tests.pipelines.engine.odd_stages import Corner, Halve

LAX = Settings(
    voice=VoiceSettings(min_ms=0, max_steadiness=1, max_purity=1, max_flatness=1),
    face=FaceSettings(min_px=0, min_score=0, min_brightness=0),
)
STAGES = (Probe(), Halve(ms=1500), Corner(px=32), FingerprintSound(), FingerprintPicture())


def written(folder: Path, sounds: dict[str, Any], pictures: dict[str, Image.Image]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, samples in sounds.items():
        soundfile.write(folder / f"{name}.flac", samples.astype(np.int16), 16_000)
    for name, picture in pictures.items():
        picture.save(folder / f"{name}.png")
    return folder


def looked_at(home: Path, duplicate_settings: DuplicateSettings = LAX.duplicates) -> None:
    step = partial(refresh, settings=duplicate_settings)
    bring_up_to_date(home, (Pass(STAGES), Pass((), step=step)), Inline())


def of_files(found: Duplicates, kind: str = "duplicate") -> list[list[str]]:
    return [
        sorted(one.name for one in group.members)
        for group in found.groups
        if group.what == "file" and group.kind == kind
    ]


def twins_in(home: Path, media: Path) -> None:
    """Three sounds and two pictures, with copies of one each."""
    empty_in(home, media)
    first = talk(3000, 1)
    sounds = {"a": first, "a-mp3": encoded(first, "mp3"), "b": talk(3000, 2), "c": talk(3000, 3)}
    pictures = {"p": scene(1), "p-small": jpeg(scene(1), 40), "q": scene(2)}
    take_in(home, [written(media, sounds, pictures)])
    looked_at(home)


@pytest.fixture
def twins(copy_of: Callable[[Builder], Path]) -> Path:
    return copy_of(twins_in)


def test_re_encoded_sounds_and_pictures_are_one_group_each(twins: Path) -> None:
    found = duplicates(twins, LAX)
    assert sorted(of_files(found)) == [["a-mp3.flac", "a.flac"], ["p-small.png", "p.png"]]
    assert found.without == 0


def test_of_the_clips_in_them_only_the_best_stays_good(twins: Path) -> None:
    clips = [group for group in duplicates(twins, LAX).groups if group.what != "file"]
    assert sorted((group.what, len(group.members)) for group in clips) == [("face", 2), ("voice", 2), ("voice", 2)]
    assert all([member.kept for member in group.members] == [True, False] for group in clips)


def test_whoever_wants_all_asked_about_says_so(twins: Path) -> None:
    all_asked = replace(LAX, duplicates=replace(LAX.duplicates, fold=False))
    assert all(
        one.kept for group in duplicates(twins, all_asked).groups for one in group.members if group.what != "file"
    )


def test_what_was_asked_about_goes_before_what_is_better(twins: Path) -> None:
    (faces,) = [group for group in duplicates(twins, LAX).groups if group.what == "face"]
    item = Item("clip", faces.members[1].id)
    Catalog(twins).add([item, Ask(item.id, "any")])
    (again,) = [group for group in duplicates(twins, LAX).groups if group.what == "face"]
    assert again.members[0] == replace(faces.members[1], kept=True)


def test_the_reason_is_told(twins: Path) -> None:
    with Catalog(twins).open() as connection:
        choose(connection, LAX, "face")
        assert connection.execute("SELECT count(*) FROM chosen_face WHERE reason = ?", [FOLDED]).fetchall() == [(1,)]


def test_conflicts_inside_a_group_are_seen_by_audit(twins: Path) -> None:
    (faces,) = [group for group in duplicates(twins, LAX).groups if group.what == "face"]
    items = [Item("clip", member.id) for member in faces.members]
    Catalog(twins).add(items)
    groups = duplicate_groups(twins)
    assert groups[items[0].id] == groups[items[1].id]


def test_groups_follow_the_settings_without_a_new_look_at_the_files(twins: Path) -> None:
    strict = replace(LAX, duplicates=replace(LAX.duplicates, strictness=100, picture_bits=0))
    assert duplicates(twins, strict).groups == ()
    assert len(duplicates(twins, LAX).groups) == 5


def test_a_second_look_changes_nothing(twins: Path) -> None:
    before = Catalog(twins).rows("SELECT * FROM groups ORDER BY ALL"), Catalog(twins).fact("revision")
    looked_at(twins)
    assert (Catalog(twins).rows("SELECT * FROM groups ORDER BY ALL"), Catalog(twins).fact("revision")) == before


def test_portraits_of_other_emotions_are_not_folded_onto_each_other(home: Path, tmp_path: Path) -> None:
    for name, emotion in (("glad", "joy"), ("sad", "sadness")):
        folder = written(tmp_path / name, {}, {name: scene(1).resize((320, 240 + len(name)))})
        take_in(home, [folder], Source("synthetic", "CC0-1.0", "made", requested=emotion))
    looked_at(home)
    found = duplicates(home, LAX)
    assert of_files(found) == [["glad.png", "sad.png"]]
    assert [group.what for group in found.groups] == ["file"]


def test_repeated_content_is_told_and_joins_no_recordings(home: Path, tmp_path: Path) -> None:
    intro = talk(4000, 9)
    episodes = {f"episode-{n}": np.concatenate([intro * (0.5 + n / 10), talk(9000, 20 + n)]) for n in range(4)}
    take_in(home, [written(tmp_path / "in", episodes, {})])
    looked_at(home)
    found = duplicates(home, LAX)
    assert of_files(found) == []
    (repeated,) = [group for group in found.groups if group.kind == "repeated"]
    assert [member.name for member in repeated.members] == [f"{name}.flac" for name in sorted(episodes)]
    assert repeated.members[0].why.startswith("0.0 s to 4.")


def test_all_altered_copies_of_a_photo_fold(shared: Path, home: Path) -> None:
    take_in(home, [shared / "neardup"])
    looked_at(home)
    (files,) = [group for group in duplicates(home, LAX).groups if group.what == "file"]
    assert len(files.members) == 12


TURNS = [*Image.Transpose]


@pytest.mark.parametrize("first", [True, False], ids=["copied", "copy"])
@pytest.mark.parametrize("turn", TURNS, ids=lambda turn: turn.name.lower())
def test_a_face_of_a_turned_copy_is_looked_for_where_the_copy_shows_it(turn: Image.Transpose, first: bool) -> None:
    plain = scene(4).resize((160, 120))
    marked = Image.new("L", plain.size)
    marked.paste(255, (16, 12, 48, 60))  # off the middle both ways: no turn leaves it where it is
    pair = [plain, plain.transpose(turn)], [marked, marked.transpose(turn)]
    pictures, marks = pair if first else (pair[0][::-1], pair[1][::-1])
    prints = np.array([picture_print(np.asarray(picture)) for picture in pictures], np.uint64)
    (alike,) = alike_pictures(prints, 6, turns=True)
    one, other = map(part_of, marks)
    with duckdb.connect() as connection:
        connection.execute(TURNED)
        rows = connection.execute("SELECT turned(?::DOUBLE[], ?)", [other, alike.turn]).fetchall()
    assert rows[0][0] == pytest.approx(one)


def part_of(marked: Image.Image) -> list[float]:
    """Where the mark is, as shares of the picture: x, y, width, height."""
    left, top, right, bottom = marked.getbbox() or (0, 0, 0, 0)
    width, height = marked.size
    return [left / width, top / height, (right - left) / width, (bottom - top) / height]

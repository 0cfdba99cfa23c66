"""A group over the cap: the fewest clips that hold it together are named, and left out they hold it no longer."""

from pathlib import Path

import pytest

from pipelines.engine import live
from pipelines.engine.catalog import Catalog, insert
from pipelines.release.balance import Bridge, Large
from pipelines.release.large import MANY
from pipelines.release.splits import draw_splits
from pipelines.weigh.flagged import decide
from schemas.media import Asset, Clip, Statement
from schemas.sections import ExportSettings
from schemas.stage import Receipt

TIME, STAGE = "2026-03-01T00:00:00.000000Z", "Cut@1"
SETTINGS = ExportSettings(0.4, 0.3, 0.3, largest=0.3)


def asset(number: int) -> str:
    return f"{number:032}"


def clips(number: int, count: int = 2) -> list[Clip]:
    return [Clip(asset(number), "utterance", 1000 * place, 1000 * place + 900) for place in range(count)]


def spoken(home: Path, speakers: dict[int, tuple[str, ...]]) -> None:
    """Recordings of two utterances each, and who is told to speak in each; beside them as many of nobody as count."""
    numbers = [*speakers, *range(1000, 1000 + MANY + len(speakers))]
    receipts = [Receipt(STAGE, asset(number), "done", made=tuple(clips(number))) for number in numbers]
    said = [
        Statement(asset(number), f"{number}-{place}.wav", "file", TIME, speaker=name)
        for number, names in speakers.items()
        for place, name in enumerate(names)
    ]
    Catalog(home).add([*said, *(Asset(asset(number), "sound", "wav", 1) for number in numbers)], receipts)
    live.refresh(Catalog(home), [STAGE])


def voices(home: Path, of: dict[str, list[Clip]]) -> None:
    rows = [(clip.id, name) for name, some in of.items() for clip in some]
    columns = {"kind": ["voice"] * len(rows), "member": [one for one, _ in rows], "group": [name for _, name in rows]}
    with Catalog(home).open() as connection:
        insert(connection, "groups", columns | {"why": [""] * len(rows)})


def large(home: Path) -> tuple[Large, ...]:
    with Catalog(home).open() as connection:
        return draw_splits(connection, SETTINGS).large


@pytest.fixture
def bridged(home: Path) -> Path:
    """Twenty recordings of Anna, twenty of Berta, and one voice that is heard in one clip of each."""
    spoken(home, {number: ("anna",) if number < 20 else ("berta",) for number in range(40)})
    voices(home, {"v": [clips(3)[1], clips(25)[0]], "w": [clips(3)[0], clips(4)[0]]})
    return home


def test_one_clip_of_a_voice_is_named_with_what_is_left_without_it(bridged: Path) -> None:
    (group,) = large(bridged)
    assert (group.files, group.links, group.parts) == (40, ("speaker", "voice"), (20, 20))
    assert group.bridges in (
        (Bridge(clips(3)[1].id, "3-0.wav 1.00 s"),),
        (Bridge(clips(25)[0].id, "25-0.wav 0.00 s"),),
    )


def test_left_out_it_holds_nothing_together_any_more(bridged: Path) -> None:
    (group,) = large(bridged)
    decide(bridged, [bridge.clip for bridge in group.bridges], "crosstalk of the next room", keep=False)
    assert large(bridged) == ()
    decide(bridged, [bridge.clip for bridge in group.bridges], "it is a guest after all", keep=True)
    assert large(bridged) == (group,)


def test_a_file_that_two_speakers_are_told_of_is_named_with_all_its_clips(home: Path) -> None:
    spoken(home, {number: ("anna",) if number < 20 else ("berta",) for number in range(40)} | {40: ("anna", "berta")})
    (group,) = large(home)
    assert [bridge.clip for bridge in group.bridges] == [clip.id for clip in clips(40)]
    assert group.parts == (20, 20)
    decide(home, [bridge.clip for bridge in group.bridges], "both at once", keep=False)
    assert large(home) == ()


def test_one_speaker_is_held_together_by_no_clips(home: Path) -> None:
    spoken(home, dict.fromkeys(range(30), ("anna",)))
    (group,) = large(home)
    assert (group.bridges, group.parts) == ((), ())


def test_a_group_is_what_it_was_when_it_was_written_down() -> None:
    group = Large("g", 3, 0.5, ("speaker",), (Bridge("c", "a.wav"),), (2, 1))
    told = {"group": "g", "files": 3, "share": 0.5, "links": ["speaker"], "bridges": [{"clip": "c", "name": "a.wav"}]}
    assert Large.of(told | {"parts": [2, 1]}) == group
    assert Large.of({"group": "g", "files": 3, "share": 0.5, "links": ["speaker"]}) == Large("g", 3, 0.5, ("speaker",))

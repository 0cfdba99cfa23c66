"""Linked originals: what changed is a failed row with its reason until its bytes are there again."""

import os
import time
from pathlib import Path

import pytest
import soundfile

from pipelines.engine.catalog import Catalog
from pipelines.engine.links import look
from pipelines.engine.store import Store
from pipelines.status import status
from schemas.settings import Settings
from schemas.stage import LINK
from tests.pipelines.conftest import run, take_in

CHANGED = "the linked file has changed since it was added; put its bytes back, or add it again as a new file"
GONE = "the linked file has gone; put it back, or add it again from where it is now"


def receipts(home: Path) -> list[tuple[str, int, str | None]]:
    return Catalog(home).rows(f"SELECT state, attempt, reason FROM receipts WHERE stage = '{LINK}' ORDER BY attempt")


def tables(home: Path) -> list[list[tuple[object, ...]]]:
    return [Catalog(home).rows(f"SELECT * FROM {table} ORDER BY ALL") for table in ("receipts", "clips", "scores")]


def other_sound(path: Path) -> None:
    """Write other sound of the same size in place."""
    size = path.stat().st_size
    samples, rate_hz = soundfile.read(path)
    soundfile.write(path, samples[::-1] * 0.7, rate_hz, "PCM_16")
    assert path.stat().st_size == size


def test_what_nobody_touched_leaves_no_receipt(linked_in: Path) -> None:
    assert look(linked_in) == 0
    assert receipts(linked_in) == []


def test_a_changed_original_is_a_failed_file_with_the_reason(linked_in: Path, media: Path) -> None:
    run(linked_in)
    other_sound(media / "tone-0.wav")
    tally = run(linked_in)
    assert (tally.failed, tally.open, tally.total) == (1, 1, 0)
    files = status(linked_in, Settings()).files
    assert (files.total, files.kept, files.failed) == (7, 6, {CHANGED: 1})


def test_a_failure_that_is_known_is_not_told_twice(linked_in: Path, media: Path) -> None:
    other_sound(media / "tone-0.wav")
    assert [run(linked_in).failed, run(linked_in).failed] == [1, 0]
    assert receipts(linked_in) == [("failed", 1, CHANGED)]


def test_a_changed_original_is_not_decoded(linked_in: Path, media: Path) -> None:
    other_sound(media / "tone-0.wav")
    os.truncate(media / "plain-0.png", 20)
    (media / "tone-1.wav").unlink()
    tally = run(linked_in)
    assert (tally.total, tally.failed, tally.clips) == (4, 3, 6)


def test_an_original_that_was_deleted_and_put_back_is_whole_again_without_a_retry(linked_in: Path, media: Path) -> None:
    run(linked_in)
    before = tables(linked_in)[1:]
    sound = media / "tone-0.wav"
    aside = sound.rename(media.parent / "aside.wav")
    assert run(linked_in).failed == 1
    assert status(linked_in, Settings()).files.failed == {GONE: 1}
    aside.rename(sound)
    tally = run(linked_in)
    assert (tally.failed, tally.open, tally.total) == (0, 0, 0)
    assert receipts(linked_in) == [("failed", 1, GONE), ("done", 2, None)]
    assert tables(linked_in)[1:] == before


def test_what_was_whole_again_and_goes_once_more_fails_once_more(linked_in: Path, media: Path) -> None:
    sound = media / "tone-0.wav"
    for _ in range(2):
        aside = sound.rename(media.parent / "aside.wav")
        look(linked_in)
        assert status(linked_in, Settings()).files.failed == {GONE: 1}
        aside.rename(sound)
        look(linked_in)
        assert status(linked_in, Settings()).files.failed == {}
    assert [(state, attempt) for state, attempt, _ in receipts(linked_in)] == [
        ("failed", 1), ("done", 2), ("failed", 3), ("done", 4),
    ]  # fmt: skip


def test_another_reason_is_told_in_place_of_the_first(linked_in: Path, media: Path) -> None:
    other_sound(media / "tone-0.wav")
    look(linked_in)
    (media / "tone-0.wav").unlink()
    assert look(linked_in) == 1
    assert status(linked_in, Settings()).files.failed == {GONE: 1}


def test_what_was_only_touched_is_still_good_and_nothing_is_done_again(linked_in: Path, media: Path) -> None:
    run(linked_in)
    before = tables(linked_in)
    for path in media.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    assert (run(linked_in).total, tables(linked_in)) == (0, before)


def test_a_replaced_original_can_be_added_again_as_a_new_file(linked_in: Path, media: Path) -> None:
    run(linked_in)
    other_sound(media / "tone-0.wav")
    take_in(linked_in, [media], link=True)
    tally = run(linked_in)
    assert (tally.total, tally.clips, tally.open) == (1, 2, 1)


def test_an_original_that_moved_is_whole_again_when_it_is_added_from_there(linked_in: Path, media: Path) -> None:
    moved = (media / "tone-0.wav").rename(media.parent / "moved.wav")
    look(linked_in)
    take_in(linked_in, [moved], link=True)
    look(linked_in)
    assert status(linked_in, Settings()).files.failed == {}


def test_a_link_that_a_killed_add_left_behind_is_nobodys_failure(linked_in: Path, tmp_path: Path) -> None:
    stray = tmp_path / "stray.wav"
    stray.write_bytes(b"never committed")
    Store(linked_in / "media").link(stray)
    stray.unlink()
    assert (look(linked_in), receipts(linked_in)) == (0, [])


@pytest.mark.parametrize("left", [None, 3])
def test_a_copy_that_is_named_is_looked_at_until_its_bytes_are_back(
    taken_in: Path, media: Path, left: int | None
) -> None:
    (asset,) = Catalog(taken_in).rows("SELECT min(id) FROM assets WHERE kind = 'sound'")[0]
    stored = Store(taken_in / "media").path(asset)
    stored.unlink() if left is None else os.truncate(stored, left)
    assert look(taken_in) == 0
    assert look(taken_in, [asset]) == 1
    take_in(taken_in, [media])
    look(taken_in)
    assert [state for state, _, _ in receipts(taken_in)] == ["failed", "done"]

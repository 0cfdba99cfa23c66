"""Cuts are made from the bytes that an asset's id names, and from no others."""

import os
import time
from pathlib import Path

import pytest
import soundfile

from pipelines import cutting
from pipelines.cuts import jobs_from, make_cuts
from pipelines.cutting import Job, cut_path
from pipelines.engine.catalog import Catalog
from pipelines.engine.store import Store
from schemas.errors import EmocurateError
from schemas.scheme import Media
from tests.pipelines.conftest import run
from tests.pipelines.engine.test_links import CHANGED, other_sound, receipts
from tests.pipelines.rebuild.dying import dies_with_pictures

Times = dict[Path, int]


def jobs(home: Path, media: Media = "voice") -> list[Job]:
    rows = Catalog(home).rows(
        """SELECT c.asset, a.kind, c.kind, c.start_ms, c.end_ms, c.box FROM clips c JOIN assets a ON a.id = c.asset
           WHERE (c.kind = 'face') = ? ORDER BY c.asset, c.id""",
        [media == "face"],
    )
    return jobs_from(rows, media)


def times(home: Path) -> Times:
    return {path: path.stat().st_mtime_ns for path in (home / "cuts" / "clips").rglob("*.*")}


def job_of(home: Path, path: Path) -> Job:
    return next(job for job in jobs(home) if Store(home / "media").path(job.asset).resolve() == path.resolve())


@pytest.mark.parametrize(("media_kind", "count"), [("voice", 8), ("face", 3)])
def test_every_clip_is_cut_once(linked_in: Path, media_kind: Media, count: int) -> None:
    run(linked_in)
    assert [make_cuts(linked_in, jobs(linked_in, media_kind), 1) for _ in range(2)] == [count, 0]
    assert len(times(linked_in)) == count


def test_a_cut_holds_the_samples_of_its_span(linked_in: Path, media: Path) -> None:
    run(linked_in)
    make_cuts(linked_in, jobs(linked_in), 1)
    job = job_of(linked_in, media / "tone-1.wav")
    whole, _ = soundfile.read(media / "tone-1.wav", dtype="int16")
    for clip in job.clips:
        cut, rate_hz = soundfile.read(cut_path(linked_in, "voice", clip.id), dtype="int16")
        start = (clip.start_ms or 0) * rate_hz // 1000
        assert (cut == whole[start : start + len(cut)]).all()


def test_what_was_overwritten_with_its_old_size_and_time_is_not_cut_and_has_failed(
    linked_in: Path, media: Path
) -> None:
    run(linked_in)
    sound = media / "tone-0.wav"
    before = sound.stat()
    other_sound(sound)
    os.utime(sound, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert run(linked_in).failed == 0  # nothing tells it from what was added but its bytes
    assert make_cuts(linked_in, jobs(linked_in), 1) == 6
    assert receipts(linked_in) == [("failed", 1, CHANGED)]
    assert not any(cut_path(linked_in, "voice", clip.id).exists() for clip in job_of(linked_in, sound).clips)


def test_what_is_overwritten_while_it_is_cut_gives_no_cut(
    linked_in: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(linked_in)
    sound = media / "tone-0.wav"
    contents = cutting.voice_cuts

    def overwriting(path: Path, spans: list[tuple[int, int]]) -> list[tuple[int, bytes]]:
        made = list(contents(path, spans))
        other_sound(sound)
        return made

    monkeypatch.setattr(cutting, "voice_cuts", overwriting)
    assert make_cuts(linked_in, [job_of(linked_in, sound)], 1) == 0
    assert times(linked_in) == {}
    assert list((linked_in / "cuts" / "aside").iterdir()) == []


def test_what_was_only_touched_is_not_cut_again(linked_in: Path, media: Path) -> None:
    run(linked_in)
    make_cuts(linked_in, jobs(linked_in), 1)
    before = times(linked_in)
    for path in media.iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    run(linked_in)
    assert (make_cuts(linked_in, jobs(linked_in), 1), times(linked_in)) == (0, before)


def test_cuts_of_linked_originals_that_nobody_hashed_are_made_anew(linked_in: Path) -> None:
    run(linked_in)
    make_cuts(linked_in, jobs(linked_in), 1)
    for note in (linked_in / "media").rglob("*.json"):
        note.unlink()  # as collections are whose media were linked before there were notes
    before = times(linked_in)
    time.sleep(0.05)  # past the tick of a file system's clock
    run(linked_in)
    assert make_cuts(linked_in, jobs(linked_in), 1) == 8
    after = times(linked_in)
    assert all(after[path] > before[path] for path in before)
    assert make_cuts(linked_in, jobs(linked_in), 1) == 0


def test_a_cut_that_nobody_vouches_for_goes_when_its_original_has_changed(linked_in: Path, media: Path) -> None:
    run(linked_in)
    job = job_of(linked_in, media / "tone-0.wav")
    make_cuts(linked_in, [job], 1)
    Store(linked_in / "media").path(job.asset).with_suffix(".json").unlink()
    other_sound(media / "tone-0.wav")
    assert make_cuts(linked_in, [job], 1) == 0
    assert times(linked_in) == {}


def test_cuts_of_copies_stay_as_they_are(searched: Path) -> None:
    make_cuts(searched, jobs(searched), 1)
    for path in times(searched):
        os.utime(path, (1, 1))
    assert make_cuts(searched, jobs(searched), 1) == 0


def test_a_copy_with_other_bytes_is_not_cut(searched: Path) -> None:
    job = jobs(searched)[0]
    other = Store(searched / "media").path(jobs(searched)[1].asset)
    Store(searched / "media").path(job.asset).write_bytes(other.read_bytes())
    assert make_cuts(searched, [job], 1) == 0


def test_several_processes_tell_which_originals_changed_too(linked_in: Path, media: Path) -> None:
    run(linked_in)
    (media / "tone-0.wav").unlink()
    assert make_cuts(linked_in, jobs(linked_in), 2) == 6
    assert [state for state, _, _ in receipts(linked_in)] == ["failed"]


def test_where_processes_die_over_a_file_no_clip_is_left_out_in_silence(
    linked_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(linked_in)
    monkeypatch.setattr("pipelines.cuts.cut", dies_with_pictures)
    with pytest.raises(EmocurateError, match="a process died twice while it had .* at work"):
        make_cuts(linked_in, jobs(linked_in, "face"), 2)
    assert make_cuts(linked_in, jobs(linked_in, "face"), 2, without_deadly=True) == 0

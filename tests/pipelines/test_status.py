"""`status`: every file and every clip is in one place of the funnel, and the numbers add up."""

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from curate.read.probe import Probe
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.release.export import export
from pipelines.release.order import Export
from pipelines.status import Files, LostFile, lost, status, unasked
from schemas.media import Asset, CrawlArrival, Source
from schemas.settings import Settings, settings_from_toml
from schemas.stage import LINK, Dropped, Outcome, Receipt, Signal
from schemas.web import Fetch
from tests.media.make import MUXED, mux
from tests.pipelines.conftest import answer, run, take_in
from tests.pipelines.engine.odd_stages import Corner, Trouble
from tests.pipelines.engine.runs import culprit
from tests.pipelines.engine.runs import run as run_stages

SETTINGS = Settings()


@dataclass(frozen=True)
class FindSpeech:
    """Turns every sound down with a reason of its own."""

    version: ClassVar[int] = 1
    takes: ClassVar[type[Asset]] = Asset
    kinds: ClassVar[tuple[str, ...]] = ("sound", "video")
    reads: ClassVar[Signal] = Signal.SOUND

    def __call__(self, rows: Sequence[Asset], signals: Sequence[Any]) -> Iterator[Outcome]:
        return (Dropped("no speech, only a tone") for _ in rows)


def test_an_empty_collection_is_all_zeros(home: Path) -> None:
    told = status(home, SETTINGS)
    assert told.files == Files(0, 0, {}, {}, 0, 0)
    assert set(told.clips) == {"voice", "face"}
    assert (told.answers, told.raters, told.releases, told.failures) == (0, 0, [], {})


def test_files_wait_until_they_are_probed(taken_in: Path) -> None:
    assert status(taken_in, SETTINGS).files == Files(7, 0, {}, {}, 7, 0)
    run(taken_in)
    assert status(taken_in, SETTINGS).files == Files(7, 7, {}, {}, 0, 0)


def test_dropped_files_are_counted_by_reason(home: Path, media: Path) -> None:
    (media / "empty.wav").touch()
    (media / "empty.png").touch()
    (media / "damaged.png").write_bytes((media / "plain-0.png").read_bytes()[:40])
    take_in(home, [media])
    run(home)
    files = status(home, SETTINGS).files
    assert (files.total, files.kept, files.failed, files.waiting) == (10, 7, {}, 0)
    assert files.dropped["empty file"] == 2
    assert sum(files.dropped.values()) == 3
    assert next(iter(files.dropped)) == "empty file"  # the most frequent first


def test_a_failed_file_is_not_kept(searched: Path) -> None:
    bad = culprit(searched)
    Catalog(searched).add([], [Receipt(LINK, bad, "failed", "it has gone")])
    told = status(searched, SETTINGS)
    assert told.files == Files(7, 6, {}, {"it has gone": 1}, 0, 0)
    assert told.failures == {"Link": 1}


def test_a_stage_that_failed_is_counted_until_it_succeeds(taken_in: Path) -> None:
    run_stages(taken_in, [Trouble(culprit(taken_in))])
    told = status(taken_in, SETTINGS)
    assert told.failures == {"Trouble": 1}
    assert sum(told.files.failed.values()) == 1


def test_a_file_failed_for_the_error_and_not_for_the_stages_that_wanted_its_rows(taken_in: Path) -> None:
    run_stages(taken_in, [Trouble(culprit(taken_in))])
    (why,) = status(taken_in, SETTINGS).files.failed
    Catalog(taken_in).add([], [Receipt(LINK, culprit(taken_in), "failed", "Another failed")])
    assert status(taken_in, SETTINGS).files.failed == {why: 1}
    assert why > "Another failed"


def test_the_same_bytes_under_two_names_are_two_files_and_one_duplicate(home: Path, media: Path) -> None:
    (media / "again.wav").write_bytes((media / "tone-0.wav").read_bytes())
    take_in(home, [media])
    run(home)
    files = status(home, SETTINGS).files
    assert (files.total, files.kept, files.duplicates) == (8, 8, 1)


def test_files_that_were_not_kept_are_named_with_their_reasons(home: Path, media: Path) -> None:
    (media / "empty.wav").touch()
    (media / "broken.wav").symlink_to(media / "nowhere.wav")
    take_in(home, [media])
    assert lost(home, SETTINGS) == [
        LostFile(None, "failed", "cannot be read: No such file or directory"),
        LostFile("empty.wav", "dropped", "empty file"),
    ]


def test_kept_files_in_which_nothing_good_was_found_are_counted_and_named_with_all_that_is_missing(
    home: Path, media: Path
) -> None:
    take_in(home, [media])
    run_stages(home, [Probe(), FindSpeech(), Corner(px=32)])
    strict = settings_from_toml("[face]\nmin_px = 33")
    files = status(home, strict).files
    assert (files.kept, files.nothing_found) == (7, {"no speech, only a tone": 4, "faces below a threshold": 3})
    assert [(one.name, one.state, one.reason) for one in lost(home, strict)] == [
        *((f"plain-{n}.png", "nothing found", "faces below a threshold") for n in range(3)),
        *((f"tone-{n}.wav", "nothing found", "no speech, only a tone") for n in range(4)),
    ]
    assert status(home, SETTINGS).files.nothing_found == {"no speech, only a tone": 4}


def test_a_file_whose_faces_are_those_of_another_file_again_misses_no_threshold(searched: Path) -> None:
    with Catalog(searched).open() as connection:
        faces = "SELECT min(c.id) FROM clips c JOIN assets a ON a.id = c.asset WHERE a.kind = 'picture' GROUP BY asset"
        connection.execute(f"""INSERT INTO groups (kind, member, "group") SELECT 'duplicate', *, 'g' FROM ({faces})""")
    assert status(searched, SETTINGS).files.nothing_found == {"near-duplicates of faces in another file": 2}


def test_a_video_without_a_voice_or_a_face_lacks_both(home: Path, tmp_path: Path) -> None:
    take_in(home, [mux(tmp_path / "plain.mp4", replace(MUXED["mp4"], seconds=0.3))])
    run_stages(home, [Probe()])
    assert status(home, SETTINGS).files.nothing_found == {"no speech, no face": 1}


def test_only_good_clips_nobody_was_asked_about_are_left_to_ask(searched: Path) -> None:
    assert unasked(searched, SETTINGS) == 11
    assert unasked(searched, settings_from_toml("[voice]\nmin_ms = 501\n[face]\nmin_px = 33")) == 0
    answer(searched)
    assert unasked(searched, SETTINGS) == 0


def test_good_and_below_are_all_that_was_found(searched: Path) -> None:
    strict = settings_from_toml("[voice]\nmin_ms = 501\n[face]\nmin_px = 33")
    clips = status(searched, strict).clips
    assert clips["voice"].below == {"shorter than voice.min_ms": 8}
    assert (clips["voice"].found, clips["voice"].good, clips["voice"].stay) == (8, 0, 0)
    assert (clips["face"].found, clips["face"].good, clips["face"].below) == (3, 0, {"smaller than face.min_px": 3})


def test_an_asked_clip_that_misses_a_threshold_of_today_stays_good(answered: Path) -> None:
    voice = status(answered, settings_from_toml("[voice]\nmin_ms = 501")).clips["voice"]
    assert (voice.found, voice.good, voice.below, voice.stay) == (8, 8, {}, 8)


def test_an_asked_clip_whose_file_has_changed_is_not_good(answered: Path) -> None:
    Catalog(answered).add([], [Receipt(LINK, culprit(answered), "failed", "it has gone")])
    voice = status(answered, settings_from_toml("[voice]\nmin_ms = 501")).clips["voice"]
    assert (voice.found, voice.good, voice.below, voice.stay) == (8, 6, {"it has gone": 2}, 6)


def test_answers_are_counted_with_their_raters_and_the_clips_they_are_about(answered: Path) -> None:
    told = status(answered, SETTINGS)
    assert (told.answers, told.raters) == (11 * 3 * 2, 3)
    assert [(c.asked, c.answered, c.skipped, c.released) for c in told.clips.values()] == [(8, 8, 0, 0), (3, 3, 0, 0)]


@pytest.mark.parametrize(("every_question", "numbers"), [(False, (8, 8, 0)), (True, (8, 7, 1))])
def test_a_clip_is_skipped_when_nothing_was_answered_about_it(
    answered: Path, every_question: bool, numbers: tuple[int, int, int]
) -> None:
    with Catalog(answered).open() as connection:
        clips = "SELECT i.id FROM items i JOIN clips c ON c.id = i.ref WHERE c.kind = 'utterance' ORDER BY i.id LIMIT 1"
        connection.execute(
            f"""UPDATE answers SET state = 'skipped', value = NULL
                WHERE ask IN (SELECT id FROM asks WHERE item IN ({clips})) AND (question = 'emotion' OR ?)""",
            [every_question],
        )
    voice = status(answered, SETTINGS).clips["voice"]
    assert (voice.asked, voice.answered, voice.skipped) == numbers


def test_released_clips_and_releases_are_counted(answered: Path) -> None:
    export(Export(answered, SETTINGS, draw=False), "first")
    told = status(answered, SETTINGS)
    assert told.releases == ["first"]
    assert [clips.released for clips in told.clips.values()] == [8, 3]


def test_a_stage_that_is_not_in_force_any_more_has_no_say(searched: Path) -> None:
    live.refresh(Catalog(searched), ["Another@1"])
    told = status(searched, SETTINGS)
    assert (told.files.kept, told.files.waiting, told.clips["voice"].found) == (0, 7, 0)


def test_media_without_a_basis_are_counted_like_others(home: Path, media: Path) -> None:
    os.truncate(media / "tone-0.wav", 0)
    take_in(home, [media], Source("unknown"))
    assert status(home, SETTINGS).files == Files(7, 0, {"empty file": 1}, {}, 6, 0)


def test_a_collection_without_asks_has_no_answers(searched: Path) -> None:
    assert [clips.asked for clips in status(searched, SETTINGS).clips.values()] == [0, 0]
    answer(searched)
    assert [clips.asked for clips in status(searched, SETTINGS).clips.values()] == [8, 3]


def test_what_was_counted_is_told_again_while_nothing_has_changed(
    searched: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, left = status(searched, SETTINGS), unasked(searched, SETTINGS)
    monkeypatch.setattr("pipelines.status._judge", pytest.fail)
    assert (status(searched, SETTINGS), unasked(searched, SETTINGS)) == (told, left)


def test_other_settings_are_counted_anew(searched: Path) -> None:
    found = status(searched, SETTINGS).clips["voice"]
    strict = replace(SETTINGS, voice=replace(SETTINGS.voice, min_ms=100_000))
    assert found.good > 0
    assert (status(searched, strict).clips["voice"].good, unasked(searched, strict)) == (0, 3)
    assert status(searched, SETTINGS).clips["voice"] == found


def test_a_file_that_expires_without_a_change_of_rows_is_counted(taken_in: Path) -> None:
    """`crawl.keep_days` are over a moment after the first look."""
    asset, source = Catalog(taken_in).rows("SELECT asset, source FROM arrivals ORDER BY asset")[0]
    over = datetime.now(UTC) - timedelta(days=SETTINGS.crawl.keep_days) + timedelta(seconds=1.5)
    url, at = "https://example.org/a.wav", over.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    one = Fetch(asset, url, "fetched", None, url, "[]", at, 200, "{}", None, 4, "agent", "rules")
    Catalog(taken_in).add([CrawlArrival(asset, source), one])
    before = status(taken_in, SETTINGS).files.expired
    time.sleep(1.6)
    assert (before, status(taken_in, SETTINGS).files.expired) == (0, 1)

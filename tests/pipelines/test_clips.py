"""`list` and `show`: every clip with what became of it, and one with all that is known of it."""

from pathlib import Path

import pytest

from pipelines.clips import known, listed
from pipelines.engine.catalog import Catalog
from schemas.errors import BadInput
from schemas.settings import Settings, settings_from_toml

SETTINGS = Settings()


def test_every_clip_is_listed_once_with_its_file_and_what_was_asked_and_answered(answered: Path) -> None:
    clips = listed(answered, SETTINGS)
    assert len({clip.id for clip in clips}) == len(clips)
    voices = [clip for clip in clips if clip.modality == "voice" and clip.below is None]
    assert voices
    assert {(clip.asks, clip.answers) for clip in voices} == {(1, 3)}  # three raters
    assert all(clip.file and clip.start_ms is not None for clip in voices)


def test_what_was_asked_and_not_answered_by_people_has_no_answers(answered: Path) -> None:
    with Catalog(answered).open() as connection:
        connection.execute("DELETE FROM answers WHERE rater <> (SELECT min(rater) FROM answers)")
        connection.execute("UPDATE raters SET kind = 'model'")
    assert {(clip.asks, clip.answers) for clip in listed(answered, SETTINGS) if clip.below is None} == {(1, 0)}
    with Catalog(answered).open() as connection:
        connection.execute("DELETE FROM answers")
    assert {(clip.asks, clip.answers) for clip in listed(answered, SETTINGS) if clip.below is None} == {(1, 0)}


def test_words_choose_clips_by_id_or_file(answered: Path) -> None:
    clips = listed(answered, SETTINGS)
    assert listed(answered, SETTINGS, clips[0].id) == clips[:1]
    name = clips[0].file
    assert {clip.file for clip in listed(answered, SETTINGS, name.upper())} == {name}
    assert listed(answered, SETTINGS, "nowhere") == []


def test_a_clip_is_known_by_the_beginning_of_its_id_with_scores_terms_answers_and_its_cut(answered: Path) -> None:
    clip = next(clip for clip in listed(answered, SETTINGS) if clip.modality == "voice" and clip.answers)
    found = known(answered, SETTINGS, clip.id[:12])
    assert found.clip == clip
    assert (found.basis, found.licence) == ("licence", "CC-BY-4.0")
    assert len(found.answers) >= clip.answers
    assert found.file
    assert found.file.read_bytes()[:4] == b"fLaC"


def test_a_clip_that_misses_a_threshold_says_why_unless_it_was_asked_about(searched: Path) -> None:
    strict = settings_from_toml("[voice]\nmin_ms = 29_000")
    assert {bool(clip.below) for clip in listed(searched, strict) if clip.modality == "voice"} == {True}


@pytest.mark.parametrize(("clip", "told"), [("zz", "is no clip here"), ("", r"begins the ids of \d+ clips")])
def test_what_names_no_clip_or_several_is_refused(answered: Path, clip: str, told: str) -> None:
    with pytest.raises(BadInput, match=told):
        known(answered, SETTINGS, clip)

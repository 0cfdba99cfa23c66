"""Transcripts land on the clips they overlap, name those who speak by pseudonyms, and go when these are forgotten."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from pipelines import collection
from pipelines.collect import metadata
from pipelines.collect.add import Added, Intake, add
from pipelines.collect.transcripts import Transcripts
from pipelines.engine import live
from pipelines.engine.catalog import FILE_NAME, Catalog
from pipelines.forget.forget import How, forget
from pipelines.forget.subject import subject
from schemas.errors import BadInput
from schemas.media import Clip, Score
from schemas.stage import Receipt
from tests.curate.transcripts.written import long_textgrid, srt, vtt
from tests.pipelines.conftest import SOURCE

FIND = "Find@1"


def taken_in(home: Path, folder: Path, transcripts: Path | None = None, **ways: bool) -> Added:
    people = collection.find(home).people
    return add(Intake(home, SOURCE, metadata.Metadata(), people, texts=transcripts, **ways), [folder])


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    soundfile.write(folder / "talk.wav", 0.2 * np.sin(np.arange(16_000 * 10) / 7), 16_000, "PCM_16")
    return folder


def with_clips(home: Path, *clips: tuple[str, int | None, int | None]) -> dict[str, str | None]:
    """Clips of the one file, and what is said in each, by kind and start."""
    ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
    made = [Clip(asset, kind, start, end) for kind, start, end in clips]  # type: ignore[arg-type]
    Catalog(home).add(made, [Receipt(FIND, asset, "done", made=tuple(made))])
    live.refresh(Catalog(home), [FIND])
    rows = dict(Catalog(home).rows("SELECT clip, transcript FROM clip_transcripts"))
    return {f"{one.kind} {one.start_ms}": rows[one.id] for one in made}


def test_a_transcript_beside_a_file_lands_on_the_clips_it_overlaps(home: Path, media: Path) -> None:
    (media / "talk.srt").write_text(srt([(0, 2000, "so"), (2500, 4000, "it goes"), (8000, 9000, "on")]))
    added = taken_in(home, media)
    assert (added.transcripts, added.segments) == (1, 3)
    said = with_clips(home, ("utterance", 100, 1900), ("utterance", 2000, 4200), ("utterance", 5000, 7000))
    assert said == {"utterance 100": "so", "utterance 2000": "it goes", "utterance 5000": None}


def test_a_whole_file_has_all_of_its_transcript(home: Path, media: Path) -> None:
    (media / "talk.srt").write_text(srt([(0, 2000, "so"), (2500, 4000, "it goes")]))
    taken_in(home, media)
    assert with_clips(home, ("whole", None, None)) == {"whole None": "so it goes"}


def test_a_segment_that_lies_mostly_outside_of_a_clip_shows_that_more_was_said(home: Path, media: Path) -> None:
    (media / "talk.srt").write_text(srt([(0, 9000, "a long sentence")]))
    taken_in(home, media)
    said = with_clips(home, ("utterance", 0, 2000), ("utterance", 3000, 4000))
    assert said == {"utterance 0": "a long sentence …", "utterance 3000": "… a long sentence …"}


def test_a_segment_that_only_touches_a_clip_is_none_of_it(home: Path, media: Path) -> None:
    (media / "talk.srt").write_text(srt([(0, 2000, "before"), (2000, 4000, "here")]))
    taken_in(home, media)
    assert with_clips(home, ("utterance", 1900, 4000)) == {"utterance 1900": "here"}


def test_overlapping_voices_are_lines_of_their_own_and_their_names_are_pseudonyms(home: Path, media: Path) -> None:
    (media / "talk.TextGrid").write_text(
        long_textgrid({"Anna": [(0, 900, "so"), (900, 2000, "it is")], "Ben": [(500, 1500, "no")]})
    )
    taken_in(home, media)
    assert with_clips(home, ("utterance", 0, 2000)) == {"utterance 0": "so\nno\nit is"}
    people = collection.find(home).people
    told = {person for (person,) in Catalog(home).rows("SELECT person FROM appears WHERE how = 'told'")}
    assert told == {people.of("Anna"), people.of("Ben")}
    assert b"Anna" not in (home / FILE_NAME).read_bytes()


def test_text_without_times_is_that_of_the_only_clip(home: Path, media: Path) -> None:
    (media / "talk.txt").write_text("ask not what")
    taken_in(home, media)
    assert with_clips(home, ("utterance", 0, 2000)) == {"utterance 0": "ask not what"}


def test_text_without_times_is_that_of_none_of_several_clips(home: Path, media: Path) -> None:
    (media / "talk.txt").write_text("ask not what")
    taken_in(home, media)
    said = with_clips(home, ("utterance", 0, 2000), ("utterance", 3000, 5000), ("whole", None, None))
    assert said == {"utterance 0": None, "utterance 3000": None, "whole None": "ask not what"}


def test_transcripts_may_lie_in_a_folder_of_their_own(home: Path, media: Path, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "Talk.vtt").write_text(vtt([(0, 2000, "so")]))
    assert taken_in(home, media, tmp_path / "texts").segments == 1
    with pytest.raises(BadInput, match="no folder"):
        Transcripts(collection.find(home).people, tmp_path / "elsewhere")


def test_a_second_time_nothing_is_said_twice_and_a_corrected_transcript_takes_the_place_of_the_first(
    home: Path, media: Path
) -> None:
    first = srt([(0, 2000, "so")])
    (media / "talk.srt").write_text(first)
    assert [taken_in(home, media).segments for _ in range(2)] == [1, 0]
    (media / "talk.srt").write_text(srt([(0, 2000, "no"), (2000, 3000, "yes")]))
    assert taken_in(home, media).segments == 2
    assert with_clips(home, ("utterance", 0, 2000)) == {"utterance 0": "no"}
    (media / "talk.srt").write_text(first)
    assert taken_in(home, media).segments == 1
    assert with_clips(home, ("utterance", 0, 2000)) == {"utterance 0": "so"}


def test_of_several_transcripts_of_a_file_one_is_used_and_the_others_are_named(home: Path, media: Path) -> None:
    (media / "talk.srt").write_text(srt([(0, 2000, "so")]))
    (media / "talk.TextGrid").write_text(long_textgrid({"words": [(0, 2000, "so")]}))
    added = taken_in(home, media)
    assert "talk.srt: not used, as talk.TextGrid is there" in added.notes


def test_a_broken_transcript_costs_its_file_nothing(home: Path, media: Path) -> None:
    (media / "talk.eaf").write_bytes(b"\0\1 broken")
    added = taken_in(home, media)
    assert (added.new, added.transcripts) == (1, 0)
    assert added.notes[0].startswith("talk.eaf: not read: it is no XML")


def test_a_speaker_of_a_transcript_who_is_forgotten_goes_with_what_was_said_and_does_not_come_back(
    home: Path, media: Path
) -> None:
    (media / "talk.vtt").write_text(vtt([(0, 2000, "so")], "Anna"))
    taken_in(home, media)
    here = collection.find(home)
    assert len(subject(home, "Anna", None, here.people).assets) == 1
    forget(here, "Anna", "speaker", How())
    assert Catalog(home).rows("SELECT * FROM segments") == []
    assert taken_in(home, media).new == 0


def test_the_transcript_of_a_forgotten_file_goes_with_it(home: Path, media: Path) -> None:
    (media / "talk.srt").write_text(srt([(0, 2000, "so")]))
    taken_in(home, media)
    forget(collection.find(home), "talk.wav", "file", How())
    assert Catalog(home).rows("SELECT * FROM segments") == []


def test_what_a_model_hears_counts_where_nobody_said_it_and_says_so(home: Path, media: Path) -> None:
    taken_in(home, media)
    with_clips(home, ("utterance", 0, 2000))
    ((clip,),) = Catalog(home).rows("SELECT id FROM clips")
    Catalog(home).add([], [Receipt("Transcribe@1-x", clip, "done", made=(Score(clip, "transcript", text="so"),))])
    live.refresh(Catalog(home), [FIND, "Transcribe@1-x"])
    query = "SELECT transcript, transcript_by FROM clip_transcripts"
    assert Catalog(home).rows(query) == [("so", "model")]
    (media / "talk.srt").write_text(srt([(0, 2000, "no")]))
    taken_in(home, media)
    assert Catalog(home).rows(query) == [("no", "told")]

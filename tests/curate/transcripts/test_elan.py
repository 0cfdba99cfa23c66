"""ELAN's files: who takes part speaks, tiers that depend on others are named, and times are those of the media."""

import pytest

from curate.transcripts.cues import Cue
from curate.transcripts.elan import elan
from schemas.errors import Unreadable
from tests.curate.transcripts.written import annotation, eaf

SLOTS: dict[str, int | None] = {"t1": 0, "t2": 900, "t3": None, "t4": 2000}


def tier(content: str, name: str = "A_Utt", more: str = 'PARTICIPANT="Anna"') -> str:
    return f'<TIER TIER_ID="{name}" {more}>{content}</TIER>'


def test_an_annotation_is_said_by_who_takes_part_in_its_tier() -> None:
    made = elan(eaf(tier(annotation("t1", "t2", " so  it ")) + tier(annotation("t2", "t4", "no"), "Ben", ""), SLOTS))
    assert made.cues == (Cue(0, 900, "so it", "Anna"), Cue(900, 2000, "no", "Ben"))


def test_tiers_that_depend_on_others_are_named_and_not_used() -> None:
    made = elan(eaf(tier(annotation("t1", "t2", "so")) + tier("", "English", 'PARENT_REF="A_Utt"'), SLOTS))
    assert made.notes == ("tier 'English' is not used: it depends on tier 'A_Utt'",)


def test_annotations_without_a_time_of_their_own_are_counted_and_left_out() -> None:
    made = elan(eaf(tier(annotation("t1", "t3", "so") + annotation("t3", "t4", "it")), SLOTS))
    assert (made.cues, made.notes) == ((), ("2 annotations without a time of their own are left out",))


def test_times_count_from_where_the_medium_begins() -> None:
    header = '<HEADER TIME_UNITS="milliseconds"><MEDIA_DESCRIPTOR TIME_ORIGIN="5000" MEDIA_URL="a.wav"/></HEADER>'
    made = elan(eaf(tier(annotation("t1", "t2", "so")), SLOTS, header))
    assert [(cue.start_ms, cue.end_ms) for cue in made.cues] == [(5000, 5900)]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"words", "no XML"),
        (b"<html/>", "expected ANNOTATION_DOCUMENT"),
        (eaf("", {}, '<HEADER TIME_UNITS="PAL-frames"/>'), "PAL-frames"),
    ],
)
def test_what_is_no_such_file_is_refused_with_what_was_expected(data: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        elan(data)


def test_a_file_reads_nothing_else_from_the_disk() -> None:
    text = b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + eaf(
        tier(annotation("t1", "t2", "x&e;y")), SLOTS
    )
    assert [cue.text for cue in elan(text).cues] in ([], ["x"], ["xy"])

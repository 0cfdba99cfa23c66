"""`forget --report`: the person reads what was held and what became of it, by the call that removes it alone."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.forget.forget import Forgotten, How, forget
from pipelines.forget.report import SCREEN
from schemas.errors import BadSetting
from tests.pipelines.collect.test_consents import consents
from tests.pipelines.conftest import Builder
from tests.pipelines.forget.test_forget import spoken_in


@pytest.fixture
def spoken(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection with a release."""
    return copy_of(spoken_in)


def without(home: Path, words: str, **how: object) -> Forgotten:
    return forget(collection.find(home), words, None, How(**how))  # type: ignore[arg-type]


def test_a_person_reads_what_was_held_and_removed_and_which_copies_are_out_of_reach(spoken: Path) -> None:
    consents(spoken, "speaker 1,train publish,CC-BY-4.0,,2999-01-01\n")
    file = spoken.parent / "report.txt"
    done = without(spoken, "speaker 1", report=file)
    text = file.read_text("utf-8")
    for told in (
        "the file tone-1.wav (sound, 32,044 bytes), since 20",
        "clips that were found in them: 4 utterance",
        "24 answers about 4 clips or files, from 2026-01-02 to 2026-01-02 by 3 raters",
        "given for train, publish, until 2999-01-01, granting CC-BY-4.0",
        "4 samples of release v1",
        "keyed hashes",
        "what others downloaded",
        "cannot be made a second time",
    ):
        assert told in text
    assert (done.report, stat.S_IMODE(file.stat().st_mode)) == (str(file), 0o600)


def test_the_name_that_was_typed_stands_nowhere_in_it_but_the_pseudonym(spoken: Path) -> None:
    text = without(spoken, "Speaker 1", report=SCREEN, dry_run=True).report or ""
    assert "speaker 1" not in text.casefold()
    assert collection.find(spoken).people.of("speaker 1") in text
    assert "Nothing has been removed" in text
    assert "What would be removed" in text


def test_a_rater_reads_that_the_answers_stay_without_the_name(spoken: Path) -> None:
    text = without(spoken, "p" + "0" * 15 + "1", report=SCREEN).report or ""
    assert "22 answers about 11 clips or files, from 2026-01-02 to 2026-01-02 that were given as a rater" in text
    assert "the name under which these answers stood" in text
    assert "under a name that leads to nobody" in text


def test_a_report_that_would_stay_in_the_collection_is_refused_before_anything_goes(spoken: Path) -> None:
    for file, words in ((spoken / "report.txt", "lies in the collection"), (spoken.parent / "no" / "r", "is no file")):
        with pytest.raises(BadSetting, match=words):
            without(spoken, "tone-1.wav", report=file)
    assert len(list((spoken / "media").glob("??/*"))) == 7


def test_once_it_is_gone_no_report_can_be_made(spoken: Path) -> None:
    without(spoken, "tone-1.wav")
    file = spoken.parent / "late.txt"
    assert without(spoken, "tone-1.wav", report=file).before
    assert not file.exists()

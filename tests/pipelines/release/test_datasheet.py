"""A datasheet answers from what is on record, and says where nothing is."""

import re
from dataclasses import replace

from pipelines.release.datasheet import UNRECORDED, datasheet
from schemas.release import Bare
from tests.pipelines.release.samples import tallied, voice
from tests.pipelines.release.test_card import TABLE, release


def answers(text: str) -> dict[str, str]:
    return dict(re.findall(r"^\*\*(.+?)\*\*\n\n(.+?)$", text, re.M))


def test_every_question_has_an_answer_and_silence_is_told() -> None:
    text = datasheet(release(description="", versions={}), tallied([voice(1)]))
    found = answers(text)
    assert len(found) == text.count("?**") > 40
    for question in (
        "For what purpose was it made?",
        "Who paid for it?",
        "By what software was it made?",
        "Was there an ethical review?",
    ):
        assert found[question] == UNRECORDED


def test_all_seven_parts_of_a_datasheet_are_there() -> None:
    assert len(re.findall(r"^## ", datasheet(release(), tallied([voice(1)])), re.M)) == 7


def test_answers_are_counted() -> None:
    samples = [voice(1), voice(2, basis="consent", licence="CC0-1.0", speaker=None), voice(3, split="test")]
    found = answers(datasheet(release(contact="data@example.org"), tallied(samples)))
    assert found["How many are there?"] == "3 voice clips (2 train, 1 test), from 2 recordings and pictures."
    assert found["Were those in it asked, and did they consent?"].startswith("1 clips rest on consent")
    assert (
        found["Who took part, and how were they paid?"]
        == "3 people answered, 3 questions each in the median. Pay is not recorded."
    )
    assert "CC-BY-4.0, CC0-1.0" in found["Under which licence?"]
    assert found["Who looks after it, and how are they reached?"] == "data@example.org"


def test_what_is_said_of_answers_and_days_holds_for_the_release() -> None:
    told = answers(datasheet(release(), tallied([voice(1)])))
    assert told["Is the raw material kept?"].startswith("Single answers are in `answers.parquet`")
    assert (
        told["Over what time was it collected?"] == "`answers.parquet` has the week of every answer; media have no day."
    )
    parts = tuple(replace(part, answers=replace(part.answers, samples=0)) for part in release().parts)
    made = replace(release(), parts=parts)
    silent = answers(datasheet(made, tallied([voice(1, fetched_on="2026-01-02")])))
    assert silent["Is the raw material kept?"].startswith("Single answers are not in the release")
    assert silent["Over what time was it collected?"] == (
        "The weeks of the answers are not in it; `fetched_on` is the day on which media were fetched."
    )


def test_whole_recordings_and_clips_without_their_media_are_told() -> None:
    cut = answers(datasheet(release(), tallied([voice(1)])))
    assert cut["Is the raw material kept?"].endswith("whole recordings and pictures are not in the release.")
    assert cut["Does it rest on anything outside?"].startswith("No")
    whole = answers(datasheet(release(), tallied([voice(1, kind="whole")])))
    assert whole["What is one instance?"].startswith("A whole recording or picture, with")
    assert whole["Is the raw material kept?"].endswith("1 clips are whole recordings or pictures.")
    bare = answers(datasheet(release(bare=Bare(TABLE, {}, {}, 1)), tallied([voice(1)])))
    assert "Of 1 clips it holds the labels without the media" in bare["What is one instance?"]
    assert bare["Does it rest on anything outside?"].startswith("Yes")


def test_a_release_of_nothing_has_a_datasheet() -> None:
    assert answers(datasheet(release(), tallied([])))["How many are there?"].startswith("none")

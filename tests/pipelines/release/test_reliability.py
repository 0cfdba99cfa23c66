"""What a card says of how far its labels carry: agreement, ceilings, raters, costs of thresholds, limits."""

from dataclasses import replace

from pipelines.release.card import card
from pipelines.release.reliability import agreement, ceilings, gates, limits, raters
from schemas.release import AgreementFigure, CategoryFigure, GateFigure, Gates, SampleAnswer
from tests.pipelines.release.samples import tallied, voice
from tests.pipelines.release.test_card import release

FIGURE = AgreementFigure(
    "voice", "ekman-1", "emotion", "nominal", 40, 120, 0.6, 0.43, 0.31, 0.55, "< .667", 40, 3, 0.69, 3.0, 0.71,
    categories=(CategoryFigure("fear", 0.2, 0.4, 0.52, 0.41, 0.66), CategoryFigure("joy", 0.0, None)),
)  # fmt: skip


def cells(text: str, beginning: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("| ").split(" | ")]
        for line in text.splitlines()
        if line.startswith(f"| {beginning}")
    ]


def test_agreement_has_its_interval_its_band_and_the_reliability_of_what_is_shipped() -> None:
    (row,) = cells(agreement([FIGURE]), "voice clips")
    assert row[1:] == ["40", "120", "0.60", "0.43", "0.31 to 0.55", "&lt; .667", "0.69", "3.0", "0.71", "nominal"]


def test_where_figures_were_refused_the_card_says_why() -> None:
    refused = replace(FIGURE, raw=None, alpha=None, low=None, high=None, band=None, refused="asking stopped early")
    text = agreement([refused])
    assert cells(text, "voice clips")[0][3:7] == ["not defined", "not defined", "none", "none"]
    assert "`emotion`: asking stopped early" in text


def test_every_category_that_was_answered_has_a_human_ceiling() -> None:
    (row,) = cells(ceilings([FIGURE]), "voice clips")
    assert row[1:] == ["fear", "20.0%", "0.40", "0.52", "0.41 to 0.66"]


def test_raters_are_counted_together_with_their_skips_and_named_nowhere() -> None:
    plain = voice(1)
    skipped = SampleAnswer("ekman-1", "*", "r9", "person", state="skipped")
    model = SampleAnswer("ekman-1", "emotion", "m1", "model", category="fear")
    text = raters(tallied([replace(plain, answers=(*plain.answers, skipped, model)), voice(2)]))
    assert cells(text, "people")[0] == ["people", "3", "6", "2 to 2, median 2", "1"]
    assert cells(text, "models")[0][1:3] == ["1", "1"]
    assert not any(name in text for name in ("r0", "r9", "m1"))


def test_what_thresholds_remove_of_an_emotion_stands_beside_what_they_remove_of_the_others() -> None:
    figure = GateFigure("voice.min_snr_db", "3", "requested", "sadness", 5, 20, 0.11, 0.47, 0.02, 0.4)
    text = gates(Gates(100, 12, 80, (figure,)))
    assert cells(text, "`voice.min_snr_db` 3")[0][1:] == [
        *("requested", "sadness", "5 of 20", "11.0% to 47.0%", "+2.0% to +40.0%")
    ]
    assert "remove 12 of 100 clips" in text


def test_where_no_emotion_is_known_nobody_can_say_what_thresholds_cost() -> None:
    assert "nobody can say" in gates(Gates(100, 12, 0))
    assert "none of these is removed" in gates(Gates(100, 0, 80))
    assert gates(Gates()) == ""


def test_limits_are_counted() -> None:
    few = replace(voice(1).labels[0], n=1)
    text = limits(release(agreements=(FIGURE,)), tallied([voice(1, labels=(few,), language=None), voice(2)]))
    assert "1 of 2 labels rest on fewer than 3 answers, 0 are ties" in text
    assert "Spoken languages: en; not recorded for 1 of 2 clips." in text
    assert "Alpha is below .667" in text


def test_of_too_few_items_no_alpha_is_called_low() -> None:
    text = limits(release(agreements=(replace(FIGURE, band="too few"),)), tallied([voice(1)]))
    assert "Alpha is below" not in text


def test_an_empty_split_and_a_class_of_one_speaker_are_limits() -> None:
    few = [voice(1, speaker="p1"), voice(2, speaker="p1"), voice(3, speaker="p2", labels=())]
    label = few[0].labels[0]
    lines = limits(release(shares={"train": 0.8, "validation": 0.1, "test": 0.1}), tallied(few)).splitlines()
    assert "- Split validation holds no voice clips, although 10% of them were to go there." in lines
    assert "- Split test holds no voice clips, although 10% of them were to go there." in lines
    assert sum("of one speaker: a model may learn who it is" in line for line in lines) == 1
    assert (
        f"- Every one of the 2 voice clips of {label.value_category} (`{label.question}` by `{label.method}`) is of one "
        "speaker: a model may learn who it is."
    ) in lines


def test_where_nobody_is_named_no_class_is_said_to_be_of_one_speaker() -> None:
    text = limits(release(), tallied([voice(1, speaker=None, language=None), voice(2, speaker=None, language=None)]))
    assert "Nobody is told apart in any of the 2 clips" in text
    assert "Spoken languages: not recorded." in text
    assert "of one speaker" not in text


def test_a_card_has_all_of_it_and_says_how_to_cite_and_whom_to_write_to() -> None:
    made = release(agreements=(FIGURE,), authors=("Ada Example",), contact="data@example.org")
    text = card(made, tallied([voice(1)]))
    headings = [line for line in text.splitlines() if line.startswith("#")]
    for heading in (
        "## Agreement",
        "### Human ceiling per category",
        "## Raters",
        "## Limits",
        "## How to cite",
        "## Withdrawal",
    ):
        assert heading in headings
    assert "Ada Example: Voices of a test" in text
    assert text.count("data@example.org") == 2

"""NOTICE.md names everybody: recordings and their layers, ratings from elsewhere, generators, models, programs."""

from pipelines.release.notice import notice
from schemas.release import LabelSource, SampleTerms
from tests.pipelines.release.samples import face, tallied, voice
from tests.pipelines.release.test_card import release


def test_everybody_whom_a_licence_asks_to_name_is_named_with_it_for_every_layer() -> None:
    terms = (
        SampleTerms("text", "s2", "licence", "CC-BY-SA-4.0", "A Poet"),
        SampleTerms("performance", "s3", "consent"),
    )
    text = notice(release(), tallied([voice(1, terms=terms), voice(2)]))
    assert "| Example Radio | recording | [CC-BY-4.0](https://spdx.org/licenses/CC-BY-4.0.html) |" in text
    assert "| A Poet | text | [CC-BY-SA-4.0]" in text
    assert text.index("Example Radio") < text.index("A Poet")  # who is in more clips comes first


def test_whoever_is_to_be_named_for_a_clip_without_its_media_is_named() -> None:
    tally = tallied([])
    tally.see_bare(voice(1))
    assert "| Example Radio | recording |" in notice(release(), tally)


def test_where_ratings_came_from_elsewhere_their_source_is_named() -> None:
    source = LabelSource("s9", "ODbL-1.0", "https://example.org/ratings", "A Corpus", 12)
    text = notice(release(label_sources=(source,)), tallied([voice(1)]))
    assert (
        "| A Corpus | [ODbL-1.0](https://spdx.org/licenses/ODbL-1.0.html) | <https://example.org/ratings> | 12 |"
        in text
    )


def test_models_and_programs_are_named() -> None:
    text = notice(release(), tallied([face(1, model="a generator", model_version="2")]))
    assert "- a generator 2" in text
    assert "| a detector | MIT |" in text
    assert "| `emocurate` | 0.1.0 |" in text


def test_where_nobody_asks_to_be_named_that_is_said_and_typed_names_break_nothing() -> None:
    assert "No source asks to be named" in notice(release(), tallied([face(1)]))
    assert "\n# evil" not in notice(release(), tallied([voice(1, attribution="x |\n# evil")]))


def test_clips_whose_licence_asks_for_a_name_that_nobody_recorded_are_counted() -> None:
    licences = ["CC-BY-4.0", "CC0-1.0", "CC-BY-SA-3.0"]
    clips = [voice(number, licence=licence, attribution=None) for number, licence in enumerate(licences)]
    text = notice(release(), tallied(clips))
    assert "2 clips have licences that ask for a name, and none is on record: name the source" in text
    assert "No source asks" not in text

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.release.card import card
from pipelines.release.frontmatter import front_matter, licence_id
from pipelines.release.licensing import licence_notice
from pipelines.release.markdown import plain
from schemas.release import AgreementFigure, Part, Release, Sample, SampleAnswer, SampleLabel, Table
from tests.pipelines.release.samples import face, key, layout_of, release_of, tallied, voice

TABLE = Table(Path("labels.parquet"), "0" * 64, 1, 1)
VOICES = Part("voice", "flac", layout_of("voice"), (), TABLE, TABLE)
FACES = Part("face", "webp", layout_of("face"), (), TABLE, TABLE)
SAMPLES = [*(voice(number) for number in range(9)), voice(9, split="test"), *(face(number) for number in range(3))]

TALLIED = tallied([voice(1)])


def release(**changes: Any) -> Release:
    return release_of((VOICES, FACES), TABLE, **changes)


def matter(samples: list[Sample], **changes: Any) -> dict[str, Any]:
    return matter_of(front_matter(release(**changes), tallied(samples)))


def matter_of(text: str) -> dict[str, Any]:
    assert text.startswith("---\n")
    assert text.endswith("\n---\n")
    return dict(yaml.safe_load(text[4:-4]))


def cells(text: str, first: str) -> list[str]:
    """The cells of the row of a table whose first cell holds a text."""
    row = next(line for line in text.splitlines() if line.startswith("| ") and first in line.split(" | ")[0])
    return [cell.strip() for cell in row.strip("|").split(" | ")]


def test_configurations_name_a_medium_and_its_splits_the_first_loading_without_torch() -> None:
    voices = [
        {"split": "train", "path": "voice/voice-train-*.tar"},
        {"split": "test", "path": "voice/voice-test-*.tar"},
    ]
    faces = [{"split": "train", "path": "face/face-train-*.tar"}]
    assert matter(SAMPLES)["configs"] == [
        {"config_name": "voice-bytes", "default": True, "data_files": voices},
        {"config_name": "voice", "data_files": voices},
        {"config_name": "face-bytes", "data_files": faces},
        {"config_name": "face", "data_files": faces},
    ]


def test_a_medium_without_samples_is_not_named() -> None:
    only_faces = matter([face(1, split="validation")])
    assert [one["config_name"] for one in only_faces["configs"]] == ["face-bytes", "face"]
    assert [one["config_name"] for one in only_faces["dataset_info"]] == ["face-bytes", "face"]
    assert only_faces["configs"][0]["data_files"] == [{"split": "validation", "path": "face/face-validation-*.tar"}]


def test_types_are_pinned_as_the_datasets_library_writes_them_and_counts_are_not() -> None:
    from datasets import Features

    for info in matter(SAMPLES)["dataset_info"]:
        assert info.keys() == {"config_name", "features"}
        assert Features._from_yaml_list(info["features"])._to_yaml_list() == info["features"]


def test_what_the_hub_filters_by_is_there() -> None:
    told = matter([*SAMPLES, voice(50, language="de-AT"), voice(51, language="no"), voice(52, language="gibberish")])
    assert told["language"] == ["de", "en", "no"]
    assert told["tags"] == ["emotion", "webdataset"]
    assert told["task_categories"] == ["audio-classification", "image-classification"]
    assert told["size_categories"] == ["n<1K"]
    assert told["annotations_creators"] == ["other"]


def test_who_answered_is_told_by_kind() -> None:
    answers = tuple(SampleAnswer("s", "q", kind, kind, category="a") for kind in ("person", "model", "corpus"))
    assert matter([voice(1, answers=answers)])["annotations_creators"] == ["found", "machine-generated", "other"]
    assert matter([voice(1, answers=())])["annotations_creators"] == ["other"], "their answers stay at home"
    assert matter([voice(1, answers=(), labels=())])["annotations_creators"] == ["no-annotation"]


@pytest.mark.parametrize(
    ("licences", "told"),
    [
        (["CC-BY-4.0", "cc-by-4.0"], {"license": "cc-by-4.0"}),
        (["ODC-By-1.0"], {"license": "odc-by"}),
        (["Own Terms 2"], {"license": "other", "license_name": "own-terms-2", "license_link": "LICENSE.md"}),
        (["CC-BY-4.0", "CC0-1.0"], {"license": "other", "license_name": "several", "license_link": "LICENSE.md"}),
        ([None], {"license": "other", "license_name": "licence", "license_link": "LICENSE.md"}),
        (["CC-BY-4.0", None], {"license": "other", "license_name": "several", "license_link": "LICENSE.md"}),
    ],
)
def test_one_known_licence_is_named_and_several_are_explained(licences: list[str], told: dict[str, str]) -> None:
    samples = [voice(number, licence=licence) for number, licence in enumerate(licences)]
    assert {name: value for name, value in matter(samples).items() if name.startswith("license")} == told


def test_licence_ids_are_those_of_the_hub() -> None:
    assert [licence_id(one) for one in ("Apache-2.0", "PDDL-1.0", "LicenseRef-x")] == ["apache-2.0", "pddl", None]


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    TEXTS
    | TEXTS.map(lambda text: f"{text}\n---\n{text}")
    | st.sampled_from(["no", "1e3", "0o7", "~", "2026-01-01", "="])
)
@settings(max_examples=60, deadline=None)
def test_any_title_comes_through_the_card_as_it_was_typed(title: str) -> None:
    text = front_matter(release(title=title), TALLIED)
    assert matter_of(text).get("pretty_name", "") == title
    assert (DatasetCard(text + "# Title\n").data.pretty_name or "") == title


@pytest.mark.parametrize("title", ["no", "1e3", "0o7", "~", "2026-01-01"])
def test_what_some_reader_takes_for_a_number_or_a_truth_is_in_quotes(title: str) -> None:
    assert re.search(rf"^pretty_name: ['\"]{re.escape(title)}['\"]$", front_matter(release(title=title), TALLIED), re.M)


def test_letters_of_any_script_stay_readable_and_lines_short() -> None:
    text = front_matter(release(title="Stimmen – 感情 " + "und noch mehr " * 12), TALLIED)
    assert "感情" in text
    assert max(len(line) for line in text.splitlines()) <= 125


def test_the_same_release_has_the_same_card_in_every_process() -> None:
    program = "from tests.pipelines.release.test_card import *; print(card(release(), tallied(SAMPLES)), end='')"
    seeds = [{**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)} for seed in ("1", "2")]
    command = [sys.executable, "-c", program]
    cards = [subprocess.run(command, env=seed, capture_output=True, check=True).stdout for seed in seeds]
    assert cards[0] == cards[1] == card(release(), tallied(SAMPLES)).encode()


@given(st.text())
def test_any_text_is_shown_as_text_by_markdown(text: str) -> None:
    shown = plain(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(\\\\)*[|`*_\[\]<>]", shown)
    assert not re.match(r"[-+=#]|\d+[.)](\s|$)", shown)


def test_what_people_typed_cannot_break_out_of_the_card() -> None:
    evil = "x | y\n# Free\n<script>alert(1)</script> [link](javascript:alert(1)) `code`\n---\nlicense: mit"
    samples = [voice(1, attribution=evil, source_address=f"https://example.org/{evil}", licence=evil)]
    samples += [voice(2, source_address=evil, labels=(SampleLabel(evil, evil, evil, 1, evil),))]
    text = card(release(title=evil, description=evil, contact=evil, repo=evil, versions={evil: evil}), tallied(samples))
    body = text.split("\n---\n", 1)[1]
    assert "<script" not in body
    assert not re.search(r"(?<!\\)\]\(javascript", body)
    assert not re.search(r"^(# Free|license: mit|---)$", body, re.M)
    for line in body.splitlines():
        if line.startswith("| "):
            assert line.endswith(" |")
    widths = {line.count(" | ") for line in body.splitlines() if line.startswith("| <https://example.org/x")}
    assert widths == {5}


def test_a_name_that_cannot_be_one_on_the_hub_is_not_put_into_code() -> None:
    assert 'snapshot_download("owner/name"' in card(release(repo="owner/name"), tallied(SAMPLES))
    assert "snapshot_download" not in card(release(repo='x/y")```'), tallied(SAMPLES))


def test_the_card_counts_what_is_in_every_split() -> None:
    text = card(release(), tallied(SAMPLES))
    assert cells(text, "voice clips") == ["voice clips", "9", "1", "10"]
    assert cells(text, "faces") == ["faces", "3", "0", "3"]
    assert "**10 voice clips** and **3 faces**" in text
    assert "30 answers were given by 3 people" in text


def test_the_card_says_how_many_clips_are_whole_files_and_whose_licence_its_head_has() -> None:
    samples = [voice(1), voice(2, kind="whole")]
    text = card(release(), tallied(samples))
    assert "1 of them are whole recordings or pictures, as they were rated." in text
    assert "`license` in the head of this card is theirs" in text
    assert "are whole" not in card(release(), tallied([voice(1)]))


def test_the_card_shows_how_labels_are_distributed_ties_as_ties() -> None:
    tie = SampleLabel("ekman-1", "emotion", "majority@1", 2, tied=("anger", "fear"))
    text = card(release(), tallied([*SAMPLES, voice(50, labels=(tie,)), voice(51, labels=(tie,))]))
    assert cells(text, "anger") == ["anger", "10", "83.3%"]
    assert cells(text, "(tie)") == ["(tie)", "2", "16.7%"]
    assert cells(text, "`vad-1`: `valence`") == ["faces, `vad-1`: `valence`", "3", "6.50", "0.00"]


def test_the_card_tells_agreement_with_its_n() -> None:
    figures = (
        AgreementFigure("voice", "ekman-1", "emotion", "nominal", 1200, 3600, 0.611, 0.432),
        AgreementFigure("voice", "ekman-1", "intensity", "interval", 1, 1, None, None),
    )
    text = card(release(agreements=figures), tallied(SAMPLES))
    assert cells(text, "`ekman-1`: `emotion`")[1:5] == ["1,200", "3,600", "0.61", "0.43"]
    assert cells(text, "`ekman-1`: `intensity`")[3:5] == ["not defined", "not defined"]


def test_the_card_names_prohibited_uses_and_how_to_withdraw() -> None:
    text = card(release(contact="data@example.org"), tallied(SAMPLES))
    assert "Article 5(1)(f)" in text
    assert "at work or in education" in text
    assert "identify" in text
    assert "Write to data@example.org" in text


@pytest.mark.parametrize(
    ("bases", "licences", "bound"),
    [
        (["consent", "synthetic"], ["LicenseRef-ours", None], True),
        (["consent", "consent"], ["LicenseRef-ours", "CC-BY-4.0"], False),
        (["consent", "licence"], ["LicenseRef-ours", "LicenseRef-theirs"], False),
        (["consent", "public-domain"], ["LicenseRef-ours", None], False),
    ],
)
def test_terms_bind_only_where_every_clip_rests_on_consent_or_own_rights_and_no_public_licence(
    bases: list[Any], licences: list[str | None], bound: bool
) -> None:
    samples = [voice(n, basis=bases[n], licence=licences[n]) for n in range(2)]
    assert ("extra_gated_prompt" in matter(samples)) is bound
    text = card(release(), tallied(samples))
    assert ("whoever is let in has agreed" in text, "These are requests and a reminder, not terms" in text) == (
        bound,
        not bound,
    )


def test_many_sources_are_all_in_the_notice_and_the_largest_on_the_card() -> None:
    samples = [voice(number, source=key(number), source_address=None) for number in range(80)]
    assert "and 30 more sources" in card(release(), tallied(samples))
    assert licence_notice(release(), tallied(samples)).count("Example Radio") == 80


def test_the_order_of_samples_leaves_no_trace_on_the_card() -> None:
    assert card(release(), tallied(SAMPLES)) == card(release(), tallied(list(reversed(SAMPLES))))
    assert licence_notice(release(), tallied(SAMPLES)) == licence_notice(release(), tallied(list(reversed(SAMPLES))))


def test_a_release_without_samples_still_has_a_card() -> None:
    assert "No clips" in card(release(agreements=()), tallied([]))

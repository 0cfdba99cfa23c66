"""`export`: the labelled clips become a release, and the same clips become the same bytes."""

import io
import json
import os
import re
import shutil
import signal
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import soundfile

from pipelines.collection import find
from pipelines.engine.catalog import Catalog
from pipelines.gates import gates
from pipelines.release.export import export as write
from pipelines.release.exported import Exported
from pipelines.release.order import Export, Wanted
from pipelines.release.preflight import standing
from pipelines.release.publish import publish_release
from pipelines.release.records import rows_of
from pipelines.status import status
from pipelines.weigh import agree as weigh
from pipelines.weigh.outcomes import label_batches
from schemas.answers import Answer, Rater
from schemas.errors import BadInput, BadSetting, NotPublishable
from schemas.media import Source
from schemas.settings import Settings, settings_from_toml
from tests.pipelines.conftest import Builder, answer, answered_in, empty_in, link_in, run, small_media, take_in
from tests.pipelines.engine.test_links import CHANGED, GONE, other_sound
from tests.processes import emocurate, points

pytestmark = pytest.mark.long

SETTINGS = Settings()


def export(
    home: Path, settings: Settings, name: str | None = None, processes: int = 1, draw: bool = False, **wanted: Any
) -> Exported:
    """An export the way the command makes one, without figures unless they are what is looked at."""
    return write(Export(home, settings, Wanted(**wanted), processes, draw), name)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def samples_of(release: Path, media: str) -> dict[str, dict[str, Any]]:
    samples: dict[str, dict[str, Any]] = {}
    for shard in sorted(release.glob(f"{media}/*.tar")):
        with tarfile.open(shard) as tar:
            for member in tar:
                content = tar.extractfile(member)
                assert content
                key, suffix = member.name.split(".")
                samples.setdefault(key, {"split": shard.name.split("-")[1]})[suffix] = content.read()
    return samples


def answers_of(release: Path, media: str) -> list[dict[str, Any]]:
    """The single answers that lie beside the shards."""
    return list(rows_of(release / media / "answers.parquet"))


def once_in(home: Path, media: Path) -> None:
    """A collection with a release v1, and what a killed export began under another name before it."""
    answered_in(home, media)
    (home / "releases" / ".other.aside" / "voice").mkdir(parents=True)
    export(home, SETTINGS, None, 1)


@pytest.fixture
def exported(copy_of: Callable[[Builder], Path]) -> Path:
    """A collection with answers of three raters and a release v1."""
    return copy_of(once_in)


def test_every_labelled_clip_is_in_a_shard_with_its_media_and_labels(made_once: Callable[[Builder], Path]) -> None:
    release = made_once(once_in) / "home" / "releases" / "v1"
    voices, faces = samples_of(release, "voice"), samples_of(release, "face")
    assert (len(voices), len(faces)) == (8, 3)
    told = json.loads(next(iter(voices.values()))["json"])
    assert (told["emotion_n"], told["intensity_n"], len(told["emotion_soft"])) == (3, 3, 7)
    assert len(answers_of(release, "voice")) == 8 * 6
    assert (told["licence"], told["basis"]) == ("CC-BY-4.0", "licence")
    sound, rate_hz = soundfile.read(io.BytesIO(next(iter(voices.values()))["flac"]))
    assert (len(sound), rate_hz) == (8000, 16_000)


def test_whom_a_licence_asks_to_name_is_named_in_every_sample_and_in_both_documents(
    answered: Path, media: Path
) -> None:
    take_in(answered, [media], Source("licence", "CC-BY-4.0", attribution="Example Radio"))
    release = Path(export(answered, SETTINGS, None, 1).folder)
    told = [json.loads(one["json"])["attribution"] for one in samples_of(release, "voice").values()]
    assert told == ["Example Radio"] * 8
    for document in ("README.md", "LICENSE.md"):
        assert "| Example Radio |" in (release / document).read_text("utf-8")


def test_a_second_export_of_the_same_writes_nothing(exported: Path) -> None:
    before = files_of(exported / "releases" / "v1")
    second = export(exported, SETTINGS, None, 1)
    assert (second.name, second.new) == ("v1", False)
    assert files_of(exported / "releases" / "v1") == before
    assert [path.name for path in (exported / "releases").iterdir()] == ["v1"]


def test_new_answers_make_a_new_release_and_leave_the_old_one_alone(exported: Path) -> None:
    first = exported / "releases" / "v1"
    before = files_of(first)
    late = Catalog(exported).rows("SELECT ask, question FROM answers WHERE question = 'emotion' LIMIT 1")[0]
    rater = Rater("p" + "9" * 16, "person")
    more = Answer("origin-1", late[0], late[1], rater.id, "2026-02-02T00:00:00.000000Z", '"fear"', "given")
    Catalog(exported).add([rater, more])
    assert export(exported, SETTINGS, None, 1).name == "v2"
    assert files_of(first) == before


def test_the_same_clips_in_another_collection_make_the_same_bytes(exported: Path, tmp_path: Path) -> None:
    first = exported / "releases" / "v1"
    shutil.copytree(exported, tmp_path / "other", ignore=shutil.ignore_patterns("releases", "cuts"))
    second = Path(export(tmp_path / "other", SETTINGS, None, 2).folder)
    assert (tmp_path / "other" / "releases" / "v1") == second
    assert files_of(first) == files_of(second)


def test_a_cut_that_lost_its_bytes_is_cut_again(exported: Path) -> None:
    first = exported / "releases" / "v1"
    os.truncate(next((exported / "cuts" / "clips" / "voice").rglob("*.flac")), 0)
    second = Path(export(exported, SETTINGS, "second", 1).folder)
    assert samples_of(first, "voice") == samples_of(second, "voice")


@pytest.fixture
def linked_answered(linked_in: Path) -> Path:
    """A collection of linked media whose clips were asked about and answered."""
    run(linked_in)
    answer(linked_in)
    return linked_in


@pytest.fixture(scope="module")
def altered(made_once: Callable[[Builder], Path]) -> Exported:
    """A release of linked media of which one is gone and two have changed, the second at no other time."""
    done: list[Exported] = []

    def altered_in(home: Path, media: Path) -> None:
        empty_in(home, media)
        link_in(home, small_media(media))
        run(home)
        answer(home)
        other_sound(media / "tone-0.wav")
        (media / "plain-1.png").unlink()
        before = (media / "tone-1.wav").stat()
        other_sound(media / "tone-1.wav")
        os.utime(media / "tone-1.wav", ns=(before.st_atime_ns, before.st_mtime_ns))
        done.append(export(home, SETTINGS))

    made_once(altered_in)
    return done[0]


def test_clips_of_a_changed_original_are_left_out_with_the_reason(altered: Exported) -> None:
    assert altered.left_out == {CHANGED: 4, GONE: 1}
    assert "tone-0.wav" in altered.named[CHANGED]
    assert altered.named[GONE] == ("plain-1.png",)
    voices, faces = (samples_of(Path(altered.folder), kind) for kind in ("voice", "face"))
    assert (len(voices), len(faces)) == (4, 2)


@pytest.fixture(scope="module")
def altered_later(made_once: Callable[[Builder], Path]) -> Path:
    """A collection of linked media, of which one has changed after it was cut and released as v1."""

    def later_in(home: Path, media: Path) -> None:
        empty_in(home, media)
        link_in(home, small_media(media))
        run(home)
        answer(home)
        assert export(home, SETTINGS).left_out == {}
        other_sound(media / "tone-0.wav")

    return made_once(later_in)


def own(made: Path, folder: Path) -> Path:
    """A copy for this test alone, linked to the media of the first."""
    return Path(shutil.copytree(made / "home", folder / "own", symlinks=True))


def test_clips_that_were_cut_before_their_original_changed_are_left_out_too(
    altered_later: Path, tmp_path: Path
) -> None:
    home = own(altered_later, tmp_path)
    second = export(home, SETTINGS)
    assert (second.name, second.left_out) == ("v2", {CHANGED: 2})
    good = status(home, SETTINGS).clips["voice"]
    assert (good.found, good.good, good.below, good.stay) == (8, 6, {CHANGED: 2}, 0)


def test_an_original_that_is_caught_when_it_is_cut_is_left_out(altered: Exported) -> None:
    assert altered.named[CHANGED] == ("tone-0.wav", "tone-1.wav")


def test_gates_do_not_count_clips_of_an_original_that_is_caught_when_it_is_cut(altered: Exported) -> None:
    told = json.loads((Path(altered.folder) / "manifest.json").read_text("utf-8"))["gates"]["clips"]
    assert told == gates(Path(altered.folder).parents[1], SETTINGS).clips


def test_a_copy_that_cannot_be_cut_is_left_out_and_said_so(answered: Path) -> None:
    (asset,) = Catalog(answered).rows("SELECT min(asset) FROM clips WHERE kind = 'utterance'")[0]
    stored = answered / "media" / asset[:2] / asset
    stored.write_bytes(bytes(stored.stat().st_size))
    left_out = export(answered, SETTINGS, None, 1).left_out
    assert left_out == {"could not be cut from the file; find out why with: emocurate doctor --verify": 2}


def test_when_nothing_can_be_released_the_reasons_are_told(linked_answered: Path, media: Path) -> None:
    for path in media.iterdir():
        path.unlink()
    with pytest.raises(BadInput, match=f"no labelled clip can be released:\n  11 clips: {GONE}"):
        export(linked_answered, SETTINGS, None, 1)


def test_a_frozen_release_keeps_clips_whose_original_changed_later(altered_later: Path, tmp_path: Path) -> None:
    home = own(altered_later, tmp_path)
    run(home)
    assert sum(one.clips for one in standing(home, "v1")) == 11


def test_the_clips_of_a_recording_are_never_in_two_splits(answered: Path) -> None:
    half = settings_from_toml("[export]\ntrain = 0.5\nvalidation = 0.25\ntest = 0.25")
    release = Path(export(answered, half, None, 1).folder)
    splits: dict[str, set[str]] = {}
    for sample in samples_of(release, "voice").values():
        splits.setdefault(json.loads(sample["json"])["asset"], set()).add(sample["split"])
    assert all(len(some) == 1 for some in splits.values())
    assert len(set().union(*splits.values())) > 1


def test_a_label_says_who_won_and_how_far_they_agree(answered: Path) -> None:
    batches = list(label_batches(answered, weigh.methods(SETTINGS)))
    labels = [row for batch in batches for row in batch.to_pylist() if row["question"] == "emotion"]
    agreed = [label for label in labels if label["agreement"] == 1.0]
    split = [label for label in labels if label["agreement"] != 1.0]
    assert agreed
    assert all(label["shares"] == [1.0] for label in agreed)
    assert split
    assert all(max(label["shares"]) == pytest.approx(2 / 3, abs=1e-5) for label in split)
    assert {label["method"].split("@")[0] for label in labels} == {"majority"}


def test_agreement_is_told_per_question_and_medium(answered: Path) -> None:
    figures = weigh.figures(answered)
    assert {(figure.media, figure.question) for figure in figures} == {
        (media, question) for media in ("voice", "face") for question in ("emotion", "intensity")
    }
    assert all(figure.answers == 3 * figure.items for figure in figures)


VOICES = """SELECT DISTINCT o.clip, k.id, min(a.rater) FROM answers a JOIN asks k ON k.id = a.ask
            JOIN about o ON o.item = k.item WHERE o.modality = 'voice' GROUP BY ALL ORDER BY ALL"""
SKIPS = {"cannot tell": 1, "it is my neighbour": 2}  # each about another clip


def skips_in(home: Path, media: Path) -> None:
    """A release of answers of which one was withdrawn, and of skips with their reasons."""
    answered_in(home, media)
    at = "2026-03-01T00:00:00.000000Z"
    rows = Catalog(home).rows(VOICES)
    _, ask, rater = rows[0]
    late = Rater("p" + "9" * 16, "person")
    skips = [
        Answer("origin-1", rows[place][1], "*", late.id, at, json.dumps(reason), "skipped")
        for reason, place in SKIPS.items()
    ]
    Catalog(home).add([late, *skips, Answer("origin-1", ask, "emotion", rater, at, None, "withdrawn")])
    export(home, SETTINGS)


def test_a_skip_is_no_answer_and_a_withdrawn_one_does_not_count(made_once: Callable[[Builder], Path]) -> None:
    home = made_once(skips_in) / "home"
    clip, *_ = Catalog(home).rows(VOICES)[0]
    answers = [row for row in answers_of(home / "releases" / "v1", "voice") if row["key"] == clip]
    assert sorted(answer["question"] for answer in answers) == ["emotion"] * 2 + ["intensity"] * 3


@pytest.mark.parametrize(("reason", "told"), [("cannot tell", "cannot tell"), ("it is my neighbour", None)])
def test_the_reason_of_a_skip_leaves_where_it_is_no_word_of_the_raters_own(
    reason: str, told: str | None, made_once: Callable[[Builder], Path]
) -> None:
    home = made_once(skips_in) / "home"
    clip, *_ = Catalog(home).rows(VOICES)[SKIPS[reason]]
    answers = answers_of(home / "releases" / "v1", "voice")
    (skipped,) = [answer for answer in answers if answer["key"] == clip and answer["state"] != "given"]
    assert skipped["rater"] == "p" + "9" * 16
    assert (skipped["question"], skipped["state"], skipped["text"]) == ("*", "skipped", told)
    assert (skipped["key"], skipped["week"]) == (clip, "2026-W09")


def test_released_clips_are_counted_and_pinned(exported: Path) -> None:
    told = status(exported, SETTINGS)
    assert told.clips["voice"].released == told.clips["voice"].answered == 8
    assert told.releases == ["v1"]


def test_thresholds_change_what_is_asked_and_nothing_that_was_answered(answered: Path) -> None:
    strict = settings_from_toml("[voice]\nmin_ms = 29000")
    assert status(answered, strict).clips["voice"].answered == 8
    assert len(samples_of(Path(export(answered, strict, None, 1).folder), "voice")) == 8


def test_without_labels_nothing_is_written(taken_in: Path) -> None:
    with pytest.raises(BadInput, match="nothing is labelled yet"):
        export(taken_in, SETTINGS, None, 1)
    assert not (taken_in / "releases").exists()


def test_a_release_that_a_killed_export_began_under_another_name_is_swept_away(
    made_once: Callable[[Builder], Path],
) -> None:
    assert [path.name for path in (made_once(once_in) / "home" / "releases").iterdir()] == ["v1"]


def test_a_release_is_frozen(exported: Path) -> None:
    stricter = settings_from_toml("[export]\nmin_answers = 4")
    with pytest.raises(BadInput, match="nothing is labelled"):
        export(exported, stricter, "v1", 1)
    other = settings_from_toml("[export]\nsalt = 'another'")
    with pytest.raises(BadSetting, match="releases are frozen"):
        export(exported, other, "v1", 1)


def test_a_list_of_splits_that_was_edited_is_read_again(answered: Path) -> None:
    names = [name for (name,) in Catalog(answered).rows("SELECT DISTINCT name FROM statements ORDER BY 1")]
    settings = settings_from_toml("[export]\nsplits = 'splits.csv'")

    def listed(split: str) -> None:
        (answered / "splits.csv").write_text("file,split\n" + "".join(f"{name},{split}\n" for name in names), "utf-8")

    listed("test")
    assert {*export(answered, settings, None, 1).samples["voice"]} >= {"test"}
    listed("train")
    with pytest.raises(BadInput, match=r"export.splits puts what is linked, or was released, into several splits"):
        export(answered, settings, None, 1)


def test_media_without_a_basis_can_be_labelled_but_never_published(
    home: Path, media: Path, request: pytest.FixtureRequest
) -> None:
    from curate.read.probe import Probe
    from pipelines.engine.passes import Pass
    from pipelines.engine.workers import Inline
    from pipelines.find.run import bring_up_to_date
    from tests.pipelines.engine.odd_stages import Halve

    take_in(home, [media], Source("unknown"))
    bring_up_to_date(home, [Pass((Probe(), Halve()))], Inline())
    answer(home)
    with pytest.raises(BadInput, match="export --internal"):
        export(home, SETTINGS, None, 1)
    assert export(home, SETTINGS, None, 1, internal=True).obstacles
    with pytest.raises(NotPublishable, match="cannot be published"):
        publish_release(find(home), "someone/something", None, say=print)


@pytest.mark.parametrize("name", ["../outside", ".hidden", "a b", ""])
def test_a_release_cannot_be_called_anything(name: str, answered: Path) -> None:
    with pytest.raises(BadSetting, match="cannot be called"):
        export(answered, SETTINGS, name, 1)


EXPORT = points(
    "pathlib:Path.replace before 3",  # a cut is written aside and has no name yet
    "pipelines.release.writing:seal before 1",
    heavy=(
        "pipelines.cutting:_settle before 2",
        "pipelines.cutting:_settle after 3",
        "pipelines.release.tar:TarShard.add before 2",
        "pipelines.release.tar:TarShard.close after 1",
        "pipelines.release.writing:seal after 1",
        "pipelines.release.export:_commit before 1",
        "pipelines.engine.catalog:insert before 1",
    ),
)


def exported_in(home: Path, media: Path) -> None:
    """An export that nobody kills."""
    answered_in(home, media)
    export(home, Settings(name="test"), None, 1)


@pytest.mark.parametrize("point", EXPORT)
def test_an_export_that_is_killed_and_repeated_is_an_export(
    point: str, answered: Path, made_once: Callable[[Builder], Path]
) -> None:
    whole = made_once(exported_in) / "home" / "releases" / "v1"
    command = ("export", "--no-figures", "--home", str(answered))
    assert emocurate(*command, kill=point) == -signal.SIGKILL
    emocurate(*command)
    assert files_of(answered / "releases" / "v1") == files_of(whole)
    assert [path.name for path in (answered / "releases").iterdir()] == ["v1"]
    assert list((answered / "cuts" / "aside").iterdir()) == []
    assert status(answered, SETTINGS).clips["voice"].released == 8


def test_the_card_shows_figures_that_lie_in_the_release_and_are_listed(answered: Path) -> None:
    release = Path(export(answered, SETTINGS, draw=True).folder)
    card = (release / "README.md").read_text("utf-8")
    shown = re.findall(r"!\[([^\]]+)\]\((figures/[^)]+\.png)\)", card)
    assert {path for _, path in shown} >= {
        "figures/agreement-ekman-1-voices.png",
        "figures/emotions-emotion-ekman-1-faces.png",
    }
    assert {path for _, path in shown} == {f"figures/{path.name}" for path in (release / "figures").iterdir()}
    listed = json.loads((release / "manifest.json").read_text("utf-8"))["documents"]
    assert all(listed[path] == sha256((release / path).read_bytes()).hexdigest() for _, path in shown)


def test_good_clips_leave_where_nobody_has_answered_anything(searched: Path) -> None:
    done = export(searched, SETTINGS, unlabelled=True)
    assert sum(done.samples["voice"].values()) > 0
    assert done.by == ()


def test_kinds_of_raters_named_twice_or_in_another_order_are_the_same_release(exported: Path) -> None:
    again = export(exported, SETTINGS, by=("person", "person"))  # v1 is of people, as nothing else was wanted
    assert (again.name, again.new, again.by) == ("v1", False, ("person",))

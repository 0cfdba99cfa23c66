"""Single answers of people leave once it is recorded what raters were told."""

import hashlib
from pathlib import Path

import pytest

from pipelines.collection import find
from pipelines.engine.catalog import Catalog
from pipelines.release.notices import notices, record_notice
from pipelines.release.publish import inspect_release, publish_release
from schemas.errors import BadInput, BadSetting, NotPublishable
from schemas.settings import Settings, settings_from_toml
from tests.pipelines.conftest import notified
from tests.pipelines.release.test_export import answers_of, export
from tests.pipelines.release.test_publish import REPO, Desk, desk  # noqa: F401  # a fixture

BARE = settings_from_toml("[export]\nanswers = false")


def test_single_answers_stay_until_a_notice_to_raters_is_recorded(answered: Path, desk: Desk) -> None:  # noqa: F811
    export(answered, Settings())
    here = find(answered)
    with pytest.raises(NotPublishable, match=r"66 single answers of people .*emocurate raters notice FILE"):
        publish_release(here, REPO, None, say=print)
    assert any("raters notice" in line for line in inspect_release(here, None).against)
    assert REPO not in desk.hub.repos
    notified(answered)
    assert publish_release(here, REPO, None, say=print).changed


def test_a_release_without_single_answers_needs_no_notice_and_its_card_says_so(answered: Path, desk: Desk) -> None:  # noqa: F811
    release = Path(export(answered, BARE).folder)
    assert [answers_of(release, media) for media in ("voice", "face")] == [[], []]
    card = (release / "README.md").read_text("utf-8")
    assert "single answers are not passed on" in card
    assert "each single answer" not in card.split("## Columns")[0]
    assert publish_release(find(answered), REPO, None, say=print).changed


def test_a_notice_is_kept_as_its_hash_and_day_once(answered: Path, tmp_path: Path) -> None:
    text = tmp_path / "notice.md"
    text.write_text("Your answers are passed on.", "utf-8")
    first = record_notice(answered, text)
    assert first.sha256 == hashlib.sha256(text.read_bytes()).hexdigest()
    assert len(first.recorded_on) == 10
    assert (record_notice(answered, text), notices(answered)) == (first, [first])
    assert Catalog(answered).rows("SELECT subject FROM decisions") == [("raters",)]


def test_a_notice_that_says_nothing_or_is_not_there_is_refused(answered: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.md").write_text(" \n")
    for name in ("empty.md", "none.md"):
        with pytest.raises(BadInput, match="name the file with what raters were told"):
            record_notice(answered, tmp_path / name)


def test_single_answers_cannot_be_embedded_and_kept_at_home(answered: Path) -> None:
    from pipelines.release.export import export as write
    from pipelines.release.order import Export

    with pytest.raises(BadSetting, match="choose one of both"):
        write(Export(answered, BARE, draw=False, embed=True))


def test_no_time_finer_than_a_week_leaves_of_anybody_who_answered(answered: Path) -> None:
    folder = Path(export(answered, Settings()).folder)
    rows = [row for media in ("voice", "face") for row in answers_of(folder, media)]
    assert {row["week"] for row in rows} == {"2026-W01"}
    held = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    (answered_at,) = {at[:10] for (at,) in Catalog(answered).rows("SELECT updated_at FROM answers")}
    assert answered_at.encode() not in held

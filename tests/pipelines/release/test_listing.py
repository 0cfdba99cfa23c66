"""`release list`, `show` and `diff` say what there is, and what two releases do not have in common."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.engine.catalog import Catalog
from pipelines.release import writing
from pipelines.release.listing import diff, releases, show
from pipelines.release.manifest import listed_files
from pipelines.show.releases import differences, holding, listed
from schemas.errors import BadInput, BadSetting
from tests.pipelines.conftest import Builder
from tests.pipelines.release.test_placing import ANSWERED, twice_in


def test_two_releases_are_listed_shown_and_compared(
    copy_of: Callable[[Builder], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(writing, "MAX_SAMPLES", 2)
    home = copy_of(twice_in)
    ((_, clip),) = Catalog(home).rows(ANSWERED)
    assert [(one.name, sum(one.samples["voice"].values()), one.there) for one in releases(home)] == [
        ("v1", 8, True),
        ("v2", 8, True),
    ]
    seen = show(home, "v1")
    assert (seen.columns["voice"], seen.licences) == (("emotion", "intensity"), {"CC-BY-4.0": 11})
    assert seen.files == listed_files((home / "releases" / "v1" / "manifest.json").read_text("utf-8"))
    faces, voices = diff(home, "v1", "v2")
    assert (faces.media, faces.same, faces.relabelled, faces.shards_alike) == ("face", 3, 0, faces.shards)
    assert (voices.same + voices.relabelled, voices.came, voices.left, voices.moved) == (8, 0, 0, 0)
    assert voices.shards - voices.shards_alike == 1
    assert set(voices.keys["relabelled"]) <= {clip}
    listed(releases(home))
    holding(seen)
    differences([faces, voices])
    printed = capsys.readouterr().out
    assert "shards alike" in printed
    assert "CC-BY-4.0" in printed


def test_a_release_that_is_not_there_is_named(home: Path, made_once: Callable[[Builder], Path]) -> None:
    with pytest.raises(BadInput, match="emocurate export"):
        show(home, None)
    with pytest.raises(BadSetting, match="no release 'v7'"):
        diff(made_once(twice_in) / "home", "v1", "v7")

"""What `publish` says."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest

from pipelines.release.publish import Published
from pipelines.show.releases import published

REVISION = Published(
    "anna/voices", "https://example.org/anna/voices", "0123456789abcdef", True, 5, 1, 7, 900, "v1", True
)


def test_a_published_release_has_an_address_and_a_commit(capsys: pytest.CaptureFixture[str]) -> None:
    published(REVISION)
    assert capsys.readouterr().out == (
        "https://example.org/anna/voices (private): 5 files added, 1 deleted; tag v1, commit 0123456789ab\n"
    )
    published(replace(REVISION, changed=False, private=False))
    assert "(public): nothing new; tag v1" in capsys.readouterr().out


def test_json_holds_the_revision(as_json: Callable[[Any], Any]) -> None:
    assert as_json(REVISION) == asdict(REVISION) | {"kept": []}

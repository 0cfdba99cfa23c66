"""Where releases were published is known until the history there is gone."""

from pathlib import Path

from pipelines.engine.catalog import Catalog, state
from pipelines.release.published import note_published, note_purged, published_to

TOLD = ("https://hub.example.org/datasets/owner/voices", "0123456789ab")


def test_a_repository_holds_every_release_that_was_published_since_it_was_purged(home: Path) -> None:
    for release in ("v1", "v2", "v2", "v3"):
        note_published(home, "owner/voices", release, *TOLD)
    note_published(home, "owner/faces", "v1", *TOLD)
    faces, voices = published_to(home)
    assert (voices.release, voices.held) == ("v3", ("v1", "v2"))
    assert voices.holds(["v1"])
    note_purged(home, "owner/voices")
    faces, voices = published_to(home)
    assert [repo.holds(["v1", "v2"]) for repo in (faces, voices)] == [True, False]
    assert voices.holds(["v3"])


def test_a_repository_of_which_nobody_noted_what_it_holds_may_hold_every_release(home: Path) -> None:
    told = '{"repo":"owner/voices","release":"v2","address":"a","commit":"c","published_on":"2024-11-20"}'
    with Catalog(home).open() as connection:
        state(connection, "published in owner/voices", told)
    assert published_to(home)[0].holds(["v1"])
    note_published(home, "owner/voices", "v3", *TOLD)
    assert published_to(home)[0].holds(["v1"])
    note_purged(home, "owner/voices")
    assert not published_to(home)[0].holds(["v1"])

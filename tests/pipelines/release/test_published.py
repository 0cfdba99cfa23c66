"""Where releases were published is known until the history there is gone."""

from pathlib import Path

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

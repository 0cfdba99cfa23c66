"""`publish --purge`: what was withdrawn is nowhere on the Hub any more, and nothing is deleted by a slip."""

from hashlib import sha256

import pytest

from pipelines.release.purge import purge
from schemas.errors import BadSetting
from tests.pipelines.release.samples import voice
from tests.pipelines.release.test_publish import FIRST, REPO, Desk, desk  # noqa: F401  # a fixture


def shards(desk: Desk, revision: str = "main") -> dict[str, str]:  # noqa: F811
    return {path: sha256(data).hexdigest() for path, data in desk.remote(revision).items() if path.endswith(".tar")}


def test_older_shards_are_deleted_and_the_newest_stay(desk: Desk) -> None:  # noqa: F811
    desk.write(FIRST)
    desk.publish(tag="v1")
    old = set(shards(desk).values())
    desk.write(FIRST[1:])
    desk.publish(tag="v2")
    kept = shards(desk)
    done = purge(REPO, REPO, "v2")
    assert (done.objects, done.tags) == (len(old - set(kept.values())) + 3, ("v1",))  # and three tables
    assert shards(desk) == shards(desk, "v2") == kept
    assert not (old - set(kept.values())) & set(desk.hub.objects)
    assert len(desk.hub.repos[REPO].commits) == 1


def test_a_second_purge_finds_nothing(desk: Desk) -> None:  # noqa: F811
    desk.write(FIRST)
    desk.publish(tag="v1")
    purge(REPO, REPO, "v1")
    done = purge(REPO, REPO, "v1")
    assert (done.objects, done.tags) == (0, ())
    assert set(desk.hub.repos[REPO].tags) == {"v1"}


def test_what_the_hub_made_by_itself_is_named(desk: Desk) -> None:  # noqa: F811
    desk.write([voice(0)])
    desk.publish(tag="v1")
    desk.hub.repos[REPO].converts.append("parquet")
    assert purge(REPO, REPO, "v1").remaining == ("refs/convert/parquet",)


@pytest.mark.parametrize("typed", [None, "owner/other"])
def test_without_the_name_typed_once_more_nothing_is_deleted(desk: Desk, typed: str | None) -> None:  # noqa: F811
    desk.write([voice(0)])
    desk.publish(tag="v1")
    before = dict(desk.hub.objects)
    with pytest.raises(BadSetting, match=f"--confirm {REPO}"):
        purge(REPO, typed, "v1")
    assert desk.hub.objects == before

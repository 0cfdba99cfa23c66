"""What was edited on the Hub is not reverted: ours as published, theirs and ours now are compared."""

from pathlib import Path

import pytest

from schemas.errors import BadSetting
from tests.pipelines.release.samples import voice, write_release
from tests.pipelines.release.test_publish import FIRST, REPO, Desk, desk  # noqa: F401

WORDS = b"Cite us as Doe (2026).\n\n# "


def edit(desk: Desk, path: str = "README.md", old: bytes = b"# ", new: bytes = WORDS) -> bytes:  # noqa: F811
    data = desk.hub.read(REPO, path).replace(old, new, 1)
    desk.hub.put(REPO, {path: data})
    return data


def next_release(desk: Desk, **changes: object) -> None:  # noqa: F811
    """A release beside the one before, as exports lie beside each other."""
    desk.folder = desk.folder.with_name(f"{desk.folder.name}-next")
    write_release(desk.folder, FIRST[:20], 10, **changes)


def test_publishing_the_same_release_again_leaves_an_edited_card_alone(desk: Desk) -> None:  # noqa: F811
    desk.publish(tag="v1")
    edited = edit(desk)
    desk.hub.requests.clear()
    done = desk.publish(tag="v1")
    assert (done.changed, done.kept) == (False, ("README.md",))
    assert desk.hub.read(REPO, "README.md") == edited
    assert not [path for method, path in desk.hub.requests if method in ("POST", "PUT")]
    assert any("README.md was edited on the Hub" in line and "--replace" in line for line in desk.said)


def test_a_table_or_notice_that_was_edited_stays_too(desk: Desk) -> None:  # noqa: F811
    desk.publish()
    desk.hub.put(REPO, {"voice/labels.parquet": b"corrected by hand"})
    edit(desk, "LICENSE.md", new=b"# Our ")
    assert desk.publish().kept == ("LICENSE.md", "voice/labels.parquet")
    assert desk.remote()["voice/labels.parquet"] == b"corrected by hand"


def test_a_new_release_keeps_the_words_that_were_added_to_the_card(desk: Desk) -> None:  # noqa: F811
    desk.publish(tag="v1")
    edit(desk)
    next_release(desk, title="Voices of another test")
    done = desk.publish(tag="v2")
    assert done.kept == ("README.md",)
    assert desk.remote()["README.md"] == desk.local()["README.md"].replace(b"# ", WORDS, 1)
    assert {path: data for path, data in desk.remote().items() if path != "README.md"} == {
        path: data for path, data in desk.local().items() if path != "README.md"
    }
    next_release(desk, title="Voices of a third test")
    desk.publish(tag="v3")
    assert desk.remote()["README.md"] == desk.local()["README.md"].replace(b"# ", WORDS, 1)


def test_the_card_as_published_is_read_from_its_tag_where_the_release_is_no_longer_here(desk: Desk) -> None:  # noqa: F811
    desk.publish(tag="v1")
    edit(desk)
    desk.folder = Path(desk.folder.parent / "other place" / "v2")
    write_release(desk.folder, FIRST[:20], 10)
    desk.publish(tag="v2")
    assert WORDS in desk.remote()["README.md"]


def test_an_edit_of_what_the_new_release_changes_too_is_refused_and_named(desk: Desk) -> None:  # noqa: F811
    desk.publish(tag="v1")
    edited = edit(desk, old=b"# Voices of a test", new=b"# Our voices")
    next_release(desk, title="Voices of another test")
    with pytest.raises(BadSetting, match=r"this release changes it, too:\n  # Our voices\n.*--replace"):
        desk.publish(tag="v2")
    assert desk.hub.read(REPO, "README.md") == edited
    assert desk.publish(tag="v2", replace=True).kept == ()
    assert desk.remote() == desk.local()


def test_an_edited_table_that_the_new_release_changes_too_is_refused(desk: Desk) -> None:  # noqa: F811
    desk.publish()
    desk.hub.put(REPO, {"voice/labels.parquet": b"corrected by hand"})
    next_release(desk)
    with pytest.raises(BadSetting, match=r"voice/labels\.parquet .* edited on the Hub and differs"):
        desk.publish()
    desk.publish(replace=True)
    assert desk.remote() == desk.local()


def test_an_edited_file_that_the_new_release_lacks_is_not_deleted_unasked(desk: Desk) -> None:  # noqa: F811
    desk.publish()
    desk.hub.put(REPO, {"face/labels.parquet": b"corrected by hand"})
    desk.folder = desk.folder.with_name("voices")
    desk.write([voice(number) for number in range(5)])
    with pytest.raises(BadSetting, match=r"face/labels\.parquet .* no such file"):
        desk.publish()
    desk.publish(replace=True)
    assert desk.remote() == desk.local()


def test_what_was_deleted_on_the_hub_comes_back(desk: Desk) -> None:  # noqa: F811
    desk.publish()
    desk.hub.repos[REPO].head.files.pop("LICENSE.md")
    assert desk.publish().added == 1
    assert desk.remote() == desk.local()


def test_a_card_written_by_hand_before_the_first_release_is_not_replaced_unasked(desk: Desk) -> None:  # noqa: F811
    desk.hub.create(REPO, private=True)
    desk.hub.put(REPO, {"README.md": b"---\nlicense: mit\n---\n# Mine\n"})
    with pytest.raises(BadSetting, match="written or edited by hand"):
        desk.publish()
    desk.publish(replace=True)
    assert desk.remote() == desk.local()

"""`add`: whatever is offered ends as kept, dropped or failed, under whatever name, and twice is once."""

import errno
import io
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipelines import collection
from pipelines.collect import metadata
from pipelines.collect.add import Added, Intake, add
from pipelines.collect.attempts import unread_id
from pipelines.collect.sources import source_from
from pipelines.engine.catalog import Catalog
from pipelines.status import lost, status
from schemas.errors import BadInput, BadSetting, NoCollection, Unwritable
from schemas.media import Source
from schemas.settings import Settings
from schemas.stage import Receipt
from tests.pipelines.conftest import SOURCE


def take(
    home: Path, *paths: Path, source: Source = SOURCE, table: metadata.Metadata | None = None, **ways: bool
) -> Added:
    return add(Intake(home, source, table or metadata.Metadata(), collection.find(home).people, **ways), list(paths))


def rows(home: Path, query: str) -> list[tuple[object, ...]]:
    return Catalog(home).rows(query)


def test_files_come_in_once_however_often_they_are_added(home: Path, media: Path) -> None:
    assert take(home, media).new == 7
    assert take(home, media).new == 0
    assert rows(home, "SELECT count(*) FROM assets") == [(7,)]
    assert rows(home, "SELECT count(*) FROM statements") == [(7,)]


def test_the_same_bytes_under_two_names_are_one_asset_and_two_files(home: Path, media: Path) -> None:
    (media / "copy.wav").write_bytes((media / "tone-0.wav").read_bytes())
    take(home, media)
    assert rows(home, "SELECT count(*) FROM assets") == [(7,)]
    assert status(home, Settings()).files.total == 8


def test_the_same_bytes_from_two_sources_are_one_asset_with_two_arrivals(home: Path, media: Path) -> None:
    take(home, media / "tone-0.wav")
    take(home, media / "tone-0.wav", source=Source("licence", "CC0-1.0"))
    assert rows(home, "SELECT count(*) FROM assets") == [(1,)]
    assert rows(home, "SELECT count(*) FROM arrivals") == [(2,)]


def test_what_a_file_is_is_decided_by_its_content(home: Path, media: Path) -> None:
    (media / "tone-0.wav").rename(media / "picture.jpg")
    (media / "song.mp3").write_text("this is a text, whatever its name says")
    added = take(home, media)
    assert rows(home, "SELECT count(*) FROM assets WHERE kind = 'sound'") == [(4,)]
    assert added.dropped == {"not media: text": 1}


ODD = ["a space.wav", "#hash.wav", "quote'\".wav", "line\nbreak.wav", "ümlaut.wav", "-dash.wav", "%41;$(x).wav"]


def test_odd_names_survive(home: Path, media: Path) -> None:
    content = (media / "tone-0.wav").read_bytes()
    folder = media / "odd"
    folder.mkdir()
    for name in ODD:
        (folder / name).write_bytes(content)
    Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.wav")).write_bytes(content)
    take(home, folder)
    names = {name for (name,) in rows(home, "SELECT name FROM statements")}
    assert names == {*ODD, "bad\\xff.wav"}


def test_archives_are_opened_and_their_members_named(home: Path, media: Path) -> None:
    with zipfile.ZipFile(media.parent / "all.zip", "w") as archive:
        archive.write(media / "tone-0.wav", "inner/../../tone.wav")
        archive.writestr("notes.txt", "not media")
    added = take(home, media.parent / "all.zip")
    assert (added.files, added.new) == (2, 1)
    names = {name for (name,) in rows(home, "SELECT name FROM statements")}
    assert len(names) == 2
    assert all(str(name).startswith("all.zip/") for name in names)


def test_a_damaged_member_of_an_archive_is_dropped_and_the_others_come_in(home: Path, media: Path) -> None:
    path = media.parent / "damaged.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(media / "tone-0.wav", "a.wav")
        archive.write(media / "tone-1.wav", "b.wav")
    content = bytearray(path.read_bytes())
    content[5000] ^= 0xFF
    path.write_bytes(content)
    added = take(home, path)
    assert (added.files, added.new, sum(added.dropped.values())) == (2, 1, 1)
    assert "broken in the archive" in next(iter(added.dropped))


def test_what_cannot_be_read_fails_and_is_mended_by_a_second_add(home: Path, media: Path) -> None:
    broken = media / "gone.wav"
    broken.symlink_to(media / "nowhere.wav")
    added = take(home, media)
    assert added.failed == ["gone.wav: cannot be read: No such file or directory"]
    assert status(home, Settings()).files.failed == {"cannot be read: No such file or directory": 1}
    broken.unlink()
    broken.write_bytes((media / "tone-0.wav").read_bytes())
    take(home, media)
    assert status(home, Settings()).files.failed == {}


def test_things_that_are_no_files_are_dropped(home: Path, media: Path) -> None:
    os.mkfifo(media / "pipe")
    assert take(home, media).dropped == {"not media: not a regular file": 1}


def test_an_empty_file_is_dropped_with_a_reason(home: Path, media: Path) -> None:
    (media / "empty.wav").touch()
    assert take(home, media).dropped == {"empty file": 1}


def test_the_collection_itself_is_not_taken_in(home: Path, media: Path) -> None:
    take(home, media)
    (home / "mine.wav").write_bytes((media / "tone-0.wav").read_bytes())
    assert take(home, home).files == 1


def test_linked_media_are_not_copied(home: Path, media: Path) -> None:
    people = collection.find(home).people
    add(Intake(home, SOURCE, metadata.Metadata(), people, link=True), [media])
    (asset,) = rows(home, "SELECT id FROM assets ORDER BY id LIMIT 1")[0]
    assert (home / "media" / str(asset)[:2] / str(asset)).is_symlink()


def test_a_metadata_table_speaks_for_its_files_and_speakers_become_pseudonyms(home: Path, media: Path) -> None:
    table = media / "about.csv"
    table.write_text("file,Speaker,text,emotion,license\ntone-0.wav,Anna Example,Hallo,anger,CC0-1.0\nno.wav,X,,,\n")
    told = metadata.read_metadata(table, {"speaker": "Speaker"})
    added = take(home, media / "tone-0.wav", media / "tone-1.wav", table=told)
    assert added.unmatched == ["no.wav"]
    row = rows(
        home, "SELECT speaker, transcript, requested FROM statements WHERE name = 'tone-0.wav' AND scope = 'file'"
    )[0]
    assert row[1:] == ("Hallo", "anger")
    assert str(row[0]).startswith("p")
    assert b"Anna Example" not in (home / "catalog.duckdb").read_bytes()
    licences = rows(home, "SELECT licence FROM sources ORDER BY licence")
    assert licences == [("CC-BY-4.0",), ("CC0-1.0",)]


def test_whom_to_name_comes_from_the_flag_and_a_table_may_say_otherwise(home: Path, media: Path) -> None:
    table = media / "about.csv"
    table.write_text("path,attribution\ntone-1.wav,Example Radio\n")
    source = source_from(None, "CC-BY-4.0", None, [], "Anna Example")
    take(home, media / "tone-0.wav", media / "tone-1.wav", source=source, table=metadata.read_metadata(table, {}))
    named = "SELECT name, attribution FROM statements JOIN sources s ON s.id = source"
    assert dict(rows(home, named)) == {"tone-0.wav": "Anna Example", "tone-1.wav": "Example Radio"}  # type: ignore[arg-type]


def test_a_requested_emotion_never_becomes_a_label(home: Path, media: Path) -> None:
    table = media / "about.csv"
    table.write_text("path,requested\ntone-0.wav,anger\n")
    take(home, media, table=metadata.read_metadata(table, {}))
    assert rows(home, "SELECT count(*) FROM answers") == [(0,)]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("consent", None, None, ["publsh"]), "did you mean 'publish'"),
        (("consent", None, None, []), "needs what was consented to"),
        (("licence", None, None, []), "needs the licence"),
        (("lisence", "CC0-1.0", None, []), "did you mean 'licence'"),
    ],
)
def test_a_basis_that_does_not_hold_together_is_refused(flags: Any, told: str) -> None:
    with pytest.raises(BadSetting, match=told):
        source_from(*flags)


def test_a_folder_that_is_not_there_is_told(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file or folder"):
        take(home, tmp_path / "nowhere")


def test_without_a_collection_one_is_told_how_to_make_it(tmp_path: Path, media: Path) -> None:
    with pytest.raises(NoCollection, match="emocurate init"):
        collection.find(tmp_path)


def test_the_numbers_add_up(home: Path, media: Path) -> None:
    (media / "text.wav").write_text("text")
    (media / "gone.wav").symlink_to(media / "nowhere.wav")
    take(home, media)
    files = status(home, Settings()).files
    assert files.total == 9
    assert files.kept + sum(files.dropped.values()) + sum(files.failed.values()) + files.waiting == 9


def test_what_is_added_again_says_nothing_again(home: Path, media: Path) -> None:
    take(home, media)
    first = rows(home, "SELECT id FROM statements ORDER BY 1")
    added = take(home, media)
    assert (added.corrections, added.conflicts) == ([], [])
    assert rows(home, "SELECT id FROM statements ORDER BY 1") == first


def test_a_transcript_can_be_corrected_and_corrected_back_and_is_told_old_and_new(home: Path, media: Path) -> None:
    corrections = []
    for words in ("first", "second", "first"):
        table = metadata.Metadata({"tone-0.wav": {"transcript": words}})
        corrections.append([(one.what, one.old, one.new) for one in take(home, media, table=table).corrections])
        assert rows(home, "SELECT transcript FROM described WHERE transcript IS NOT NULL") == [(words,)]
    assert corrections == [[], [("transcript", "first", "second")], [("transcript", "second", "first")]]


def test_a_second_add_that_is_silent_about_a_column_changes_nothing_of_it(home: Path, media: Path) -> None:
    words = {"speaker": "Anna", "language": "en", "transcript": "Hello", "requested": "anger"}
    take(home, media, table=metadata.Metadata({"tone-0.wav": words}))
    before = rows(home, "SELECT * FROM described ORDER BY ALL")
    assert take(home, media).corrections == []
    assert rows(home, "SELECT * FROM described ORDER BY ALL") == before


def test_a_folder_that_can_be_looked_into_again_is_no_failure_any_more(home: Path, media: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    Catalog(home).add([], [Receipt("Sniff@1", unread_id(closed), "failed", "cannot be read: a folder")])
    media.rename(closed)
    assert status(home, Settings()).files.failed == {"cannot be read: a folder": 1}
    take(home, closed)
    assert status(home, Settings()).files.failed == {}


def test_a_link_to_a_folder_and_an_empty_archive_are_dropped_with_a_reason(home: Path, media: Path) -> None:
    (media / "link").symlink_to(media.parent)
    with zipfile.ZipFile(media / "empty.zip", "w"):
        pass
    added = take(home, media)
    assert added.failed == []
    assert sorted(added.dropped) == [
        "not media: a link to a folder; name that folder itself",
        "not media: an archive with nothing in it",
    ]


def test_a_table_that_lies_among_the_media_and_was_not_asked_for_is_named(home: Path, media: Path) -> None:
    (media / "metadata.jsonl").write_text('{"file_name": "tone-0.wav", "text": "Hi"}')
    assert take(home, media).tables == [str(media / "metadata.jsonl")]


def document(path: Path, *names: str) -> Path:
    """A zip file with these names in it and a picture among them."""
    picture = io.BytesIO()
    Image.new("RGB", (64, 48)).save(picture, "png")
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, "application/epub+zip" if name == "mimetype" else "words")
        archive.writestr("media/image1.png", picture.getvalue())
    return path


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("[Content_Types].xml", "word/document.xml"), "Word document"),
        (("[Content_Types].xml", "ppt/presentation.xml"), "PowerPoint presentation"),
        (("AndroidManifest.xml", "classes.dex", "META-INF/MANIFEST.MF"), "Android program"),
        (("META-INF/MANIFEST.MF",), "Java program"),
        (("mimetype", "META-INF/container.xml"), "EPUB book"),
        (("pkg-1.0.dist-info/WHEEL",), "Python package"),
    ],
)
def test_documents_and_programs_are_no_archives_of_media(
    home: Path, tmp_path: Path, names: tuple[str, ...], kind: str
) -> None:
    added = take(home, document(tmp_path / "a file", *names))
    assert added.dropped == {f"not media: {kind}; --open-documents takes in what lies in it": 1}
    assert (added.files, added.new) == (1, 0)


def test_documents_are_opened_when_asked_and_an_archive_is_always(home: Path, tmp_path: Path) -> None:
    book = document(tmp_path / "book.docx", "[Content_Types].xml", "word/document.xml")
    assert take(home, book, open_documents=True).new == 1
    assert rows(home, "SELECT name FROM statements JOIN assets a ON a.id = asset") == [("book.docx/media/image1.png",)]
    assert take(home, document(tmp_path / "set.zip", "sub/mimetype", "notes/word/document.xml")).new == 0
    assert rows(home, "SELECT count(*) FROM assets") == [(1,)]


def test_a_link_that_leads_out_of_the_folder_is_followed_only_when_asked(
    home: Path, media: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret.wav").write_bytes((media / "tone-0.wav").read_bytes() + b"not yours")
    (media / "out.wav").symlink_to(tmp_path / "secret.wav")
    (media / "inside.wav").symlink_to(media / "tone-0.wav")
    added = take(home, media)
    assert added.dropped == {"a link that leads out of the folder; --follow-links takes in what it points to": 1}
    assert (added.files, added.new) == (9, 7)
    assert take(home, media, follow_links=True).new == 1
    assert take(home, media / "out.wav").dropped == {}  # whoever names a link means it


def test_a_folder_that_is_itself_a_link_is_looked_into(home: Path, media: Path, tmp_path: Path) -> None:
    (tmp_path / "way").symlink_to(media)
    assert take(home, tmp_path / "way").new == 7


def test_a_full_disk_stops_the_command_and_is_no_fault_of_a_file(
    home: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.engine.store.Store.put", full)
        with pytest.raises(Unwritable, match="No space left"):
            take(home, media)
    assert rows(home, "SELECT count(*) FROM receipts") == [(0,)]
    assert take(home, media).new == 7


def test_progress_is_told_file_by_file(home: Path, media: Path) -> None:
    seen: list[int] = []
    add(
        Intake(home, SOURCE, metadata.Metadata(), collection.find(home).people),
        [media],
        lambda one: seen.append(one.files),
    )
    assert seen[:7] == [1, 2, 3, 4, 5, 6, 7]


def test_files_that_were_not_kept_are_named(home: Path, media: Path) -> None:
    (media / "notes.txt").write_text("no sound in here")
    take(home, media)
    assert [(one.name, one.state, one.reason) for one in lost(home, Settings())] == [
        ("notes.txt", "dropped", "not media: text")
    ]


def test_a_lost_catalog_is_never_replaced_by_an_empty_one(home: Path, media: Path) -> None:
    take(home, media)
    (home / "catalog.duckdb").unlink()
    for attempt in (lambda: status(home, Settings()), lambda: collection.make(home, None, ())):
        with pytest.raises(BadInput, match="restore it from a copy"):
            attempt()


def test_a_damaged_catalog_is_told_as_one(home: Path, media: Path) -> None:
    take(home, media)
    catalog = home / "catalog.duckdb"
    data = bytearray(catalog.read_bytes())
    data[80_000:] = b"\0" * (len(data) - 80_000)
    catalog.write_bytes(bytes(data))
    with pytest.raises(BadInput, match="restore it from a copy"):
        status(home, Settings())


def test_a_table_that_says_two_things_of_one_file_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("path,speaker\na.wav,ann\na.wav,ann\na.wav,bob\n", "utf-8")
    with pytest.raises(BadInput, match="line 4: 'a.wav'"):
        metadata.read_metadata(table, {})

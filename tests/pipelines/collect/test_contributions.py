"""`add --inbox`: what is whole comes in with its consent and leaves the inbox; everything else stays there, named."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines import collection
from pipelines.collect.add import Intake
from pipelines.collect.consents import bring_consents
from pipelines.collect.contributions import InboxAdded, add_inbox
from pipelines.collect.metadata import Metadata
from pipelines.collect.rotation import rotate
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import How, forget
from schemas.errors import BadInput, Busy
from schemas.media import Source
from tests.site import sound

CONSENT = Source("consent", scopes=("annotate", "publish", "train"))
TEXT = hashlib.sha256(b"I agree that ...").hexdigest()
ENDS = (
    "SELECT n.name, r.basis, r.licence, r.may_annotate, r.may_publish FROM rights r "
    "JOIN (SELECT DISTINCT asset, name FROM statements) n USING (asset) ORDER BY 1"
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def put(inbox: Path, name: str, number: int, **told: Any) -> Path:
    """A file and its record, as a recording page writes them; a value of None leaves a key out."""
    media = sound(number)
    (inbox / name).write_bytes(media)
    record = {
        "record": 1,
        "media_sha256": hashlib.sha256(media).hexdigest(),
        "subject": "Ann Example",
        "scopes": ["annotate", "publish", "train"],
        "licence": "CC-BY-4.0",
        "given_on": "2024-10-01",
        "text_version": "2",
        "text_sha256": TEXT,
        "of_age": True,
    }
    path = inbox / f"{name}.json"
    path.write_text(json.dumps({key: value for key, value in (record | told).items() if value is not None}), "utf-8")
    return path


def brought(home: Path, inbox: Path) -> InboxAdded:
    here = collection.find(home)
    return add_inbox(here, Intake(home, CONSENT, Metadata(), here.people), inbox, lambda _: None)


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    return Catalog(home).rows(query)


def test_a_file_comes_in_with_what_its_record_allows_and_leaves_the_inbox(home: Path, inbox: Path) -> None:
    put(inbox, "a.wav", 1, language="en", requested="joy")
    put(inbox, "b.wav", 2, subject="Bob Example", scopes=["annotate"], licence=None, of_age=False, guardian="Carol")
    done = brought(home, inbox)
    assert (done.added.new, done.taken, done.consents, done.left) == (2, 2, 2, {})
    assert rows(home, ENDS) == [
        ("a.wav", "consent", "CC-BY-4.0", True, True),
        ("b.wav", "consent", None, True, False),
    ]
    assert rows(home, "SELECT DISTINCT language, requested FROM described WHERE language IS NOT NULL") == [
        ("en", "joy")
    ]
    query = "SELECT text_version, text_sha256, of_age, guardian IS NOT NULL FROM consents ORDER BY of_age"
    assert rows(home, query) == [("2", TEXT, False, True), ("2", TEXT, True, False)]
    assert not any(inbox.iterdir())
    assert "Example" not in str(rows(home, "FROM consents") + rows(home, "FROM statements"))


def test_what_is_half_written_is_named_and_stays_until_it_is_whole(home: Path, inbox: Path) -> None:
    put(inbox, "half.wav", 1)
    whole = (inbox / "half.wav").read_bytes()
    (inbox / "half.wav").write_bytes(whole[:-7])
    put(inbox, "cut.wav", 2).write_text('{"record": 1, "subj', "utf-8")
    put(inbox, "lonely.wav", 3).unlink()
    put(inbox, "gone.wav", 4)
    (inbox / "gone.wav").unlink()
    (inbox / "next.wav.part").write_bytes(b"RIFF")
    before = sorted(path.name for path in inbox.iterdir())
    done = brought(home, inbox)
    assert (done.taken, done.consents, done.codes) == (0, 0, ())
    reasons = {name: reason.partition(":")[0] for name, reason in done.left.items()}
    assert reasons == {
        "half.wav.json": "half.wav has other bytes than media_sha256 says",
        "cut.wav.json": "is no JSON, or half of it",
        "lonely.wav": "has no record lonely.wav.json (yet); that is written last",
        "gone.wav.json": "the file gone.wav that it speaks of is not there (yet)",
        "next.wav.part": "is being written, as its name says",
    }
    assert sorted(path.name for path in inbox.iterdir()) == before
    assert rows(home, "SELECT count(*) FROM assets") == rows(home, "SELECT count(*) FROM receipts") == [(0,)]
    (inbox / "half.wav").write_bytes(whole)
    assert brought(home, inbox).taken == 1


def test_the_same_again_is_nothing_new(home: Path, inbox: Path) -> None:
    for _ in range(2):
        put(inbox, "a.wav", 1)
        done = brought(home, inbox)
        assert done.taken == 1
    assert (done.added.new, done.consents, done.codes) == (0, 0, ())
    assert rows(home, "SELECT (SELECT count(*) FROM consents), (SELECT count(*) FROM assets)") == [(1, 1)]
    assert brought(home, inbox).added.files == 0


def test_a_kill_before_the_inbox_is_emptied_costs_nothing(
    home: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.wav", 1)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.collect.contributions.given_codes", killed)
        with pytest.raises(KeyboardInterrupt):
            brought(home, inbox)
    assert (inbox / "a.wav").exists()
    done = brought(home, inbox)
    assert (done.taken, done.added.new, done.consents, len(done.codes)) == (1, 0, 0, 1)


INCOMPLETE: list[tuple[dict[str, Any], str]] = [
    ({"scopes": ["everything"]}, "scope 'everything' is not one we know"),
    ({"scopes": "publish"}, "scopes are no list of words"),
    ({"licence": None}, "consent to publish grants no licence"),
    ({"of_age": False}, "who is not of age needs a guardian"),
    ({"of_age": "yes"}, "of_age is neither true nor false"),
    ({"of_age": None}, "has no 'of_age'"),
    ({"text_sha256": None}, "has no 'text_sha256'"),
    ({"text_sha256": "form.txt"}, "expected 64 hexadecimal digits"),
    ({"given_on": "yesterday"}, "is no day"),
    ({"expires": "2027-01-01"}, "has 'expires', which no record has; did you mean 'expires_on'"),
    ({"record": 2}, "this version reads form 1"),
    ({"subject": 7}, "subject is 7; expected a text"),
    ({"transcript": "\ud83d"}, "which holds half a letter"),
    ({"media_sha256": "../../etc"}, "expected 64 hexadecimal digits"),
]


def test_a_record_that_does_not_say_it_all_lets_nothing_in(home: Path, inbox: Path) -> None:
    for number, (told, _) in enumerate(INCOMPLETE):
        put(inbox, f"{number:02}.wav", number, **{"subject": f"c-{number}"} | told)
    done = brought(home, inbox)
    assert done.taken == 0
    for number, (_, reason) in enumerate(INCOMPLETE):
        assert reason in done.left[f"{number:02}.wav.json"]
    assert rows(home, "SELECT count(*) FROM consents") == [(0,)]


def test_what_is_no_media_stays_with_the_reason(home: Path, inbox: Path) -> None:
    path = put(inbox, "a.wav", 1)
    (inbox / "a.wav").write_bytes(b"words")
    record = json.loads(path.read_text("utf-8")) | {"media_sha256": hashlib.sha256(b"words").hexdigest()}
    path.write_text(json.dumps(record), "utf-8")
    done = brought(home, inbox)
    assert done.left == {"a.wav": "not media: text"}
    assert path.exists()


def test_a_link_in_an_inbox_is_not_followed(home: Path, inbox: Path, tmp_path: Path) -> None:
    put(inbox, "a.wav", 1)
    (tmp_path / "secret.wav").write_bytes((inbox / "a.wav").read_bytes())
    (inbox / "a.wav").unlink()
    (inbox / "a.wav").symlink_to(tmp_path / "secret.wav")
    assert brought(home, inbox).left == {"a.wav.json": "a.wav is a link or folder; expected the file itself"}


def test_the_later_record_of_a_subject_counts_in_whatever_order_they_lie(home: Path, inbox: Path) -> None:
    put(inbox, "a.wav", 1, given_on="2024-10-05", scopes=["annotate"])
    put(inbox, "b.wav", 2, given_on="2024-10-01")
    assert brought(home, inbox).consents == 2
    assert {row[4] for row in rows(home, ENDS)} == {False}
    put(inbox, "c.wav", 3, given_on="2024-10-03")
    assert (brought(home, inbox).consents, {row[4] for row in rows(home, ENDS)}) == (0, {False})


def test_two_records_of_one_day_that_differ_are_both_no_guess(home: Path, inbox: Path) -> None:
    put(inbox, "a.wav", 1)
    put(inbox, "b.wav", 2, scopes=["annotate"])
    done = brought(home, inbox)
    assert done.taken == 1
    assert "of the same day says otherwise" in done.left["b.wav"]


def test_an_old_record_does_not_undo_a_withdrawal(home: Path, inbox: Path, tmp_path: Path) -> None:
    put(inbox, "a.wav", 1)
    brought(home, inbox)
    table = tmp_path / "withdrawn.csv"
    table.write_text("person,scopes,state\nAnn Example,annotate,withdrawn\n", "utf-8")
    bring_consents(collection.find(home), table)
    put(inbox, "a.wav", 1)
    put(inbox, "b.wav", 2)
    done = brought(home, inbox)
    assert (done.taken, done.consents) == (0, 0)
    assert all("has withdrawn consent on" in reason for reason in done.left.values())
    assert {row[3:] for row in rows(home, ENDS)} == {(False, False)}


def test_a_code_that_the_page_gave_takes_its_person_out(home: Path, inbox: Path) -> None:
    code = "W-ABCD-EFGH-JKMN-PQRS"
    for number in range(2):  # a further code for a further visit
        put(inbox, f"{number}.wav", number, code_sha256=hashlib.sha256(f"{code[:-1]}{number}".encode()).hexdigest())
    done = brought(home, inbox)
    assert done.codes == ()
    forget(collection.find(home), f"{code[:-1]}1", None, How(sure=True))
    assert rows(home, "SELECT (SELECT count(*) FROM assets), (SELECT count(*) FROM withdrawal_codes)") == [(0, 0)]
    put(inbox, "2.wav", 2)
    assert "withdrawn from this collection" in brought(home, inbox).left["2.wav"]


def test_a_code_of_two_people_is_refused_before_anything_is_written(home: Path, inbox: Path) -> None:
    code = hashlib.sha256(b"W-ABCD-EFGH-JKMN-PQRS").hexdigest()
    for number, who in enumerate(("Ann Example", "Bob Example")):
        put(inbox, f"{number}.wav", number, subject=who, code_sha256=code)
    done = brought(home, inbox)
    assert (done.taken, done.consents) == (0, 0)
    assert all("is that of another person too" in reason for reason in done.left.values())
    (inbox / "1.wav.json").unlink()
    assert brought(home, inbox).taken == 1
    put(inbox, "1.wav", 1, subject="Bob Example", code_sha256=code)
    assert "is that of another person too" in brought(home, inbox).left["1.wav"]


def test_nobody_is_forgotten_or_renamed_between_a_consent_and_its_code(
    home: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(inbox, "a.wav", 1)
    here, refused = collection.find(home), []

    def meanwhile(*_: object) -> tuple[()]:
        for verb in (lambda: rotate(here), lambda: forget(here, "Ann Example", None, How(sure=True))):
            with pytest.raises(Busy):
                verb()
            refused.append(verb)
        return ()

    monkeypatch.setattr("pipelines.collect.contributions.consents_said", lambda _: meanwhile())
    monkeypatch.setattr("pipelines.collect.contributions.new_codes", meanwhile)
    assert brought(home, inbox).taken == 1
    assert len(refused) == 4


def test_codes_are_shown_though_a_file_cannot_leave_the_inbox(
    home: Path, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, who in enumerate(("Ann", "Bob")):
        put(inbox, f"{number}.wav", number, subject=who)
    unlink = Path.unlink

    def kept(path: Path, missing_ok: bool = False) -> None:
        if path.name == "0.wav":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", kept)
    done = brought(home, inbox)
    assert (done.taken, [one.name for one in done.codes]) == (1, ["Ann", "Bob"])
    assert "cannot be removed from here: Permission denied" in done.left["0.wav"]
    assert sorted(path.name for path in inbox.iterdir()) == ["0.wav", "0.wav.json"]


def test_an_inbox_that_is_not_there_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no folder"):
        brought(home, tmp_path / "nowhere")

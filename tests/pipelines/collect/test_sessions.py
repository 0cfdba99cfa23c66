"""`add --consent`: sessions come in with their forms, what no form covers stays out, and a code withdraws."""

from hashlib import sha256
from pathlib import Path

import pytest

from pipelines import collection
from pipelines.collect.add import Intake
from pipelines.collect.metadata import Metadata
from pipelines.collect.rotation import rotate
from pipelines.collect.sessions import SessionAdded, add_sessions
from pipelines.engine.catalog import Catalog
from pipelines.forget.forget import How, forget
from pipelines.forget.subject import subject
from schemas.errors import BadInput, Busy
from schemas.media import Source
from tests.pipelines.conftest import small_media

CONSENT = Source("consent", scopes=("annotate", "publish", "train"))
HEADER = "subject,media,scopes,licence,given_on,text,of_age,guardian"


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """Two sessions of two takes each, and a file of nobody."""
    folder = tmp_path / "studio"
    media = small_media(tmp_path / "made")
    for number in range(4):
        target = folder / ("ann", "bob")[number // 2] / f"take-{number}.wav"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((media / f"tone-{number}.wav").read_bytes())
    (folder / "hall.png").write_bytes((media / "plain-0.png").read_bytes())
    (tmp_path / "form.txt").write_text("I agree that …", "utf-8")
    return folder


def table(folder: Path, *lines: str) -> Path:
    path = folder.parent / "forms.csv"
    path.write_text("\n".join([HEADER, *lines]), "utf-8")
    return path


ANN = "Ann Example,ann/,annotate publish train,CC-BY-4.0,2024-10-01,form.txt,yes,"
BOB = "Bob Example,bob/take-*.wav,annotate,,2024-10-02,form.txt,no,Carol Example"


def brought(home: Path, folder: Path, forms: Path) -> SessionAdded:
    here = collection.find(home)
    return add_sessions(here, Intake(home, CONSENT, Metadata(), here.people), [folder], forms, lambda _: None)


def test_no_key_is_added_between_the_forms_of_a_session_and_its_codes(
    home: Path, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_: object) -> tuple[()]:
        with pytest.raises(Busy):
            rotate(collection.find(home))
        return ()

    monkeypatch.setattr("pipelines.collect.sessions.new_codes", meanwhile)
    assert brought(home, sessions, table(sessions, ANN)).codes == ()


def test_media_come_with_who_is_in_them_and_what_they_allow(home: Path, sessions: Path) -> None:
    done = brought(home, sessions, table(sessions, ANN, BOB))
    assert (done.added.new, done.consented.records) == (4, 2)
    assert done.added.dropped == {"no consent in forms.csv covers it": 1}
    rows = Catalog(home).rows(
        """SELECT n.name, r.basis, r.licence, r.may_annotate, r.may_publish FROM rights r
           JOIN (SELECT DISTINCT asset, name FROM statements) n USING (asset) ORDER BY n.name"""
    )
    assert rows[0] == ("ann/take-0.wav", "consent", "CC-BY-4.0", True, True)
    assert rows[2] == ("bob/take-2.wav", "consent", None, True, False)


def test_a_code_is_shown_once_and_only_its_hash_stays(home: Path, sessions: Path) -> None:
    forms = table(sessions, ANN, BOB)
    done = brought(home, sessions, forms)
    assert [code.name for code in done.codes] == ["Ann Example", "Bob Example"]
    assert brought(home, sessions, forms).codes == ()
    held = Catalog(home).rows("SELECT * FROM withdrawal_codes")
    assert not any(code.code in str(row) for row in held for code in done.codes)


def test_whoever_shows_their_code_is_forgotten_by_it(home: Path, sessions: Path) -> None:
    done = brought(home, sessions, table(sessions, ANN, BOB))
    here = collection.find(home)
    code = done.codes[0].code
    for typed in (code.lower(), code.replace("-", ""), code.replace("-", "–"), f" {code.replace('-', ' ')} "):
        assert subject(home, typed, None, here.people).person == here.people.of("Ann Example")
    forget(here, done.codes[0].code, None, How(sure=True))
    assert Catalog(home).rows("SELECT count(*) FROM assets") == [(2,)]
    assert Catalog(home).rows("SELECT count(*) FROM withdrawal_codes") == [(1,)]


def test_a_record_cannot_claim_a_name_for_its_code(home: Path, sessions: Path) -> None:
    brought(home, sessions, table(sessions, ANN, BOB))
    here = collection.find(home)
    with Catalog(home).open() as connection:
        connection.execute(
            "UPDATE withdrawal_codes SET code_sha256 = ? WHERE person = ?",
            [sha256(b"Ann Example").hexdigest(), here.people.of("Bob Example")],
        )
    assert subject(home, "Ann Example", None, here.people).person == here.people.of("Ann Example")


def test_a_code_is_known_again_when_its_person_has_left(home: Path, sessions: Path) -> None:
    done, here = brought(home, sessions, table(sessions, ANN, BOB)), collection.find(home)
    code = done.codes[0].code
    assert not forget(here, code, None, How(sure=True)).before
    assert forget(here, code.lower().replace("-", " "), None, How(sure=True)).before


def test_a_code_of_two_people_is_refused(home: Path, sessions: Path) -> None:
    done = brought(home, sessions, table(sessions, ANN, BOB))
    with Catalog(home).open() as connection:
        connection.execute("UPDATE withdrawal_codes SET code_sha256 = (SELECT min(code_sha256) FROM withdrawal_codes)")
    refused = []
    for code in done.codes:
        try:
            forget(collection.find(home), code.code, None, How(sure=True))
        except BadInput as error:
            refused.append(str(error))
    assert any("is that of 2 people here: p" in message for message in refused)
    assert Catalog(home).rows("SELECT count(*) FROM assets") == [(4,)]


def test_a_form_that_no_file_fits_is_told(home: Path, sessions: Path) -> None:
    done = brought(home, sessions, table(sessions, ANN, "Dan Example,dan/,annotate,,2024-10-02,form.txt,yes,"))
    assert done.without_media == ("dan/",)
    assert done.consented.unused == ()


def test_a_form_that_cannot_be_used_lets_nothing_in(home: Path, sessions: Path) -> None:
    with pytest.raises(BadInput, match="scope 'everything' is not one we know"):
        brought(home, sessions, table(sessions, ANN, BOB.replace(",annotate,", ",everything,")))
    assert Catalog(home).rows("SELECT count(*) FROM assets") == [(0,)]


def test_two_forms_about_one_file_are_refused(home: Path, sessions: Path) -> None:
    with pytest.raises(BadInput, match=r"covered by the forms of 'Ann Example' and 'Bob Example'"):
        brought(home, sessions, table(sessions, ANN, BOB.replace("bob/take-*.wav", "ann/take-0.wav")))


def test_a_table_that_does_not_say_which_media_is_refused_before_a_byte_is_read(home: Path, sessions: Path) -> None:
    forms = sessions.parent / "forms.csv"
    forms.write_text("subject,scopes\nAnn,annotate\n", "utf-8")
    with pytest.raises(BadInput, match="has no column media"):
        brought(home, sessions, forms)
    assert Catalog(home).rows("SELECT count(*) FROM statements") == [(0,)]

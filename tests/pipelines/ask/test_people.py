"""Whose Label Studio it is: the address and token of the user's, the accounts of ours."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from annotate.studio import notes, server
from cli import app
from pipelines.ask import people
from schemas.errors import BadSetting, StudioError
from schemas.sections import LabellingSettings
from schemas.settings import Settings

ADDRESS = "https://label.example.org"


def named(address: str = ADDRESS) -> Settings:
    return Settings(name="here", labelling=LabellingSettings(address=address))


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> server.Server:
    """Stands in for our own server, which takes most of a minute to start."""
    ours = server.Server("http://127.0.0.1:8080", notes.EMAIL, "password", "token", 1, tmp_path)
    (tmp_path / people.DATA).mkdir()
    monkeypatch.setattr(server, "start", lambda *_: ours)
    monkeypatch.setattr(people.Studio, "serve_from", lambda *_: 0)
    return ours


def accounts(monkeypatch: pytest.MonkeyPatch, known: dict[str, str]) -> None:
    """Lets in, or makes an account for, whoever has no other password there."""

    def add(_: server.Server, email: str, password: str) -> str:
        if known.setdefault(email, password) != password:
            raise server.Refused("refused")
        return "token"

    monkeypatch.setattr(server, "add_rater", add)


@pytest.mark.parametrize("token", ["secrettok\r", " secrettok\n", "\tsecrettok\r\n"])
def test_what_stands_around_a_token_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str) -> None:
    monkeypatch.setenv(people.TOKEN, token)
    assert people.client(tmp_path, named()).token == "secrettok"


@pytest.mark.parametrize("token", ["secret\rtok", "secret\ntok", "\ufeffsecrettok", "secrettok\u00e4", "secret\x1b[0m"])
def test_a_token_with_odd_letters_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str
) -> None:
    monkeypatch.setenv(people.TOKEN, token)
    with pytest.raises(StudioError, match=people.TOKEN) as told:
        people.client(tmp_path, named())
    assert "secret" not in str(told.value)


def test_a_token_of_spaces_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(people.TOKEN, " \r\n")
    with pytest.raises(StudioError, match=f"no token for {ADDRESS}"):
        people.client(tmp_path, named())


@pytest.mark.parametrize("address", ["http://user:pw@host", "http://user:p/w@host", "http://pw@host/label"])
def test_a_password_in_an_address_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, address: str
) -> None:
    monkeypatch.setenv(people.TOKEN, "token")
    with pytest.raises(StudioError, match=people.TOKEN) as told:
        people.client(tmp_path, named(address))
    assert "pw" not in str(told.value)
    assert "w@" not in str(told.value)


@pytest.mark.parametrize("email", ["notanemail", "", "a@b", "a b@example.org", "a@example.org x", notes.EMAIL.upper()])
def test_an_address_no_rater_can_have_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, email: str
) -> None:
    monkeypatch.setattr(server, "start", lambda *_: pytest.fail("started"))
    with pytest.raises(BadSetting, match="--rater"):
        people.start(tmp_path, None, email)
    assert list(tmp_path.iterdir()) == []


def test_a_rater_is_the_same_in_any_case(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running: server.Server
) -> None:
    accounts(monkeypatch, {})
    made = [people.start(tmp_path, None, email)[0] for email in ("Anna@Example.org", " anna@example.ORG")]
    assert made[0] == made[1]
    assert made[0].email == "anna@example.org"


def test_passwords_kept_under_other_spellings_are_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running: server.Server
) -> None:
    accounts(monkeypatch, {"anna@example.org": "first"})
    kept = {"Anna@example.org": "first", "anna@example.org": "never taken"}
    (tmp_path / people.DATA / "raters.json").write_text(json.dumps(kept))
    assert people.start(tmp_path, None, "ANNA@example.org")[0].password == "first"


def test_a_refused_account_leaves_no_password_and_names_the_server_that_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running: server.Server
) -> None:
    accounts(monkeypatch, {"anna@example.org": "her own"})
    with pytest.raises(StudioError, match=rf"runs at {running.address}.*emocurate studio --stop"):
        people.start(tmp_path, None, "anna@example.org")
    assert json.loads((tmp_path / people.DATA / "raters.json").read_text()) == {}


def test_a_rater_is_shown_their_own_access_and_the_administrator_theirs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, running: server.Server
) -> None:
    accounts(monkeypatch, {})
    assert [one.email for one in people.start(tmp_path, None, "anna@example.org")] == ["anna@example.org"]
    assert people.start(tmp_path, None, None) == [people.Account(running.address, notes.EMAIL, running.password)]


@pytest.mark.parametrize("port", ["80000", "-1", "0"])
def test_a_port_that_cannot_be_is_refused(tmp_path: Path, port: str) -> None:
    told = CliRunner().invoke(app, ["studio", "--home", str(tmp_path), f"--port={port}"])
    assert told.exit_code == 2
    assert "--port" in told.output

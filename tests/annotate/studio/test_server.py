"""Our own Label Studio: its environment, its process, its accounts."""

import json
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import psutil
import pytest

from annotate.studio import installation, server
from annotate.studio.client import Studio
from annotate.studio.interface import interface
from annotate.studio.notes import NOTES, accounts, private
from schemas.errors import Missing, StudioError
from schemas.scheme import shipped_schemes
from tests.studio_server import RunningStudio, copied, served

ROOT = Path(server.__file__).parents[1]


def installs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Stands in for pip, which would fetch a gigabyte; what it was asked for is listed."""
    done: list[Path] = []

    def install(folder: Path, held: int) -> None:
        done.append(folder)
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        for name in ("python", "label-studio"):
            (folder / "bin" / name).touch()

    monkeypatch.setattr(installation, "_install", install)
    return done


def test_an_environment_is_made_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = installs(monkeypatch)
    said: list[str] = []
    programs = installation.environment(tmp_path, said.append)
    assert installation.environment(tmp_path, said.append) == programs
    assert done == [programs.parent]
    assert len(said) == 1
    assert installation.VERSION in said[0]


def test_an_environment_that_was_cut_off_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = installs(monkeypatch)
    half = tmp_path / f"label-studio-{installation.VERSION}" / "bin"
    half.mkdir(parents=True)
    (half / "python").symlink_to(sys.executable)
    (half / "label-studio").touch()
    installation.environment(tmp_path)
    assert len(done) == 1


def test_an_environment_whose_python_is_gone_is_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = installs(monkeypatch)
    programs = installation.environment(tmp_path)
    (programs / "python").unlink()
    (programs / "python").symlink_to(tmp_path / "gone")
    installation.environment(tmp_path)
    assert len(done) == 2


def test_two_who_need_an_environment_at_once_make_it_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = installs(monkeypatch)
    crowd = [threading.Thread(target=installation.environment, args=(tmp_path,)) for _ in range(4)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert len(done) == 1


def test_the_cache_is_where_the_desktop_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert installation.cache_folder() == tmp_path / "emocurate"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert installation.cache_folder() == Path.home() / ".cache" / "emocurate"


def test_pip_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    failed = subprocess.CompletedProcess([], 1, "no such index")
    monkeypatch.setattr(installation, "_run", lambda command, *_: failed)
    with pytest.raises(Missing, match="no such index"):
        installation.environment(tmp_path)


def test_only_settings_of_pip_reach_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_TIMEOUT", "77")
    monkeypatch.setenv("SOME_SECRET", "hidden")
    shown = installation._run([sys.executable, "-c", "import os; print(*os.environ)"]).stdout
    assert "PIP_TIMEOUT" in shown
    assert "SOME_SECRET" not in shown


def test_nothing_runs_in_a_folder_that_was_never_started(tmp_path: Path) -> None:
    assert server.running(tmp_path / "none") is None
    assert server.stop(tmp_path / "none") is False


def test_a_process_that_took_over_the_number_is_not_ours(tmp_path: Path) -> None:
    notes = {"email": "a", "password": "b", "token": "c", "ready": True, "pid": 1, "port": 9, "media_root": ""}
    (tmp_path / NOTES).write_text(json.dumps(notes))
    assert server.running(tmp_path) is None
    assert server.stop(tmp_path) is False


def test_a_first_start_that_was_cut_off_begins_with_a_clean_slate(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "label_studio.sqlite3").write_text("half an account")
    (tmp_path / NOTES).write_text(json.dumps({"password": "old", "ready": False}))
    notes = accounts(tmp_path)
    assert list((tmp_path / "data").iterdir()) == []
    assert (notes["password"] != "old", notes["ready"]) == (True, False)


def test_notes_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / NOTES).write_text("{")
    with pytest.raises(StudioError, match=r"studio\.json"):
        server.running(tmp_path)


def test_the_server_gets_a_clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("HOST", "PORT", "DEBUG", "PASSWORD", "LABEL_STUDIO_HOST", "SOME_SECRET"):
        monkeypatch.setenv(name, "stray")
    notes = {"email": "a", "password": "b", "token": "c", "media_root": str(tmp_path / "cuts")}
    surroundings = server._surroundings(tmp_path, notes)
    assert "stray" not in surroundings.values()
    assert surroundings["LABEL_STUDIO_COLLECT_ANALYTICS"] == "false"
    assert surroundings["LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT"] == str(tmp_path)


@pytest.mark.studio
class TestRunning:
    """One server for all of these."""

    def test_a_second_start_gives_the_server_that_runs(self, studio: RunningStudio) -> None:
        assert server.start(studio.server.folder, studio.media_root) == studio.server
        assert server.running(studio.server.folder) == studio.server

    def test_the_password_is_in_no_text_about_the_server(self, studio: RunningStudio) -> None:
        assert studio.server.password not in repr(studio.server)

    def test_the_notes_are_for_their_owner_alone(self, studio: RunningStudio) -> None:
        notes = studio.server.folder / NOTES
        assert stat.S_IMODE(notes.stat().st_mode) == 0o600
        assert stat.S_IMODE((studio.server.folder / server.LOG).stat().st_mode) == 0o600
        assert stat.S_IMODE(studio.server.folder.stat().st_mode) == 0o700

    def test_it_answers_on_loopback_alone(self, studio: RunningStudio) -> None:
        assert studio.server.address.startswith("http://127.0.0.1:")
        port = int(studio.server.address.rsplit(":", 1)[1])
        with socket.socket() as probe:
            outside = probe.connect_ex(("127.0.0.2", port))
        assert outside != 0

    def test_an_account_made_twice_is_one_account(self, studio: RunningStudio) -> None:
        person = studio.rater(1)
        assert server.add_rater(studio.server, person.email, person.password) == person.token

    def test_an_account_with_another_password_is_refused(self, studio: RunningStudio) -> None:
        person = studio.rater(2)
        with pytest.raises(StudioError, match="that account is there already"):
            server.add_rater(studio.server, person.email, "something else")

    def test_nobody_gets_an_account_without_an_invitation(self, studio: RunningStudio) -> None:
        import httpx

        with httpx.Client(base_url=studio.server.address) as browser:
            browser.get("/user/signup/")
            form = {"email": "stranger@example.com", "password": "long enough"}
            crumb = browser.cookies["csrftoken"]
            answer = browser.post("/user/signup/", data={**form, "csrfmiddlewaretoken": crumb})
        assert answer.status_code == 403


@pytest.mark.studio
def test_a_server_outlives_the_process_that_started_it_and_can_be_stopped_once(
    studio_template: Path, tmp_path: Path
) -> None:
    folder = copied(studio_template, tmp_path / "studio")
    program = "import sys; from pathlib import Path; from annotate.studio import server; server.start(*map(Path, sys.argv[1:]))"
    command = [sys.executable, "-c", program, str(folder), str(tmp_path / "collection" / "cuts")]
    try:
        subprocess.run(command, cwd=ROOT, check=True)
        assert server.running(folder) is not None
        assert server.stop(folder) is True
        assert server.running(folder) is None
        assert server.stop(folder) is False
    finally:
        server.stop(folder)


@pytest.mark.studio
def test_a_server_whose_folder_moved_is_found_and_stopped_and_serves_from_the_new_place(
    studio_template: Path, tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    (old / "cuts" / "voice").mkdir(parents=True)
    copied(studio_template, old / "studio")
    try:
        first = server.start(old / "studio", old / "cuts")
        client = Studio(first.address, first.token)
        project = client.project("marker", "voices", interface(shipped_schemes()["ekman"], "voice"), 1)
        client.serve_folder(project, old / "cuts" / "voice")
        old.rename(new)
        assert server.running(old / "studio") is None
        second = server.start(new / "studio", new / "cuts")
        assert not psutil.pid_exists(first.pid)
        (new / "cuts" / "voice" / "a.txt").write_text("so it sounds")
        client = Studio(second.address, second.token)
        assert (client.serve_from(new / "cuts"), client.serve_from(new / "cuts")) == (1, 0)
        address = second.address + served(new / "cuts" / "voice" / "a.txt", new / "cuts")
        assert httpx.get(address, headers={"Authorization": f"Token {second.token}"}).text == "so it sounds"
        (new / "studio" / NOTES).unlink()
        new.rename(old)
        assert server.stop(old / "studio") is True
        assert not psutil.pid_exists(second.pid)
    finally:
        for folder in (old, new):
            server.stop(folder / "studio")


@pytest.mark.studio
def test_a_server_that_dies_while_starting_shows_the_end_of_its_log(studio_template: Path, tmp_path: Path) -> None:
    folder = copied(studio_template, tmp_path / "studio")
    (folder / "data" / "label_studio.sqlite3").write_text("this is no database")
    with pytest.raises(StudioError, match=r"ended while starting[\s\S]*not a database"):
        server.start(folder, tmp_path / "collection" / "cuts")
    assert server.running(folder) is None


@pytest.mark.studio
def test_a_port_somebody_insists_on_and_that_is_taken_is_refused(studio_template: Path, tmp_path: Path) -> None:
    folder = copied(studio_template, tmp_path / "studio")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StudioError, match=f"port {port} is taken"):
            server.start(folder, tmp_path / "collection" / "cuts", port)


def test_a_log_that_was_open_to_all_is_closed(tmp_path: Path) -> None:
    log = tmp_path / server.LOG
    log.write_text("an invitation")
    log.chmod(0o644)
    with private(log):
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


@pytest.mark.studio
def test_a_server_that_took_the_port_first_is_not_taken_for_ours(
    monkeypatch: pytest.MonkeyPatch, studio: RunningStudio, studio_template: Path, tmp_path: Path
) -> None:
    lost = int(studio.server.address.rsplit(":", 1)[1])
    chosen = iter([lost, server.free_port(None, None)])
    monkeypatch.setattr(server, "free_port", lambda *_: next(chosen))
    folder = copied(studio_template, tmp_path / "studio")  # both know the same token
    try:
        ours = server.start(folder, tmp_path / "collection" / "cuts")
        assert ours.address != studio.server.address
        assert ours.pid != studio.server.pid
        assert server.running(folder) == ours
        assert server.running(studio.server.folder) == studio.server
    finally:
        server.stop(folder)


def test_how_far_a_first_start_is_is_read_from_its_database_without_a_lock(tmp_path: Path) -> None:
    import sqlite3

    from annotate.studio.database import steps_made

    assert steps_made(tmp_path / "data") == 0
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "label_studio.sqlite3", isolation_level=None) as database:
        database.execute("CREATE TABLE django_migrations (name)")
        database.executemany("INSERT INTO django_migrations VALUES (?)", [["one"], ["two"]])
        database.execute("BEGIN EXCLUSIVE")  # as the server does while it makes the next
        assert steps_made(tmp_path / "data") == 2

"""Our own Label Studio: started on loopback for one collection, found again, stopped, and its accounts."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import httpx
import psutil

from annotate.studio import database
from annotate.studio.installation import environment, only_one, silent, tail
from annotate.studio.notes import Notes, accounts, notes_of, private, write_notes
from annotate.studio.ports import ANSWER_LIMIT_S, LOOPBACK, free_port, listens, taken_by_another
from annotate.studio.responses import trouble
from schemas.errors import StudioError

START_LIMIT_S = 300  # the first start migrates the database: most of a minute on a busy machine
STOP_LIMIT_S = 15
PORT_TRIES = 5
TASK_LOCK_S = 1800  # by default a task that somebody walked away from is kept from the others for a whole day
LOG, LOCK = "studio.log", "studio.lock"
Report = Callable[[int, int | None, str], None]


@dataclass(frozen=True)
class Server:
    """A running Label Studio of ours: where it answers and with what its administrator gets in."""

    address: str
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    pid: int
    folder: Path


class Refused(StudioError):
    """Label Studio does not let somebody in, and makes no account for them either."""


class _PortLost(StudioError):
    """Somebody else took the port between our choice and our server."""


def start(
    folder: Path,
    media_root: Path,
    port: int | None = None,
    say: Callable[[str], None] = silent,
    report: Report = lambda *_: None,
) -> Server:
    """Label Studio with its data in `folder`, answering on loopback; the one that already runs is given back.

    `report` hears how much of its database a first start has made. Files below `media_root` can be served to browsers.
    The server outlives this process. Raises StudioError, Missing.
    """
    folder, media_root = folder.resolve(), media_root.resolve()
    programs = environment(say=say)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # its database holds everybody's tokens
    media_root.mkdir(parents=True, exist_ok=True)
    with only_one(folder / LOCK):
        notes = notes_of(folder)
        if notes.get("media_root") == str(media_root) and (server := running(folder)):
            return server
        _end(folder)
        for _ in range(PORT_TRIES):
            place = {"media_root": str(media_root), "port": free_port(port, notes.get("port")), "pid": None}
            with suppress(_PortLost):
                return _launch(programs, folder, {**accounts(folder), **place}, say, report)
    raise StudioError("other programs took every port before Label Studio could; try again, or give one with --port")


def vacuum(folder: Path, address: str) -> bool:
    """Write our database without what was deleted from it, the server stopped meanwhile; False where it is not ours."""
    server = running(folder)
    if server is None or server.address != address:
        return False
    notes = notes_of(folder.resolve())
    stop(folder)
    database.vacuum(folder / "data")
    start(folder, Path(notes["media_root"]), notes["port"])
    return True


def running(folder: Path) -> Server | None:
    """The server of ours that answers for this folder, or None."""
    folder = folder.resolve()
    notes = notes_of(folder)
    process = _process(folder, notes) if notes.get("ready") else None
    if process is None:
        return None
    notes = {**notes, "pid": process.pid}
    return _server(folder, notes) if _answers(notes) else None


def stop(folder: Path) -> bool:
    """Ends the server of this folder; False when none was running."""
    folder = folder.resolve()
    if not folder.is_dir():
        return False
    with only_one(folder / LOCK):
        return _end(folder)


def add_rater(server: Server, email: str, password: str) -> str:
    """The token of an annotator's account, made when there is none; raises StudioError when Label Studio refuses."""
    administrator = {"Authorization": f"Token {server.token}"}
    try:
        with httpx.Client(base_url=server.address, timeout=60, trust_env=False) as client:
            invitation = client.get("/api/invite", headers=administrator).raise_for_status().json()["invite_url"]
            for page in ("/user/login/", invitation):
                client.get(page)
                form = {"email": email, "password": password, "csrfmiddlewaretoken": client.cookies.get("csrftoken")}
                if client.post(page, data=form).is_redirect:
                    return str(client.get("/api/current-user/token").raise_for_status().json()["token"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise StudioError(f"cannot make an account at {server.address} ({trouble(error)}); try again") from None
    raise Refused(
        f"Label Studio refused {email!r}: either that account is there already with a password of its owner's, who "
        "logs in with it, or this is no e-mail address to it; give another address"
    )


# the process


def _launch(programs: Path, folder: Path, notes: Notes, say: Callable[[str], None], report: Report) -> Server:
    say("Starting Label Studio …" if notes["ready"] else "Starting Label Studio for the first time (a minute or two) …")
    command = [str(programs / "label-studio"), "start", "--no-browser", "--internal-host", LOOPBACK]
    command += ["--port", str(notes["port"]), "--data-dir", str(folder / "data")]
    write_notes(folder, notes)  # before anything happens: a start that is cut off must not lose its password
    with private(folder / LOG) as log:  # it names invitations
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_surroundings(folder, notes),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    notes = {**notes, "pid": process.pid}
    write_notes(folder, notes)
    try:
        _await(process, folder, notes, report)
    except BaseException:
        _end(folder)
        raise
    write_notes(folder, {**notes, "ready": True})
    return _server(folder, notes)


def _surroundings(folder: Path, notes: Notes) -> dict[str, str]:
    """A clean environment: Label Studio also reads bare names such as HOST, PORT and PASSWORD."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    switches = {
        "BASE_DATA_DIR": str(folder / "data"),
        "USERNAME": notes["email"],
        "PASSWORD": notes["password"],
        "USER_TOKEN": notes["token"],
        "ENABLE_LEGACY_API_TOKEN": "true",  # honoured only when the organisation is created: on the first start
        "LOCAL_FILES_SERVING_ENABLED": "true",
        "LOCAL_FILES_DOCUMENT_ROOT": str(Path(notes["media_root"]).parent),  # what is served must lie below it
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "TASK_LOCK_TTL": str(TASK_LOCK_S),
    }
    named = {f"LABEL_STUDIO_{name}": value for name, value in switches.items()}
    # Label Studio begins with these settings instead of its own, which they take over
    ours = {"DJANGO_SETTINGS_MODULE": "emocurate_settings", "PYTHONPATH": str(Path(__file__).with_name("inside"))}
    return {**kept, **named, **ours, "LANG": "C.UTF-8", "LOG_LEVEL": "WARNING"}


def _await(process: subprocess.Popen[bytes], folder: Path, notes: Notes, report: Report) -> None:
    until, made = time.monotonic() + START_LIMIT_S, 0
    while not _answers(notes):
        if not notes["ready"]:
            made = min(max(made, database.steps_made(folder / "data")), database.STEPS)
            report(made, database.STEPS, "making its database")
        if taken_by_another(notes["port"], process.pid):
            raise _PortLost  # ours moves on to the next port, or ends: it never answers where we look
        late = time.monotonic() > until
        if late or process.poll() is not None:
            what = f"did not answer at {_address(notes)} in {START_LIMIT_S} s" if late else "ended while starting"
            said = tail((folder / LOG).read_text("utf-8", errors="replace"))
            raise StudioError(f"Label Studio {what}; the end of {folder / LOG}:\n{said}")
        time.sleep(0.1)


def _answers(notes: Notes) -> bool:
    """Whether our own process answers there, healthy and knowing our administrator; a copied one has the same token."""
    if not listens(notes["port"], notes["pid"]):
        return False
    header = {"Authorization": f"Token {notes['token']}"}
    try:
        with httpx.Client(base_url=_address(notes), headers=header, timeout=ANSWER_LIMIT_S, trust_env=False) as client:
            return all(
                client.get(path).status_code == HTTPStatus.OK for path in ("/health", "/api/current-user/whoami")
            )
    except httpx.HTTPError:
        return False


def _end(folder: Path) -> bool:
    notes = notes_of(folder)
    process = _process(folder, notes)
    if process is None:
        return False
    try:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(STOP_LIMIT_S)
    except psutil.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    except ProcessLookupError:  # it ended by itself meanwhile
        pass
    write_notes(folder, {**notes, "pid": None})
    return True


def _process(folder: Path, notes: Notes) -> psutil.Process | None:
    """The Label Studio that runs for this folder: the one noted, else whichever works in it."""
    noted = notes.get("pid")
    pids = [*([noted] if noted else []), *psutil.pids()]  # numbers are used again, and notes may be older than both
    return next((process for pid in pids if (process := _ours(pid, folder, notes.get("token")))), None)


def _ours(pid: int, folder: Path, token: str | None) -> psutil.Process | None:
    """The process when it is a Label Studio for this folder, also when the folder was moved after it had started.

    It works inside the folder, and so the system tells where that is now; after a move to another disk it works in a
    folder that is gone, and only its environment tells whose it is.
    """
    try:
        process = psutil.Process(pid)
        command = process.cmdline()
        if "--data-dir" not in command or not any(part.endswith("label-studio") for part in command):
            return None
        works_in = Path(process.cwd())
        moved_away = not works_in.is_dir() and token and process.environ().get("LABEL_STUDIO_USER_TOKEN") == token
        return process if works_in == folder or moved_away else None
    except psutil.Error:
        return None


def _server(folder: Path, notes: Notes) -> Server:
    return Server(_address(notes), notes["email"], notes["password"], notes["token"], notes["pid"], folder)


def _address(notes: Notes) -> str:
    return f"http://{LOOPBACK}:{notes['port']}"

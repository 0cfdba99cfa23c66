"""Our own Label Studio: its environment, its start and stop, its accounts."""

import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from schemas.errors import Missing, StudioError

VERSION = "1.23.2"
EMAIL = "admin@emocurate.local"  # only a name to log in with: nothing is ever sent
LOOPBACK = "127.0.0.1"
START_LIMIT_S = 300  # the first start migrates the database: most of a minute on a busy machine
STOP_LIMIT_S = 15
TASK_LOCK_S = 1800  # the default keeps a task somebody walked away from for a whole day
NOTES = "studio.json"
LOG = "studio.log"
PIP_NEEDS = ("HOME", "PATH", "TMPDIR", "XDG_CONFIG_HOME", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Server:
    """A running Label Studio of ours: where it answers and with what an administrator gets in."""

    address: str
    email: str
    password: str = field(repr=False)
    token: str = field(repr=False)
    pid: int
    folder: Path


def silent(_: str) -> None:
    """A listener that does not care."""


def cache_folder() -> Path:
    """Where environments are kept between collections: $XDG_CACHE_HOME/emocurate or ~/.cache/emocurate."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "emocurate"


def environment(cache: Path | None = None, say: Callable[[str], None] = silent) -> Path:
    """The folder of programs of an environment that holds Label Studio alone; made on the first call.

    Two processes never install at once, and an installation that was cut off is done again. Raises Missing.
    """
    cache = cache or cache_folder()
    folder = cache / f"label-studio-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with _only_one(cache / f"{folder.name}.lock"):
        if not _sound(folder):
            say(f"Installing Label Studio {VERSION} into {folder} (about 1 GB, once) …")
            _install(folder)
            _seal(folder)
    return folder / "bin"


def start(folder: Path, media_root: Path, port: int | None = None, say: Callable[[str], None] = silent) -> Server:
    """Label Studio with its data in `folder`, answering on loopback; the one that already runs is given back.

    Files below `media_root` can be served to browsers. The server outlives this process. Raises StudioError.
    """
    folder, media_root = folder.resolve(), media_root.resolve()
    programs = environment(say=say)
    folder.mkdir(parents=True, exist_ok=True)
    media_root.mkdir(parents=True, exist_ok=True)
    with _only_one(folder / "studio.lock"):
        notes = _notes(folder)
        if notes.get("media_root") == str(media_root) and (server := running(folder)):
            return server
        _end(folder)
        notes = {
            **_accounts(folder),
            "media_root": str(media_root),
            "port": _free_port(port or notes.get("port"), port),
        }
        _write(folder, notes)
        return _launch(programs, folder, notes, say)


def running(folder: Path) -> Server | None:
    """The server of ours that answers for this folder, or None."""
    folder = folder.resolve()
    notes = _notes(folder)
    if not notes.get("ready") or not _is_ours(notes.get("pid"), folder):
        return None
    return _server(folder, notes) if _answers(_address(notes), notes) else None


def stop(folder: Path) -> bool:
    """Ends the server of this folder; False when none was running."""
    folder = folder.resolve()
    if not folder.is_dir():
        return False
    with _only_one(folder / "studio.lock"):
        return _end(folder)


def login(server: Server) -> str:
    """What a person types to get in, in three lines; the only place that shows the password."""
    return f"address   {server.address}\ne-mail    {server.email}\npassword  {server.password}"


def served(file: Path, media_root: Path) -> str:
    """The address under which a browser that is logged in gets a file below `media_root`."""
    return "/data/local-files/?d=" + quote(file.resolve().relative_to(media_root.resolve().parent).as_posix())


def add_rater(server: Server, email: str, password: str) -> str:
    """The token of an annotator's account, made when there is none; raises StudioError when Label Studio refuses."""
    import httpx

    headers = {"Authorization": f"Token {server.token}"}
    try:
        with httpx.Client(base_url=server.address, timeout=60) as client:
            invitation = client.get("/api/invite", headers=headers).raise_for_status().json()["invite_url"]
            for page in ("/user/login/", invitation):
                if _sign(client, page, email, password):
                    return str(client.get("/api/current-user/token").raise_for_status().json()["token"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise StudioError(f"cannot make an account at {server.address}: {error}") from error
    raise StudioError(
        f"Label Studio refused {email!r}: it wants an e-mail address and a password of at least 8 characters; "
        "if the account is there already, give the password it has"
    )


def _sign(client: Any, page: str, email: str, password: str) -> bool:
    client.get(page)
    form = {"email": email, "password": password, "csrfmiddlewaretoken": client.cookies.get("csrftoken", "")}
    return bool(client.post(page, data=form).is_redirect)


# the environment


def _sound(folder: Path) -> bool:
    if not (folder / "bin" / "python").exists() or not (folder / "bin" / "label-studio").exists():
        return False
    if (folder / "complete").exists():
        return True
    # made by somebody else, or cut off just before the seal: worth two seconds before a gigabyte is fetched again
    program = f"from importlib.metadata import version; assert version('label-studio') == {VERSION!r}"
    checks = (["-c", program], ["-m", "pip", "check"])
    if not all(_run([str(folder / "bin" / "python"), *check]).returncode == 0 for check in checks):
        return False
    _seal(folder)
    return True


def _seal(folder: Path) -> None:
    (folder / "complete").write_text(f"label-studio {VERSION}\n", "utf-8")


def _install(folder: Path) -> None:
    made = _run([sys.executable, "-m", "venv", "--clear", str(folder)])
    if made.returncode:
        raise Missing(f"cannot make an environment in {folder}: {_tail(made.stdout)}\nPython's venv module is needed")
    python = str(folder / "bin" / "python")
    installed = _run([python, "-m", "pip", "install", "--no-input", "--quiet", f"label-studio=={VERSION}"])
    if installed.returncode:
        raise Missing(f"pip could not install label-studio=={VERSION}:\n{_tail(installed.stdout)}\nTry the same again")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name.startswith("PIP_") or name.upper() in PIP_NEEDS}
    return subprocess.run(
        command, env=kept, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace", check=False
    )


# the process


def _launch(programs: Path, folder: Path, notes: dict[str, Any], say: Callable[[str], None]) -> Server:
    say(
        "Starting Label Studio …" if notes["ready"] else "Starting Label Studio for the first time (a minute or less) …"
    )
    command = [str(programs / "label-studio"), "start", "--no-browser", "--internal-host", LOOPBACK]
    command += ["--port", str(notes["port"]), "--data-dir", str(folder / "data")]
    with (folder / LOG).open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=_surroundings(folder, notes),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _write(folder, {**notes, "pid": process.pid})
    try:
        _await(process, folder, notes)
    except BaseException:
        _end(folder)
        raise
    notes = {**notes, "pid": process.pid, "ready": True}
    _write(folder, notes)
    return _server(folder, notes)


def _surroundings(folder: Path, notes: Mapping[str, Any]) -> dict[str, str]:
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
    return {**kept, **named, "LANG": "C.UTF-8", "LOG_LEVEL": "WARNING"}


def _await(process: subprocess.Popen[bytes], folder: Path, notes: Mapping[str, Any]) -> None:
    address, until = _address(notes), time.monotonic() + START_LIMIT_S
    while not _answers(address, notes):
        if process.poll() is not None:
            raise StudioError(f"Label Studio ended while starting; the end of {folder / LOG}:\n{_log_tail(folder)}")
        if time.monotonic() > until:
            raise StudioError(f"Label Studio did not answer at {address} in {START_LIMIT_S} s:\n{_log_tail(folder)}")
        time.sleep(0.1)


def _answers(address: str, notes: Mapping[str, Any]) -> bool:
    """Whether the server there is healthy and knows our administrator: any other one would refuse the token."""
    import httpx

    try:
        if httpx.get(f"{address}/health", timeout=10).status_code != httpx.codes.OK:
            return False
        headers = {"Authorization": f"Token {notes['token']}"}
        return (
            httpx.get(f"{address}/api/current-user/whoami", headers=headers, timeout=30).status_code == httpx.codes.OK
        )
    except httpx.HTTPError:
        return False


def _end(folder: Path) -> bool:
    notes = _notes(folder)
    pid = notes.get("pid")
    if not _is_ours(pid, folder):
        return False
    until = time.monotonic() + STOP_LIMIT_S
    os.killpg(pid, signal.SIGTERM)
    while _is_ours(pid, folder):
        if time.monotonic() > until:
            os.killpg(pid, signal.SIGKILL)
        time.sleep(0.05)
        _reap(pid)
    _write(folder, {**notes, "pid": None})
    return True


def _reap(pid: int) -> None:
    """When the server is our own child it stays a zombie until somebody asks how it ended."""
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def _is_ours(pid: Any, folder: Path) -> bool:
    """Whether the process is a Label Studio for this folder: numbers of processes are used again."""
    if not isinstance(pid, int):
        return False
    listed = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self").exists():
        words = listed.read_bytes().replace(b"\0", b" ").decode(errors="replace") if listed.exists() else ""
    else:
        words = _run(["ps", "-ww", "-o", "command=", "-p", str(pid)]).stdout
    return f"--data-dir {folder / 'data'}" in words


def _free_port(wanted: int | None, insisted: int | None) -> int:
    """The wanted port, or any free one unless somebody insists; Label Studio itself would silently take the next."""
    for port in (wanted, 0):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                if port == insisted:
                    raise StudioError(
                        f"port {port} is taken; give another with --port or none to let us choose"
                    ) from None
                continue
            return int(probe.getsockname()[1])
    raise StudioError("no free port on loopback")


# the notes


def _accounts(folder: Path) -> dict[str, Any]:
    """E-mail, password and token of the administrator: those of a finished first start, or new ones and a clean slate."""
    notes = _notes(folder)
    if notes.get("ready"):
        return notes
    shutil.rmtree(folder / "data", ignore_errors=True)  # a first start that was cut off may hold half an account
    (folder / "data").mkdir()
    return {"email": EMAIL, "password": secrets.token_urlsafe(12), "token": secrets.token_hex(20), "ready": False}


def _notes(folder: Path) -> dict[str, Any]:
    try:
        notes = json.loads((folder / NOTES).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise StudioError(
            f"{folder / NOTES} is not readable; remove {folder} to begin with an empty Label Studio"
        ) from None
    return dict(notes)


def _write(folder: Path, notes: Mapping[str, Any]) -> None:
    beside = folder / f"{NOTES}.new"
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(notes, file, indent=1)
    beside.replace(folder / NOTES)


def _server(folder: Path, notes: Mapping[str, Any]) -> Server:
    return Server(_address(notes), notes["email"], notes["password"], notes["token"], notes["pid"], folder)


def _address(notes: Mapping[str, Any]) -> str:
    return f"http://{LOOPBACK}:{notes['port']}"


def _log_tail(folder: Path) -> str:
    return _tail((folder / LOG).read_text("utf-8", errors="replace"))


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.strip().splitlines()[-lines:])


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield

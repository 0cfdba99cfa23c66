"""Label Studio as a collection sees it: our own server in its folder, or the user's by address and token."""

import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from annotate.studio import server
from annotate.studio.client import Studio
from annotate.studio.notes import EMAIL as ADMINISTRATOR
from pipelines.cutting import FOLDER
from schemas.errors import BadSetting, StudioError
from schemas.settings import FILE_NAME, Settings

DATA = "studio"
EMAIL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*@([\w-]+\.)+[\w-]{2,}", re.IGNORECASE)
TOKEN = "LABEL_STUDIO_API_KEY"  # noqa: S105  # the name of the variable, not a secret


@dataclass(frozen=True)
class Account:
    """How a person logs in."""

    address: str
    email: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Stopped:
    """Whether a Label Studio was running and has been stopped."""

    stopped: bool


def start(
    home: Path,
    port: int | None,
    rater: str | None,
    say: Callable[[str], None] = lambda _: None,
    report: server.Report = lambda *_: None,
) -> list[Account]:
    """Start our Label Studio, or find it running; gives the administrator's account, or that of the `rater` alone.

    Media are served from where the collection lies now. Raises BadSetting, before anything is started, when no rater
    can have that e-mail address.
    """
    email = None if rater is None else _email(rater)
    running = server.start(home / DATA, home / FOLDER, port, say, report)
    try:
        Studio(running.address, running.token).serve_from(home / FOLDER)
        if email is None:
            return [Account(running.address, running.email, running.password)]
        return [Account(running.address, email, _rater(home, running, email))]
    except StudioError as error:
        message = f"{error}\nLabel Studio runs at {running.address}; stop it with: emocurate studio --stop"
        raise StudioError(message) from None


def _email(rater: str) -> str:
    """The address in small letters, as Label Studio keeps it."""
    if not EMAIL.fullmatch(rater.strip()):
        raise BadSetting(f"--rater {rater!r} is no e-mail address; expected one such as anna@example.org")
    email = rater.strip().lower()
    if email == ADMINISTRATOR:
        raise BadSetting(f"--rater {email} is the administrator, whose account is shown by: emocurate studio")
    return email


def _rater(home: Path, running: server.Server, email: str) -> str:
    """The password of a rater's account, made once and kept beside the server's own, for its owner's eyes only."""
    notes = home / DATA / "raters.json"
    kept: dict[str, str] = json.loads(notes.read_text("utf-8")) if notes.exists() else {}
    # in any case; of two spellings the first was the account
    passwords = {name.lower(): password for name, password in reversed(kept.items())}
    password = passwords.get(email) or secrets.token_urlsafe(9)
    _keep(notes, {**passwords, email: password})  # first: an account whose password nobody knows locks its rater out
    try:
        server.add_rater(running, email, password)
    except server.Refused:
        if email not in passwords:
            _keep(notes, passwords)
        raise
    return password


def _keep(notes: Path, passwords: dict[str, str]) -> None:
    aside = notes.with_suffix(".aside")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps(passwords), "utf-8")
    aside.replace(notes)


def stop(home: Path) -> Stopped:
    """Stop our Label Studio, if it runs."""
    return Stopped(server.stop(home / DATA))


def client(home: Path, settings: Settings) -> Studio:
    """A client of the user's server, or of ours when it runs; raises StudioError with what to type."""
    if settings.labelling.address:
        return Studio(*_named(settings.labelling.address))
    running = server.running(home / DATA)
    if running is None:
        raise StudioError("Label Studio is not running; start it with: emocurate studio")
    return Studio(running.address, running.token)


def _named(address: str) -> tuple[str, str]:
    """The address in the settings and the token in the environment, neither of which is shown when it may be secret."""
    if "@" in address:
        raise StudioError(
            f"labelling.address in {FILE_NAME} holds a user or a password; remove what stands before the host, and "
            f"the @, and put the token into the environment as {TOKEN}"
        )
    token = os.environ.get(TOKEN, "").strip()  # a line that was copied whole ends in a line break
    if not token:
        raise StudioError(f"no token for {address}; set {TOKEN} in the environment")
    if not (token.isascii() and token.isprintable()):
        raise StudioError(f"{TOKEN} holds characters that no token has; copy it anew from Account & Settings")
    return address, token

"""Label Studio as a collection sees it: our own server in its folder, or the user's by address and token."""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from annotate.studio import server
from annotate.studio.client import Studio
from pipelines.cuts import FOLDER
from pipelines.terminal import say
from schemas.errors import StudioError
from schemas.settings import Settings

DATA = "studio"
TOKEN = "LABEL_STUDIO_API_KEY"  # noqa: S105  # the name of the variable, not a secret


@dataclass(frozen=True)
class Account:
    """How a person logs in."""

    address: str
    email: str
    password: str = field(repr=False)


def start(home: Path, port: int | None, rater: str | None) -> list[Account]:
    """Start our Label Studio, or find it running; gives the administrator's account, and the rater's if one is made."""
    running = server.start(home / DATA, home / FOLDER, port, say)
    accounts = [Account(running.address, running.email, running.password)]
    if rater:
        accounts.append(Account(running.address, rater, _rater(home, running, rater)))
    return accounts


def _rater(home: Path, running: server.Server, email: str) -> str:
    """The password of a rater's account, made once and kept beside the server's own, for its owner's eyes only."""
    notes = home / DATA / "raters.json"
    passwords: dict[str, str] = json.loads(notes.read_text("utf-8")) if notes.exists() else {}
    password = passwords.get(email) or secrets.token_urlsafe(9)
    aside = notes.with_suffix(".aside")
    aside.touch(mode=0o600)
    aside.write_text(json.dumps({**passwords, email: password}), "utf-8")
    aside.replace(notes)  # written down first: an account whose password nobody knows would lock its rater out
    server.add_rater(running, email, password)
    return password


def stop(home: Path) -> bool:
    """Stop our Label Studio; False when none was running."""
    return server.stop(home / DATA)


def client(home: Path, settings: Settings) -> Studio:
    """A client of the user's server, or of ours when it runs; raises StudioError with what to type."""
    if settings.labelling.address:
        token = os.environ.get(TOKEN, "")
        if not token:
            raise StudioError(f"no token for {settings.labelling.address}; set {TOKEN} in the environment")
        return Studio(settings.labelling.address, token)
    running = server.running(home / DATA)
    if running is None:
        raise StudioError("Label Studio is not running; start it with: emocurate studio")
    return Studio(running.address, running.token)

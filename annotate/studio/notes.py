"""What is noted beside the data of our Label Studio: its port, its process, and what its administrator gets in with."""

import json
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from schemas.errors import StudioError

EMAIL = "admin@emocurate.local"  # only a name to log in with: nothing is ever sent
NOTES = "studio.json"
Notes = dict[str, Any]


def accounts(folder: Path) -> Notes:
    """What the administrator gets in with: as noted, or new and with a clean slate while no start has been finished."""
    notes = notes_of(folder)
    if notes.get("ready"):
        return notes
    shutil.rmtree(folder / "data", ignore_errors=True)  # a first start that was cut off may hold half an account
    (folder / "data").mkdir()
    return {"email": EMAIL, "password": secrets.token_urlsafe(12), "token": secrets.token_hex(20), "ready": False}


def notes_of(folder: Path) -> Notes:
    """What is noted of the server of a folder, nothing before its first start; raises StudioError for damaged notes."""
    try:
        return dict(json.loads((folder / NOTES).read_text("utf-8")))
    except FileNotFoundError:
        return {}
    except ValueError:
        raise StudioError(
            f"cannot read {folder / NOTES}; remove {folder} to begin with an empty Label Studio"
        ) from None


def write_notes(folder: Path, notes: Mapping[str, Any]) -> None:
    """Put these notes in the place of the former ones, for the eyes of the owner alone."""
    beside = folder / f"{NOTES}.new"
    with private(beside) as file:
        file.write(json.dumps(notes, indent=1).encode())
    beside.replace(folder / NOTES)


def private(file: Path) -> BinaryIO:
    """A new file, or an old one emptied, that its owner alone may read."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.fchmod(opened, 0o600)  # an old one may have been open to all
    return os.fdopen(opened, "wb")

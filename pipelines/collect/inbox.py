"""`add --inbox`: recordings that people contributed lie in a folder, each with a record of who allowed what.

Whatever writes there (a recording page, a script) writes the file first and its record last: `NAME.json` beside `NAME`.
"""

import hashlib
import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines.collect.consents import consent_from
from pipelines.engine.catalog import now
from pipelines.engine.pseudonyms import Pseudonyms
from schemas.errors import BadInput, nearest
from schemas.people import Consent

FORM = 1
RECORD = ".json"
WRITING = (".part", ".tmp", ".crdownload")
MOST_BYTES = 1 << 20
LONE = re.compile(r"[\ud800-\udfff]")  # half of a letter, which JSON can spell and no text can hold
SHA256 = re.compile(r"[0-9a-f]{64}")
OF_FILE = ("language", "transcript", "requested", "sex")
TEXTS = (
    "media_sha256", "subject", "given_on", "text_version", "text_sha256", "licence", "expires_on", "keep_until",
    "guardian", "evidence", "code_sha256", *OF_FILE,
)  # fmt: skip
REQUIRED = ("record", "media_sha256", "subject", "scopes", "given_on", "text_version", "text_sha256", "of_age")
KEYS = (*REQUIRED, *(key for key in TEXTS if key not in REQUIRED))


@dataclass(frozen=True)
class Contribution:
    """A file of an inbox with its record: who is in it, what they allowed, what is said of it.

    `code_sha256` is the hash of a code with which the page has told the person to withdraw.
    """

    media: Path
    record: Path
    sha256: str
    subject: str
    consent: Consent
    row: Mapping[str, str]
    code_sha256: str | None = None


@dataclass
class Inbox:
    """What an inbox holds that can be taken in, and what has to stay there, by name with the reason."""

    contributions: list[Contribution] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)


def read_inbox(folder: Path, people: Pseudonyms) -> Inbox:
    """Everything in an inbox, in the order of its names; raises BadInput where there is no such folder."""
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder}; an inbox holds files, each with its record NAME.json")
    inbox, paths = Inbox(), sorted(folder.iterdir())
    names = {path.name for path in paths}
    for path in paths:
        if path.name.startswith(".") or path.name.endswith(WRITING):
            inbox.left[path.name] = "is being written, as its name says"
        elif not path.name.endswith(RECORD):
            if f"{path.name}{RECORD}" not in names:
                inbox.left[path.name] = f"has no record {path.name}{RECORD} (yet); that is written last"
        else:
            try:
                inbox.contributions.append(_contribution(path, people))
            except (BadInput, OSError) as error:
                inbox.left[path.name] = str(error)
    return inbox


def _contribution(path: Path, people: Pseudonyms) -> Contribution:
    """A record with its file; raises BadInput where one of them is half or not what it should be."""
    if LONE.search(path.name):
        raise BadInput("its name is not UTF-8; rename it and its file")
    record, media = _record(path), path.with_name(path.name.removesuffix(RECORD))
    if not media.exists():
        raise BadInput(f"the file {media.name} that it speaks of is not there (yet)")
    if not stat.S_ISREG(media.lstat().st_mode):
        raise BadInput(f"{media.name} is a link or folder; expected the file itself")
    cells = {key: record[key] for key in TEXTS if key in record}
    for key in ("media_sha256", "text_sha256", "code_sha256"):
        if not SHA256.fullmatch(cells.get(key, "0" * 64)):
            raise BadInput(f"{key} is {cells[key]!r}; expected 64 hexadecimal digits in small letters")
    consent = _consent(cells, record, people)
    with media.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != cells["media_sha256"]:
            raise BadInput(f"{media.name} has other bytes than media_sha256 says: it is half written, or another file")
    row = {key: cells[key] for key in OF_FILE if key in cells} | {"speaker": cells["subject"]}
    return Contribution(
        media, path, cells["media_sha256"], cells["subject"], consent, row, record.get("code_sha256")
    )  # fmt: skip


def _consent(cells: Mapping[str, str], record: Mapping[str, Any], people: Pseudonyms) -> Consent:
    of_age = "yes" if record["of_age"] else "no"
    known = {"person": cells["subject"], "scopes": " ".join(record["scopes"]), "text": cells["text_sha256"]}
    return consent_from("its consent", {**cells, **known, "of_age": of_age}, people, now())


def _record(path: Path) -> dict[str, Any]:
    """The values of a record; raises BadInput for one that is half, too large, or of another form."""
    if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > MOST_BYTES:
        raise BadInput(f"is no file, or larger than {MOST_BYTES / 1e6:,.0f} MB")
    try:
        values = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise BadInput("is no JSON, or half of it") from None
    if not isinstance(values, dict):
        raise BadInput('is no record; expected an object such as {"record": 1, "subject": …}')
    if problem := next(_problems(values), None):
        raise BadInput(problem)
    return values


def _problems(values: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a record: nothing in it may go unread, and nothing that is needed be guessed."""
    yield from (f"has no {key!r}" for key in REQUIRED if key not in values)
    yield from (f"has {key!r}, which no record has; {nearest(key, KEYS)}" for key in values if key not in KEYS)
    if values["record"] != FORM or isinstance(values["record"], bool):
        yield f"is a record of form {values['record']!r}; this version reads form {FORM}"
    if not isinstance(values["of_age"], bool):
        yield "of_age is neither true nor false"
    if not isinstance(values["scopes"], list) or not all(isinstance(one, str) for one in values["scopes"]):
        yield 'scopes are no list of words such as ["annotate", "publish"]'
    for key in TEXTS:
        if key in values and not (isinstance(values[key], str) and values[key].strip()):
            yield f"{key} is {values[key]!r}; expected a text, or leave it out"
        elif key in values and LONE.search(values[key]):
            yield f"{key} is {values[key]!r}, which holds half a letter (a lone surrogate); write it anew"

"""Everything that can go wrong and is told to a person, in one tree.

EmocurateError
├── NoCollection        there is no collection in this folder
├── BadSetting          a setting, scheme or flag has a value we cannot use
│   └── BadUsage        flags contradict each other, or nothing would use them
├── BadInput            a file or table given by the user cannot be read
│   └── Damaged         what a backup says of itself is not what was written
├── Unreadable          a media file cannot be decoded: the row is dropped with this reason
├── Altered             a media file is not what was added any more: the row fails with this reason
├── Refused             an address may not be fetched: it is dropped with this reason
├── Unreachable         an address could not be fetched this time: it fails with this reason
├── Withdrawn           what was forgotten is brought again: it is not taken in
├── Missing             an optional package, binary or set of weights is not installed
├── Busy                another process holds the catalog or the run lease
├── Unwritable          the place of the collection is full or may not be written
├── StudioError         Label Studio cannot be reached, or refused
├── NotLoadable         a release that was written cannot be loaded
└── NotPublishable      a licence or a consent stands against publishing
"""

import difflib
from collections.abc import Iterable


class EmocurateError(Exception):
    """What was given, what was expected, what to type next; shown to a person without a traceback."""


class NoCollection(EmocurateError):
    """There is no collection in this folder."""


class BadSetting(EmocurateError):
    """A setting, scheme or flag has a value we cannot use."""


class BadUsage(BadSetting):
    """Flags contradict each other, or nothing would use them; the command ends with status 2."""


class BadInput(EmocurateError):
    """A file or table given by the user cannot be read."""


class Damaged(BadInput):
    """What a backup says of itself is not what was written."""


class Unreadable(EmocurateError):
    """A media file cannot be decoded; its text is the reason that stands in the catalog."""


class Altered(EmocurateError):
    """A media file is not what was added any more; its text is the reason that stands in the catalog."""


class Refused(EmocurateError):
    """An address, or what lies there, may not be fetched; its text is the reason it is dropped with."""


class Unreachable(EmocurateError):
    """An address could not be fetched this time; its text is the reason it fails with, and it may succeed later."""


class Withdrawn(EmocurateError):
    """What was forgotten is brought again; it is counted under this text, and no row of it is kept."""


class Missing(EmocurateError):
    """An optional package, binary or set of weights is not installed."""


class Busy(EmocurateError):
    """Another process holds the catalog or the run lease."""


class Unwritable(EmocurateError):
    """The place where the collection lies is full or may not be written."""


class StudioError(EmocurateError):
    """Label Studio cannot be reached, or refused."""


class NotLoadable(EmocurateError):
    """A release that was written cannot be loaded; it does not count as written."""


class NotPublishable(EmocurateError):
    """A licence or a consent stands against publishing."""


def nearest(given: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest valid name, and all of them when they are few."""
    names = sorted(known)
    close = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    shown = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    return f"{hint}known: {shown}"

"""Licences by their SPDX names, as far as media and datasets bear them; any other name is a slip."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from schemas.errors import BadSetting

OWN = "licenseref-"  # how SPDX wants a licence to be called that is on no list
NEARLY = 0.7
# what `publish` lets out where a collection's settings say nothing else
PUBLISHED = ("CC0-1.0", "CC-BY-4.0", "CC-BY-3.0", "CC-BY-2.0", "CC-BY-SA-4.0", "PDDL-1.0", "ODC-By-1.0")
_CC = tuple(
    f"CC-{terms}-{version}"
    for terms in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
    for version in ("1.0", "2.0", "2.5", "3.0", "4.0")
)
_FREE = ("CC0-1.0", "CC-PDDC", "CC-PDM-1.0", "CC-SA-1.0", "PDDL-1.0", "Unlicense", "0BSD", "MIT", "MIT-0", "Apache-2.0")
_DATA = ("ODC-By-1.0", "ODbL-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "C-UDA-1.0")
_STATES = ("OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "etalab-2.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0")
_CODE = ("BSD-2-Clause", "BSD-3-Clause", "ISC", "MPL-2.0", "OFL-1.1", "GPL-2.0", "GPL-3.0", "LGPL-3.0", "AGPL-3.0")
KNOWN = (*_CC, *_FREE, *_DATA, *_STATES, *_CODE)  # as SPDX's list of licences writes them, https://spdx.org/licenses/
_KNOWN = {name.casefold(): name for name in KNOWN}
_OF_CC = re.compile(r"cc(-by)?(?P<parts>(-(nc|nd|sa))+)(-(?P<version>\d\.\d))?(-[a-z]{2,3})?")


@dataclass(frozen=True)
class LicenceFact:
    """What one part of the name of a Creative Commons licence means for a collection, and where that stands."""

    part: str
    means: str
    source: str
    stated_on: str


# Sections of the legal codes of version 4.0, of that day; in other words than theirs, and no legal advice.
_CODE_OF_4 = "https://creativecommons.org/licenses/{}/4.0/legalcode"
FACTS: tuple[LicenceFact, ...] = (
    LicenceFact(
        "sa",
        "Share alike binds who shares an adaptation of a clip; a clip that stands unchanged beside others binds none "
        "of them.",
        f"CC BY-SA 4.0, sections 1(a) and 3(b): {_CODE_OF_4.format('by-sa')}",
        "2013-11-25",
    ),
    LicenceFact(
        "nd",
        "No derivatives: adaptations may not be shared. Another file format is none; whether a cut is one, the text "
        "leaves open (a work may be shared in part), and here the stricter reading holds: a cut is taken for one.",
        f"CC BY-ND 4.0, sections 1(a), 2(a)(1) and 2(a)(4): {_CODE_OF_4.format('by-nd')}",
        "2013-11-25",
    ),
    LicenceFact(
        "nc",
        "Non-commercial: what is primarily meant for commercial advantage or money is not allowed.",
        f"CC BY-NC 4.0, sections 1 and 2(a)(1): {_CODE_OF_4.format('by-nc')}",
        "2013-11-25",
    ),
)


def facts_of(licences: Iterable[str]) -> list[LicenceFact]:
    """What holds for Creative Commons licences of these names; read in version 4.0, which is said of every other."""
    named = [(licence, match) for licence in licences if (match := _OF_CC.fullmatch(_written(licence).casefold()))]
    facts = []
    for fact in FACTS:
        bearing = {licence: match["version"] for licence, match in named if fact.part in match["parts"].split("-")}
        if others := sorted(licence for licence, version in bearing.items() if version != "4.0"):
            text = f"{fact.source}; the text of {', '.join(others)} is another, and was not read for this"
            facts.append(replace(fact, source=text))
        elif bearing:
            facts.append(fact)
    return facts


def checked(licence: str, what: str) -> str:
    """A licence by its SPDX name, in any case and for any country, or one of one's own (LicenseRef-NAME), as it is.

    Raises BadSetting that begins with `what` was given and names the nearest licence.
    """
    if hint := doubt(licence):
        raise BadSetting(f"{what} {licence!r}: {hint}")
    return licence.strip()


def spdx(licence: str) -> str:
    """A licence as SPDX writes it where it is one we know, such as CC-BY-4.0 for cc-by-4.0; else as it is."""
    return _KNOWN.get(_written(licence).casefold(), licence)


def listed(licence: str | None) -> str | None:
    """The SPDX name of a licence that is on the list; None for one's own, other words and silence."""
    return _KNOWN.get(_written(licence or "").casefold())


def doubt(licence: str) -> str | None:
    """Why a text is no name of a licence, with the nearest one; None for a known licence and for one's own."""
    given = _written(licence).casefold()
    plain = re.sub(r"(?<=\d)-([a-z]{2,3}|only|or-later)$", "", given)  # CC-BY-3.0-DE, GPL-3.0-or-later
    if plain in _KNOWN or re.fullmatch(OWN + r"[a-z0-9.-]+", given):
        return None
    close = [] if given.startswith(OWN) else get_close_matches(_letters(given), _BY_LETTERS, 1, NEARLY)
    meant = f"did you mean {_BY_LETTERS[close[0]]!r}? " if close else "expected an SPDX name such as 'CC-BY-4.0'; "
    return meant + "a licence on no list is called LicenseRef-NAME"


def _written(licence: str) -> str:
    """A licence with hyphens where people write spaces."""
    return re.sub(r"[\s_]+", "-", licence.strip())


def _letters(name: str) -> str:
    """A name without what stands between its letters, which is what people leave out."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


_BY_LETTERS = {_letters(name): name for name in _KNOWN.values()}

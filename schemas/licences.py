"""Licences by their SPDX names, as far as media and datasets bear them; a name that is nearly one is a slip."""

import re
from difflib import get_close_matches

OWN = "licenseref-"  # how SPDX wants a licence to be called that is on no list
NEARLY = 0.75
_CC = tuple(
    f"CC-{terms}-{version}"
    for terms in ("BY", "BY-SA", "BY-NC", "BY-ND", "BY-NC-SA", "BY-NC-ND")
    for version in ("1.0", "2.0", "2.5", "3.0", "4.0")
)
_FREE = ("CC0-1.0", "CC-PDDC", "CC-PDM-1.0", "CC-SA-1.0", "PDDL-1.0", "Unlicense", "0BSD", "MIT", "MIT-0", "Apache-2.0")
_DATA = ("ODC-By-1.0", "ODbL-1.0", "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "C-UDA-1.0")
_STATES = ("OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "etalab-2.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0")
_CODE = ("BSD-2-Clause", "BSD-3-Clause", "ISC", "MPL-2.0", "OFL-1.1", "GPL-2.0", "GPL-3.0", "LGPL-3.0", "AGPL-3.0")
_KNOWN = {name.casefold(): name for name in (*_CC, *_FREE, *_DATA, *_STATES, *_CODE)}


def slip(licence: str) -> str | None:
    """The licence that was nearly named; None for a known one, in any case or for any country, and for one's own."""
    told = re.sub(r"[\s_]+", "-", licence.strip()).casefold()
    plain = re.sub(r"(?<=\d)-([a-z]{2,3}|only|or-later)$", "", told)  # CC-BY-3.0-DE, GPL-3.0-or-later
    if plain in _KNOWN or told.startswith(OWN):
        return None
    close = get_close_matches(told, _KNOWN, 1, NEARLY)
    return _KNOWN[close[0]] if close else None

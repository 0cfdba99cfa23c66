"""Licences as the web states them: addresses, names and slugs read as SPDX, each with the words it was read from."""

import re
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from schemas.licences import doubt

LONGEST = 300
CC_PATH = re.compile(r"/licen[sc]es/([a-z-]+)/(\d\.\d)(?:/[a-z]{2,3})?(?:/|$)")
CC_TERMS = {"by", "by-sa", "by-nc", "by-nd", "by-nc-sa", "by-nc-nd", "by-nd-nc", "sa"}
CC_WORDS = (
    ("attribution", "by"), ("non-commercial", "nc"), ("noncommercial", "nc"), ("no derivatives", "nd"),
    ("noderivatives", "nd"), ("noderivs", "nd"), ("no derivs", "nd"), ("share alike", "sa"), ("sharealike", "sa"),
)  # fmt: skip
PLACES = {
    "opendatacommons.org/licenses/by": "ODC-By-1.0",
    "opendatacommons.org/licenses/odbl": "ODbL-1.0",
    "opendatacommons.org/licenses/pddl": "PDDL-1.0",
    "apache.org/licenses/license-2.0": "Apache-2.0",
    "opensource.org/licenses/mit": "MIT",
    "opensource.org/license/mit": "MIT",
    "nationalarchives.gov.uk/doc/open-government-licence/version/3": "OGL-UK-3.0",
    "govdata.de/dl-de/by-2-0": "DL-DE-BY-2.0",
    "govdata.de/dl-de/zero-2-0": "DL-DE-ZERO-2.0",
}
VERSION = re.compile(r"(?<![\d.])([1-4]\.[05])(?![\d.])")


@dataclass(frozen=True)
class Claim:
    """What one place says about the licence of media: an SPDX name, or None where the words are none we know.

    `where` is the selector or tag that said it, `page` the address and `sha256` the hash of the page it stood in,
    `attribution` whom it names.
    """

    licence: str | None
    verbatim: str
    where: str
    page: str = ""
    sha256: str = ""
    attribution: str | None = None

    @property
    def evidence(self) -> str:
        """Where that can be read."""
        what = "info JSON" if "info JSON" in self.where else "page"
        return f"{self.page} {self.where}: {self.verbatim!r}; SHA-256 of the {what} {self.sha256}"

    def to_json(self) -> dict[str, Any]:
        """As values of JSON."""
        return asdict(self)


def claim(text: str, where: str) -> Claim | None:
    """What an address or words say of a licence; None for nothing said."""
    words = plain_words(text)
    return Claim(licence_of(words), words[:LONGEST], where) if words else None


def plain_words(text: str) -> str:
    """Words as they can be kept: single blanks, and no halves of letters, which JSON can hold and no table can."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def licence_of(text: str) -> str | None:
    """The SPDX name of a licence given by its address, its slug or its name; None where that is not certain."""
    text = text.strip()[:1000]
    return _by_address(text) if "//" in text[:10] else _by_name(text)


def _by_address(text: str) -> str | None:
    try:
        parts = urlsplit(text.casefold())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if host == "creativecommons.org":
        return _creative_commons(parts.path)
    if host == "spdx.org" and parts.path.startswith("/licenses/"):
        return _by_name(urlsplit(text).path.removeprefix("/licenses/").removesuffix(".html").strip("/"))
    place = f"{host}{parts.path}"
    return next((name for start, name in PLACES.items() if _begins(place, start)), None)


def _begins(place: str, start: str) -> bool:
    return place.startswith(start) and not place[len(start) : len(start) + 1].isalnum()


def _creative_commons(path: str) -> str | None:
    if re.match(r"/publicdomain/zero/1\.0(/|$)", path):
        return "CC0-1.0"
    if re.match(r"/publicdomain/mark/1\.0(/|$)", path):
        return "CC-PDM-1.0"
    match = CC_PATH.match(path)
    return _known(f"CC-{match[1].upper()}-{match[2]}") if match and match[1] in CC_TERMS else None


def _by_name(text: str) -> str | None:
    if known := _known(text):
        return known
    plain = re.sub(r"[\s_]+", " ", text.casefold())
    version = VERSION.findall(plain)
    if len(version) != 1:
        return None
    if re.fullmatch(r"(cc0|cc zero|creative commons zero)( universal)?[ -]?1\.0( universal)?", plain):
        return "CC0-1.0"
    if re.fullmatch(r"cc[ -](by|sa)([ -](nc|nd|sa))*[ -]\d\.\d( international| unported)?", plain):
        terms = re.findall(r"by|nc|nd|sa", plain)
    elif plain.startswith(("creative commons attribution", "attribution")):
        terms = [short for words, short in CC_WORDS if words in plain]
    else:
        return None
    order = [term for term in ("by", "nc", "nd", "sa") if term in terms]
    return _known(f"CC-{'-'.join(order)}-{version[0]}")


def _known(name: str) -> str | None:
    """The name as SPDX writes it, where it is on the list."""
    plain = re.sub(r"[\s_]+", "-", name.strip())
    if not plain or plain.casefold().startswith("licenseref-") or doubt(plain):
        return None
    return _written(plain)


def _written(name: str) -> str:
    upper = name.upper().replace("CC-BY-ND-NC", "CC-BY-NC-ND")
    return upper if upper.startswith("CC") else name

"""What the columns of a row say of its media: who speaks, in which language, what is said, under which licence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipelines.collect.metadata import ALIASES, KNOWN, TERMS
from schemas.errors import BadSetting, nearest

BY_THEMSELVES = ("speaker", "language", "transcript", "licence")  # said by columns of these names; others are typed
KEY_COLUMN = "key"
PEOPLE = ("speaker", "contributor")
SAYS = tuple(name for name in KNOWN if name != "path")
RECORD = ("speaker", "language", "transcript", "requested", "basis", "licence", "attribution", "model", "model_version")


@dataclass
class Roles:
    """Which column says what: those that were typed, else those whose names speak for themselves.

    People are people of this corpus: the same name in another one is somebody else. `used` are the columns that said
    anything, by what they say, `terms` why what generators made may be passed on.
    """

    corpus: str
    typed: Mapping[str, str] = field(default_factory=dict)
    terms: str | None = None
    used: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for ours in self.typed:
            if ours not in (*SAYS, KEY_COLUMN):
                raise BadSetting(f"--columns: no column {ours!r}; {nearest(ours, (*SAYS, KEY_COLUMN))}")

    def row(self, cells: Mapping[str, Any]) -> dict[str, str]:
        """What is said of the media of a row, by our names."""
        said: dict[str, str] = {}
        for ours, theirs in self._columns(cells):
            text = str(cells[theirs]).strip()
            if text and ours not in said and ours != KEY_COLUMN:
                said[ours] = f"{self.corpus}/{text}" if ours in PEOPLE else text
                self.used.setdefault(ours, theirs)
        return {**said, TERMS: self.terms} if self.terms and "model" in said else said

    def key(self, cells: Mapping[str, Any], otherwise: str) -> str:
        """What the corpus calls a row: the column that was typed for it, else where the row stands."""
        theirs = self.typed.get(KEY_COLUMN)
        if theirs is None or cells.get(theirs) is None:
            return otherwise
        self.used.setdefault(KEY_COLUMN, theirs)
        return str(cells[theirs])

    @property
    def absent(self) -> list[str]:
        """Columns that were typed and that no row has."""
        return [theirs for ours, theirs in self.typed.items() if ours not in self.used]

    def _columns(self, cells: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        yield from ((ours, theirs) for ours, theirs in self.typed.items() if theirs in cells)
        for name in cells:
            ours = ALIASES.get(name.casefold(), name.casefold())
            if ours in BY_THEMSELVES and ours not in self.typed:
                yield ours, name


def said_in_record(corpus: str, record: Mapping[str, Any]) -> dict[str, str]:
    """What the record of a release's sample says of its medium: its own terms and those of its layers."""
    said = {name: str(record[name]) for name in RECORD if record.get(name)}
    if record.get("source_address"):
        said["address"] = str(record["source_address"])
    for terms in record.get("terms") or ():
        if terms.get("licence"):
            said[f"{terms['layer']}_licence"] = str(terms["licence"])
    return said | ({"speaker": f"{corpus}/{said['speaker']}"} if "speaker" in said else {})

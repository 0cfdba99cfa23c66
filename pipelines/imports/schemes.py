"""The scheme of an import: by name, as it was inferred once, as a file to edit; and the licence of its answers."""

import json
from pathlib import Path

from annotate.ratings.inference import INFERRED
from annotate.ratings.schemetoml import scheme_text
from pipelines.engine.catalog import Catalog
from pipelines.tables.scratch import FOLDER
from pipelines.weigh.questions import chosen_scheme, name_of, schemes
from schemas.errors import BadSetting, nearest
from schemas.scheme import Scheme, load_scheme, scheme_from_dict, shipped_schemes


def loaded(home: Path, name: str) -> Scheme:
    """A scheme by its file, a shipped one, or one that was answered here before; raises BadSetting.

    What was inferred for a table goes by the name of the table, too.
    """
    if name.endswith(".toml") or name in shipped_schemes():
        return load_scheme(name, home)
    with Catalog(home).open():  # held for two questions
        asked = schemes(home)
        known = {spelling for scheme in asked for spelling in (scheme.name, name_of(scheme))}
        for spelling in (name, f"{INFERRED}{name}"):
            if spelling in known:
                return chosen_scheme(home, spelling)
    hint = nearest(name, {*shipped_schemes(), *(scheme.name for scheme in asked)})
    raise BadSetting(f"no scheme {name!r}; {hint}; or give the path of a TOML file")


def held(home: Path, scheme: Scheme, declared: bool) -> Scheme:
    """What was inferred once holds: a table that grew answers the same questions, and what is new to it is listed.

    Not so where somebody has `declared` types or scales since.
    """
    rows = Catalog(home).rows("SELECT body FROM schemes WHERE name = ? ORDER BY added_at, id LIMIT 1", [scheme.name])
    if declared or not rows:
        return scheme
    before = scheme_from_dict(json.loads(rows[0][0]))
    return before if set(scheme.names) <= set(before.names) else scheme


def written(home: Path, scheme: Scheme) -> str:
    """Write an inferred scheme down where people can edit it; gives the path below `home`.

    A file that is there and that somebody edited stays; one that shows what was inferred before is written anew.
    """
    file = home / FOLDER / f"{scheme.name.removeprefix(INFERRED)}-scheme.toml"
    if not file.exists() or file.read_text("utf-8") in _known(home, scheme.name):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(scheme_text(scheme), "utf-8")
    return f"{FOLDER}/{file.name}"


def _known(home: Path, name: str) -> list[str]:
    """The files of all schemes of that name that were ever asked about."""
    return [scheme_text(known) for known in schemes(home) if known.name == name]


def licence_of(home: Path, scheme_id: str) -> str | None:
    """The licence of the imported answers to a scheme, several joined by AND; None where none is known."""
    rows = Catalog(home).rows(
        """SELECT DISTINCT s.licence FROM origins o JOIN sources s ON s.id = o.source WHERE o.id IN
           (SELECT a.origin FROM answers a JOIN asks k ON k.id = a.ask WHERE k.scheme = ?) ORDER BY 1""",
        [scheme_id],
    )
    return " AND ".join(licence for (licence,) in rows) or None

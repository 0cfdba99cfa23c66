"""`scheme migrate` and `scheme list`: answers to one scheme are read as its successor's, and stay as they are."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from pipelines.engine.catalog import Catalog, insert
from pipelines.weigh.questions import chosen_scheme, name_of, schemes
from schemas.bridge import Translation, WordMap, followed, map_from_toml, translations
from schemas.errors import BadInput, BadSetting
from schemas.ids import canonical, content_id
from schemas.scheme import Scheme, load_scheme, scheme_from_dict, shipped_schemes

ID_LETTERS = 8  # of a scheme's id, as `scheme list` shows it

# The bridge in force of every scheme that has one: the last that was built.
IN_FORCE = """SELECT scheme, successor, map FROM bridges
              QUALIFY row_number() OVER (PARTITION BY scheme ORDER BY place DESC) = 1 AND successor <> scheme"""
# Every scheme with its answers as they were given, those of them that nothing can read, and its bridge.
LISTED = f"""
    SELECT s.name, s.version, s.id, count(DISTINCT k.id), count(a.id), any_value(r.refused),
           any_value(n.name || '-' || n.version)
    FROM schemes s LEFT JOIN asks k ON k.scheme = s.id LEFT JOIN latest_answers a ON a.ask = k.id AND a.state = 'given'
    LEFT JOIN (SELECT k.scheme, count(*) AS refused FROM open_refusals r JOIN asks k ON k.id = r.ask GROUP BY 1) r
           ON r.scheme = s.id
    LEFT JOIN ({IN_FORCE}) b ON b.scheme = s.id LEFT JOIN schemes n ON n.id = b.successor
    GROUP BY s.name, s.version, s.id ORDER BY s.name, s.version, s.id"""


@dataclass(frozen=True)
class Listed:
    """A scheme of the collection: asks and answers to it, answers outside it, and the scheme it is read as."""

    name: str
    id: str
    asks: int
    answers: int
    refused: int
    read_as: str | None


@dataclass(frozen=True)
class Migrated:
    """A bridge from one scheme to another: whether it is new, and what it changes.

    `answers` of the old scheme are read as answers to the new one, `dropped` are left out as the map says, and
    `recovered` were outside the old scheme and are answers of the new one.
    """

    old: str
    new: str
    is_new: bool
    answers: int
    dropped: int
    recovered: int


def migrate(home: Path, old_name: str, new_name: str, file: Path | None = None) -> Migrated:
    """Read the answers to one scheme as answers to another from now on; raises BadSetting, BadInput.

    The latest bridge of a scheme counts, so that a map can be corrected; a scheme that is migrated to itself is read as
    it is again.
    """
    old, new = _named(home, old_name), _named(home, new_name)
    words = _words(file)
    translations(old, new, words, str(file or "without --map"))
    catalog = Catalog(home)
    with catalog.open() as connection:
        _check_ends(connection, old, new)
        connection.begin()
        for scheme in (old, new):
            row = {"id": scheme.id, "name": scheme.name, "version": scheme.version, "body": canonical(asdict(scheme))}
            insert(connection, "schemes", {name: [value] for name, value in row.items()})
        is_new = _keep(connection, old, new, words)
        refresh(connection)
        connection.commit()
        changed = _changed(connection, old)
    return Migrated(name_of(old), name_of(new), is_new, *changed)


def listed(home: Path) -> list[Listed]:
    """Every scheme of the collection, as it was asked."""
    return [
        Listed(f"{name}-{version}", scheme[:ID_LETTERS], asks, answers, refused or 0, read_as)
        for name, version, scheme, asks, answers, refused, read_as in Catalog(home).rows(LISTED)
    ]


def refresh(connection: DuckDBPyConnection) -> None:
    """Materialise in `translations` how every scheme with a successor is read, from bridge to bridge to the last."""
    asked = {
        scheme: scheme_from_dict(json.loads(body))
        for scheme, body in connection.execute("SELECT id, body FROM schemes").fetchall()
    }
    bridges = {
        scheme: (successor, json.loads(text)) for scheme, successor, text in connection.execute(IN_FORCE).fetchall()
    }
    rows: list[tuple[str, str, str, Translation]] = []
    for scheme in bridges:
        last, found = scheme, dict[str, Translation]()
        while last in bridges:
            successor, words = bridges[last]
            further = translations(asked[last], asked[successor], words, "catalog")
            last, found = successor, followed(found, further) if found else further
        rows += [(scheme, question, last, one) for question, one in found.items()]
    connection.execute("DELETE FROM translations")
    columns: dict[str, list[Any]] = {
        "scheme": [scheme for scheme, *_ in rows],
        "question": [question for _, question, *_ in rows],
        "successor": [last for _, _, last, _ in rows],
        "read_as": [one.question for *_, one in rows],
        "type": [one.type for *_, one in rows],
        "words": [list(one.words) for *_, one in rows],
        "readings": [list(one.words.values()) for *_, one in rows],
    }
    insert(connection, "translations", columns)


def _named(home: Path, name: str) -> Scheme:
    """The scheme of that file, id, name-version or name that was asked, or one that comes with emocurate."""
    if name.endswith(".toml"):
        return load_scheme(name, Path() if Path(name).exists() else home)
    by_id = [scheme for scheme in schemes(home) if len(name) >= ID_LETTERS and scheme.id.startswith(name)]
    if len(by_id) == 1:
        return by_id[0]
    try:
        return chosen_scheme(home, name)
    except BadSetting as error:
        shipped = [scheme for scheme in shipped_schemes().values() if name in (scheme.name, name_of(scheme))]
        if not shipped:
            raise BadSetting(f"{error}; or give its id, as emocurate scheme list shows it, or its TOML file") from None
        return shipped[0]


def _words(file: Path | None) -> WordMap:
    if file is None:
        return {}
    try:
        return map_from_toml(file.read_text("utf-8-sig"), file.name)
    except OSError as error:
        raise BadInput(f"cannot read the map {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{file} is not UTF-8 text; save it as UTF-8") from None


def _check_ends(connection: DuckDBPyConnection, old: Scheme, new: Scheme) -> None:
    """Raise BadSetting where a scheme would be read as itself in the end."""
    successors: Mapping[str, str] = {row[0]: row[1] for row in connection.execute(IN_FORCE).fetchall()}
    last = new.id
    while last in successors and old.id != new.id:
        last = successors[last]
        if last == old.id:
            raise BadSetting(
                f"{name_of(new)} is read as {name_of(old)} already; to read it as itself again: "
                f"emocurate scheme migrate {name_of(new)} {name_of(new)}"
            )


def _keep(connection: DuckDBPyConnection, old: Scheme, new: Scheme, words: WordMap) -> bool:
    """Write the bridge down, unless it is the one in force; says whether it is new."""
    query = "SELECT successor, map, place FROM bridges WHERE scheme = ? ORDER BY place DESC LIMIT 1"
    last = connection.execute(query, [old.id]).fetchall() or [(old.id, "{}", 0)]
    text = canonical(words)
    if last[0][:2] == (new.id, text):
        return False
    row: dict[str, Any] = {"scheme": old.id, "successor": new.id, "map": text, "place": last[0][2] + 1}
    row["id"] = content_id("bridge", **row)
    insert(connection, "bridges", {name: [value] for name, value in row.items()})
    return True


def _changed(connection: DuckDBPyConnection, old: Scheme) -> tuple[int, int, int]:
    """How many given answers of a scheme are read, are dropped, and were refused."""
    asked = "JOIN asks k ON k.id = a.ask WHERE k.scheme = ?"
    counts = (
        f"SELECT count(*) FROM read_answers a {asked} AND a.state = 'given'",
        f"SELECT count(*) FROM latest_answers a {asked} AND a.state = 'given'",
        f"SELECT count(*) FROM readable_refusals a {asked}",
    )
    read, given, recovered = (int(connection.execute(query, [old.id]).fetchall()[0][0]) for query in counts)
    return read, given - read, recovered

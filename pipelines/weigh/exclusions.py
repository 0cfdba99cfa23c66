"""`raters exclude` and `include`: decisions that leave a rater out of agreement, labels and exports, or undo that."""

from dataclasses import dataclass
from pathlib import Path

from annotate.answers.log import ANONYMOUS, is_anonymous
from pipelines.engine.catalog import Catalog, now
from pipelines.engine.pseudonyms import Pseudonyms
from schemas.answers import Decision
from schemas.errors import BadSetting, nearest

LEFT_OUT, COUNTS = "excluded", "included"

# The raters who are left out now, with the reason; of several decisions the latest counts.
WITH_REASON = f"""
    SELECT subject AS rater, arg_max(reason, "at") AS reason FROM decisions WHERE what IN ('{LEFT_OUT}', '{COUNTS}')
    GROUP BY subject HAVING arg_max(what, "at") = '{LEFT_OUT}'"""

# The same as a subquery of one column: `a.rater NOT IN (EXCLUDED)`.
EXCLUDED = f"SELECT rater FROM ({WITH_REASON})"

# Every corpus of which answers were imported.
CORPORA = """
    SELECT corpus FROM origins WHERE corpus IS NOT NULL
    UNION SELECT split_part(ref, '/', 1) FROM items WHERE kind = 'key' ORDER BY 1"""

# Who speaks for people in labels: persons, and the anonymous votes of a corpus; models and corpora never do.
PEOPLE = f"(a.rater IN (SELECT id FROM raters WHERE kind = 'person') OR regexp_matches(a.rater, '{ANONYMOUS}'))"


@dataclass(frozen=True)
class Excluded:
    """What became of one rater: left out or taken in again, and whether that is new."""

    rater: str
    excluded: bool
    reason: str | None
    new: bool


def exclude(home: Path, rater: str, reason: str, people: Pseudonyms | None = None) -> Excluded:
    """Leave a rater out from now on; the answers stay. Raises BadSetting for an unknown rater or an empty reason.

    A rater is named by the pseudonym, by its beginning if only one begins so, or, with `people`, by the name itself.
    """
    if not reason.strip():
        raise BadSetting(f"leaving out {rater!r} needs a reason that others can read later; give one with --reason")
    return _decide(home, _known(home, rater, people), LEFT_OUT, reason.strip())


def include(home: Path, rater: str, reason: str | None = None, people: Pseudonyms | None = None) -> Excluded:
    """Take a rater in again; raises BadSetting for an unknown one."""
    return _decide(home, _known(home, rater, people), COUNTS, reason)


def excluded(home: Path) -> dict[str, str]:
    """The raters who are left out, each with the reason."""
    return {rater: reason or "" for rater, reason in Catalog(home).rows(f"{WITH_REASON} ORDER BY rater")}


def names_of(catalog: Catalog, name: str) -> list[str]:
    """What pseudonyms of a person of this name are made of: the name, and for a rater that of the corpus before it."""
    return [name, *(f"{corpus}/{name}" for (corpus,) in catalog.rows(CORPORA))]


def _known(home: Path, rater: str, people: Pseudonyms | None) -> str:
    """The id of the rater somebody means."""
    catalog = Catalog(home)
    known = [name for (name,) in catalog.rows("SELECT DISTINCT id FROM raters ORDER BY id")]
    named = [name for name in known if not is_anonymous(name)]
    meant = {rater, *(map(people.of, names_of(catalog, rater)) if people else ())}
    fitting = [name for name in known if name in meant] or [name for name in named if name.startswith(rater)]
    if len(fitting) == 1:
        return str(fitting[0])
    if fitting:
        raise BadSetting(f"{rater!r} may be {' or '.join(fitting[:5])}; give the whole pseudonym")
    raise BadSetting(f"no rater {rater!r} has answered here; {nearest(rater, named)}")


def _decide(home: Path, rater: str, what: str, reason: str | None) -> Excluded:
    catalog = Catalog(home)
    with catalog.open() as connection:
        query = """SELECT what, reason FROM decisions WHERE subject = ? AND what IN (?, ?) ORDER BY "at" DESC LIMIT 1"""
        before = connection.execute(query, [rater, LEFT_OUT, COUNTS]).fetchall()
        was, why = before[0] if before else (COUNTS, None)
        new = (was, why) != (what, reason) if what == LEFT_OUT else was != what
        if new:
            catalog.commit(connection, [Decision(rater, what, reason, now())])
    return Excluded(rater, what == LEFT_OUT, reason, new)

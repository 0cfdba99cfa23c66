"""What is to be forgotten: the files, people, sources or rater that somebody's words mean."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, get_args

from pipelines.collect.codes import is_code, person_of
from pipelines.engine.catalog import Catalog
from pipelines.engine.pseudonyms import Pseudonyms
from pipelines.forget.stand_ins import real
from pipelines.weigh.exclusions import names_of
from schemas.errors import BadInput, BadSetting, nearest

Kind = Literal["file", "speaker", "contributor", "person", "source", "rater"]
KINDS: tuple[Kind, ...] = get_args(Kind)
GUESSED: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "person")  # a person is both, and has to be said
PSEUDONYM = re.compile(r"p[0-9a-f]{16}")
RATERS = "a rater goes by the name at sign-in or in the table, or by the pseudonym of: emocurate raters report"
PERSONS = "a person goes by the name in your tables, or by the pseudonym of: emocurate rights show FILE"
PEOPLE = ("speaker", "contributor", "person")

NAMES = "SELECT DISTINCT asset, name FROM statements ORDER BY name, asset"
SPOKEN = "SELECT DISTINCT asset FROM appears WHERE person = ? AND how = 'told' ORDER BY asset"
# Somebody of whom only what was corrected later names a file, or nothing but a record of consent.
NAMED = """
    SELECT 1 FROM statements WHERE speaker = $person UNION ALL SELECT 1 FROM segments WHERE speaker = $person
    UNION ALL SELECT 1 FROM consents WHERE person = $person
    AND person NOT IN (SELECT contributor FROM sources WHERE contributor IS NOT NULL) LIMIT 1"""
CONTRIBUTED = """
    SELECT DISTINCT s.asset FROM statements s JOIN sources o ON o.id = s.source WHERE o.contributor = ?
    UNION SELECT a.asset FROM arrivals a JOIN sources o ON o.id = a.source WHERE o.contributor = ? ORDER BY 1"""
SOURCES = "SELECT id FROM sources WHERE id = $source OR address = $source ORDER BY id"
# Files that came from these sources and from no other; those that came from elsewhere too stay, on that source's terms.
ONLY_FROM = """
    SELECT asset FROM arrivals GROUP BY asset
    HAVING bool_and(source IN (SELECT unnest($sources::VARCHAR[]))) ORDER BY asset"""


@dataclass(frozen=True)
class Subject:
    """What somebody means: the files that go, the sources that are believed no more, and who it is about.

    `words` is what was typed, `person` the pseudonym of a speaker, contributor or rater, `address` where media of the
    sources come from. `stand_ins` stood for the files while they could not be had: they go, too, and are no files.
    """

    kind: Kind
    words: str
    assets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    person: str | None = None
    address: str | None = None
    stand_ins: tuple[str, ...] = ()


def subject(home: Path, words: str, kind: Kind | None, people: Pseudonyms) -> Subject:
    """The subject that these words mean, of any kind unless one is given.

    Files are meant by their name, the end of it after a slash, a pattern with `*`, a folder (`session 3/`) or an id;
    people by name or pseudonym; sources by id or address. Raises BadInput where nothing or several things are meant.
    """
    looks: dict[Kind, Callable[[Catalog, str, Pseudonyms], Subject | None]] = {
        "file": _files,
        "speaker": _speaker,
        "contributor": _contributor,
        "person": _both,
        "source": _source,
        "rater": _rater,
    }
    catalog = Catalog(home)
    with catalog.open():  # held once for all that is looked for
        typed, coded = words, person_of(catalog, words)
        words = coded if coded and is_code(words) else words
        kinds = (kind,) if kind else GUESSED
        meant = [_real(catalog, one) for each in kinds if (one := looks[each](catalog, words, people))]
        if coded and not meant:  # a code of another form
            meant = [_real(catalog, one) for each in kinds if (one := looks[each](catalog, coded, people))]
    if [one.kind for one in meant] == ["file", "source"] and meant[0].assets == meant[1].assets:
        meant = meant[1:]  # a file that is called by its address and came from nowhere else: the address goes, too
    if len(meant) == 1:
        return meant[0]
    if meant:
        several = " and a ".join(one.kind for one in meant)
        both = ", or --as person for both" if {one.kind for one in meant} == {"speaker", "contributor"} else ""
        raise BadInput(f"{typed!r} is a {several} here; say which is meant with: --as {meant[0].kind}{both}")
    raise BadInput(
        f"nothing here is called {words!r}: no {kind or 'file, speaker, contributor, source or rater'}; "
        f"{_known(catalog, words, kind)}"
    )


def _known(catalog: Catalog, words: str, kind: Kind | None) -> str:
    """What there is of a kind; people are not listed: their names are not kept."""
    if kind == "rater":
        return RATERS
    if kind in PEOPLE:
        return PERSONS
    names = [name for _, name in catalog.rows(NAMES)] if kind != "source" else []
    addresses = "SELECT DISTINCT address FROM sources WHERE address IS NOT NULL"
    return nearest(words, {*names, *(one for (one,) in catalog.rows(addresses) if kind != "file")})


def _real(catalog: Catalog, one: Subject) -> Subject:
    return replace(one, assets=real(catalog, one.assets)) if one.assets else one


def _files(catalog: Catalog, words: str, _: Pseudonyms) -> Subject | None:
    rows = catalog.rows(NAMES)
    if "*" in words or words.endswith("/"):
        pattern = words + "*" if words.endswith("/") else words
        assets = {asset for asset, name in rows if fnmatchcase(name, pattern)}
    else:
        assets = {asset for asset, name in rows if words in (asset, name)}
        assets = assets or {asset for asset, name in rows if name.endswith(f"/{words}")}
        assets = {*real(catalog, assets)}
        if len(assets) > 1:
            names = ", ".join(repr(name) for asset, name in rows if asset in assets)
            raise BadInput(f"{words!r} may be {len(assets)} files: {names}; give more of the name, an id or a pattern")
    return Subject("file", words, tuple(sorted(assets))) if assets else None


def _speaker(catalog: Catalog, words: str, people: Pseudonyms) -> Subject | None:
    person = _pseudonym(words, people)
    assets = tuple(asset for (asset,) in catalog.rows(SPOKEN, [person]))
    is_known = assets or catalog.rows(NAMED, {"person": person})
    return Subject("speaker", words, assets, person=person) if is_known else None


def _contributor(catalog: Catalog, words: str, people: Pseudonyms) -> Subject | None:
    person = _pseudonym(words, people)
    assets = tuple(asset for (asset,) in catalog.rows(CONTRIBUTED, [person, person]))
    return Subject("contributor", words, assets, person=person) if assets else None


def _both(catalog: Catalog, words: str, people: Pseudonyms) -> Subject | None:
    """All that somebody speaks in or has contributed."""
    parts = [part for look in (_speaker, _contributor) if (part := look(catalog, words, people))]
    assets = tuple(sorted({asset for part in parts for asset in part.assets}))
    return replace(parts[0], kind="person", assets=assets) if parts else None


def _source(catalog: Catalog, words: str, _: Pseudonyms) -> Subject | None:
    sources = tuple(source for (source,) in catalog.rows(SOURCES, {"source": words}))
    if not sources:
        return None
    assets = tuple(asset for (asset,) in catalog.rows(ONLY_FROM, {"sources": list(sources)}))
    rows = catalog.rows("SELECT DISTINCT address FROM sources WHERE id IN (SELECT unnest(?::VARCHAR[]))", [[*sources]])
    return Subject("source", words, assets, sources, address=rows[0][0] if len(rows) == 1 else None)


def _rater(catalog: Catalog, words: str, people: Pseudonyms) -> Subject | None:
    meant = {words, *map(people.of, names_of(catalog, words))}
    known = [rater for (rater,) in catalog.rows("SELECT DISTINCT id FROM raters ORDER BY id") if rater in meant]
    if len(known) > 1:
        raise BadSetting(f"{words!r} may be the raters {', '.join(known)}; give one of these pseudonyms")
    return Subject("rater", words, person=known[0]) if known else None


def _pseudonym(words: str, people: Pseudonyms) -> str:
    return words if PSEUDONYM.fullmatch(words) else people.of(words)

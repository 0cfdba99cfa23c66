"""Published corpora whose folders we know: where their tables lie, what their file names say, their licence."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import PurePosixPath

from annotate.ratings.inference import scheme_of
from annotate.ratings.layout import Layout, presets
from annotate.ratings.meanings import Reading, reading
from schemas.errors import BadSetting, nearest
from schemas.scheme import shipped_schemes
from schemas.tables import built


@dataclass(frozen=True)
class Table:
    """Files that one preset reads, by a pattern of their path's end; `unless` another preset found its own."""

    files: str
    preset: str
    unless: str = ""


@dataclass(frozen=True)
class Corpus:
    """One corpus; `names` is the preset that reads its file names, `speaker` a group of that pattern.

    `attribution` is whom its authors ask to name, `requested` the question of that preset which says what somebody was
    asked to show, `unusable` are beginnings of names of files its authors report as broken.
    """

    name: str
    licence: str = ""
    address: str = ""
    attribution: str = ""
    language: str = ""
    names: str = ""
    speaker: str = ""
    requested: str = ""
    unusable: tuple[str, ...] = ()
    table: tuple[Table, ...] = ()


@cache
def corpora() -> dict[str, Corpus]:
    """The corpora that come with emocurate, by name."""
    data = tomllib.loads((files("annotate.ratings") / "corpora.toml").read_text("utf-8"))
    return {table["name"]: built(Corpus, table, f"corpus {table['name']}") for table in data["corpus"]}


def load_corpus(name: str) -> Corpus:
    """A corpus by name; raises BadSetting."""
    if name not in corpora():
        raise BadSetting(
            f"no corpus {name!r}; {nearest(name, corpora())}; for another, type emocurate add FOLDER --metadata TABLE "
            "and emocurate answers import TABLE"
        )
    return corpora()[name]


def tables_of(corpus: Corpus, names: Sequence[str]) -> dict[str, list[str]]:
    """The corpus's tables among the files of a folder, by preset; of files with one name the first in order counts."""
    by_preset: dict[str, list[str]] = {}
    for table in corpus.table:
        first: dict[str, str] = {}
        for name in sorted(names):
            if PurePosixPath(name).match(table.files):
                first.setdefault(PurePosixPath(name).name, name)
        if first and table.unless not in by_preset:
            by_preset[table.preset] = list(first.values())
    return by_preset


@dataclass(frozen=True)
class FileNames:
    """What the names of a corpus's files say: the groups of the pattern, read as answers."""

    layout: Layout
    readings: Mapping[str, Reading]

    def groups(self, name: str) -> dict[str, str]:
        """The groups of a name, empty when it does not follow the pattern."""
        match = re.fullmatch(self.layout.pattern, PurePosixPath(name).stem, re.IGNORECASE)
        return dict(match.groupdict()) if match else {}

    def says(self, name: str, question: str) -> str | None:
        """The canonical answer a name gives to a question; None when it gives none."""
        asked = next(asked for asked in self.layout.question if asked.name == question)
        return self.readings[question](self.groups(name).get(asked.value, "")).value


def file_names(corpus: Corpus) -> FileNames | None:
    """How the corpus's file names are read; None when they say nothing."""
    if not corpus.names:
        return None
    layout = presets()[corpus.names]
    scheme = scheme_of(layout, (), shipped_schemes().__getitem__)
    readings = {asked.name: reading(scheme.question(asked.name), asked) for asked in layout.question}
    return FileNames(layout, readings)

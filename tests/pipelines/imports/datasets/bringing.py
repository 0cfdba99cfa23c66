"""What the tests of datasets share: how one is brought in, and what the collection holds then."""

from pathlib import Path
from typing import Any

from pipelines import collection
from pipelines.engine.catalog import Catalog
from pipelines.imports.datasets.bring import DatasetImported, GivenDataset, import_dataset
from schemas.media import Source

CC_BY = Source("licence", "CC-BY-4.0")


def brought(home: Path, *places: Path | str, **told: Any) -> DatasetImported:
    """Import a dataset; whatever is in it, its rows add up."""
    given = GivenDataset(home, collection.find(home).people, tuple(map(str, places)), told.pop("source", CC_BY), **told)
    done = import_dataset(given)
    counts = done.counts
    assert counts.rows == counts.kept + sum(counts.dropped.values()) + len(counts.failed)
    return done


def names(home: Path) -> list[str]:
    """The names of all media that came."""
    query = "SELECT DISTINCT name FROM statements JOIN assets ON assets.id = asset ORDER BY name"
    return [name for (name,) in Catalog(home).rows(query)]


def keys(home: Path) -> list[tuple[str, str]]:
    """(corpus, key) of every medium."""
    return Catalog(home).rows("SELECT corpus, key FROM corpus_keys ORDER BY ALL")


def answers(home: Path) -> list[tuple[Any, ...]]:
    """(key in the corpus, question, value, kind of rater) of every answer about a whole file."""
    return Catalog(home).rows(
        """SELECT n.key, a.question, a.value, r.kind FROM current_answers a JOIN asks k ON k.id = a.ask
           JOIN about o USING (item) JOIN corpus_keys n ON n.asset = o.asset JOIN raters r ON r.id = a.rater
           WHERE a.state = 'given' ORDER BY ALL"""
    )

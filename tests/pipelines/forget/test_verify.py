"""`forget --verify` finds words also where a file packs them."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines import collection
from pipelines.engine.catalog import Catalog, insert
from pipelines.forget.verify import verify
from schemas.answers import Rater
from schemas.errors import BadInput

WORDS = "Zoë Canary"


def found(home: Path, words: str = WORDS) -> tuple[str, ...]:
    return verify(collection.find(home), words).found


def test_a_word_in_a_column_of_a_parquet_file_is_found(home: Path) -> None:
    assert found(home) == ()
    names = [f"take {number * 7919} by {WORDS}" for number in range(5_000)]
    table = pa.table({"a": pa.array([["x", name] for name in names]), "b": pa.array(names).dictionary_encode()})
    for name in ("a", "b"):
        pq.write_table(table.select([name]), home / f"{name}.parquet", compression="gzip", write_statistics=False)
    assert WORDS.encode() not in (home / "a.parquet").read_bytes()
    assert set(found(home)) == {"a.parquet", "b.parquet"}


def test_a_word_that_the_catalog_packs_is_found_with_its_table(home: Path) -> None:
    with Catalog(home).open() as connection:
        connection.execute(
            "INSERT INTO statements (name) SELECT 'a long way to a file called ' || (range % 977) || '.wav' "
            "FROM range(300000)"
        )
        connection.execute("INSERT INTO statements (name) SELECT 'a long way to Zoë Canary ' || range FROM range(9999)")
    raw = WORDS.encode() in (home / "catalog.duckdb").read_bytes()
    assert found(home) == (("catalog.duckdb",) if raw else ("catalog.duckdb, table statements",))


def test_a_word_as_json_writes_it_is_found(home: Path) -> None:
    (home / "note.json").write_text('{"name": "Zo\\u00eb Canary"}')
    assert found(home) == ("note.json",)


def test_a_rater_of_a_table_is_found_by_the_name_that_the_table_has(home: Path) -> None:
    pseudonym = collection.find(home).people.of("votes/Zoë Canary")
    Catalog(home).add([Rater(pseudonym, "person")])
    assert found(home) == ()
    with Catalog(home).open() as connection:
        insert(connection, "origins", {"id": ["o"], "server": ["table"], "corpus": ["votes"]})
    assert found(home) == ("catalog.duckdb",)


@pytest.mark.parametrize("code", ["W-ABCD-EFGH-2345-6789", "w abcd efgh 2345 6789", "WABCDEFGH23456789"])
def test_a_code_is_not_searched_for_as_if_it_were_a_name(home: Path, code: str) -> None:
    with pytest.raises(BadInput, match="a code leads to nobody"):
        found(home, code)


@pytest.mark.parametrize(
    "name", ["Wolfgang Schneider", "WolfgangSchneider", "W. Mary Anne John Paul", "w_2024_0001_0002_anna"]
)
def test_a_name_that_is_much_like_a_code_is_searched_for(home: Path, name: str) -> None:
    assert found(home, name) == ()

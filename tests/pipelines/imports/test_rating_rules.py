"""What counts of a table: drops, repeats, times, skips, raters, and which item is which medium."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from annotate.ratings.layout import Asked, presets
from pipelines import collection
from pipelines.collect.add import Intake, add
from pipelines.collect.metadata import Metadata
from pipelines.engine.catalog import Catalog
from pipelines.imports.commit import NO_TIME
from schemas.answers import Item
from schemas.media import Asset, Clip, Source, Statement
from tests.pipelines.imports.rating_tables import LONG, ROWS, Import, held

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 50


def test_dropped_rows_and_items_with_too_few_answers_are_left_out_and_counted(bring: Import, home: Path) -> None:
    done = bring(
        "id,V,A,D\na,1,1,1\na,2,3,4\na,2,4,4\nb,1,1,1\nb,5,5,5\nc,3,3,3\nc,3,3,3\n", presets()["emobank-reader"]
    )
    assert {ref for ref, *_ in held(home)} == {"emobank/a", "emobank/c"}
    assert (done.rows.dropped, done.removed.few_items, done.removed.few_answers) == (2, 1, 3)
    assert done.rows.rows == done.rows.used + done.rows.dropped + done.rows.refused


def test_emobanks_published_means_come_out_of_its_raw_ratings(bring: Import, home: Path) -> None:
    bring("id,V,A,D\na,1,1,1\na,3,3,3\na,3,4,3\na,4,3,3\n", presets()["emobank-reader"])
    rows = Catalog(home).rows(
        "SELECT question, round(avg(value::DOUBLE), 2), round(stddev_pop(value::DOUBLE), 2), count(*) FROM answers GROUP BY 1 ORDER BY 1"
    )
    assert rows == [("arousal", 3.33, 0.47, 3), ("dominance", 3.0, 0.0, 3), ("valence", 3.33, 0.47, 3)]


@pytest.mark.parametrize(("repeats", "value"), [("last", '"fear"'), ("first", '"anger"')])
def test_of_repeated_answers_the_last_in_time_counts_or_the_first(
    bring: Import, home: Path, repeats: Any, value: str
) -> None:
    rows = "clip,who,label,at\nc1,ann,fear,2024-01-02\nc1,ann,anger,2024-01-01\nc2,ann,fear,2024-01-01\nc2,ann,fear,2024-01-01\n"
    done = bring(rows, replace(LONG, time="at", repeats=repeats))
    assert held(home) == [("lab/c1", "emotion", value), ("lab/c2", "emotion", '"fear"')]
    assert (done.removed.repeated, done.removed.changed) == (2, 1)


def test_repeated_answers_can_be_kept_as_repeats_of_the_ask(bring: Import, home: Path) -> None:
    bring("clip,who,label\nc1,ann,fear\nc1,ann,anger\n", replace(LONG, repeats="number"))
    assert Catalog(home).rows('SELECT "repeat" FROM asks ORDER BY 1') == [(0,), (1,)]
    assert len(held(home)) == 2


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("2024-05-01T10:00:00+02:00", "2024-05-01T08:00:00.000000Z"),
        ("2024-05-01 10:00:00.25", "2024-05-01T10:00:00.250000Z"),
        ("1714557600", "2024-05-01T10:00:00.000000Z"),
        ("1714557600123", "2024-05-01T10:00:00.123000Z"),
        ("", NO_TIME),
    ],
)
def test_times_are_kept_in_utc(bring: Import, home: Path, told: str, expected: str) -> None:
    bring(f"clip,who,label,at\nc1,ann,fear,{told}\n", replace(LONG, time="at"))
    assert Catalog(home).rows("SELECT updated_at FROM answers") == [(expected,)]


def test_a_time_that_is_none_is_refused(bring: Import) -> None:
    done = bring("clip,who,label,at\nc1,ann,fear,yesterday\n", replace(LONG, time="at"))
    assert [one.reason for one in done.rows.first] == ["yesterday is no time"]


def test_rows_in_order_of_time_keep_their_order_without_a_time(bring: Import, home: Path) -> None:
    bring(ROWS, replace(LONG, order="rows"))
    times = Catalog(home).rows("SELECT updated_at FROM answers ORDER BY updated_at")
    assert [time[-7:] for (time,) in times] == ["000001Z", "000002Z", "000003Z"]


def test_durations_are_kept_in_milliseconds(bring: Import, home: Path) -> None:
    bring("clip,who,label,took\nc1,ann,fear,1.25\n", replace(LONG, duration="took", duration_unit="s"))
    assert Catalog(home).rows("SELECT duration_ms FROM answers") == [(1250,)]


def test_skipped_rows_are_skips_of_the_whole_ask(bring: Import, home: Path) -> None:
    layout = replace(LONG, question=(replace(LONG.question[0], skip="unclear"),))
    bring("clip,who,label,unclear\nc1,ann,,True\nc1,bob,fear,False\n", layout)
    rows = Catalog(home).rows("SELECT question, value, state FROM answers ORDER BY state")
    assert rows == [("emotion", '"fear"', "given"), ("*", None, "skipped")]


def test_people_are_pseudonyms_and_nobody_elses_outside_their_corpus(bring: Import, home: Path) -> None:
    bring(ROWS)
    bring(ROWS, replace(LONG, corpus="other"))
    raters = {rater for (rater,) in Catalog(home).rows("SELECT id FROM raters")}
    assert len(raters) == 4
    assert not any("ann" in rater or "bob" in rater for rater in raters)


def test_people_known_everywhere_are_the_same_in_every_table(bring: Import, home: Path) -> None:
    people = collection.find(home).people
    bring(ROWS, replace(LONG, everywhere=True))
    bring(ROWS, replace(LONG, everywhere=True, corpus="other"))
    assert {rater for (rater,) in Catalog(home).rows("SELECT id FROM raters")} == {people.of("ann"), people.of("bob")}


def test_raters_that_are_models_keep_their_names(bring: Import, home: Path) -> None:
    bring(ROWS.replace("bob", "Gemini 2"), replace(LONG, models=("gemini*",)))
    assert ("Gemini 2", "model") in Catalog(home).rows("SELECT id, kind FROM raters")


def test_keys_that_are_names_of_media_become_those_media(bring: Import, home: Path, tmp_path: Path) -> None:
    (tmp_path / "media" / "deep").mkdir(parents=True)
    (tmp_path / "media" / "deep" / "c1.png").write_bytes(PNG)
    bring(ROWS.replace("c1,", "c1.png,"))
    intake = Intake(home, Source("unknown"), Metadata(), collection.find(home).people)
    add(intake, [tmp_path / "media"])
    done = bring(ROWS.replace("c1,", "c1.png,"))
    assert (done.media, done.committed.new, done.committed.withdrawn) == (1, 2, 2)
    ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
    clip = Clip(asset, "whole").id
    assert [(ref, value) for ref, _, value in held(home)] == [
        (clip, '"anger"'), (clip, '"fear"'), ("lab/c2", '"fear"'),
    ]  # fmt: skip
    assert Catalog(home).rows("SELECT id, kind, start_ms, end_ms, box FROM clips") == [
        (clip, "whole", None, None, None)
    ]


def test_each_name_of_the_same_bytes_is_an_ask_of_its_own(bring: Import, home: Path, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    for name in ("a.png", "b.png"):
        (tmp_path / "media" / name).write_bytes(PNG)
    add(Intake(home, Source("unknown"), Metadata(), collection.find(home).people), [tmp_path / "media"])
    bring("clip,who,label\nb.png,ann,fear\na.png,ann,anger\na.png,bob,fear\n")
    rows = Catalog(home).rows(
        """SELECT k.repeat, a.value, count(DISTINCT k.item) OVER () FROM answers a JOIN asks k ON k.id = a.ask
           JOIN raters r ON r.id = a.rater ORDER BY ALL"""
    )
    assert [row[:2] for row in rows] == [(0, '"anger"'), (0, '"fear"'), (1, '"fear"')]


def test_a_file_that_was_rated_before_there_were_whole_clips_keeps_its_item(
    bring: Import, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "c1.png").write_bytes(PNG)
    add(Intake(home, Source("unknown"), Metadata(), collection.find(home).people), [tmp_path / "c1.png"])
    ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
    Catalog(home).add([Item("asset", asset), Clip(asset, "whole")])
    bring(ROWS.replace("c1,", "c1.png,"))
    assert Catalog(home).rows("SELECT kind FROM about WHERE asset IS NOT NULL") == [("asset",)]


FIRST = replace(LONG, scheme="ekman", question=(Asked(name="emotion", value="label"),))
SECOND = replace(FIRST, part="second")  # another table of the same corpus: the same raters, items and asks


def counted(home: Path) -> list[tuple[Any, ...]]:
    """(kind of item, answer) of every answer that counts over all tables."""
    return Catalog(home).rows(
        """SELECT i.kind, a.value FROM read_answers a JOIN items i ON i.id = a.item
           WHERE a.state = 'given' ORDER BY ALL"""
    )


def test_what_a_table_moves_to_media_hides_no_answer_of_another_table(
    bring: Import, home: Path, tmp_path: Path
) -> None:
    rows = "clip,who,label\nc1.png,ann,{}\n"
    bring(rows.format("anger"), FIRST)
    bring(rows.format("fear"), SECOND)
    assert len(counted(home)) == 1  # both tables hold an answer of one rater about one item
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "c1.png").write_bytes(PNG)
    add(Intake(home, Source("unknown"), Metadata(), collection.find(home).people), [tmp_path / "media"])
    bring(rows.format("anger"), FIRST)
    assert counted(home) == [("clip", '"anger"'), ("key", '"fear"')]
    bring(rows.format("fear"), SECOND)
    assert [kind for kind, _ in counted(home)] == ["clip"]


def test_what_a_table_no_longer_holds_another_table_still_says(bring: Import, home: Path) -> None:
    bring(ROWS, FIRST)
    bring(ROWS, SECOND)
    assert bring("clip,who,label\nc2,ann,fear\n", FIRST, replace=True).committed.withdrawn == 2
    assert counted(home) == [("key", '"anger"'), ("key", '"fear"'), ("key", '"fear"')]


def test_a_name_that_two_media_have_stays_a_key_and_is_counted(bring: Import, home: Path, tmp_path: Path) -> None:
    for place in ("a", "b"):
        (tmp_path / "media" / place).mkdir(parents=True)
        (tmp_path / "media" / place / "c1.png").write_bytes(PNG + place.encode())
    add(Intake(home, Source("unknown"), Metadata(), collection.find(home).people), [tmp_path / "media"])
    done = bring(ROWS.replace("c1,", "c1.png,"))
    assert (done.media, done.ambiguous) == (0, 1)
    assert bring(ROWS.replace("c1,", "a/c1.png,"), replace(LONG, corpus="other")).media == 1


def test_a_key_that_is_the_id_of_an_asset_is_that_asset(bring: Import, home: Path, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "x.png").write_bytes(PNG)
    add(Intake(home, Source("unknown"), Metadata(), collection.find(home).people), [tmp_path / "media"])
    ((asset,),) = Catalog(home).rows("SELECT id FROM assets")
    assert bring(ROWS.replace("c1,", f"{asset},")).media == 1


def test_a_name_of_a_file_that_comes_later_moves_no_earlier_one(bring: Import, home: Path) -> None:
    asset = Asset("a" * 32, "sound", "wav", 1)
    Catalog(home).add([asset, Statement(asset.id, "two.wav", "batch", "2026-01-01T00:00:00.000000Z")])
    bring("clip,who,label\ntwo.wav,ann,fear\n", LONG)
    Catalog(home).add([Statement(asset.id, "one.wav", "batch", "2026-02-01T00:00:00.000000Z")])
    bring("clip,who,label\none.wav,ann,anger\n", LONG)
    query = "SELECT k.repeat, a.value FROM latest_answers a JOIN asks k ON k.id = a.ask ORDER BY ALL"
    assert Catalog(home).rows(query) == [(0, '"fear"'), (1, '"anger"')]

"""How far splits are from their shares is told for all clips and for the worst language and emotion."""

import duckdb

from pipelines.release.balance import Deviation, deviations
from schemas.sections import ExportSettings


def test_the_worst_split_of_the_worst_language_is_told_and_few_clips_are_not() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            """CREATE TABLE samples_voice AS
               SELECT if(n < 80, 'train', 'test') AS split, if(n < 40, 'de', 'fr') AS language, NULL::VARCHAR AS requested
               FROM range(100) t(n)
               UNION ALL SELECT 'test', 'it', NULL FROM range(5)"""
        )
        told = deviations(connection, ["voice"], ExportSettings(0.8, 0.1, 0.1))
    assert (told[0].what, told[0].split, told[0].wanted) == ("voices", "test", 0.1)
    assert abs(told[0].share - 25 / 105) < 1e-9
    assert told[1] == Deviation("voices in language", "fr", 60, "test", 20 / 60, 0.1)

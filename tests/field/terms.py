"""What is known of every file, for CASE-05: re-pointed to the views `rights` and `described` and to `statements`."""

import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

QUERY = """
    SELECT min(s.name), r.basis, r.licence, r.attribution, r.model, d.speaker, d.language, d.transcript
    FROM rights r LEFT JOIN described d USING (asset) LEFT JOIN statements s USING (asset) GROUP BY ALL ORDER BY 1"""

with tempfile.TemporaryDirectory() as folder:
    copy = shutil.copy(Path(sys.argv[1]) / "catalog.duckdb", folder)
    with duckdb.connect(str(copy)) as connection:
        for row in connection.sql(QUERY).fetchall():
            print(*row, sep="|")

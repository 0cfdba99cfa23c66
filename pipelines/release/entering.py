"""Which clips may leave as media, which as labels alone, and why: their terms, and the licences the settings allow."""

from collections.abc import Mapping

from duckdb import DuckDBPyConnection

from pipelines.release.preflight import spelling
from schemas.sections import PublishSettings

# What stands against an asset as media and as labels, the terms of all its layers looked at. `bound` is a licence
# without derivatives, `barred` one that the settings do not allow.
ENTERING = r"""
    CREATE OR REPLACE TEMP TABLE entering AS
    WITH granted AS (SELECT asset, basis, licence FROM rights
                     UNION ALL SELECT asset, basis, licence FROM terms WHERE layer <> 'recording'),
    spelled AS (SELECT *, lower(regexp_replace(trim(licence), '[\s_]+', '-', 'g')) AS spelling FROM granted),
    licensed AS (
        SELECT asset, bool_or(basis = 'tdm') AS mined,
               bool_or(basis IN ('licence', 'consent') AND licence IS NULL) AS unnamed,
               min(licence) FILTER (NOT list_contains($allowed, spelling)) AS barred,
               min(licence) FILTER (regexp_matches(spelling, '-nd\b')) AS bound
        FROM spelled GROUP BY asset),
    days AS (SELECT asset, max(fetched_at)[:10] AS fetched_on FROM fetches WHERE outcome = 'fetched' GROUP BY asset)
    SELECT f.asset, f.against_labels, bound, d.fetched_on, o.evidence,
           coalesce(f.against_media,
                    CASE WHEN mined THEN 'what is taken for text and data mining may not be passed on'
                         WHEN unnamed THEN 'its licence is not known' END) AS against_media,
           'licence ' || barred || ' is not in publish.licences' AS barred
    FROM forms f JOIN licensed USING (asset) JOIN rights r USING (asset) LEFT JOIN sources o ON o.id = r.source
    LEFT JOIN days d USING (asset)"""

# In the query of samples, where `e` is the table above and `c` the clip: why one may not leave as media.
AGAINST_MEDIA = """
    CASE WHEN $internal THEN NULL WHEN e.against_media IS NOT NULL THEN e.against_media
         WHEN e.bound IS NOT NULL AND c.kind <> 'whole'
             THEN 'no derivatives (' || e.bound || '): a cut is taken for an adaptation'
         ELSE e.barred END"""


def judge(connection: DuckDBPyConnection, publish: PublishSettings) -> None:
    """Temporary table `entering`: what stands against the forms of every asset, and what its terms rest on."""
    connection.execute(ENTERING, {"allowed": [spelling(licence) for licence in publish.licences]})


def part_refused(connection: DuckDBPyConnection, name: str, publish: PublishSettings) -> None:
    """Give samples that may not leave as media their form: `labels`, or `none` with the whole reason."""
    connection.execute(
        f"""UPDATE scratch.samples_{name} SET
                form = if($labels_only AND against_labels IS NULL, 'labels', 'none'),
                reason = if($labels_only AND against_labels IS NULL, NULL, against_media)
                         || if($labels_only AND against_labels <> against_media, '; nor labels: ' || against_labels, '')
            WHERE reason IS NULL AND against_media IS NOT NULL""",
        {"labels_only": publish.labels_only},
    )


def set_apart(connection: DuckDBPyConnection, name: str) -> None:
    """Move the samples of which labels alone leave to a table of their own, without what is said in them."""
    connection.execute(
        f"""CREATE TABLE bare_{name} AS SELECT * REPLACE (NULL::VARCHAR AS transcript, NULL::VARCHAR AS transcript_by)
            FROM samples_{name} WHERE form = 'labels' AND reason IS NULL"""
    )
    connection.execute(f"DELETE FROM samples_{name} WHERE form = 'labels' AND reason IS NULL")


def bare_counts(connection: DuckDBPyConnection, names: list[str]) -> Mapping[str, int]:
    """How many clips leave as labels alone, by the reason why their media do not."""
    union = " UNION ALL ".join(f"SELECT against_media FROM bare_{name}" for name in names)
    return dict(connection.execute(f"SELECT against_media, count(*) FROM ({union}) GROUP BY 1 ORDER BY 1").fetchall())

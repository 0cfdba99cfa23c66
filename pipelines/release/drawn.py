"""The labels of a release: drawn from the answers of every kind of raters, apart."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from annotate.answers.log import ANONYMOUS
from pipelines.engine.catalog import Catalog
from pipelines.imports.commit import NAMES
from pipelines.release.flat import ACTED as ACTED_NAME
from pipelines.release.flat import SUFFIX
from pipelines.weigh import agree
from pipelines.weigh.outcomes import label_batches
from schemas.answers import RaterKind
from schemas.release import LabelledBy
from schemas.settings import Settings

# Raters that are the names of acted files: they say what was intended, not what was perceived.
ACTED = f"SELECT DISTINCT a.rater FROM answers a JOIN origins o ON o.id = a.origin WHERE o.server = '{NAMES}'"
NAMED = f"SELECT id FROM raters WHERE kind = 'corpus' AND NOT regexp_matches(id, '{ANONYMOUS}')"
# Labels as they come, six digits of every number.
LABELS = """
    INSERT INTO labels BY NAME
    SELECT i.clip, l.scheme, l.question, l.method, l.n, l.category AS value_category, l.number AS value_number,
           round(l.confidence, 6) AS confidence, l.tied, l.names,
           list_transform(l.shares, lambda share: round(share, 6)) AS shares,
           round(l.deviation, 6) AS deviation, round(l.agreement, 6) AS agreement, l."by"
    FROM incoming l JOIN items i USING (item)"""


def keep_labels(connection: DuckDBPyConnection, home: Path, settings: Settings, by: Sequence[RaterKind]) -> None:
    """Table `labels`: those of every kind of rater, apart; the question names what models and corpora say."""
    connection.execute(
        """CREATE TABLE labels (clip VARCHAR, scheme VARCHAR, question VARCHAR, method VARCHAR, n BIGINT,
           value_category VARCHAR, value_number DOUBLE, confidence DOUBLE, tied VARCHAR[], names VARCHAR[],
           shares DOUBLE[], deviation DOUBLE, agreement DOUBLE, "by" VARCHAR)"""
    )
    for kind in by:
        for batch in _label_batches(home, settings, kind):
            connection.register("incoming", pa.Table.from_batches([batch]))
            connection.execute(LABELS)


def _label_batches(home: Path, settings: Settings, kind: RaterKind) -> Iterator[pa.RecordBatch]:
    """The labels drawn from the answers of one kind of raters, question by question; what was acted is told apart."""
    parts: dict[LabelledBy, set[str] | None] = {kind: None}
    if kind == "corpus":
        acted, named = ({rater for (rater,) in Catalog(home).rows(query)} for query in (ACTED, NAMED))
        parts = {"corpus": named - acted, "intended": acted}
    for by, only in parts.items():
        for batch in label_batches(home, agree.methods(settings), (kind,), only):
            plain = pc.replace_substring_regex(batch["question"], f"^{ACTED_NAME}", "")
            question = pc.binary_join_element_wise(plain, SUFFIX[by], "")
            renamed = batch.set_column(batch.schema.get_field_index("question"), "question", question)
            yield renamed.append_column("by", pa.repeat(by, len(batch)))

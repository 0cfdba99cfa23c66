"""What goes into a release: labelled clips with answers and terms, copied from the catalog into a scratch database."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from annotate.answers.log import ANONYMOUS
from pipelines.cutting import MediaForm, media_form, released_path
from pipelines.engine import live
from pipelines.engine.catalog import Catalog
from pipelines.engine.held import RIGHTS, hold, hold_answers
from pipelines.engine.instances import beside
from pipelines.engine.links import ALTERED
from pipelines.find import groups
from pipelines.find.thresholds import choose, looked_for
from pipelines.gates import gates, gates_of, know
from pipelines.release.balance import deviations
from pipelines.release.drawn import keep_labels
from pipelines.release.entering import AGAINST_MEDIA, bare_counts, judge, part_refused, set_apart
from pipelines.release.flat import flat_labels
from pipelines.release.gaps import GROUPS, Look, gaps
from pipelines.release.leaks import copy_links, leaks, part_repeated
from pipelines.release.order import Wanted
from pipelines.release.pinned import listed
from pipelines.release.placing import NONE_KEPT
from pipelines.release.preflight import STANDING
from pipelines.release.samples import Gathered
from pipelines.release.splits import Pins, draw_splits
from pipelines.release.weighting import hold_strata, weigh
from pipelines.tables.scratch import literal, scratch_database
from pipelines.weigh import agree
from pipelines.weigh.exclusions import EXCLUDED
from pipelines.weigh.flagged import WITHHELD
from pipelines.weigh.questions import schemes
from schemas.answers import RaterKind
from schemas.ids import canonical
from schemas.modality import MODALITIES, VOICE, ModalityName
from schemas.release import SPLITS, LabelSource
from schemas.scheme import QuestionType
from schemas.settings import Settings

MEMORY = "600MB"  # what the database may hold of answers and clips; it puts the rest on the disk
CUT_AT_ONCE = 50_000  # clips whose cutting is planned together
NAMED = 1_000  # names of files that are left out
KINDS: tuple[RaterKind, ...] = ("person", "model", "corpus")
CONFLICT = (
    "sources that contradict each other; say who granted what: emocurate rights resolve FILE --licence X --evidence …, "
    "with --layer L where it is not about the recording"
)
UNCONSENTED = (
    "people whose consent covers neither training nor publishing, has expired or was withdrawn, and media whose site "
    "has opted out or that are taken for copies of what was forgotten"
)
SAMPLED = "below a threshold, and asked about only to see what that costs (push --dropped)"
TORN = "released in another split than most of what they are linked with now; they keep that split"
UNCUT = "could not be cut from the file; find out why with: emocurate doctor --verify"
VIDEO = "rated videos, which are of no one modality; ask about their utterances and faces"

# Clips with enough raters of a kind who answered; whoever was asked about is pinned, so every one of them is live.
# Kinds are people and the votes of a corpus that are anonymous; models; corpora that say whose votes they are.
LABELLED = f"""
    CREATE OR REPLACE TEMP TABLE labelled AS
    SELECT o.clip, o.asset_kind = 'video' AND o.clip_kind = 'whole' AS is_video,
           if(regexp_matches(a.rater, '{ANONYMOUS}'), 'person', r.kind) AS of_kind
    FROM read_answers a JOIN about o USING (item) LEFT JOIN raters r ON r.id = a.rater
    WHERE a.state = 'given' AND o.clip IS NOT NULL AND a.rater NOT IN ({EXCLUDED})
    GROUP BY ALL HAVING count(DISTINCT a.rater) >= if(of_kind = 'person', $least, 1)"""

# Of the clips that `next` drew, 1 / the probability that any of its draws took them.
WEIGHTS = """SELECT b.clip, round(1 / (1 - exp(sum(ln(1 - least(d.value, 1 - 1e-9))))), 6) AS weight
             FROM decisions d JOIN about b ON b.item = d.subject
             WHERE regexp_matches(d.what, '^(proposed|selected) ') AND d.value > 0 AND b.clip IS NOT NULL
             GROUP BY b.clip"""

# The wanted clips of a modality with all that is known of them but labels and answers, and why one stays out.
# Neighbours are those in the recording, wanted or not.
SAMPLES = """
    CREATE TABLE scratch.samples_{name} AS
    SELECT c.id AS key, c.* EXCLUDE (id, reason, pinned, altered), c.end_ms - c.start_ms AS duration_ms,
           c.reason AS below, s.split, r.source, r.basis, r.licence, r.address AS source_address, r.scopes,
           r.attribution, r.model, r.model_version, coalesce(d.requested, r.requested) AS requested, d.speaker,
           d.language, x.transcript, x.transcript_by, coalesce(n.corpus_keys, []) AS corpus_keys, e.selections,
           t.takes, l.terms,
           assets.kind AS asset_kind, w.weight, {AGAINST_MEDIA} AS against_media, e.against_labels, e.fetched_on,
           if({AGAINST_MEDIA} IS NULL, NULL, e.evidence) AS evidence, NULL::VARCHAR AS form,
           CASE WHEN c.altered IS NOT NULL THEN c.altered WHEN r.conflict THEN $conflict
                WHEN h.reason IS NOT NULL THEN h.reason WHEN c.reason IS NOT NULL AND NOT c.pinned THEN $sampled
                WHEN NOT r.may_release THEN $unconsented
                WHEN list_contains($torn, c.id) THEN $torn_reason END AS reason
    FROM (SELECT *, lag(id) OVER recording AS previous, lead(id) OVER recording AS next FROM chosen_{name}
          WINDOW recording AS (PARTITION BY asset, kind = 'whole' ORDER BY start_ms, end_ms, id)) c
    JOIN assets ON assets.id = c.asset JOIN asset_splits s ON s.asset = c.asset JOIN rights r ON r.asset = c.asset
    JOIN entering e ON e.asset = c.asset
    LEFT JOIN described d ON d.asset = c.asset LEFT JOIN clip_transcripts x ON x.clip = c.id
    LEFT JOIN (SELECT asset, list({{layer: layer, source: source, basis: basis, licence: licence,
                                    attribution: attribution}} ORDER BY layer) AS terms
               FROM terms WHERE layer <> 'recording' GROUP BY asset) l ON l.asset = c.asset
    LEFT JOIN (SELECT asset, list(corpus || '/' || key ORDER BY ALL) AS corpus_keys FROM corpus_keys GROUP BY asset) n
        ON n.asset = c.asset
    LEFT JOIN (SELECT o.clip, list({{draw: split_part(d.what, ' ', 2), reason: d.reason, probability: d.value}}
                                   ORDER BY d."at", d.what) AS selections
               FROM decisions d JOIN about o ON o.item = d.subject
               WHERE d.value IS NOT NULL AND (starts_with(d.what, 'selected ') OR starts_with(d.what, 'proposed '))
               GROUP BY o.clip) e ON e.clip = c.id
    LEFT JOIN ({WEIGHTS}) w ON w.clip = c.id LEFT JOIN withheld h ON h.clip = c.id
    LEFT JOIN (SELECT asset, list({{kind: kind, "group": "group", rank: rank}} ORDER BY kind, "group") AS takes
               FROM takes GROUP BY asset) t ON t.asset = c.asset
    WHERE c.id IN (SELECT clip FROM wanted)"""

# Reasons for a skip that are choices and no words of the rater's own.
FLAGS = tuple(sorted({canonical(flag) for modality in MODALITIES.values() for flag in modality.flags}))
# Every answer that holds about a clip that is wanted, skips too, with who gave it; words only where they are wanted.
ANSWERS = f"""
    CREATE TABLE scratch.answers AS
    SELECT o.clip, c.name || '-' || c.version AS scheme, a.question, a.rater, r.kind AS rater_kind, a.state,
           CASE WHEN $texts OR a.value IN {FLAGS} OR (a.state = 'given' AND t."column" <> 'text') THEN a.value
           END AS value,
           strftime(try_cast(a.updated_at AS TIMESTAMP), '%G-W%V') AS week, a.duration_ms, t."column"
    FROM read_answers a JOIN about o USING (item) JOIN raters r ON r.id = a.rater JOIN schemes c ON c.id = a.scheme
    LEFT JOIN question_columns t ON t.scheme = a.scheme AND t.question = a.question
    WHERE a.state <> 'withdrawn' AND o.clip IN (SELECT clip FROM wanted) AND a.rater NOT IN ({EXCLUDED})"""
# Whose ratings from elsewhere released clips carry.
LABEL_SOURCES = """
    SELECT s.id, s.licence, s.address, s.attribution, count(DISTINCT c.clip)
    FROM ({clips}) c JOIN about o ON o.clip = c.clip JOIN asks k ON k.item = o.item JOIN answers a ON a.ask = k.id
    JOIN origins r ON r.id = a.origin JOIN sources s ON s.id = r.source GROUP BY ALL ORDER BY ALL"""
COLUMNS: dict[QuestionType, str] = {"choice": "category", "choices": "categories", "scale": "number", "text": "text"}


Cut = Callable[[Sequence[Any], ModalityName], None]  # cuts rows (asset, asset kind, clip kind, start_ms, end_ms, box)


def gather(  # from where, how, where to, what, and who cuts and who hears of gaps
    home: Path, settings: Settings, scratch: Path, wanted: Wanted, cut: Cut, look: Look = lambda _: None
) -> Gathered:
    """Copy out what is wanted, cut what is not cut yet, and leave out what must not be in, each with its reason.

    `look` hears of gaps before anything is cut, and of those that files which cannot be cut leave; it may raise.
    """
    gathered, names, altered = _copied(home, settings, scratch, wanted)
    with scratch_database(scratch) as connection:
        keep_labels(connection, home, settings, gathered.by)
        look(known := gaps(connection, names, settings.export))
        for name in names:
            _cut(connection, home, name, cut, media_form(settings))
        if found_out := set(Catalog(home).rows(ALTERED)) - altered:  # while they were cut
            for (asset, reason), name in product(found_out, names):
                connection.execute(f"UPDATE samples_{name} SET reason = ? WHERE asset = ?", [reason, asset])
            gathered = replace(gathered, gates=gates(home, settings))
        part_repeated(connection, names)
        gathered = replace(_left_out(connection, gathered, names), weightings=weigh(connection, settings, names))
        released = list(gathered.counts)
        off = deviations(connection, released, settings.export)
        lacking = gaps(connection, released, settings.export)
        look([gap for gap in lacking if gap not in known])
        gathered = replace(gathered, leaks=leaks(connection, released, settings.export), deviations=off)
        gathered = replace(gathered, gaps=tuple(gap.what for gap in lacking))
        connection.execute(NONE_KEPT)
        asked, methods = schemes(home), agree.methods(settings)
        flat = {name: flat_labels(connection, name, asked, methods) for name in names}
        sources = tuple(LabelSource(*row) for row in connection.execute("SELECT * FROM label_sources").fetchall())
    return replace(gathered, flat=flat, label_sources=sources)


def _copied(
    home: Path, settings: Settings, scratch: Path, wanted: Wanted
) -> tuple[Gathered, list[ModalityName], set[tuple[str, str]]]:
    """Copy all that is wanted into the scratch database; also gives the modalities there are, and altered files."""
    columns = [(one.id, question.name, COLUMNS[question.type]) for one in schemes(home) for question in one.questions]
    named = listed(home, settings.export)
    with Catalog(home).open() as connection:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        live.refresh_on(connection)
        groups.refresh(connection, settings.duplicates)
        hold(connection, (*RIGHTS, "clip_transcripts", "about"))
        hold_answers(connection)
        connection.execute(f"ATTACH {literal(str(scratch))} AS scratch")
        names = _there(connection)
        pins = draw_splits(connection, settings.export, named)
        by, videos = _want(connection, settings, wanted, names)
        _copy(connection, pins, columns, settings, names, internal=wanted.internal)
        for name in names:
            know(connection, name)
        hold_strata(connection, settings, names)
        costs = gates_of(connection, settings, [name for name in looked_for(settings) if name in names])
        connection.execute("DETACH scratch")
        altered = set(connection.execute(ALTERED).fetchall())
    left_out = {VIDEO: videos} if videos else {}
    return Gathered(home, scratch, by, {}, left_out, {}, pins.moved, large=pins.large, gates=costs), names, altered


def _there(connection: DuckDBPyConnection) -> list[ModalityName]:
    """The modalities of which there are clips; without any, sounds."""
    live = {name for (name,) in connection.execute("SELECT DISTINCT modality FROM live_clips").fetchall()}
    return [name for name in MODALITIES if name in live] or [VOICE.name]


def _want(
    connection: DuckDBPyConnection, settings: Settings, wanted: Wanted, names: Sequence[ModalityName]
) -> tuple[tuple[RaterKind, ...], int]:
    """Temporary table `wanted`; gives whose labels are taken, and how many rated videos have no place in it."""
    connection.execute(LABELLED, {"least": settings.export.min_answers})
    labelled = {kind for (kind,) in connection.execute("SELECT DISTINCT of_kind FROM labelled").fetchall()}
    default = ("person",) if "person" in labelled else tuple(kind for kind in KINDS if kind in labelled)
    by = tuple(kind for kind in KINDS if kind in wanted.by) or default
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE wanted AS
           SELECT DISTINCT clip, is_video FROM labelled WHERE list_contains($by, of_kind)""",
        {"by": list(by)},
    )
    videos = connection.execute("SELECT count(*) FROM wanted WHERE is_video").fetchall()[0][0]
    for name in names:
        choose(connection, settings, name)
        if wanted.unlabelled:
            connection.execute(f"INSERT INTO wanted SELECT id, false FROM chosen_{name} WHERE reason IS NULL")
    return by, int(videos)


def _copy(
    connection: DuckDBPyConnection,
    pins: Pins,
    columns: Sequence[tuple[str, str, str]],
    settings: Settings,
    names: Sequence[ModalityName],
    *,
    internal: bool,
) -> None:
    """Samples and answers into the scratch database, with what says which item is which clip."""
    values = {
        "conflict": CONFLICT,
        "unconsented": UNCONSENTED,
        "sampled": SAMPLED,
        "torn": list(pins.torn),
        "torn_reason": TORN,
        "internal": internal,
    }
    connection.execute(f"CREATE OR REPLACE TEMP TABLE withheld AS {WITHHELD}")
    judge(connection, settings.publish)
    for name in names:
        connection.execute(SAMPLES.format(name=name, WEIGHTS=WEIGHTS, AGAINST_MEDIA=AGAINST_MEDIA), values)
        part_refused(connection, name, settings.publish)
    connection.execute(
        'CREATE OR REPLACE TEMP TABLE question_columns (scheme VARCHAR, question VARCHAR, "column" VARCHAR)'
    )
    if columns:
        connection.executemany("INSERT INTO question_columns VALUES (?, ?, ?)", columns)
    connection.execute(ANSWERS, {"texts": settings.export.texts})
    kept = " UNION ALL ".join(
        f"""SELECT key AS clip, asset, kind <> 'whole' AS cut, form IS NOT NULL AS bare
            FROM scratch.samples_{n} WHERE reason IS NULL"""
        for n in names
    )
    copy_links(connection, names)
    connection.execute(GROUPS)
    connection.execute(f"CREATE TABLE scratch.standing AS {STANDING.format(clips=kept)}")
    connection.execute(f"CREATE TABLE scratch.label_sources AS {LABEL_SOURCES.format(clips=kept)}")
    connection.execute(
        """CREATE TABLE scratch.items AS SELECT item, clip FROM about WHERE clip IN (SELECT clip FROM wanted);
           CREATE TABLE scratch.names AS SELECT s.asset, min(s.name) AS name FROM statements s GROUP BY s.asset"""
    )


def _cut(connection: DuckDBPyConnection, home: Path, name: ModalityName, cut: Cut, form: MediaForm) -> None:
    """Cut what is not left out, and note which clips cannot be cut."""
    columns = "asset, asset_kind, kind, start_ms, end_ms, box, key"
    rows = beside(connection).execute(f"SELECT {columns} FROM samples_{name} WHERE reason IS NULL ORDER BY asset, key")
    while portion := rows.fetchmany(CUT_AT_ONCE):
        cut([row[:-1] for row in portion], name)
        uncut = [row[-1] for row in portion if not released_path(home, name, row[-1], form).exists()]
        if uncut:
            connection.execute(f"UPDATE samples_{name} SET reason = ? WHERE list_contains(?, key)", [UNCUT, uncut])


def _left_out(connection: DuckDBPyConnection, gathered: Gathered, names: Sequence[ModalityName]) -> Gathered:
    """Take away what stays out, and count what is in and what is not."""
    counts, left_out, named = {}, dict(gathered.left_out), dict(gathered.named)
    refused: Counter[str] = Counter()
    for name in names:
        set_apart(connection, name)
        rows = connection.execute(
            f"""SELECT s.reason, count(*), list(DISTINCT n.name)[:{NAMED}], count(*) FILTER (s.form = 'none')
                FROM samples_{name} s LEFT JOIN names n USING (asset)
                WHERE s.reason IS NOT NULL GROUP BY 1 ORDER BY 1"""
        ).fetchall()
        for reason, count, some, barred in rows:
            refused.update({reason: barred} if barred else {})
            left_out[reason] = left_out.get(reason, 0) + count
            named[reason] = sorted({*named.get(reason, ()), *filter(None, some)})[:NAMED]
        connection.execute(f"DELETE FROM samples_{name} WHERE reason IS NOT NULL")
        splits = dict(connection.execute(f"SELECT split, count(*) FROM samples_{name} GROUP BY 1").fetchall())
        if splits:
            counts[name] = {split: splits.get(split, 0) for split in SPLITS}
    bare = bare_counts(connection, list(names))
    return replace(gathered, counts=counts, left_out=left_out, named=named, refused=dict(refused), labels_only=bare)

-- Every row emocurate keeps. No primary keys: rows come in as Arrow tables, anti-joined on their ids. Rows are
-- immutable; `added_at` says when a row came and is never part of an id.

CREATE TABLE sources (id VARCHAR, basis VARCHAR, licence VARCHAR, address VARCHAR, contributor VARCHAR, scopes VARCHAR[], evidence VARCHAR,
                      model VARCHAR, model_version VARCHAR, prompt VARCHAR, seed VARCHAR, voice VARCHAR, requested VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE assets (id VARCHAR, kind VARCHAR, format VARCHAR, size BIGINT, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE arrivals (id VARCHAR, asset VARCHAR, source VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE files (id VARCHAR, arrival VARCHAR, name VARCHAR, speaker VARCHAR, language VARCHAR, transcript VARCHAR, requested VARCHAR,
                    added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE clips (id VARCHAR, asset VARCHAR, kind VARCHAR, start_ms BIGINT, end_ms BIGINT, box INTEGER[], added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE scores ("row" VARCHAR, stage VARCHAR, name VARCHAR, value DOUBLE, vector DOUBLE[]);
CREATE TABLE receipts (stage VARCHAR, "row" VARCHAR, state VARCHAR, reason VARCHAR, attempt INTEGER, made VARCHAR[], added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));

CREATE TABLE schemes (id VARCHAR, name VARCHAR, version INTEGER, body VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE items (id VARCHAR, kind VARCHAR, ref VARCHAR);
CREATE TABLE asks (id VARCHAR, item VARCHAR, scheme VARCHAR, target VARCHAR, round INTEGER, repeat INTEGER, role VARCHAR, prelabel VARCHAR, place INTEGER,
                   added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE raters (id VARCHAR, kind VARCHAR);
CREATE TABLE origins (id VARCHAR, scheme VARCHAR, media VARCHAR, server VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE answers (id VARCHAR, origin VARCHAR, ask VARCHAR, question VARCHAR, rater VARCHAR, updated_at VARCHAR, value VARCHAR, state VARCHAR,
                      duration_ms BIGINT, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE pulls (origin VARCHAR, cursor VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));

CREATE TABLE releases (id VARCHAR, name VARCHAR, body VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE released (release VARCHAR, clip VARCHAR, split VARCHAR, shard VARCHAR);

-- What is live, materialised by `live.refresh`: the stages in force and the clips they made, and the pinned ones.
CREATE TABLE active_stages (stage VARCHAR);
CREATE TABLE live_clips (id VARCHAR, asset VARCHAR, kind VARCHAR, pinned BOOLEAN);
CREATE TABLE facts (name VARCHAR, value VARCHAR);

-- A failure counts until a later attempt at the same row.
CREATE VIEW open_failures AS
    FROM receipts f WHERE state = 'failed' AND NOT EXISTS (FROM receipts r WHERE r.stage = f.stage AND r."row" = f."row" AND r.attempt > f.attempt);

-- Lineage: from any row to the row it was made from, up to the address the media came from.
CREATE VIEW lineage AS
    SELECT unnest(made) AS made, stage, "row" AS made_from FROM receipts WHERE state = 'done'
    UNION ALL SELECT asset, 'Arrival', id FROM arrivals
    UNION ALL SELECT id, 'Source', source FROM arrivals
    UNION ALL SELECT asks.id, 'Ask', items.ref FROM asks JOIN items ON items.id = asks.item
    UNION ALL SELECT id, 'Answer', ask FROM answers;

-- One row a file: what became of the asset it brought.
CREATE VIEW file_states AS
    WITH latest AS (SELECT DISTINCT files.arrival, files.name, arrivals.asset, arrivals.source FROM files JOIN arrivals ON arrivals.id = files.arrival),
    verdicts AS (SELECT "row", bool_or(state = 'dropped') AS dropped, bool_or(state = 'done' AND stage LIKE 'Probe@%') AS probed,
                        min(reason) FILTER (WHERE state = 'dropped') AS reason
                 FROM receipts WHERE stage LIKE 'Sniff@%' OR (stage IN (FROM active_stages) AND stage LIKE 'Probe@%') GROUP BY "row"),
    failures AS (SELECT "row", min(reason) AS reason FROM open_failures WHERE stage = 'Link@1' OR stage IN (FROM active_stages) GROUP BY "row")
    SELECT latest.source, latest.name, latest.asset,
           CASE WHEN f."row" IS NOT NULL THEN 'failed' WHEN v.dropped THEN 'dropped' WHEN v.probed THEN 'kept' ELSE 'waiting' END AS state,
           coalesce(f.reason, v.reason) AS reason
    FROM latest LEFT JOIN verdicts v ON v."row" = latest.asset LEFT JOIN failures f ON f."row" = latest.asset
    UNION ALL
    SELECT NULL, NULL, "row", 'failed', reason FROM open_failures WHERE stage LIKE 'Sniff@%';

-- What holds now: of each rater's answers to a question the latest; withdrawn and skipped ones are rows too.
CREATE VIEW current_answers AS
    FROM answers QUALIFY row_number() OVER (PARTITION BY origin, ask, question, rater ORDER BY updated_at DESC, state = 'withdrawn' DESC, id DESC) = 1;

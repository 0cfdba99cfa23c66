-- A row of `files` is immutable; what it says may be said again after something else was.
CREATE TABLE said_again (file VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));

-- What was said of files, and when.
CREATE VIEW sayings AS SELECT id AS file, added_at FROM files UNION ALL FROM said_again;

-- Of each name of an asset what was said last: it replaces what was said of that name before.
CREATE VIEW said AS
    SELECT arrivals.asset, files.name, arg_max(sayings.file, (sayings.added_at, sayings.file)) AS file, max(sayings.added_at) AS added_at
    FROM sayings JOIN files ON files.id = sayings.file JOIN arrivals ON arrivals.id = files.arrival GROUP BY arrivals.asset, files.name;

-- One row a file: what became of the asset it brought.
CREATE OR REPLACE VIEW file_states AS
    WITH latest AS (SELECT files.arrival, said.name, said.asset, arrivals.source FROM said JOIN files ON files.id = said.file JOIN arrivals ON arrivals.id = files.arrival),
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

-- Every row emocurate keeps. No primary keys: rows come in as Arrow tables, anti-joined on their ids. Rows are
-- immutable; `added_at` says when a row came and is never part of an id.

-- Media: where they may come from, the files, and what was said of them.
CREATE TABLE sources (id VARCHAR, basis VARCHAR, licence VARCHAR, address VARCHAR, contributor VARCHAR, scopes VARCHAR[], evidence VARCHAR,
                      model VARCHAR, model_version VARCHAR, prompt VARCHAR, seed VARCHAR, voice VARCHAR, requested VARCHAR, attribution VARCHAR,
                      layer VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE assets (id VARCHAR, kind VARCHAR, format VARCHAR, size BIGINT, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE arrivals (id VARCHAR, asset VARCHAR, source VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE statements (id VARCHAR, asset VARCHAR, name VARCHAR, scope VARCHAR, said_at VARCHAR, source VARCHAR, speaker VARCHAR, language VARCHAR,
                         transcript VARCHAR, requested VARCHAR);

-- What stages made of them; `clip_kinds` says of which modality a clip is.
CREATE TABLE clips (id VARCHAR, asset VARCHAR, kind VARCHAR, start_ms BIGINT, end_ms BIGINT, box INTEGER[], added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE clip_kinds (modality VARCHAR, kind VARCHAR, asset_kind VARCHAR);
CREATE TABLE scores ("row" VARCHAR, stage VARCHAR, name VARCHAR, value DOUBLE, vector DOUBLE[]);
CREATE TABLE receipts (stage VARCHAR, "row" VARCHAR, state VARCHAR, reason VARCHAR, attempt INTEGER, made VARCHAR[], added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));

-- Questions, answers, and what was decided about any row.
CREATE TABLE schemes (id VARCHAR, name VARCHAR, version INTEGER, body VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE items (id VARCHAR, kind VARCHAR, ref VARCHAR);
CREATE TABLE asks (id VARCHAR, item VARCHAR, scheme VARCHAR, target VARCHAR, round INTEGER, repeat INTEGER, role VARCHAR, prelabel VARCHAR, place INTEGER,
                   added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE raters (id VARCHAR, kind VARCHAR);
CREATE TABLE origins (id VARCHAR, scheme VARCHAR, modality VARCHAR, server VARCHAR, source VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE answers (id VARCHAR, origin VARCHAR, ask VARCHAR, question VARCHAR, rater VARCHAR, updated_at VARCHAR, value VARCHAR, state VARCHAR,
                      duration_ms BIGINT, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE pulls (origin VARCHAR, cursor VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE decisions (subject VARCHAR, what VARCHAR, reason VARCHAR, value DOUBLE, "at" VARCHAR);

CREATE TABLE releases (id VARCHAR, name VARCHAR, body VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE released (release VARCHAR, clip VARCHAR, split VARCHAR, shard VARCHAR, "offset" BIGINT);

-- What is live, materialised by `live.refresh`: the stages in force, and the clips they made and the pinned ones.
-- `facts` holds what the catalog knows of itself; its revision rises with every commit that adds or deletes rows.
CREATE TABLE active_stages (stage VARCHAR, name VARCHAR);
CREATE TABLE live_clips (id VARCHAR, asset VARCHAR, kind VARCHAR, modality VARCHAR, pinned BOOLEAN);
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

-- One row per file name of an asset: what became of the asset.
CREATE VIEW file_states AS
    WITH names AS (SELECT DISTINCT asset, name FROM statements WHERE scope <> 'resolved'),
    verdicts AS (SELECT r."row", bool_or(state = 'dropped') AS dropped, bool_or(state = 'done' AND a.name = 'Probe') AS probed,
                        min(reason) FILTER (WHERE state = 'dropped') AS reason
                 FROM receipts r LEFT JOIN active_stages a USING (stage) WHERE stage = 'Sniff@1' OR a.name = 'Probe' GROUP BY r."row"),
    failures AS (SELECT "row", min(reason) AS reason FROM open_failures WHERE stage = 'Link@1' OR stage IN (SELECT stage FROM active_stages) GROUP BY "row")
    SELECT names.name, names.asset,
           CASE WHEN f."row" IS NOT NULL THEN 'failed' WHEN v.dropped THEN 'dropped' WHEN v.probed THEN 'kept' ELSE 'waiting' END AS state,
           coalesce(f.reason, v.reason) AS reason
    FROM names LEFT JOIN verdicts v ON v."row" = names.asset LEFT JOIN failures f ON f."row" = names.asset
    UNION ALL
    SELECT NULL, "row", 'failed', reason FROM open_failures WHERE stage = 'Sniff@1';

-- What is described of an asset: of every column the last word that was said, a file's own before a batch's.
CREATE VIEW described AS
    SELECT asset,
           arg_max(speaker, (scope = 'file', said_at, id)) FILTER (WHERE speaker IS NOT NULL) AS speaker,
           arg_max(language, (scope = 'file', said_at, id)) FILTER (WHERE language IS NOT NULL) AS language,
           arg_max(transcript, (scope = 'file', said_at, id)) FILTER (WHERE transcript IS NOT NULL) AS transcript,
           arg_max(requested, (scope = 'file', said_at, id)) FILTER (WHERE requested IS NOT NULL) AS requested
    FROM statements GROUP BY asset;

-- How much a licence forbids: no derivatives more than no commerce, that more than share alike, that more than naming.
CREATE MACRO strictness(basis, licence, scopes) AS
    CASE WHEN basis = 'consent' AND NOT list_contains(scopes, 'publish') THEN 99
         WHEN licence IS NULL THEN CASE basis WHEN 'licence' THEN 95 WHEN 'consent' THEN 90 ELSE 0 END
         WHEN NOT regexp_matches(licence, '^(cc|pddl|odc|odbl|mit|apache)', 'i') THEN 90
         ELSE 40 * regexp_matches(licence, '[-_ ]nd\b', 'i')::INTEGER + 25 * regexp_matches(licence, '[-_ ]nc\b', 'i')::INTEGER
              + 12 * regexp_matches(licence, '[-_ ]sa\b', 'i')::INTEGER + 5 * regexp_matches(licence, '[-_ ]by\b', 'i')::INTEGER END;

-- The sources in force for an asset, layer by layer. A file's own words put a batch's out of force, and a resolution all
-- that was said before it; the same source said again after it says nothing new. Who gives no basis says nothing of rights.
CREATE VIEW rights_in_force AS
    WITH said AS (SELECT s.asset, s.scope, s.said_at, o.* FROM statements s JOIN sources o ON o.id = s.source WHERE o.basis <> 'unknown'),
    firsts AS (SELECT asset, layer, id, min(said_at) AS first_at FROM said WHERE scope <> 'resolved' GROUP BY ALL),
    resolved AS (SELECT asset, layer, max(said_at) AS resolved_at FROM said WHERE scope = 'resolved' GROUP BY ALL),
    own AS (SELECT DISTINCT asset, layer FROM said WHERE scope = 'file')
    SELECT DISTINCT said.* EXCLUDE (scope, said_at, added_at)
    FROM said LEFT JOIN resolved r USING (asset, layer) LEFT JOIN own USING (asset, layer) LEFT JOIN firsts f USING (asset, layer, id)
    WHERE CASE said.scope WHEN 'resolved' THEN said.said_at = r.resolved_at
                          WHEN 'file' THEN r.resolved_at IS NULL OR f.first_at > r.resolved_at
                          ELSE own.asset IS NULL AND (r.resolved_at IS NULL OR f.first_at > r.resolved_at) END;

-- The terms of an asset, a row per layer. Sources that differ in basis, licence, scopes or generator are a conflict: the
-- strictest holds. Those that agree are all to be named.
CREATE VIEW terms AS
    SELECT asset, layer, top.*, attribution, may_annotate, conflict
    FROM (SELECT asset, layer, string_agg(DISTINCT attribution, '; ' ORDER BY attribution) AS attribution,
                 arg_max({source: id, basis: basis, licence: licence, address: address, scopes: scopes, model: model,
                          model_version: model_version, requested: requested}, (strictness(basis, licence, scopes), id)) AS top,
                 bool_and(basis <> 'consent' OR list_contains(scopes, 'annotate')) AS may_annotate,
                 count(DISTINCT (basis, lower(licence), list_sort(scopes), model)) > 1 AS conflict
          FROM rights_in_force GROUP BY asset, layer);

-- One row per asset: the terms of the recording, and whether any layer is in conflict or may not be shown to raters.
CREATE VIEW rights AS
    WITH silent AS (SELECT s.asset, arg_max(o.id, (s.said_at, s.id)) AS source, arg_max(o.address, (s.said_at, s.id)) AS address
                    FROM statements s JOIN sources o ON o.id = s.source WHERE o.basis = 'unknown' GROUP BY s.asset),
    layers AS (SELECT asset, bool_and(may_annotate) AS may_annotate, bool_or(conflict) AS conflict FROM terms GROUP BY asset)
    SELECT a.id AS asset, coalesce(t.source, silent.source) AS source, coalesce(t.basis, 'unknown') AS basis, t.licence,
           if(t.source IS NULL, silent.address, t.address) AS address, coalesce(t.scopes, []) AS scopes, t.model, t.model_version, t.requested,
           t.attribution, coalesce(l.may_annotate, true) AS may_annotate, coalesce(l.conflict, false) AS conflict
    FROM assets a LEFT JOIN (FROM terms WHERE layer = 'recording') t ON t.asset = a.id LEFT JOIN layers l ON l.asset = a.id
    LEFT JOIN silent ON silent.asset = a.id;

-- What an item is about, the only way from items to media. An asset that was asked about itself is its whole clip.
CREATE VIEW about AS
    WITH media AS (SELECT i.id AS item, i.kind, i.ref, i.ref AS clip FROM items i WHERE i.kind = 'clip'
                   UNION ALL SELECT i.id, i.kind, i.ref, c.id FROM items i JOIN clips c ON c.asset = i.ref AND c.kind = 'whole' WHERE i.kind = 'asset')
    SELECT m.item, m.kind, m.ref, m.clip, c.asset, c.kind AS clip_kind, c.start_ms, c.end_ms, c.box, a.kind AS asset_kind, k.modality
    FROM media m JOIN clips c ON c.id = m.clip LEFT JOIN assets a ON a.id = c.asset
    LEFT JOIN clip_kinds k ON k.kind = c.kind AND k.asset_kind = a.kind
    UNION ALL SELECT id, kind, ref, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM items WHERE kind NOT IN ('clip', 'asset');

-- What holds now of one origin: of each rater's answers to a question the latest; withdrawn and skipped ones are rows too.
CREATE VIEW current_answers AS
    FROM answers QUALIFY row_number() OVER (PARTITION BY origin, ask, question, rater ORDER BY updated_at DESC, state = 'withdrawn' DESC, id DESC) = 1;

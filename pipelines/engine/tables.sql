-- Every row emocurate keeps. No primary keys: rows come in as Arrow tables, anti-joined on their ids. Rows are
-- immutable; `added_at` says when a row came and is never part of an id.

-- Media: where they may come from, the files, and what was said of them.
CREATE TABLE sources (id VARCHAR, basis VARCHAR, licence VARCHAR, address VARCHAR, contributor VARCHAR, scopes VARCHAR[], evidence VARCHAR,
                      model VARCHAR, model_version VARCHAR, prompt VARCHAR, seed VARCHAR, voice VARCHAR, requested VARCHAR, attribution VARCHAR,
                      layer VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE assets (id VARCHAR, kind VARCHAR, format VARCHAR, size BIGINT, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE arrivals (id VARCHAR, asset VARCHAR, source VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
-- Which of them a crawl made by what it found; whatever else brings the same file makes another arrival.
CREATE TABLE crawl_arrivals (asset VARCHAR, source VARCHAR);
CREATE TABLE statements (id VARCHAR, asset VARCHAR, name VARCHAR, scope VARCHAR, said_at VARCHAR, source VARCHAR, speaker VARCHAR, language VARCHAR,
                         transcript VARCHAR, requested VARCHAR, sex VARCHAR);
-- What published corpora call an asset; these names are public and stand in releases.
CREATE TABLE corpus_keys (asset VARCHAR, corpus VARCHAR, key VARCHAR);
-- Files that belong together: candidates of one prompt with their ranks, pairs in magnitude (rank) or polarity (1, -1).
CREATE TABLE takes (asset VARCHAR, kind VARCHAR, "group" VARCHAR, rank INTEGER);

-- Evidence of media from the net: every fetch, and what sites said about the use of what they serve.
CREATE TABLE fetches (id VARCHAR, asset VARCHAR, url VARCHAR, outcome VARCHAR, reason VARCHAR, final_url VARCHAR, chain VARCHAR, fetched_at VARCHAR,
                      status INTEGER, headers VARCHAR, sha256 VARCHAR, size BIGINT, agent VARCHAR, rules VARCHAR, optouts VARCHAR[], notices VARCHAR[]);
CREATE TABLE notices (id VARCHAR, name VARCHAR, address VARCHAR, status INTEGER, sha256 VARCHAR, text VARCHAR, rules VARCHAR, seen_at VARCHAR);

-- What is said from when to when of an asset, by transcripts; of several the one said last counts.
CREATE TABLE segments (id VARCHAR, asset VARCHAR, start_ms BIGINT, end_ms BIGINT, text VARCHAR, speaker VARCHAR, origin VARCHAR, said_at VARCHAR);

-- What people who are heard or seen consented to. Append-only; of each person the last record counts.
CREATE TABLE consents (id VARCHAR, person VARCHAR, scopes VARCHAR[], said_at VARCHAR, state VARCHAR, given_on VARCHAR, expires_on VARCHAR,
                       keep_until VARCHAR, licence VARCHAR, text_version VARCHAR, text_sha256 VARCHAR, of_age BOOLEAN, guardian VARCHAR,
                       evidence VARCHAR);
-- The codes with which people can withdraw, as hashes; nobody can look one up.
CREATE TABLE withdrawal_codes (person VARCHAR, code_sha256 VARCHAR);

-- What stages made of them; `clip_kinds` says of which modality a clip is.
CREATE TABLE clips (id VARCHAR, asset VARCHAR, kind VARCHAR, start_ms BIGINT, end_ms BIGINT, box INTEGER[], added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE clip_kinds (modality VARCHAR, kind VARCHAR, asset_kind VARCHAR);
-- A score is a number, a vector or a fingerprint: exactly one of the three is set.
CREATE TABLE scores ("row" VARCHAR, stage VARCHAR, name VARCHAR, value DOUBLE, vector FLOAT[], bits BLOB, text VARCHAR);
CREATE TABLE receipts (stage VARCHAR, "row" VARCHAR, state VARCHAR, reason VARCHAR, attempt INTEGER, made VARCHAR[], added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));

-- What belongs together over the whole collection, and why: files and clips that are the same again (`duplicate`), files
-- with content that many repeat (`repeated`). Derived: written anew whenever what it rests on has changed.
CREATE TABLE groups (kind VARCHAR, member VARCHAR, "group" VARCHAR, why VARCHAR);

-- Which weights a stage runs and under which licence, as they were said last: a receipt's stage leads from a row to them.
CREATE TABLE stage_weights (stage VARCHAR, name VARCHAR, sha256 VARCHAR, licence VARCHAR);

-- Questions, answers, and what was decided about any row.
CREATE TABLE schemes (id VARCHAR, name VARCHAR, version INTEGER, body VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE items (id VARCHAR, kind VARCHAR, ref VARCHAR);
CREATE TABLE asks (id VARCHAR, item VARCHAR, scheme VARCHAR, target VARCHAR, round INTEGER, repeat INTEGER, role VARCHAR, prelabel VARCHAR, place INTEGER,
                   added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE raters (id VARCHAR, kind VARCHAR);
CREATE TABLE origins (id VARCHAR, scheme VARCHAR, modality VARCHAR, server VARCHAR, source VARCHAR, corpus VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE answers (id VARCHAR, origin VARCHAR, ask VARCHAR, question VARCHAR, rater VARCHAR, updated_at VARCHAR, value VARCHAR, state VARCHAR,
                      duration_ms BIGINT, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE answer_notes (id VARCHAR, origin VARCHAR, ask VARCHAR, rater VARCHAR, updated_at VARCHAR, annotation BIGINT, task BIGINT,
                           edited_by VARCHAR, prediction BIGINT, predictions VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
-- The tasks of Label Studio as they were when they were last read, `annotations` in number; rows are replaced.
CREATE TABLE seen_tasks (origin VARCHAR, task BIGINT, ask VARCHAR, updated_at VARCHAR, annotations INTEGER);
CREATE TABLE decisions (subject VARCHAR, what VARCHAR, reason VARCHAR, value DOUBLE, "at" VARCHAR);

-- Keyed hashes of what was forgotten: bytes, people, addresses, raters, and the words it was called by.
CREATE TABLE tombstones (mark VARCHAR);

CREATE TABLE releases (id VARCHAR, name VARCHAR, body VARCHAR, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE TABLE released (release VARCHAR, clip VARCHAR, split VARCHAR, shard VARCHAR, "offset" BIGINT, weight DOUBLE);

-- What is live, materialised by `live.refresh`: the stages in force, and the clips they made and the pinned ones.
-- `facts` holds what the catalog knows of itself; its revision rises with every commit that adds or deletes rows.
CREATE TABLE active_stages (stage VARCHAR, name VARCHAR);
-- `superseded`: it shares more than half of itself, or of the other one, with a pinned clip, and is not asked about.
CREATE TABLE live_clips (id VARCHAR, asset VARCHAR, kind VARCHAR, modality VARCHAR, pinned BOOLEAN, superseded BOOLEAN DEFAULT false);
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
                        arg_max(reason, attempt) FILTER (WHERE state = 'dropped') AS reason,
                        -- it stands for an address whose bytes were refused then, and are here now under their own id
                        bool_or(stage = 'Sniff@1' AND state = 'dropped')
                            AND arg_max(state, attempt) FILTER (WHERE stage = 'Sniff@1') = 'done' AS is_closed
                 FROM receipts r LEFT JOIN active_stages a USING (stage) WHERE stage = 'Sniff@1' OR a.name = 'Probe' GROUP BY r."row"),
    failures AS (SELECT "row", -- why, not which stage failed for want of another's rows
                        coalesce(min(reason) FILTER (WHERE NOT regexp_full_match(reason, '\w+ failed')), min(reason)) AS reason
                 FROM open_failures WHERE stage IN ('Link@1', 'Sniff@1') OR stage IN (SELECT stage FROM active_stages) GROUP BY "row"),
    spent AS (SELECT r.asset -- an address that gives nothing any more does not count beside what it gave, which is here
              FROM fetches r JOIN fetches f ON f.url = r.url AND f.asset <> r.asset JOIN assets a ON a.id = f.asset WHERE r.outcome = 'refused')
    SELECT names.name, names.asset,
           CASE WHEN f."row" IS NOT NULL THEN 'failed' WHEN v.dropped THEN 'dropped' WHEN v.probed THEN 'kept' ELSE 'waiting' END AS state,
           coalesce(f.reason, v.reason) AS reason
    FROM names LEFT JOIN verdicts v ON v."row" = names.asset LEFT JOIN failures f ON f."row" = names.asset
    WHERE v.is_closed IS NOT TRUE AND (f."row" IS NOT NULL OR names.asset NOT IN (SELECT asset FROM spent))
    UNION ALL
    SELECT NULL, "row", 'failed', reason FROM open_failures WHERE stage = 'Sniff@1' AND "row" NOT IN (SELECT asset FROM names);

-- What is described of an asset: of every column the last word that was said, a file's own before a batch's.
CREATE VIEW described AS
    SELECT asset,
           arg_max(speaker, (scope = 'file', said_at, id)) FILTER (WHERE speaker IS NOT NULL) AS speaker,
           arg_max(language, (scope = 'file', said_at, id)) FILTER (WHERE language IS NOT NULL) AS language,
           arg_max(transcript, (scope = 'file', said_at, id)) FILTER (WHERE transcript IS NOT NULL) AS transcript,
           arg_max(requested, (scope = 'file', said_at, id)) FILTER (WHERE requested IS NOT NULL) AS requested,
           arg_max(sex, (scope = 'file', said_at, id)) FILTER (WHERE sex IS NOT NULL) AS sex
    FROM statements GROUP BY asset;

CREATE VIEW spoken AS
    FROM segments QUALIFY rank() OVER (PARTITION BY asset ORDER BY said_at DESC, origin DESC) = 1;

-- How much a licence forbids: no derivatives more than no commerce, that more than share alike, that more than naming.
CREATE MACRO strictness(basis, licence, scopes) AS
    CASE WHEN basis = 'consent' AND NOT list_contains(scopes, 'publish') THEN 99
         WHEN licence IS NULL THEN CASE basis WHEN 'tdm' THEN 97 WHEN 'licence' THEN 95 WHEN 'consent' THEN 90 ELSE 0 END
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
    SELECT asset, layer, top.*, attribution, may_annotate, may_train, may_identify, conflict
    FROM (SELECT asset, layer, string_agg(DISTINCT attribution, '; ' ORDER BY attribution) AS attribution,
                 arg_max({source: id, basis: basis, licence: licence, address: address, scopes: scopes, model: model,
                          model_version: model_version, requested: requested}, (strictness(basis, licence, scopes), id)) AS top,
                 bool_and(basis <> 'consent' OR list_contains(scopes, 'annotate')) AS may_annotate,
                 bool_and(basis <> 'consent' OR list_contains(scopes, 'train')) AS may_train,
                 bool_and(basis <> 'consent' OR list_contains(scopes, 'identify')) AS may_identify,
                 count(DISTINCT (basis, lower(licence), list_sort(scopes), model)) > 1 AS conflict
          FROM rights_in_force GROUP BY asset, layer);

-- Who is heard or seen in an asset or one clip of it, or contributed it, and how that is known. A voice that was told
-- apart within one recording is a person of that recording alone.
CREATE VIEW appears AS
    SELECT asset, NULL::VARCHAR AS clip, speaker AS person, 'told' AS how FROM described WHERE speaker IS NOT NULL
    UNION SELECT asset, NULL, speaker, 'told' FROM spoken WHERE speaker IS NOT NULL
    UNION SELECT s.asset, NULL, o.contributor, 'contributed' FROM statements s JOIN sources o ON o.id = s.source WHERE o.contributor IS NOT NULL
    UNION ALL SELECT l.asset, l.id, l.asset || '-' || s.value::INTEGER, 'diarised' FROM live_clips l JOIN scores s ON s."row" = l.id
              JOIN active_stages a USING (stage) WHERE s.name = 'voice' AND a.name = 'SplitByVoice';

-- What each person allows today: nothing once it was withdrawn, the last day is over, or they should have been deleted.
CREATE VIEW consents_in_force AS
    WITH latest AS (FROM consents QUALIFY row_number() OVER (PARTITION BY person ORDER BY said_at DESC, id DESC) = 1),
    judged AS (SELECT *, CASE WHEN state = 'withdrawn' THEN 'withdrawn' WHEN keep_until::DATE < (now() AT TIME ZONE 'UTC')::DATE THEN 'kept too long'
                                  WHEN expires_on::DATE < (now() AT TIME ZONE 'UTC')::DATE THEN 'expired' END AS lapsed
               FROM latest)
    SELECT * REPLACE (if(lapsed IS NULL, scopes, []) AS scopes) FROM judged;

-- What all people in an asset who have a record allow together. No row: nobody in it has one.
CREATE VIEW consented AS
    SELECT a.asset, bool_and(list_contains(c.scopes, 'annotate')) AS annotate, bool_and(list_contains(c.scopes, 'train')) AS train,
           bool_and(list_contains(c.scopes, 'publish')) AS publish, bool_and(list_contains(c.scopes, 'identify')) AS identify,
           min(c.lapsed) AS lapsed, arg_max(c.licence, strictness('licence', c.licence, [])) AS licence
    FROM appears a JOIN consents_in_force c USING (person) WHERE a.clip IS NULL GROUP BY a.asset;

-- Media whose site said no when it was looked at again; of each address the last look counts.
CREATE VIEW opted_out AS
    SELECT asset, min(reason) AS reason
    FROM (FROM fetches QUALIFY row_number() OVER (PARTITION BY asset, url ORDER BY fetched_at DESC, id DESC) = 1)
    WHERE outcome = 'refused' AND starts_with(reason, 'opted out') GROUP BY asset;

-- Files that sound or look like what was forgotten, unless somebody has said since that they may be here.
CREATE VIEW returned AS
    SELECT subject AS asset, arg_max(reason, "at") AS reason FROM decisions WHERE what IN ('returned', 'allowed')
    GROUP BY subject HAVING arg_max(what, "at") = 'returned';

-- What nothing may be done with any more, and why.
CREATE VIEW barred AS
    SELECT asset, 'opted out' AS why FROM opted_out UNION ALL SELECT asset, 'forgotten' FROM returned ANTI JOIN opted_out USING (asset);

-- One row per asset: the terms of the recording, whether any layer is in conflict, and what consent allows. `lapsed`
-- says that a consent was withdrawn or is over, the site has opted out, or it is a copy of what was forgotten: nothing may be done with it any more.
-- `may_train` without means published for those alone whom somebody let in; `may_identify` is for whatever tells people
-- by voice or face.
CREATE VIEW rights AS
    WITH silent AS (SELECT s.asset, arg_max(o.id, (s.said_at, s.id)) AS source, arg_max(o.address, (s.said_at, s.id)) AS address
                    FROM statements s JOIN sources o ON o.id = s.source WHERE o.basis = 'unknown' GROUP BY s.asset),
    layers AS (SELECT asset, bool_and(may_annotate) AS may_annotate, bool_and(may_train) AS may_train, bool_and(may_identify) AS may_identify,
                      bool_or(conflict) AS conflict FROM terms GROUP BY asset)
    SELECT a.id AS asset, coalesce(t.source, silent.source) AS source, coalesce(t.basis, 'unknown') AS basis,
           if(t.basis = 'consent', coalesce(t.licence, c.licence), t.licence) AS licence,
           if(t.source IS NULL, silent.address, t.address) AS address,
           list_filter(coalesce(t.scopes, []), lambda s: CASE s WHEN 'annotate' THEN coalesce(c.annotate, true) WHEN 'train' THEN coalesce(c.train, true)
                                                                WHEN 'publish' THEN coalesce(c.publish, true) WHEN 'identify' THEN coalesce(c.identify, true)
                                                                ELSE true END) AS scopes, t.model, t.model_version, t.requested,
           t.attribution, coalesce(l.may_annotate, true) AND coalesce(c.annotate, true) AND o.asset IS NULL AS may_annotate,
           coalesce(l.conflict, false) AS conflict, coalesce(c.train OR c.publish, true) AND o.asset IS NULL AS may_release,
           coalesce(c.publish, true) AND o.asset IS NULL AS may_publish, coalesce(l.may_train, true) AND coalesce(c.train, true) AND o.asset IS NULL AS may_train,
           coalesce(l.may_identify, true) AND coalesce(c.identify, t.basis = 'synthetic' OR list_contains(t.scopes, 'identify'), false)
               AND o.asset IS NULL AS may_identify,
           coalesce(c.lapsed, o.why) AS lapsed
    FROM assets a LEFT JOIN (FROM terms WHERE layer = 'recording') t ON t.asset = a.id LEFT JOIN layers l ON l.asset = a.id
    LEFT JOIN silent ON silent.asset = a.id LEFT JOIN consented c ON c.asset = a.id LEFT JOIN barred o ON o.asset = a.id;

-- What stands against each form in which an asset may be used, NULL for nothing: by ourselves and raters, as labels with
-- address, hash and times but without the media, and as media. Which licences the settings allow is not looked at here.
CREATE VIEW forms AS
    WITH judged AS (SELECT *, CASE WHEN lapsed = 'opted out' THEN 'its site has opted out since' WHEN lapsed = 'forgotten' THEN 'it is a copy of what was forgotten here' WHEN lapsed IS NOT NULL THEN 'a consent has expired or was withdrawn' END AS over,
                           CASE WHEN conflict THEN 'its sources contradict each other'
                                WHEN NOT may_publish OR (basis = 'consent' AND NOT list_contains(scopes, 'publish')) THEN 'people in it do not consent to publishing' END AS withheld
                    FROM rights)
    SELECT asset, coalesce(over, if(may_annotate, NULL, 'people in it do not consent to being labelled')) AS against_internal,
           coalesce(over, withheld, if(regexp_matches(coalesce(address, ''), '^https?://'), NULL, 'no web address is known where it can be had')) AS against_labels,
           coalesce(over, withheld, CASE WHEN basis = 'unknown' THEN 'nobody knows on what basis it may be passed on'
                                         WHEN basis = 'tdm' THEN 'what is taken for text and data mining may not be passed on'
                                         WHEN basis = 'licence' AND licence IS NULL THEN 'its licence is not known'
                                         WHEN basis = 'synthetic' AND model IS NULL THEN 'the model that made it is not known' END) AS against_media
    FROM judged;

-- What is said in each clip: the segments it shares half of itself or of them with, a line for every change of voice,
-- with … where most of one lies outside of it. Text without times is about the whole file: the text of a clip where that
-- is the file, a picture, or the only clip of its modality.
CREATE VIEW clip_transcripts AS
    WITH placed AS (
        SELECT c.id, s.start_ms, s.end_ms, s.speaker, least(s.end_ms, coalesce(c.end_ms, s.end_ms)) - greatest(s.start_ms, coalesce(c.start_ms, 0)) AS shared,
               s.end_ms - s.start_ms AS length, c.end_ms - c.start_ms AS clip_length, s.text,
               s.start_ms < c.start_ms AS is_before, s.end_ms > c.end_ms AS is_after
        FROM clips c JOIN spoken s ON s.asset = c.asset AND s.start_ms <= coalesce(c.end_ms, s.end_ms) AND s.end_ms > coalesce(c.start_ms, 0)),
    landed AS (
        SELECT *, lag(speaker) OVER in_clip AS before, row_number() OVER in_clip AS place,
               if(2 * shared < length AND is_before, '… ', '') || text || if(2 * shared < length AND is_after, ' …', '') AS words
        FROM placed WHERE 2 * shared >= least(length, clip_length) OR clip_length IS NULL
        WINDOW in_clip AS (PARTITION BY id ORDER BY start_ms, end_ms, speaker, text)),
    timed AS (SELECT id, string_agg(CASE WHEN place = 1 THEN '' WHEN speaker IS DISTINCT FROM before THEN chr(10) ELSE ' ' END || words, '' ORDER BY place) AS transcript
              FROM landed GROUP BY id),
    heard AS (SELECT s."row" AS id, any_value(s.text) AS text FROM scores s JOIN active_stages USING (stage) WHERE s.name = 'transcript' GROUP BY s."row"),
    lone AS (SELECT asset, modality FROM live_clips WHERE kind <> 'whole' GROUP BY ALL HAVING count(*) = 1)
    SELECT clip, coalesce(told, heard) AS transcript, CASE WHEN told IS NOT NULL THEN 'told' WHEN heard IS NOT NULL THEN 'model' END AS transcript_by FROM (
    SELECT c.id AS clip, heard.text AS heard,
           coalesce(timed.transcript,
                    if(c.kind = 'whole' OR a.kind = 'picture' OR (n.asset IS NOT NULL AND c.asset NOT IN (SELECT asset FROM segments)), d.transcript, NULL)) AS told
    FROM clips c LEFT JOIN timed USING (id) LEFT JOIN heard USING (id) LEFT JOIN assets a ON a.id = c.asset LEFT JOIN described d ON d.asset = c.asset
    LEFT JOIN clip_kinds k ON k.kind = c.kind AND k.asset_kind = a.kind LEFT JOIN lone n ON n.asset = c.asset AND n.modality = k.modality);

-- What an item is about, the only way from items to media. An asset that was asked about itself is its whole clip.
CREATE VIEW about AS
    WITH media AS (SELECT i.id AS item, i.kind, i.ref, i.ref AS clip FROM items i WHERE i.kind = 'clip'
                   UNION ALL SELECT i.id, i.kind, i.ref, c.id FROM items i JOIN clips c ON c.asset = i.ref AND c.kind = 'whole' WHERE i.kind = 'asset')
    SELECT m.item, m.kind, m.ref, m.clip, c.asset, c.kind AS clip_kind, c.start_ms, c.end_ms, c.box, a.kind AS asset_kind, k.modality
    FROM media m JOIN clips c ON c.id = m.clip LEFT JOIN assets a ON a.id = c.asset
    LEFT JOIN clip_kinds k ON k.kind = c.kind AND k.asset_kind = a.kind
    UNION ALL SELECT id, kind, ref, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM items WHERE kind NOT IN ('clip', 'asset');

-- Media that came by a crawl and in no other way, and that nobody was asked about, has released or ruled on, with the day
-- they came: they are there to be looked at, and not for ever.
CREATE VIEW unreviewed AS
    SELECT asset, min(url) AS url, min(fetched_at) AS fetched_at FROM fetches SEMI JOIN assets ON assets.id = asset WHERE outcome = 'fetched'
    AND asset NOT IN (SELECT o.asset FROM asks k JOIN about o ON o.item = k.item WHERE o.asset IS NOT NULL)
    AND asset NOT IN (SELECT c.asset FROM released r JOIN clips c ON c.id = r.clip)
    AND asset NOT IN (SELECT asset FROM statements WHERE scope = 'resolved')
    AND asset NOT IN (SELECT asset FROM arrivals ANTI JOIN crawl_arrivals USING (asset, source))
    GROUP BY asset;

-- What holds now of one origin: of each rater's answers to a question the latest; withdrawn and skipped ones are rows too.
CREATE VIEW current_answers AS
    FROM answers QUALIFY row_number() OVER (PARTITION BY origin, ask, question, rater ORDER BY updated_at DESC, state = 'withdrawn' DESC, id DESC) = 1;

-- What annotations hold that is no answer of the ask's scheme. Append-only; of each key the latest row counts.
CREATE TABLE refusals (id VARCHAR, origin VARCHAR, task BIGINT, ask VARCHAR, rater VARCHAR, question VARCHAR, value VARCHAR, reason VARCHAR,
                       updated_at VARCHAR, state VARCHAR, duration_ms BIGINT, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));
CREATE VIEW current_refusals AS
    FROM refusals QUALIFY row_number() OVER (PARTITION BY origin, ask, rater, question ORDER BY updated_at DESC, state = 'closed' DESC, id DESC) = 1;

-- A scheme whose answers are read as answers to its successor; of each scheme the latest row counts, itself ends it.
CREATE TABLE bridges (id VARCHAR, scheme VARCHAR, successor VARCHAR, map VARCHAR, place INTEGER, added_at TIMESTAMP DEFAULT (now() AT TIME ZONE 'UTC'));

-- The bridges in force, followed to their last scheme; materialised by `bridges.refresh`. Word n of a question is read
-- as its reading n; an empty reading, or an empty question, means that what was answered is dropped.
CREATE TABLE translations (scheme VARCHAR, question VARCHAR, successor VARCHAR, read_as VARCHAR, type VARCHAR, words VARCHAR[], readings VARCHAR[]);

-- Refused values that the successor of their scheme knows.
CREATE VIEW readable_refusals AS
    SELECT r.* FROM current_refusals r JOIN asks k ON k.id = r.ask JOIN translations t ON t.scheme = k.scheme AND t.question = r.question
    WHERE r.state = 'open' AND len(t.words) > 0 AND (t.type = 'choices' OR json_type(r.value) <> 'ARRAY')
      AND list_has_all(t.words, if(json_type(r.value) = 'ARRAY', r.value ->> '$[*]', [r.value ->> '$']));

-- Refused values that nobody can read, until a bridge is built or the answer changes.
CREATE VIEW open_refusals AS FROM current_refusals WHERE state = 'open' AND id NOT IN (SELECT id FROM readable_refusals);

-- What counts over all origins: of each rater's answers to a question of an ask the latest; rows withdrawn are rows too.
-- `answered_at`: a withdrawal counts at the time of the answer it takes back, so that it hides what that answer
-- replaced and nothing that came after it. What a table no longer says was never said: it hides no other origin.
CREATE VIEW latest_answers AS
    WITH said AS NOT MATERIALIZED (  -- a copy of ten million answers would go to the disk
        SELECT id, origin, ask, question, rater, updated_at, value, state, duration_ms, added_at, false AS refused FROM answers
        UNION ALL SELECT id, origin, ask, question, rater, updated_at, value, 'given', duration_ms, added_at, true FROM readable_refusals),
    several AS (  -- everything else, nearly all, needs no comparing; hashes that fall together by chance are compared in vain
        SELECT hash(ask, rater) AS pair FROM said WHERE (SELECT min(origin) <> max(origin) FROM said)
        GROUP BY pair HAVING min(hash(origin)) <> max(hash(origin))
        UNION SELECT any_value(hash(ask, rater)) FROM said GROUP BY hash(ask, question, rater) HAVING count(*) > 1),
    standing AS (
        SELECT *, max(updated_at) FILTER (WHERE state <> 'withdrawn') OVER (PARTITION BY origin, ask, question, rater) AS answered_at
        FROM said WHERE hash(ask, rater) IN (FROM several)
        QUALIFY row_number() OVER (PARTITION BY origin, ask, question, rater ORDER BY updated_at DESC, refused DESC, state = 'withdrawn' DESC, id DESC) = 1),
    latest AS (
        FROM standing QUALIFY row_number() OVER (
            PARTITION BY ask, question, rater
            ORDER BY (state = 'withdrawn' AND origin IN (SELECT id FROM origins WHERE server IN ('table', 'names'))), answered_at DESC NULLS LAST,
                     state = 'withdrawn', updated_at DESC, id DESC) = 1),
    skips AS (SELECT origin, ask, rater, updated_at FROM latest WHERE question = '*' AND state = 'skipped')
    SELECT * EXCLUDE (refused) FROM said WHERE hash(ask, rater) NOT IN (FROM several)
    UNION ALL
    -- Skipping in one origin and answering in another: the later one counts, the answer where both have one time.
    SELECT * EXCLUDE (refused, answered_at) FROM latest a
    WHERE NOT EXISTS (FROM skips s WHERE s.ask = a.ask AND s.rater = a.rater AND s.origin <> a.origin AND s.updated_at > a.updated_at)
      AND NOT (question = '*' AND state = 'skipped'
               AND EXISTS (FROM latest g WHERE g.ask = a.ask AND g.rater = a.rater AND g.state = 'given' AND g.origin <> a.origin
                                           AND g.updated_at >= a.updated_at));

-- The same as they are read: with the item and the ask, and translated where the scheme has a successor.
CREATE VIEW read_answers AS
    WITH translated AS (
        SELECT a.id, a.origin, a.ask, k.item, coalesce(t.successor, k.scheme) AS scheme, coalesce(t.read_as, a.question) AS question,
               coalesce(q.read_as, t.readings[list_position(t.words, k.target)], k.target) AS target, k.round, k."repeat", k.role,
               coalesce(nullif(t.readings[list_position(t.words, k.prelabel)], ''), k.prelabel) AS prelabel, a.rater, a.state, a.updated_at,
               a.duration_ms, a.value, t.type,
               if(t.type IN ('choice', 'choices'),
                  list_transform(if(json_type(a.value) = 'ARRAY', a.value ->> '$[*]', [a.value ->> '$']), lambda w: t.readings[list_position(t.words, w)]),
                  NULL) AS chosen
        FROM latest_answers a JOIN asks k ON k.id = a.ask LEFT JOIN translations t ON t.scheme = k.scheme AND t.question = a.question
        LEFT JOIN translations q ON q.scheme = k.scheme AND q.question = k.target)
    SELECT * EXCLUDE (type, chosen) REPLACE (
        CASE WHEN value IS NULL OR type IS NULL THEN value
             WHEN type = 'choice' THEN to_json(chosen[1])::VARCHAR
             WHEN type = 'choices' THEN to_json(list_sort(list_distinct(list_filter(chosen, lambda w: w <> ''))))::VARCHAR
             WHEN type = 'scale' AND json_type(value) = 'VARCHAR' THEN value ->> '$'
             ELSE value END AS value)
    FROM translated
    WHERE question <> '' AND coalesce(target, '-') <> '' AND (chosen IS NULL OR value IS NULL OR len(list_filter(chosen, lambda w: w <> '')) > 0);

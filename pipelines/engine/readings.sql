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
    WITH said AS (
        SELECT id, origin, ask, question, rater, updated_at, value, state, duration_ms, added_at, false AS refused FROM answers
        UNION ALL SELECT id, origin, ask, question, rater, updated_at, value, 'given', duration_ms, added_at, true FROM readable_refusals),
    several AS (  -- everything else, nearly all, needs no comparing
        SELECT ask, rater FROM said GROUP BY ask, rater HAVING min(origin) <> max(origin) OR count(*) > count(DISTINCT question)),
    standing AS (
        SELECT *, max(updated_at) FILTER (WHERE state <> 'withdrawn') OVER (PARTITION BY origin, ask, question, rater) AS answered_at
        FROM said SEMI JOIN several USING (ask, rater)
        QUALIFY row_number() OVER (PARTITION BY origin, ask, question, rater ORDER BY updated_at DESC, refused DESC, state = 'withdrawn' DESC, id DESC) = 1),
    latest AS (
        FROM standing QUALIFY row_number() OVER (
            PARTITION BY ask, question, rater
            ORDER BY (state = 'withdrawn' AND origin IN (SELECT id FROM origins WHERE server = 'table')), answered_at DESC NULLS LAST,
                     state = 'withdrawn', updated_at DESC, id DESC) = 1),
    skips AS (SELECT origin, ask, rater, updated_at FROM latest WHERE question = '*' AND state = 'skipped')
    SELECT * EXCLUDE (refused) FROM said ANTI JOIN several USING (ask, rater)
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

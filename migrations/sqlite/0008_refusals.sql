-- Why asks and requests were refused: each reason by a row of its own, so that an index finds it in the order of
-- the log. `refusal` of an event is the list of them, as JSON.

ALTER TABLE events ADD COLUMN refusal TEXT;

DROP TRIGGER events_unchanged;
UPDATE events SET refusal = (
  SELECT json_group_array(DISTINCT reason) FROM (
    SELECT coalesce(json_extract(text, '$.data.code'), 'denied') AS reason
    UNION ALL
    SELECT json_extract(checked.value, '$.check')
    FROM json_each(text, iif(kind = 'grant.denied', '$.data.decision.checks', '$.data.checks')) AS checked
    WHERE NOT json_extract(checked.value, '$.ok')
    UNION ALL
    SELECT 'vote' WHERE kind = 'grant.denied' AND json_type(text, '$.data.decision') IS NULL
    UNION ALL
    SELECT 'own_ask' WHERE json_extract(text, '$.data.detail') LIKE 'Nobody approves their own ask%'
  )
) WHERE kind IN ('grant.denied', 'request.refused');
CREATE TRIGGER events_unchanged BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

CREATE TABLE refusals (
  reason TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (reason, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO refusals (reason, seq)
  SELECT reason.value, events.seq FROM events, json_each(events.refusal) AS reason
  WHERE kind IN ('grant.denied', 'request.refused');
CREATE TRIGGER events_refusal AFTER INSERT ON events WHEN NEW.refusal IS NOT NULL
BEGIN INSERT INTO refusals (reason, seq) SELECT value, NEW.seq FROM json_each(NEW.refusal); END;

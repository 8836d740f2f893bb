-- Why asks and requests were refused: each reason by a row of its own, so that an index finds it in the order of
-- the log. `refusal` of an event is the list of them, as JSON.

ALTER TABLE events ADD COLUMN refusal TEXT COLLATE "C";

-- A caller's text may hold half a surrogate pair, which PostgreSQL does not read as JSON; what is wanted holds none.
CREATE FUNCTION pg_temp.data(text TEXT) RETURNS JSON LANGUAGE plpgsql AS $$
BEGIN
  RETURN text::json -> 'data';
EXCEPTION WHEN OTHERS THEN
  RETURN regexp_replace(text, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u0000', '', 'g')::json -> 'data';
END $$;

CREATE FUNCTION pg_temp.refusal(kind TEXT, data JSON) RETURNS TEXT LANGUAGE sql AS $$
  SELECT json_agg(reason ORDER BY place)::text FROM (
    SELECT coalesce(data ->> 'code', 'denied') AS reason, 0 AS place
    UNION ALL
    SELECT checked.value ->> 'check', checked.ordinality
    FROM json_array_elements(coalesce(data #> '{decision,checks}', data -> 'checks', '[]')) WITH ORDINALITY AS checked
    WHERE checked.value ->> 'ok' = 'false'
    UNION ALL
    SELECT 'vote', 0 WHERE kind = 'grant.denied' AND data -> 'decision' IS NULL
    UNION ALL
    SELECT 'own_ask', 0 WHERE data ->> 'detail' LIKE 'Nobody approves their own ask%'
  ) AS reasons
$$;

ALTER TABLE events DISABLE TRIGGER USER;
UPDATE events SET refusal = pg_temp.refusal(kind, pg_temp.data(text))
  WHERE kind IN ('grant.denied', 'request.refused');
ALTER TABLE events ENABLE TRIGGER USER;
DROP FUNCTION pg_temp.refusal(TEXT, JSON);
DROP FUNCTION pg_temp.data(TEXT);

CREATE TABLE refusals (
  reason TEXT COLLATE "C" NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (reason, seq)
);
INSERT INTO refusals (reason, seq)
  SELECT DISTINCT reason.value, events.seq FROM events, json_array_elements_text(events.refusal::json) AS reason
  WHERE kind IN ('grant.denied', 'request.refused');

CREATE FUNCTION stint_refusals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO refusals (reason, seq) SELECT value, NEW.seq FROM json_array_elements_text(NEW.refusal::json);
  RETURN NULL;
END $$;
CREATE TRIGGER events_refusal AFTER INSERT ON events FOR EACH ROW WHEN (NEW.refusal IS NOT NULL)
EXECUTE FUNCTION stint_refusals();

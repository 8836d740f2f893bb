-- What auditors ask by: the rules of the newest decision, and the most that a grant could cost in cents, where
-- 2^53 - 1 says that nothing bounds it.

ALTER TABLE grants ADD COLUMN config TEXT COLLATE "C";
ALTER TABLE grants ADD COLUMN bound BIGINT CHECK (bound >= 0);

-- A caller's text may hold half a surrogate pair, which PostgreSQL does not read as JSON; what is wanted holds none.
CREATE FUNCTION pg_temp.decision(body TEXT) RETURNS JSON LANGUAGE plpgsql AS $$
BEGIN
  RETURN body::json -> 'decision';
EXCEPTION WHEN OTHERS THEN
  RETURN regexp_replace(body, '\\u[dD][89a-fA-F][0-9a-fA-F]{2}|\\u0000', '', 'g')::json -> 'decision';
END $$;

UPDATE grants SET
  config = pg_temp.decision(body) ->> 'config',
  bound = CASE
    WHEN pg_temp.decision(body) -> 'cost' IS NULL THEN NULL
    WHEN pg_temp.decision(body) #> '{cost,declared}' IS NOT NULL
      THEN ceil(round((pg_temp.decision(body) #>> '{cost,declared,usd}')::numeric * 100, 4))
    WHEN pg_temp.decision(body) #> '{cost,receipt}' IS NULL
      OR json_array_length(pg_temp.decision(body) #> '{cost,receipt,unbounded}') > 0 THEN 9007199254740991
    ELSE ceil(round((pg_temp.decision(body) #>> '{cost,receipt,usd}')::numeric * 100, 4))
  END;

DROP FUNCTION pg_temp.decision(TEXT);

-- Newest first, like the others; the cost by its number of digits, which are few.
CREATE INDEX grants_config ON grants (config, created_at, id);
CREATE INDEX grants_bound ON grants (length(bound::text), created_at, id) WHERE bound IS NOT NULL;
CREATE INDEX grants_ticket ON grants (ticket, created_at, id) WHERE ticket IS NOT NULL;
CREATE INDEX grants_unticketed ON grants (created_at, id) WHERE ticket IS NULL;

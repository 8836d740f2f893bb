-- What auditors ask by: the rules of the newest decision, and the most that a grant could cost in cents, where
-- 2^53 - 1 says that nothing bounds it.

ALTER TABLE grants ADD COLUMN config TEXT;
ALTER TABLE grants ADD COLUMN bound INTEGER CHECK (bound >= 0);

UPDATE grants SET
  config = json_extract(body, '$.decision.config'),
  bound = CASE
    WHEN json_type(body, '$.decision.cost') IS NULL THEN NULL
    WHEN json_type(body, '$.decision.cost.declared') IS NOT NULL
      THEN CAST(ceil(round(json_extract(body, '$.decision.cost.declared.usd') * 100, 4)) AS INTEGER)
    WHEN json_type(body, '$.decision.cost.receipt') IS NULL
      OR json_array_length(body, '$.decision.cost.receipt.unbounded') > 0 THEN 9007199254740991
    ELSE CAST(ceil(round(json_extract(body, '$.decision.cost.receipt.usd') * 100, 4)) AS INTEGER)
  END;

-- Newest first, like the others; the cost by its number of digits, which are few.
CREATE INDEX grants_config ON grants (config, created_at, id);
CREATE INDEX grants_bound ON grants (length(bound), created_at, id) WHERE bound IS NOT NULL;
CREATE INDEX grants_ticket ON grants (ticket, created_at, id) WHERE ticket IS NOT NULL;
CREATE INDEX grants_unticketed ON grants (created_at, id) WHERE ticket IS NULL;

-- Grants for which the glass was broken, by what came of their review: open or signed.

ALTER TABLE grants ADD COLUMN review TEXT;
CREATE INDEX grants_review ON grants (review, created_at, id) WHERE review IS NOT NULL;

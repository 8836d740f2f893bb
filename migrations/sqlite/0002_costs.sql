-- What was granted to whom, by what it could cost at most: who stands behind the ask, when it became active, and
-- whole cents. Grants from before this have none and count for nothing.

ALTER TABLE grants ADD COLUMN person TEXT;
ALTER TABLE grants ADD COLUMN active_at INTEGER;
ALTER TABLE grants ADD COLUMN cents INTEGER CHECK (cents >= 0);

-- What is added up is the newest of each.
CREATE INDEX grants_spent ON grants (active_at) WHERE active_at IS NOT NULL;
CREATE INDEX grants_person_spent ON grants (person, active_at) WHERE active_at IS NOT NULL;
CREATE INDEX grants_role_spent ON grants (role, active_at) WHERE active_at IS NOT NULL;
CREATE INDEX grants_account_spent ON grants (account, active_at) WHERE active_at IS NOT NULL;

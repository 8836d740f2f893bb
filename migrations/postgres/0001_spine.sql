-- The same tables as in migrations/sqlite, with PostgreSQL's own types and triggers. Times are milliseconds
-- since 1970 UTC. A `body` is the whole value as JSON; the columns beside it are what is searched, checked
-- and ordered by. Texts are compared byte by byte (COLLATE "C"), so that both stores put them in one order.

CREATE TABLE grants (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL CHECK (version >= 1),
  state TEXT COLLATE "C" NOT NULL
    CHECK (state IN ('denied', 'pending', 'active', 'lapsed', 'cancelled', 'revoked', 'ended')),
  subject TEXT COLLATE "C" NOT NULL,
  actor TEXT COLLATE "C",
  role TEXT COLLATE "C" NOT NULL,
  account TEXT COLLATE "C",
  outcome TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('allow', 'approve', 'deny')),
  reason TEXT COLLATE "C",
  ticket TEXT COLLATE "C",
  created_at BIGINT NOT NULL,
  decide_by BIGINT,
  ends_at BIGINT,
  body TEXT COLLATE "C" NOT NULL,
  -- The reason's words, split by Stint and not by the server, so that every server finds the same.
  words TSVECTOR NOT NULL,
  -- Without these a grant would stay open for ever.
  CHECK (state <> 'pending' OR decide_by IS NOT NULL),
  CHECK (state <> 'active' OR ends_at IS NOT NULL)
);

-- Newest first, by each thing that one searches by.
CREATE INDEX grants_created ON grants (created_at, id);
CREATE INDEX grants_subject ON grants (subject, created_at, id);
CREATE INDEX grants_actor ON grants (actor, created_at, id) WHERE actor IS NOT NULL;
CREATE INDEX grants_role ON grants (role, created_at, id);
CREATE INDEX grants_account ON grants (account, created_at, id);
CREATE INDEX grants_outcome ON grants (outcome, created_at, id);
CREATE INDEX grants_state ON grants (state, created_at, id);
CREATE INDEX grants_words ON grants USING gin (words);

-- What the clock overtakes: few rows, whatever the size of the table.
CREATE INDEX grants_lapsing ON grants (decide_by) WHERE state = 'pending';
CREATE INDEX grants_ending ON grants (ends_at) WHERE state = 'active';

CREATE FUNCTION stint_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Stint: %', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Who asked, for what and why is pinned: nothing that comes later rewrites it.
CREATE TRIGGER grants_pinned BEFORE UPDATE ON grants FOR EACH ROW
WHEN ((NEW.id, NEW.subject, NEW.actor, NEW.role, NEW.reason, NEW.ticket, NEW.created_at)
  IS DISTINCT FROM (OLD.id, OLD.subject, OLD.actor, OLD.role, OLD.reason, OLD.ticket, OLD.created_at))
EXECUTE FUNCTION stint_refuse('what was asked never changes');
CREATE TRIGGER grants_kept BEFORE DELETE OR TRUNCATE ON grants
EXECUTE FUNCTION stint_refuse('grants are never deleted');

CREATE TABLE votes (
  "grant" TEXT COLLATE "C" NOT NULL REFERENCES grants (id),
  voter TEXT COLLATE "C" NOT NULL,
  at BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY ("grant", voter)
);
CREATE INDEX votes_voter ON votes (voter, "grant");
CREATE TRIGGER votes_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON votes
EXECUTE FUNCTION stint_refuse('votes are never changed or deleted');

CREATE TABLE issuances (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  "grant" TEXT COLLATE "C" NOT NULL REFERENCES grants (id),
  state TEXT COLLATE "C" NOT NULL CHECK (state IN ('started', 'done', 'withheld', 'failed', 'unknown')),
  access_key_id TEXT COLLATE "C",
  started_at BIGINT NOT NULL,
  body TEXT COLLATE "C" NOT NULL
);
CREATE INDEX issuances_grant ON issuances ("grant", started_at);
CREATE INDEX issuances_access_key ON issuances (access_key_id) WHERE access_key_id IS NOT NULL;
CREATE INDEX issuances_started ON issuances (started_at) WHERE state = 'started';
CREATE TRIGGER issuances_kept BEFORE DELETE OR TRUNCATE ON issuances
EXECUTE FUNCTION stint_refuse('issuances are never deleted');

CREATE TABLE idempotency_keys (
  subject TEXT COLLATE "C" NOT NULL,
  key TEXT COLLATE "C" NOT NULL,
  body TEXT COLLATE "C" NOT NULL,
  "grant" TEXT COLLATE "C" NOT NULL REFERENCES grants (id),
  PRIMARY KEY (subject, key)
);

-- `text` is the bytes that were hashed; the columns beside it only find it.
CREATE TABLE events (
  seq BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  kind TEXT COLLATE "C" NOT NULL,
  "by" TEXT COLLATE "C" NOT NULL,
  "grant" TEXT COLLATE "C",
  text TEXT COLLATE "C" NOT NULL,
  leaf TEXT COLLATE "C" NOT NULL CHECK (length(leaf) = 64)
);
CREATE INDEX events_at ON events (at);
CREATE INDEX events_kind ON events (kind, seq);
CREATE INDEX events_by ON events ("by", seq);
CREATE INDEX events_grant ON events ("grant", seq) WHERE "grant" IS NOT NULL;

CREATE FUNCTION stint_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM events) THEN
    RAISE EXCEPTION 'Stint: events are only appended' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER events_gapless BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION stint_gapless();
CREATE TRIGGER events_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON events
EXECUTE FUNCTION stint_refuse('events are never changed or deleted');

-- Small facts about the store itself. Whoever has the row `turn` locked is the one that writes; its value
-- counts the writes that proved the store writable.
CREATE TABLE meta (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);
INSERT INTO meta VALUES ('turn', 0);

-- The replicas that run now, by the server's clock, and the rules that each has loaded.
CREATE TABLE replicas (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  config TEXT COLLATE "C" NOT NULL,
  seen_at BIGINT NOT NULL
);

-- The rules under which new grants are decided: those of `config`, once every replica had loaded them.
CREATE TABLE in_force (
  one BOOLEAN NOT NULL PRIMARY KEY CHECK (one),
  config TEXT COLLATE "C" NOT NULL
);

-- Work that one replica does at a time; until when it is whose.
CREATE TABLE leases (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  holder TEXT COLLATE "C" NOT NULL,
  until BIGINT NOT NULL
);
INSERT INTO leases VALUES ('sweep', '', 0);

-- Requests that count for a caller on whichever replica; of no worth after a crash, so not logged.
CREATE UNLOGGED TABLE tallies (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  began_at BIGINT NOT NULL,
  count BIGINT NOT NULL
);

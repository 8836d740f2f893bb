-- Times are milliseconds since 1970 UTC. A `body` is the whole value as JSON; the columns beside it are
-- what is searched, checked and ordered by.

CREATE TABLE grants (
  n INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL CHECK (version >= 1),
  state TEXT NOT NULL
    CHECK (state IN ('denied', 'pending', 'active', 'lapsed', 'cancelled', 'revoked', 'ended')),
  subject TEXT NOT NULL,
  actor TEXT,
  role TEXT NOT NULL,
  account TEXT,
  outcome TEXT NOT NULL CHECK (outcome IN ('allow', 'approve', 'deny')),
  reason TEXT,
  ticket TEXT,
  created_at INTEGER NOT NULL,
  decide_by INTEGER,
  ends_at INTEGER,
  body TEXT NOT NULL,
  -- Without these a grant would stay open for ever.
  CHECK (state <> 'pending' OR decide_by IS NOT NULL),
  CHECK (state <> 'active' OR ends_at IS NOT NULL)
) STRICT;

-- Newest first, by each thing that one searches by.
CREATE INDEX grants_created ON grants (created_at, id);
CREATE INDEX grants_subject ON grants (subject, created_at, id);
CREATE INDEX grants_actor ON grants (actor, created_at, id) WHERE actor IS NOT NULL;
CREATE INDEX grants_role ON grants (role, created_at, id);
CREATE INDEX grants_account ON grants (account, created_at, id);
CREATE INDEX grants_outcome ON grants (outcome, created_at, id);
CREATE INDEX grants_state ON grants (state, created_at, id);

-- What the clock overtakes: few rows, whatever the size of the table.
CREATE INDEX grants_lapsing ON grants (decide_by) WHERE state = 'pending';
CREATE INDEX grants_ending ON grants (ends_at) WHERE state = 'active';

-- Who asked, for what and why is pinned: nothing that comes later rewrites it.
CREATE TRIGGER grants_pinned BEFORE UPDATE ON grants
WHEN NEW.n IS NOT OLD.n OR NEW.id IS NOT OLD.id OR NEW.subject IS NOT OLD.subject
  OR NEW.actor IS NOT OLD.actor OR NEW.role IS NOT OLD.role OR NEW.reason IS NOT OLD.reason
  OR NEW.ticket IS NOT OLD.ticket OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'what was asked never changes'); END;
CREATE TRIGGER grants_kept BEFORE DELETE ON grants
BEGIN SELECT RAISE(ABORT, 'grants are never deleted'); END;

CREATE VIRTUAL TABLE reasons USING fts5(
  reason, content = 'grants', content_rowid = 'n', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TRIGGER grants_reason AFTER INSERT ON grants WHEN NEW.reason IS NOT NULL
BEGIN INSERT INTO reasons (rowid, reason) VALUES (NEW.n, NEW.reason); END;

CREATE TABLE votes (
  "grant" TEXT NOT NULL REFERENCES grants (id),
  voter TEXT NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY ("grant", voter)
) STRICT;
CREATE INDEX votes_voter ON votes (voter, "grant");
CREATE TRIGGER votes_unchanged BEFORE UPDATE ON votes
BEGIN SELECT RAISE(ABORT, 'votes are never changed'); END;
CREATE TRIGGER votes_kept BEFORE DELETE ON votes
BEGIN SELECT RAISE(ABORT, 'votes are never deleted'); END;

CREATE TABLE issuances (
  id TEXT NOT NULL PRIMARY KEY,
  "grant" TEXT NOT NULL REFERENCES grants (id),
  state TEXT NOT NULL CHECK (state IN ('started', 'done', 'withheld', 'failed', 'unknown')),
  access_key_id TEXT,
  started_at INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX issuances_grant ON issuances ("grant", started_at);
CREATE INDEX issuances_access_key ON issuances (access_key_id) WHERE access_key_id IS NOT NULL;
CREATE INDEX issuances_started ON issuances (started_at) WHERE state = 'started';
CREATE TRIGGER issuances_kept BEFORE DELETE ON issuances
BEGIN SELECT RAISE(ABORT, 'issuances are never deleted'); END;

CREATE TABLE idempotency_keys (
  subject TEXT NOT NULL,
  key TEXT NOT NULL,
  body TEXT NOT NULL,
  "grant" TEXT NOT NULL REFERENCES grants (id),
  PRIMARY KEY (subject, key)
) STRICT;

-- `text` is the bytes that were hashed; the columns beside it only find it.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  kind TEXT NOT NULL,
  "by" TEXT NOT NULL,
  "grant" TEXT,
  text TEXT NOT NULL,
  leaf TEXT NOT NULL CHECK (length(leaf) = 64)
) STRICT;
CREATE INDEX events_at ON events (at);
CREATE INDEX events_kind ON events (kind);
CREATE INDEX events_by ON events ("by");
CREATE INDEX events_grant ON events ("grant") WHERE "grant" IS NOT NULL;
-- Also what keeps REPLACE from taking the place of an event.
CREATE TRIGGER events_gapless BEFORE INSERT ON events
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;
CREATE TRIGGER events_unchanged BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER events_kept BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;

-- Small facts about the store itself. `probe` counts the writes that proved it writable.
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;

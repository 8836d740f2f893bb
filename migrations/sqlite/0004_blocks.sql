-- What nothing may be granted or issued to, until it is lifted. `version` counts all that ever happened to any of
-- them, so its maximum says whether one came or went.
CREATE TABLE blocks (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL UNIQUE CHECK (version >= 1),
  lifted_at INTEGER,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX blocks_standing ON blocks (id) WHERE lifted_at IS NULL;
CREATE TRIGGER blocks_pinned BEFORE UPDATE ON blocks WHEN NEW.id IS NOT OLD.id OR OLD.lifted_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'a block is only ever lifted, once'); END;
CREATE TRIGGER blocks_kept BEFORE DELETE ON blocks
BEGIN SELECT RAISE(ABORT, 'blocks are never deleted'); END;

-- What AWS is to deny, one row an IAM role; `due_at` is when somebody has to look at it again.
CREATE TABLE denials (
  arn TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL CHECK (version >= 1),
  due_at INTEGER,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX denials_due ON denials (due_at) WHERE due_at IS NOT NULL;

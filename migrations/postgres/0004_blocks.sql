-- What nothing may be granted or issued to, until it is lifted. `version` counts all that ever happened to any of
-- them, so its maximum says whether one came or went.
CREATE TABLE blocks (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL UNIQUE CHECK (version >= 1),
  lifted_at BIGINT,
  body TEXT COLLATE "C" NOT NULL
);
CREATE INDEX blocks_standing ON blocks (id) WHERE lifted_at IS NULL;
CREATE TRIGGER blocks_pinned BEFORE UPDATE ON blocks FOR EACH ROW
WHEN (NEW.id IS DISTINCT FROM OLD.id OR OLD.lifted_at IS NOT NULL)
EXECUTE FUNCTION stint_refuse('a block is only ever lifted, once');
CREATE TRIGGER blocks_kept BEFORE DELETE OR TRUNCATE ON blocks
EXECUTE FUNCTION stint_refuse('blocks are never deleted');

-- What AWS is to deny, one row an IAM role; `due_at` is when somebody has to look at it again.
CREATE TABLE denials (
  arn TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL CHECK (version >= 1),
  due_at BIGINT,
  body TEXT COLLATE "C" NOT NULL
);
CREATE INDEX denials_due ON denials (due_at) WHERE due_at IS NOT NULL;

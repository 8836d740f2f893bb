-- The tree over the events: `place` is the hash's among those of its level, which each are the root over 256 hashes of
-- the level below. The leaves are the events' own.
CREATE TABLE tree (
  level BIGINT NOT NULL CHECK (level >= 1),
  place BIGINT NOT NULL CHECK (place >= 0),
  hash TEXT COLLATE "C" NOT NULL CHECK (length(hash) = 64),
  PRIMARY KEY (level, place)
);
CREATE TRIGGER tree_unchanged BEFORE UPDATE OR DELETE OR TRUNCATE ON tree
EXECUTE FUNCTION stint_refuse('the tree only grows');

CREATE TABLE checkpoints (
  size BIGINT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  note TEXT COLLATE "C" NOT NULL
);
CREATE TRIGGER checkpoints_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON checkpoints
EXECUTE FUNCTION stint_refuse('checkpoints are never changed or deleted');

-- How far whatever follows the record has come.
CREATE TABLE positions (
  name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);

-- The tree over the events: `place` is the hash's among those of its level, which each are the root over 256 hashes of
-- the level below. The leaves are the events' own.
CREATE TABLE tree (
  level INTEGER NOT NULL CHECK (level >= 1),
  place INTEGER NOT NULL CHECK (place >= 0),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER tree_unchanged BEFORE UPDATE ON tree
BEGIN SELECT RAISE(ABORT, 'the tree only grows'); END;
CREATE TRIGGER tree_kept BEFORE DELETE ON tree
BEGIN SELECT RAISE(ABORT, 'the tree only grows'); END;

CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT;
CREATE TRIGGER checkpoints_ascend BEFORE INSERT ON checkpoints
WHEN NEW.size <= (SELECT max(size) FROM checkpoints)
BEGIN SELECT RAISE(ABORT, 'checkpoints never go back'); END;
CREATE TRIGGER checkpoints_unchanged BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;
CREATE TRIGGER checkpoints_kept BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are never deleted'); END;

-- How far whatever follows the record has come.
CREATE TABLE positions (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT;

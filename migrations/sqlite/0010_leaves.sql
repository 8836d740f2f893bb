-- Events that are old may go once an archive holds them; their leaf hashes stay, so that the tree, and with it every
-- proof and checkpoint, is the same as before. The events begin after the last of these.

CREATE TABLE leaves (
  seq INTEGER PRIMARY KEY,
  leaf TEXT NOT NULL CHECK (length(leaf) = 64)
) STRICT;
-- The oldest event there is, when a signed checkpoint and the position `dropped` are past it; or, where there is no
-- event yet, a row that another store had.
CREATE TRIGGER leaves_gapless BEFORE INSERT ON leaves
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM leaves)
  OR EXISTS (SELECT 1 FROM events) AND (
    NEW.leaf IS NOT (SELECT leaf FROM events WHERE seq = NEW.seq)
    OR NEW.seq > coalesce((SELECT value FROM positions WHERE name = 'dropped'), 0)
    OR NEW.seq > coalesce((SELECT max(size) FROM checkpoints), 0)
    OR NEW.seq >= (SELECT max(seq) FROM events)
  )
BEGIN SELECT RAISE(ABORT, 'leaves are those of events that were dropped'); END;
CREATE TRIGGER leaves_unchanged BEFORE UPDATE ON leaves
BEGIN SELECT RAISE(ABORT, 'leaves are never changed'); END;
CREATE TRIGGER leaves_kept BEFORE DELETE ON leaves
BEGIN SELECT RAISE(ABORT, 'leaves are never deleted'); END;

DROP TRIGGER events_kept;
CREATE TRIGGER events_kept BEFORE DELETE ON events
WHEN NOT EXISTS (SELECT 1 FROM leaves WHERE seq = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER events_dropped AFTER DELETE ON events WHEN OLD.refusal IS NOT NULL
BEGIN DELETE FROM refusals WHERE seq = OLD.seq AND reason IN (SELECT value FROM json_each(OLD.refusal)); END;

DROP TRIGGER events_gapless;
CREATE TRIGGER events_gapless BEFORE INSERT ON events
WHEN NEW.seq IS NOT coalesce((SELECT max(seq) FROM events), (SELECT max(seq) FROM leaves), 0) + 1
BEGIN SELECT RAISE(ABORT, 'events are only appended'); END;

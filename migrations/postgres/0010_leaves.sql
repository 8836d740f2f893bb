-- Events that are old may go once an archive holds them; their leaf hashes stay, so that the tree, and with it every
-- proof and checkpoint, is the same as before. The events begin after the last of these.

CREATE TABLE leaves (
  seq BIGINT NOT NULL PRIMARY KEY,
  leaf TEXT COLLATE "C" NOT NULL CHECK (length(leaf) = 64)
);
-- The oldest event there is, when a signed checkpoint and the position `dropped` are past it; or, where there is no
-- event yet, a row that another store had.
CREATE FUNCTION stint_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS DISTINCT FROM (SELECT coalesce(max(seq), 0) + 1 FROM leaves)
    OR EXISTS (SELECT FROM events) AND (
      NEW.leaf IS DISTINCT FROM (SELECT leaf FROM events WHERE seq = NEW.seq)
      OR NEW.seq > coalesce((SELECT value FROM positions WHERE name = 'dropped'), 0)
      OR NEW.seq > coalesce((SELECT max(size) FROM checkpoints), 0)
      OR NEW.seq >= (SELECT max(seq) FROM events)
    )
  THEN
    RAISE EXCEPTION 'Stint: leaves are those of events that were dropped' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER leaves_gapless BEFORE INSERT ON leaves FOR EACH ROW EXECUTE FUNCTION stint_leaves();
CREATE TRIGGER leaves_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON leaves
EXECUTE FUNCTION stint_refuse('leaves are never changed or deleted');

DROP TRIGGER events_kept ON events;
CREATE TRIGGER events_kept BEFORE UPDATE OR TRUNCATE ON events
EXECUTE FUNCTION stint_refuse('events are never changed or deleted');
CREATE FUNCTION stint_dropped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM leaves WHERE seq = OLD.seq) THEN
    RAISE EXCEPTION 'Stint: events are never deleted' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.refusal IS NOT NULL THEN
    DELETE FROM refusals WHERE seq = OLD.seq AND reason IN (SELECT json_array_elements_text(OLD.refusal::json));
  END IF;
  RETURN OLD;
END $$;
CREATE TRIGGER events_dropped BEFORE DELETE ON events FOR EACH ROW EXECUTE FUNCTION stint_dropped();

CREATE OR REPLACE FUNCTION stint_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.seq IS DISTINCT FROM coalesce((SELECT max(seq) FROM events), (SELECT max(seq) FROM leaves), 0) + 1 THEN
    RAISE EXCEPTION 'Stint: events are only appended' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

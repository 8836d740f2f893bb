-- What is still to be told elsewhere. A row goes when it was told: what there was to tell is in `events`.
CREATE TABLE outbox (
  -- In the order of the log, and never used twice: 256 times the seq of the event that it came with, and its place.
  n BIGINT NOT NULL PRIMARY KEY,
  -- Where to, and about what: rows that share both are told one after the other.
  lane TEXT COLLATE "C" NOT NULL,
  about TEXT COLLATE "C" NOT NULL,
  what TEXT COLLATE "C" NOT NULL,
  ref TEXT COLLATE "C",
  at BIGINT NOT NULL,
  -- Not before; later than `at` after it failed.
  due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  -- Whoever took it has it until then.
  claimed_until BIGINT NOT NULL,
  -- Since when it may have been told already, without anybody knowing.
  unsure_since BIGINT
);
CREATE INDEX outbox_lane ON outbox (lane, about, n);
CREATE INDEX outbox_due ON outbox (due_at);

-- Where it stands: the message of each grant in each lane, and the hash of how it was drawn last.
CREATE TABLE posts (
  lane TEXT COLLATE "C" NOT NULL,
  about TEXT COLLATE "C" NOT NULL,
  channel TEXT COLLATE "C" NOT NULL,
  ts TEXT COLLATE "C" NOT NULL,
  drawn TEXT COLLATE "C" NOT NULL,
  PRIMARY KEY (lane, about)
);

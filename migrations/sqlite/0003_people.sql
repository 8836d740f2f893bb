-- Each person as the newest of their verified tokens described them: what a click in Slack is judged by.
CREATE TABLE persons (
  subject TEXT NOT NULL PRIMARY KEY,
  at INTEGER NOT NULL,
  slack TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX persons_slack ON persons (slack) WHERE slack IS NOT NULL;

-- Users of Slack and whom they proved to be: at most one person each, and each person at most one.
CREATE TABLE slack_users (
  id TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL CHECK (version >= 1),
  subject TEXT UNIQUE,
  code TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX slack_users_code ON slack_users (code) WHERE code IS NOT NULL;

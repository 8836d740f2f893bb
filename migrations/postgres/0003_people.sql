-- Each person as the newest of their verified tokens described them: what a click in Slack is judged by.
CREATE TABLE persons (
  subject TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  slack TEXT COLLATE "C",
  body TEXT NOT NULL
);
CREATE INDEX persons_slack ON persons (slack) WHERE slack IS NOT NULL;

-- Users of Slack and whom they proved to be: at most one person each, and each person at most one.
CREATE TABLE slack_users (
  id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
  version BIGINT NOT NULL CHECK (version >= 1),
  subject TEXT COLLATE "C" UNIQUE,
  code TEXT COLLATE "C",
  body TEXT NOT NULL
);
CREATE INDEX slack_users_code ON slack_users (code) WHERE code IS NOT NULL;

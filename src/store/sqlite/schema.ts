import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** The tables of `migrations/sqlite` as the query builder knows them; a test holds the two together. */
export const grants = sqliteTable('grants', {
  n: integer('n').primaryKey(),
  id: text('id').notNull().unique(),
  version: integer('version').notNull(),
  state: text('state').notNull(),
  subject: text('subject').notNull(),
  actor: text('actor'),
  role: text('role').notNull(),
  account: text('account'),
  outcome: text('outcome').notNull(),
  reason: text('reason'),
  ticket: text('ticket'),
  createdAt: integer('created_at').notNull(),
  decideBy: integer('decide_by'),
  endsAt: integer('ends_at'),
  body: text('body').notNull(),
  person: text('person'),
  activeAt: integer('active_at'),
  cents: integer('cents'),
  config: text('config'),
  bound: integer('bound'),
  review: text('review'),
})

export const votes = sqliteTable(
  'votes',
  {
    grant: text('grant').notNull(),
    voter: text('voter').notNull(),
    at: integer('at').notNull(),
    body: text('body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.grant, table.voter] })],
)

export const issuances = sqliteTable('issuances', {
  id: text('id').primaryKey(),
  grant: text('grant').notNull(),
  state: text('state').notNull(),
  accessKeyId: text('access_key_id'),
  startedAt: integer('started_at').notNull(),
  body: text('body').notNull(),
})

export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    subject: text('subject').notNull(),
    key: text('key').notNull(),
    body: text('body').notNull(),
    grant: text('grant').notNull(),
  },
  (table) => [primaryKey({ columns: [table.subject, table.key] })],
)

export const persons = sqliteTable('persons', {
  subject: text('subject').primaryKey(),
  at: integer('at').notNull(),
  slack: text('slack'),
  body: text('body').notNull(),
})

export const slackUsers = sqliteTable('slack_users', {
  id: text('id').primaryKey(),
  version: integer('version').notNull(),
  subject: text('subject').unique(),
  code: text('code'),
  body: text('body').notNull(),
})

export const blocks = sqliteTable('blocks', {
  id: text('id').primaryKey(),
  version: integer('version').notNull().unique(),
  liftedAt: integer('lifted_at'),
  body: text('body').notNull(),
})

export const denials = sqliteTable('denials', {
  arn: text('arn').primaryKey(),
  version: integer('version').notNull(),
  dueAt: integer('due_at'),
  body: text('body').notNull(),
})

export const events = sqliteTable('events', {
  seq: integer('seq').primaryKey(),
  at: integer('at').notNull(),
  kind: text('kind').notNull(),
  by: text('by').notNull(),
  grant: text('grant'),
  text: text('text').notNull(),
  leaf: text('leaf').notNull(),
  refusal: text('refusal'),
})

export const leaves = sqliteTable('leaves', {
  seq: integer('seq').primaryKey(),
  leaf: text('leaf').notNull(),
})

export const tree = sqliteTable(
  'tree',
  {
    level: integer('level').notNull(),
    place: integer('place').notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.place] })],
)

export const checkpoints = sqliteTable('checkpoints', {
  size: integer('size').primaryKey(),
  at: integer('at').notNull(),
  note: text('note').notNull(),
})

export const positions = sqliteTable('positions', {
  name: text('name').primaryKey(),
  value: integer('value').notNull(),
})

export const outbox = sqliteTable('outbox', {
  n: integer('n').primaryKey(),
  lane: text('lane').notNull(),
  about: text('about').notNull(),
  what: text('what').notNull(),
  ref: text('ref'),
  at: integer('at').notNull(),
  dueAt: integer('due_at').notNull(),
  tries: integer('tries').notNull(),
  claimedUntil: integer('claimed_until').notNull(),
  unsureSince: integer('unsure_since'),
})

export const posts = sqliteTable(
  'posts',
  {
    lane: text('lane').notNull(),
    about: text('about').notNull(),
    channel: text('channel').notNull(),
    ts: text('ts').notNull(),
    drawn: text('drawn').notNull(),
  },
  (table) => [primaryKey({ columns: [table.lane, table.about] })],
)

export const meta = sqliteTable('meta', {
  name: text('name').primaryKey(),
  value: integer('value').notNull(),
})

export const migrations = sqliteTable('migrations', {
  name: text('name').primaryKey(),
  sha256: text('sha256').notNull(),
})

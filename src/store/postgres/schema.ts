import { bigint, boolean, customType, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

/** Milliseconds, versions and places in the log: all far below 2^53. */
const number = (name: string) => bigint(name, { mode: 'number' })

const tsvector = customType<{ data: string }>({ dataType: () => 'tsvector' })

/** The tables of `migrations/postgres` as the query builder knows them; a test holds the two together. */
export const grants = pgTable('grants', {
  id: text('id').primaryKey(),
  version: number('version').notNull(),
  state: text('state').notNull(),
  subject: text('subject').notNull(),
  actor: text('actor'),
  role: text('role').notNull(),
  account: text('account'),
  outcome: text('outcome').notNull(),
  reason: text('reason'),
  ticket: text('ticket'),
  createdAt: number('created_at').notNull(),
  decideBy: number('decide_by'),
  endsAt: number('ends_at'),
  body: text('body').notNull(),
  words: tsvector('words').notNull(),
  person: text('person'),
  activeAt: number('active_at'),
  cents: number('cents'),
  config: text('config'),
  bound: number('bound'),
  review: text('review'),
})

export const votes = pgTable(
  'votes',
  {
    grant: text('grant').notNull(),
    voter: text('voter').notNull(),
    at: number('at').notNull(),
    body: text('body').notNull(),
  },
  (table) => [primaryKey({ columns: [table.grant, table.voter] })],
)

export const issuances = pgTable('issuances', {
  id: text('id').primaryKey(),
  grant: text('grant').notNull(),
  state: text('state').notNull(),
  accessKeyId: text('access_key_id'),
  startedAt: number('started_at').notNull(),
  body: text('body').notNull(),
})

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    subject: text('subject').notNull(),
    key: text('key').notNull(),
    body: text('body').notNull(),
    grant: text('grant').notNull(),
  },
  (table) => [primaryKey({ columns: [table.subject, table.key] })],
)

export const persons = pgTable('persons', {
  subject: text('subject').primaryKey(),
  at: number('at').notNull(),
  slack: text('slack'),
  body: text('body').notNull(),
})

export const slackUsers = pgTable('slack_users', {
  id: text('id').primaryKey(),
  version: number('version').notNull(),
  subject: text('subject').unique(),
  code: text('code'),
  body: text('body').notNull(),
})

export const blocks = pgTable('blocks', {
  id: text('id').primaryKey(),
  version: number('version').notNull().unique(),
  liftedAt: number('lifted_at'),
  body: text('body').notNull(),
})

export const denials = pgTable('denials', {
  arn: text('arn').primaryKey(),
  version: number('version').notNull(),
  dueAt: number('due_at'),
  body: text('body').notNull(),
})

export const events = pgTable('events', {
  seq: number('seq').primaryKey(),
  at: number('at').notNull(),
  kind: text('kind').notNull(),
  by: text('by').notNull(),
  grant: text('grant'),
  text: text('text').notNull(),
  leaf: text('leaf').notNull(),
  refusal: text('refusal'),
})

export const leaves = pgTable('leaves', {
  seq: number('seq').primaryKey(),
  leaf: text('leaf').notNull(),
})

export const tree = pgTable(
  'tree',
  {
    level: number('level').notNull(),
    place: number('place').notNull(),
    hash: text('hash').notNull(),
  },
  (table) => [primaryKey({ columns: [table.level, table.place] })],
)

export const checkpoints = pgTable('checkpoints', {
  size: number('size').primaryKey(),
  at: number('at').notNull(),
  note: text('note').notNull(),
})

export const positions = pgTable('positions', {
  name: text('name').primaryKey(),
  value: number('value').notNull(),
})

export const outbox = pgTable('outbox', {
  n: number('n').primaryKey(),
  lane: text('lane').notNull(),
  about: text('about').notNull(),
  what: text('what').notNull(),
  ref: text('ref'),
  at: number('at').notNull(),
  dueAt: number('due_at').notNull(),
  tries: number('tries').notNull(),
  claimedUntil: number('claimed_until').notNull(),
  unsureSince: number('unsure_since'),
})

export const posts = pgTable(
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

export const meta = pgTable('meta', {
  name: text('name').primaryKey(),
  value: number('value').notNull(),
})

export const migrations = pgTable('migrations', {
  name: text('name').primaryKey(),
  sha256: text('sha256').notNull(),
})

export const replicas = pgTable('replicas', {
  id: text('id').primaryKey(),
  config: text('config').notNull(),
  seenAt: number('seen_at').notNull(),
})

export const inForce = pgTable('in_force', {
  one: boolean('one').primaryKey(),
  config: text('config').notNull(),
})

export const leases = pgTable('leases', {
  name: text('name').primaryKey(),
  holder: text('holder').notNull(),
  until: number('until').notNull(),
})

export const tallies = pgTable('tallies', {
  name: text('name').primaryKey(),
  beganAt: number('began_at').notNull(),
  count: number('count').notNull(),
})

import { getTableColumns, inArray, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Change } from '../../grant/store.js'
import { exact } from '../rows.js'
import type { GrantRow } from '../rows.js'
import { pair } from './batch.js'
import type { Outcome, Stored } from './batch.js'
import { totalKey, totalSum } from '../totals.js'
import { blocks, denials, events, grants, idempotencyKeys } from './schema.js'
import { issuances, outbox, persons, slackUsers, votes } from './schema.js'
import { readNewest, writeSeals } from './seal.js'
import { vectorOf } from './words.js'

/** What is stored of all that these changes touch: one statement, and so of one moment. */
export async function readStored(
  orm: NodePgDatabase,
  changes: readonly Change[],
): Promise<Omit<Stored, 'head'>> {
  const touched = new Set(changes.flatMap(grantsOf).filter(storable))
  const cast = changes.flatMap(({ vote }) => (vote ? [vote] : []))
  const minted = changes.flatMap(({ issuance }) => (issuance ? [issuance.row.id] : [])).filter(storable)
  const keys = changes.flatMap(({ key }) => (key ? [key] : []))
  const met = changes.flatMap(({ person }) => (person ? [person.identity.subject] : [])).filter(storable)
  const bound = changes.flatMap(({ slackUser }) => (slackUser ? [slackUser] : []))
  const raised = changes.flatMap(({ unreviewed }) => (unreviewed ? [plain(unreviewed.subject)] : []))
  const denied = changes.flatMap(({ denials = [] }) => denials.map(({ arn }) => arn)).filter(storable)
  const { rows } = await orm.execute<{ kind: string; a: string; b: string; n: number }>(sql`
    SELECT 'grant' AS kind, id AS a, '' AS b, version AS n FROM grants WHERE id = ANY(${list(touched)})
    UNION ALL SELECT 'vote', "grant", voter, 0 FROM votes WHERE "grant" = ANY(${list(cast.map((vote) => vote.grant).filter(storable))})
    UNION ALL SELECT 'issuance:' || state, id, "grant", 0 FROM issuances WHERE id = ANY(${list(minted)})
    UNION ALL SELECT 'key', subject, key, 0 FROM idempotency_keys
      WHERE (subject, key) IN (SELECT * FROM unnest(${list(keys.map((key) => key.subject).map(plain))}, ${list(keys.map((key) => key.key).map(plain))}))
    UNION ALL SELECT 'person', subject, '', at FROM persons WHERE subject = ANY(${list(met)})
    UNION ALL SELECT 'slack', id, coalesce(subject, ''), version FROM slack_users
      WHERE id = ANY(${list(bound.map(({ id }) => id).map(plain))})
      OR subject = ANY(${list(bound.map(({ subject = '' }) => plain(subject)))})
    UNION ALL SELECT 'blocks', '', '', coalesce(max(version), 0) FROM blocks
    UNION ALL SELECT 'denial', arn, '', version FROM denials WHERE arn = ANY(${list(denied)})
    UNION ALL SELECT 'unreviewed', subject, '', count(*) FROM grants
      WHERE review = 'open' AND subject = ANY(${list(raised)}) GROUP BY subject
    UNION ALL SELECT 'config', config, '', 0 FROM in_force`)
  const of = (kind: string) => rows.filter((row) => row.kind === kind)
  return {
    grants: new Map(of('grant').map(({ a, n }) => [a, n])),
    votes: new Set(of('vote').map(({ a, b }) => pair(a, b))),
    issuances: new Map(
      rows.flatMap(({ kind, a, b }) =>
        kind.startsWith('issuance:') ? [[a, { grant: b, state: kind.slice('issuance:'.length) }]] : [],
      ),
    ),
    keys: new Set(of('key').map(({ a, b }) => pair(a, b))),
    persons: new Map(of('person').map(({ a, n }) => [a, n])),
    slackUsers: new Map(
      of('slack').map(({ a, b, n }) => [a, { id: a, subject: b === '' ? null : b, version: n }]),
    ),
    blocks: of('blocks')[0]?.n ?? 0,
    denials: new Map(of('denial').map(({ a, n }) => [a, n])),
    unreviewed: new Map(of('unreviewed').map(({ a, n }) => [a, n])),
    checkpoint: await readNewest(
      orm,
      changes.flatMap(({ seal }) => seal ?? []),
    ),
    config: of('config')[0]?.a,
    ...(await readTotals(orm, changes, touched)),
  }
}

/** Of no change but those that rest on totals; under the lock, so of the same moment as the rest. */
async function readTotals(
  orm: NodePgDatabase,
  changes: readonly Change[],
  touched: Iterable<string>,
): Promise<Pick<Stored, 'totals' | 'spenders'>> {
  const wanted = [
    ...new Map(changes.flatMap(({ totals = [] }) => totals.map(({ of }) => [totalKey(of), of] as const))),
  ]
  if (wanted.length === 0) return { totals: new Map(), spenders: new Map() }
  const columns = getTableColumns(grants)
  const sums = wanted.map(([key, of]) => sql`SELECT ${key}::text AS key, (${totalSum(of, columns)}) AS cents`)
  const { rows } = await orm.execute<{ key: string; cents: number }>(sql.join(sums, sql` UNION ALL `))
  const { id, person, role, account, outcome, activeAt, cents } = columns
  const spenders = await orm
    .select({ id, person, role, account, outcome, activeAt, cents })
    .from(grants)
    .where(inArray(grants.id, [...touched]))
  return {
    totals: new Map(rows.map(({ key, cents }) => [key, cents])),
    spenders: new Map(spenders.map((row) => [row.id, row])),
  }
}

/** The grants that a change rests on or writes to. */
const grantsOf = ({ expect = [], grant, vote, issuance, key }: Change): readonly string[] =>
  [...expect.map(({ grant: id }) => id), grant?.id, vote?.grant, issuance?.row.grant, key?.grant].filter(
    (id) => id !== undefined,
  )

/** What cannot be stored is not there either; what wants to store it is refused by name later. */
const storable = (text: string): boolean => plain(text) === text
const plain = (text: string): string => text.replace(/[\p{Cs}\0]/gu, '\ufffd')

const list = (texts: Iterable<string>): SQL => sql`${sql.param([...texts])}::text[]`

/** How many rows go into one statement: PostgreSQL takes 65,535 parameters. */
const atOnce = 2_000

/**
 * Sends what a batch leaves behind, one statement a table. That nothing stands in the way was seen under
 * the lock, so what exists is overwritten. Settles when all was answered.
 */
export function writeOutcome(orm: NodePgDatabase, outcome: Outcome): readonly Promise<unknown>[] {
  const next = (column: string): SQL => sql.raw(`excluded.${column}`)
  return [
    ...chunks([...outcome.grants.values()]).map((rows) =>
      orm
        .insert(grants)
        .values(rows.map(withWords))
        .onConflictDoUpdate({
          target: grants.id,
          set: {
            version: next('version'),
            state: next('state'),
            subject: next('subject'),
            actor: next('actor'),
            role: next('role'),
            account: next('account'),
            outcome: next('outcome'),
            reason: next('reason'),
            ticket: next('ticket'),
            decideBy: next('decide_by'),
            endsAt: next('ends_at'),
            body: next('body'),
            person: next('person'),
            activeAt: next('active_at'),
            cents: next('cents'),
            config: next('config'),
            bound: next('bound'),
            review: next('review'),
          },
        }),
    ),
    ...chunks([...outcome.votes.values()]).map((rows) => orm.insert(votes).values(rows)),
    ...chunks([...outcome.issuances.values()]).map((rows) =>
      orm
        .insert(issuances)
        .values(rows)
        .onConflictDoUpdate({
          target: issuances.id,
          set: {
            state: next('state'),
            accessKeyId: next('access_key_id'),
            startedAt: next('started_at'),
            body: next('body'),
          },
        }),
    ),
    ...chunks([...outcome.keys.values()]).map((rows) => orm.insert(idempotencyKeys).values(rows)),
    ...chunks([...outcome.persons.values()]).map((rows) =>
      orm
        .insert(persons)
        .values(rows)
        .onConflictDoUpdate({
          target: persons.subject,
          set: { at: next('at'), slack: next('slack'), body: next('body') },
        }),
    ),
    ...chunks([...outcome.slackUsers.values()]).map((rows) =>
      orm
        .insert(slackUsers)
        .values(rows)
        .onConflictDoUpdate({
          target: slackUsers.id,
          set: {
            version: next('version'),
            subject: next('subject'),
            code: next('code'),
            body: next('body'),
          },
        }),
    ),
    ...chunks([...outcome.blocks.values()]).map((rows) =>
      orm
        .insert(blocks)
        .values(rows)
        .onConflictDoUpdate({
          target: blocks.id,
          set: { version: next('version'), liftedAt: next('lifted_at'), body: next('body') },
        }),
    ),
    ...chunks([...outcome.denials.values()]).map((rows) =>
      orm
        .insert(denials)
        .values(rows)
        .onConflictDoUpdate({
          target: denials.arn,
          set: { version: next('version'), dueAt: next('due_at'), body: next('body') },
        }),
    ),
    ...writeSeals(orm, outcome.seals),
    ...chunks([...outcome.outbox]).map((rows) => orm.insert(outbox).values(rows)),
    ...chunks([...outcome.events]).map((rows) => orm.insert(events).values(rows)),
  ].map((statement) => statement.execute())
}

const chunks = <T>(rows: T[]): T[][] =>
  Array.from({ length: Math.ceil(rows.length / atOnce) }, (_, n) => rows.slice(n * atOnce, (n + 1) * atOnce))

/** A reason as PostgreSQL takes it (no NUL), for searching; the `body` has it as it was. */
export const withWords = (row: GrantRow) => ({
  ...row,
  id: exact(row.id),
  reason: row.reason === null ? null : plain(row.reason),
  ticket: row.ticket === null ? null : plain(row.ticket),
  words: vectorOf(row.reason),
})

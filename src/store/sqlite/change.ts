import { and, count, eq, getTableColumns, lte, max, ne, sql } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import type { BetterSQLite3Database } from 'drizzle-orm/better-sqlite3'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'
import { link } from '../../audit/chain.js'
import type { Head } from '../../audit/event.js'
import { Fault } from '../../fault.js'
import type { Change, Committed } from '../../grant/store.js'
import type { Block } from '../../decision/block.js'
import type { Denial } from '../../grant/denial.js'
import type { SlackUser } from '../../grant/people.js'
import { blockRow, denialRow, entryRow, exact, grantRow, issuanceRow } from '../rows.js'
import { keyRow, personRow, slackUserRow, voteRow } from '../rows.js'
import { totalSum } from '../totals.js'
import { outboxRows } from '../outbox-rows.js'
import { blocks, denials, events, grants, idempotencyKeys } from './schema.js'
import { issuances, outbox, persons, slackUsers, votes } from './schema.js'
import type { All } from './once.js'
import { prepareSeal } from './seal.js'

/** Thrown to undo a change that no longer fits. */
export class Conflict {
  readonly conflict: Extract<Committed, { ok: false }>['conflict']

  constructor(conflict: Extract<Committed, { ok: false }>['conflict']) {
    this.conflict = conflict
  }
}

/**
 * Prepares the statements of a change. The returned function applies one inside the caller's transaction
 * and returns the new head; it throws `Conflict`, a fault or SQLite's error, and the caller rolls back.
 */
export function prepareChange(orm: BetterSQLite3Database, all: All): (change: Change, head: Head) => Head {
  const version = orm
    .select({ version: grants.version })
    .from(grants)
    .where(eq(grants.id, slot('id')))
    .prepare()
  const createGrant = orm.insert(grants).values(slots(grants, 'n')).prepare()
  const updateGrant = orm
    .update(grants)
    .set(slots(grants, 'n'))
    .where(and(eq(grants.id, slot('id')), eq(grants.version, slot('expected'))))
    .prepare()
  const castVote = orm.insert(votes).values(slots(votes)).onConflictDoNothing().prepare()
  const startIssuance = orm.insert(issuances).values(slots(issuances)).onConflictDoNothing().prepare()
  const moveIssuance = orm
    .update(issuances)
    .set(slots(issuances))
    .where(
      and(
        eq(issuances.id, slot('id')),
        eq(issuances.grant, slot('grant')),
        eq(issuances.state, slot('expected')),
      ),
    )
    .prepare()
  const takeKey = orm.insert(idempotencyKeys).values(slots(idempotencyKeys)).onConflictDoNothing().prepare()
  const { at, slack, body } = slots(persons)
  const writePerson = orm
    .insert(persons)
    .values(slots(persons))
    .onConflictDoUpdate({
      target: persons.subject,
      set: { at, slack, body },
      setWhere: lte(persons.at, slot('at')),
    })
    .prepare()
  const holder = orm
    .select({ id: slackUsers.id })
    .from(slackUsers)
    .where(and(eq(slackUsers.subject, slot('subject')), ne(slackUsers.id, slot('id'))))
    .prepare()
  const createSlackUser = orm.insert(slackUsers).values(slots(slackUsers)).onConflictDoNothing().prepare()
  const updateSlackUser = orm
    .update(slackUsers)
    .set(slots(slackUsers))
    .where(and(eq(slackUsers.id, slot('id')), eq(slackUsers.version, slot('expected'))))
    .prepare()
  const blocked = orm
    .select({ version: max(blocks.version) })
    .from(blocks)
    .prepare()
  const { version: moved, liftedAt, body: text } = slots(blocks)
  const writeBlock = orm
    .insert(blocks)
    .values(slots(blocks))
    .onConflictDoUpdate({ target: blocks.id, set: { version: moved, liftedAt, body: text } })
    .prepare()
  const createDenial = orm.insert(denials).values(slots(denials)).onConflictDoNothing().prepare()
  const updateDenial = orm
    .update(denials)
    .set(slots(denials))
    .where(and(eq(denials.arn, slot('arn')), eq(denials.version, slot('expected'))))
    .prepare()
  const waiting = orm
    .select({ open: count() })
    .from(grants)
    .where(and(sql`${grants.review} = 'open'`, eq(grants.subject, slot('subject'))))
    .prepare()
  const writeSeal = prepareSeal(orm)
  const append = orm.insert(events).values(slots(events)).prepare()
  const tell = orm.insert(outbox).values(slots(outbox)).prepare()

  const writeGrant = (grant: NonNullable<Change['grant']>, expected: number | undefined): void => {
    if (expected === undefined || grant.version !== expected + 1) {
      throw new Fault(
        'internal',
        'A grant was to be written with a version that does not follow the expected one.',
      )
    }
    const row = grantRow(grant)
    const written = expected === 0 ? createGrant.run(row) : updateGrant.run({ ...row, expected })
    if (written.changes !== 1) throw new Conflict('version')
  }

  const writeSlackUser = (user: SlackUser): void => {
    const row = slackUserRow(user)
    if (row.subject !== null && holder.get(row)) throw new Conflict('slack')
    const expected = row.version - 1
    const written = expected === 0 ? createSlackUser.run(row) : updateSlackUser.run({ ...row, expected })
    if (written.changes !== 1) throw new Conflict('slack')
  }

  const checkBlocks = (expected: number, block: Block | undefined): void => {
    if ((blocked.get()?.version ?? 0) !== expected) throw new Conflict('blocks')
    if (block && block.version !== expected + 1)
      throw new Fault('internal', 'A block was to be written with a version that does not follow.')
  }

  const writeDenial = (denial: Denial): void => {
    const row = denialRow(denial)
    const expected = row.version - 1
    const written = expected === 0 ? createDenial.run(row) : updateDenial.run({ ...row, expected })
    if (written.changes !== 1) throw new Conflict('denial')
  }

  return (change, head) => {
    const {
      expect = [],
      grant,
      vote,
      issuance,
      key,
      person,
      slackUser,
      totals = [],
      block,
      unreviewed,
      denials: denied = [],
      outbox: notices = [],
      events: happened,
    } = change
    for (const expected of expect) {
      const stored = version.get({ id: exact(expected.grant) })?.version ?? 0
      if (stored !== expected.version) throw new Conflict('version')
    }
    if (block || change.blocks !== undefined) checkBlocks(change.blocks ?? NaN, block)
    for (const { of, least, most } of totals) {
      const [stored] = all<{ cents: number }>(totalSum(of, getTableColumns(grants)))
      if (!(stored && stored.cents >= least && stored.cents <= most)) throw new Conflict('totals')
    }
    if (unreviewed && (waiting.get(unreviewed)?.open ?? 0) >= unreviewed.most)
      throw new Conflict('unreviewed')
    if (grant) writeGrant(grant, expect.find((expected) => expected.grant === grant.id)?.version)
    if (vote && castVote.run(voteRow(vote)).changes !== 1) throw new Conflict('vote')
    if (issuance) {
      const row = issuanceRow(issuance.row)
      const { from } = issuance
      const written = from === 'none' ? startIssuance.run(row) : moveIssuance.run({ ...row, expected: from })
      if (written.changes !== 1) throw new Conflict('issuance')
    }
    if (key && takeKey.run(keyRow(key)).changes !== 1) throw new Conflict('key')
    if (person) writePerson.run(personRow(person))
    if (slackUser) writeSlackUser(slackUser)
    if (block) writeBlock.run(blockRow(block))
    denied.forEach(writeDenial)
    const end = happened.reduce((last, event) => {
      const entry = link(event, last)
      append.run(entryRow(entry))
      return { seq: entry.seq, leaf: entry.leaf }
    }, head)
    if (change.seal && !writeSeal(change.seal, end.seq)) throw new Conflict('checkpoint')
    for (const row of outboxRows(notices, end, happened.length)) tell.run(row)
    return end
  }
}

const slot = (name: string): SQL => sql`${sql.placeholder(name)}`

/** One placeholder for each column of a table, named like it. */
function slots<T extends SQLiteTable>(table: T, except?: string) {
  const names = Object.keys(getTableColumns(table)).filter((name) => name !== except)
  return Object.fromEntries(names.map((name) => [name, slot(name)])) as Record<keyof T['_']['columns'], SQL>
}

import '../support/loopback-only.js'
import { getTableColumns, getTableName } from 'drizzle-orm'
import { cpSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import t, { type Test } from 'tap'
import { verify } from '../../src/audit/chain.js'
import type { Store } from '../../src/grant/store.js'
import type { Target } from '../../src/store/archive.js'
import { copyStore } from '../../src/store/copy.js'
import { shipped } from '../../src/store/migrate.js'
import { openSource, openStore, openTarget } from '../../src/store/open.js'
import { faultOf, isLost } from '../../src/store/postgres/faults.js'
import * as schema from '../../src/store/postgres/schema.js'
import { openPostgres } from '../../src/store/postgres/store.js'
import { queryOf, vectorOf } from '../../src/store/postgres/words.js'
import * as sqlite from '../../src/store/sqlite/schema.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { storeContract } from '../contract/store.js'
import { creation, eventOf, grantOf, idOf, issuanceOf, logOf, t0, voteOf } from '../contract/store-values.js'
import { startPglite } from '../support/pglite.js'
import { older, refusals, wanted } from './older.js'

/** PostgreSQL as every clone has it, in one session: what needs several is in postgres-server. */

const pglite = await startPglite()
t.teardown(() => pglite.close())
const folder = t.testdir()

let count = 0
const open = (url: string, migrations = shipped('postgres')) =>
  openPostgres({ url, replica: `r${++count}`, clock: Date.now, migrations })

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

await t.test('contract', (t) => storeContract(t, async () => open(await pglite.fresh())))

await t.test('the schema in code is the one in the database, and the one of SQLite', async (t) => {
  const url = await pglite.fresh()
  await (await open(url)).close()
  for (const table of Object.values(schema)) {
    const stored = await query(
      url,
      `SELECT column_name AS name, data_type AS type, is_nullable = 'NO' AS required FROM information_schema.columns
       WHERE table_name = '${getTableName(table)}' ORDER BY ordinal_position`,
    )
    const described = Object.values(getTableColumns(table)).map((column) => ({
      name: column.name,
      type: column.getSQLType(),
      required: column.notNull || column.primary,
    }))
    t.same(described, stored, getTableName(table))
  }
  const own = new Set(['n', 'words'])
  const names = (columns: object) => Object.keys(columns).filter((name) => !own.has(name))
  for (const name of [
    'grants',
    'votes',
    'issuances',
    'idempotencyKeys',
    'events',
    'meta',
    'migrations',
  ] as const)
    t.same(names(getTableColumns(schema[name])), names(getTableColumns(sqlite[name])), name)
})

await t.test('what is recorded is never changed or deleted, whoever has the password', async (t) => {
  const url = await pglite.fresh()
  const store = await open(url)
  await store.commit(creation(grantOf('g1')))
  await store.commit({ vote: voteOf('g1', 'corp#bob'), events: [eventOf()] })
  await store.commit({ issuance: { from: 'none', row: issuanceOf('i1', 'g1') }, events: [eventOf()] })
  for (const text of [
    "UPDATE events SET text = 'x'",
    'DELETE FROM events',
    'TRUNCATE events',
    "INSERT INTO events VALUES (9, 1, 'k', 'b', NULL, 't', repeat('a', 64))",
    "UPDATE grants SET subject = 'eve'",
    "UPDATE grants SET reason = 'another'",
    'DELETE FROM grants',
    'TRUNCATE grants CASCADE',
    "UPDATE votes SET voter = 'eve'",
    'DELETE FROM votes',
    'DELETE FROM issuances',
    "UPDATE grants SET state = 'open'",
  ])
    await t.rejects(query(url, text), /Stint:|violates/, text)
  await chainHolds(t, store)
  await store.close()

  await query(
    url,
    'ALTER TABLE events DISABLE TRIGGER ALL; UPDATE events SET "by" = \'corp#eve\' WHERE seq = 2',
  )
  await t.rejects(open(url), { code: 'store_unavailable', detail: /does not verify/ })
})

async function chainHolds(t: Test, store: Store) {
  t.same(verify(await logOf(store)), { ok: true, head: await store.head() })
}

await t.test('migrations: applied in order, once, and never guessed at', async (t) => {
  const url = await pglite.fresh()
  const migrations = join(folder, 'migrations')
  cpSync(shipped('postgres'), migrations, { recursive: true })
  const last = readdirSync(migrations).length
  const nameOf = (next: number, words: string) => `${String(last + next).padStart(4, '0')}_${words}.sql`
  const [more, broken] = [nameOf(1, 'more'), nameOf(2, 'broken')]
  const add = (name: string, text: string) => writeFileSync(join(migrations, name), text)
  await (await open(url, migrations)).close()
  add(more, 'CREATE TABLE more (a TEXT); INSERT INTO more VALUES (1)')
  for (let round = 0; round < 2; round++) await (await open(url, migrations)).close()
  t.same(await query(url, 'SELECT count(*)::int AS n FROM more'), [{ n: 1 }])
  await t.rejects(open(url), { code: 'invalid_config', detail: /newer Stint/ })
  add(more, 'CREATE TABLE more (b TEXT)')
  await t.rejects(open(url, migrations), { code: 'invalid_config', detail: /was changed/ })
  add(more, 'CREATE TABLE more (a TEXT); INSERT INTO more VALUES (1)')
  add(broken, 'CREATE TABLE half (a TEXT); INSERT INTO nowhere VALUES (1)')
  await t.rejects(open(url, migrations), {
    code: 'store_unavailable',
    detail: /_broken.sql" does not fit/,
  })
  t.same(await query(url, "SELECT to_regclass('half') AS half"), [{ half: null }])

  const foreign = await pglite.fresh()
  await query(foreign, 'CREATE TABLE grants (a TEXT)')
  await t.rejects(open(foreign), { code: 'store_unavailable', detail: /"0001_spine.sql" does not fit/ })
})

await t.test('what auditors ask by is filled in for grants from before', async (t) => {
  const url = await pglite.fresh()
  for (const sql of older('postgres')) await query(url, sql)
  const found = await query(url, 'SELECT id, config, bound::text AS bound FROM grants ORDER BY id')
  t.same(
    found,
    wanted.map((row) => ({ ...row, bound: row.bound === null ? null : String(row.bound) })),
  )
  t.same(await query(url, 'SELECT reason, seq::int AS seq FROM refusals ORDER BY reason, seq'), refusals)
  await t.rejects(query(url, 'UPDATE events SET refusal = NULL'), /never changed/)
})

await t.test('words are those that SQLite finds', (t) => {
  t.equal(
    vectorOf("Café's half-done e-mail to ana@example.com, 2×"),
    'cafe:1 s:2 half:3 done:4 e:5 mail:6 to:7 ana:8 example:9 com:10 2:11',
  )
  t.equal(vectorOf(null), '')
  t.equal(vectorOf('x'.repeat(9_000)).length, 502)
  t.equal(queryOf('Café half-done  half-done'), 'cafe & half <-> done')
  t.equal(queryOf(' !!! ( \0'), undefined)
  t.end()
})

await t.test('every answer of PostgreSQL is a fault that says what to mend', (t) => {
  const answer = (code: string, message = 'secret: hunter2') => Object.assign(new Error(message), { code })
  const meant: readonly (readonly [unknown, string, RegExp, boolean])[] = [
    [answer('08006'), 'store_unavailable', /cannot be reached/, true],
    [answer('28P01'), 'store_unavailable', /password in STINT_STORE/, false],
    [answer('3D000'), 'store_unavailable', /no database of that name/, false],
    [answer('42501'), 'store_unavailable', /may not do that/, false],
    [answer('25006'), 'store_unavailable', /standby/, false],
    [answer('25P03'), 'store_unavailable', /cannot be used/, true],
    [answer('53100'), 'store_unavailable', /is full/, false],
    [answer('53300'), 'store_unavailable', /no connection free/, false],
    [answer('55P03'), 'store_unavailable', /holds the record locked/, false],
    [answer('57014'), 'store_unavailable', /too long/, false],
    [answer('57P01'), 'store_unavailable', /starting or stopping/, true],
    [answer('58030'), 'store_unavailable', /read or write/, false],
    [answer('XX001'), 'store_unavailable', /damaged/, false],
    [answer('23505'), 'internal', /cannot keep/, false],
    [answer('22P02'), 'internal', /cannot keep/, false],
    [answer('42601'), 'internal', /cannot keep/, false],
    [answer('ECONNREFUSED'), 'store_unavailable', /cannot be reached/, true],
    [answer('EPIPE'), 'store_unavailable', /cannot be reached/, true],
    [new Error('Connection terminated unexpectedly'), 'store_unavailable', /cannot be reached/, true],
    [new Error('Query read timeout'), 'store_unavailable', /cannot be reached/, true],
    [new Error('timeout exceeded when trying to connect'), 'store_unavailable', /cannot be reached/, true],
    [answer('SELF_SIGNED_CERT_IN_CHAIN'), 'store_unavailable', /certificate does not hold/, false],
    [answer('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'store_unavailable', /certificate does not hold/, false],
    [new Error('The server does not support SSL connections'), 'store_unavailable', /certificate/, true],
    [
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
      'store_unavailable',
      /wants a password/,
      false,
    ],
    [new TypeError('a bug'), 'internal', /cannot keep/, false],
    ['thrown text', 'internal', /cannot keep/, false],
  ]
  for (const [error, code, detail, lost] of meant) {
    const wrapped = new Error('Failed query', { cause: error })
    for (const one of [error, wrapped]) {
      if (one === wrapped && !(error instanceof Error)) continue
      t.match(faultOf(one), { code, detail })
      t.notMatch(faultOf(one).detail, /hunter2/)
      t.equal(isLost(one), lost, String(error))
    }
  }
  t.end()
})

await t.test('a server that is not there, and a database that is not', async (t) => {
  const url = new URL(await pglite.fresh())
  url.port = '1'
  await t.rejects(openStore({ url: url.href }, { replica: 'r', clock: Date.now }), {
    code: 'store_unavailable',
    detail: /cannot be reached/,
  })
})

await t.test('a store is copied whole, in every direction, and goes on there', async (t) => {
  const path = (name: string) => ({ path: join(folder, name) })
  const first = await openSqlite(path('first.db'))
  for (let n = 0; n < 1_100; n++) void first.commit(creation(grantOf(idOf(n), { createdAt: t0 + n })))
  await first.commit({
    ...creation(grantOf('k1', { reason: 'odd: \0 \ud800 "' })),
    key: { subject: 'corp#ada', key: 'k', body: 'b', grant: 'k1' },
  })
  await first.commit({ vote: voteOf('k1', 'corp#bob'), events: [eventOf({ grant: 'k1' })] })
  await first.commit({ issuance: { from: 'none', row: issuanceOf('i1', 'k1') }, events: [eventOf()] })
  await first.close()

  const url = await pglite.fresh()
  const carry = async (from: Parameters<typeof openSource>[0], to: Parameters<typeof openTarget>[0]) => {
    const [source, target] = [await openSource(from), await openTarget(to)]
    try {
      return await copyStore(source, target)
    } finally {
      await Promise.all([source.close(), target.close()])
    }
  }
  const counts = { grants: 1_101, votes: 1, issuances: 1, keys: 1, events: 1_103 }
  const there = await carry(path('first.db'), { url })
  t.match(there, { counts, head: { seq: 1_103 } })
  t.same(await carry({ url }, path('back.db')), there)
  t.same(await carry(path('back.db'), path('again.db')), there)
  await t.rejects(carry(path('first.db'), { url }), { code: 'conflict', detail: /not empty/ })
  await t.rejects(carry(path('first.db'), path('back.db')), { code: 'conflict' })
  await t.rejects(carry(path('nowhere.db'), path('new.db')), { code: 'store_unavailable' })

  for (const store of [await open(url), await openSqlite(path('again.db'))]) {
    t.same((await store.snapshot('k1'))?.grant.ask.reason, 'odd: \0 \ud800 "')
    t.equal((await store.search({ text: 'stuck', limit: 2_000, now: t0 })).length, 1_100)
    t.match(await store.commit({ events: [eventOf()] }), { ok: true, head: { seq: 1_104 } })
    t.same(verify(await store.events({ limit: 5_000 })), { ok: true, head: await store.head() })
    await store.close()
  }

  const source = await openSource(path('first.db'))
  const bent = { ...source, head: async () => ({ seq: 1_103, leaf: '0'.repeat(64) }) }
  const target = await openTarget(path('bent.db'))
  await t.rejects(copyStore(bent, target), { code: 'store_unavailable', detail: /head is another/ })
  await target.close()
  const lossy = await openTarget(path('lossy.db'))
  const losing: Target = {
    ...lossy,
    write: async (table, rows) => (table === 'votes' ? undefined : lossy.write(table, rows)),
  }
  await t.rejects(copyStore(source, losing), { code: 'store_unavailable', detail: /rows of votes/ })
  await lossy.close()
  const untouched = await openSource(path('lossy.db'))
  t.equal((await untouched.head()).seq, 0, 'what was not committed is not there')
  await Promise.all([source.close(), untouched.close()])
})

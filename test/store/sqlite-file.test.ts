import t from 'tap'
import Database from 'better-sqlite3'
import { getTableColumns, getTableName } from 'drizzle-orm'
import type { SQL } from 'drizzle-orm'
import { SQLiteSyncDialect } from 'drizzle-orm/sqlite-core'
import { closeSync, copyFileSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs'
import { truncateSync, writeSync } from 'node:fs'
import { basename, join } from 'node:path'
import { verify } from '../../src/audit/chain.js'
import { Fault } from '../../src/fault.js'
import type { GrantQuery } from '../../src/grant/store.js'
import { openReading, openWriting } from '../../src/store/sqlite/connection.js'
import { faultOf, tell, told } from '../../src/store/sqlite/faults.js'
import { logPages } from '../../src/store/event-search.js'
import { grantPages } from '../../src/store/grant-search.js'
import * as schema from '../../src/store/sqlite/schema.js'
import { dialect } from '../../src/store/sqlite/search.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { creation, eventOf, grantOf, issuanceOf, voteOf } from '../contract/store-values.js'
import { refusal } from './refusal.js'

const folder = t.testdir()
let count = 0
const newPath = () => join(folder, `${++count}.db`)

/** Opens and closes: what matters is whether it may start. */
const start = async (path: string) => (await openSqlite({ path })).close()

// Something of everything, and more links than are verified at each start.
const original = newPath()
const store = await openSqlite({ path: original })
await store.commit(creation(grantOf('g1')))
await store.commit({ vote: voteOf('g1', 'corp#bob'), events: [] })
await store.commit({ issuance: { from: 'none', row: issuanceOf('i1', 'g1') }, events: [] })
await store.commit({ events: Array.from({ length: 1_500 }, (_, n) => eventOf({ data: { n }, grant: 'g1' })) })
await store.close()

function copy(change?: (db: Database.Database) => void): string {
  const path = newPath()
  copyFileSync(original, path)
  const db = new Database(path)
  change?.(db)
  db.close()
  return path
}

await t.test("the file is its owner's alone, and the connection is durable", async (t) => {
  const path = newPath()
  const store = await openSqlite({ path })
  await store.commit({ events: [eventOf()] })
  const files = readdirSync(folder).filter((name) => name.startsWith(basename(path)))
  t.same(
    files.sort(),
    ['', '-shm', '-wal'].map((end) => basename(path) + end),
  )
  for (const name of files) t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
  await store.close()

  const db = openWriting(path)
  const pragma = (name: string) => db.pragma(name, { simple: true })
  t.same(
    ['journal_mode', 'synchronous', 'foreign_keys', 'trusted_schema', 'busy_timeout'].map(pragma),
    ['wal', 2, 1, 0, 2_000],
    'synchronous 2 is FULL: an fsync for each commit',
  )
  db.close()
  const reading = openReading(path)
  t.throws(() => reading.exec('DELETE FROM meta'), { code: 'SQLITE_READONLY' })
  reading.close()
})

await t.test('where no database can be', async (t) => {
  for (const path of ['', ':memory:'])
    t.match(await refusal(t, path), { code: 'invalid_config', detail: /file/ })
  t.match(await refusal(t, join(folder, 'none', 'a.db')), {
    code: 'store_unavailable',
    detail: /folder must exist/,
  })
  t.match(await refusal(t, folder), { code: 'store_unavailable', detail: /cannot be opened/ })
  mkdirSync(join(folder, 'file:x?mode=memory'))
  const cwd = process.cwd()
  process.chdir(folder)
  await start('file:x?mode=memory/a.db').finally(() => process.chdir(cwd))
  t.ok(statSync(join(folder, 'file:x?mode=memory', 'a.db')).size > 0, 'a path is a path, not a URI')
})

await t.test('a file that cannot be written, or is damaged', async (t) => {
  const scribble = (path: string, at: number, bytes: Uint8Array) => {
    const handle = openSync(path, 'r+')
    writeSync(handle, bytes, 0, bytes.length, at)
    closeSync(handle)
    return path
  }
  // A write version above 2 makes a file read-only, for root too: sqlite.org/fileformat2.html, section 1.3.3.
  const readOnly = scribble(copy(), 18, Uint8Array.of(3))
  t.match(await refusal(t, readOnly), { code: 'store_unavailable', detail: /not written/ })
  const header = scribble(copy(), 0, new Uint8Array(64).fill(7))
  t.match(await refusal(t, header), { code: 'store_unavailable', detail: /no database/ })
  const pages = statSync(original).size / 4_096
  for (const page of [1, Math.floor(pages / 2), pages - 2]) {
    const path = scribble(copy(), page * 4_096, new Uint8Array(4_096).fill(0xa5))
    t.match(await refusal(t, path), { code: 'store_unavailable', detail: /damaged/ }, `page ${page}`)
  }
  // Cells that lie outside their page, among events so old that only a check of the whole file comes there.
  const db = new Database(original, { readonly: true })
  const leaves = "SELECT pageno FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY path"
  const [, old] = db.prepare(leaves).pluck().all() as number[]
  db.close()
  const cells = scribble(copy(), ((old ?? 0) - 1) * 4_096 + 8, new Uint8Array(8).fill(0xff))
  t.match(await refusal(t, cells), { code: 'store_unavailable', detail: /damaged/ })
  const short = copy()
  truncateSync(short, 4_096 * 10)
  t.match(await refusal(t, short), { code: 'store_unavailable', detail: /damaged/ })
  await start(copy())
})

await t.test('what was recorded cannot be rewritten', (t) => {
  const db = new Database(copy())
  t.teardown(() => db.close())
  const never = [
    "UPDATE events SET text = 'x' WHERE seq = 5",
    'DELETE FROM events WHERE seq = 1501',
    'DELETE FROM events',
    `REPLACE INTO events VALUES (5, 1, 'k', 'b', NULL, 't', '${'0'.repeat(64)}', NULL)`,
    `INSERT INTO events VALUES (1503, 1, 'k', 'b', NULL, 't', '${'0'.repeat(64)}', NULL)`,
    `INSERT INTO events VALUES (0, 1, 'k', 'b', NULL, 't', '${'0'.repeat(64)}', NULL)`,
    "UPDATE grants SET subject = 'corp#eve'",
    'UPDATE grants SET reason = NULL',
    "UPDATE grants SET role = 'admin'",
    'DELETE FROM grants',
    "UPDATE votes SET voter = 'corp#eve'",
    'DELETE FROM votes',
    'DELETE FROM issuances',
  ]
  for (const sql of never) t.throws(() => db.exec(sql), { code: 'SQLITE_CONSTRAINT_TRIGGER' }, sql)
  db.exec(`INSERT INTO events VALUES (1502, 1, 'k', 'b', NULL, 't', '${'0'.repeat(64)}', NULL)`)
  const forever = [
    'UPDATE grants SET decide_by = NULL',
    "UPDATE grants SET state = 'active'",
    "UPDATE grants SET state = 'odd'",
  ]
  for (const sql of forever) t.throws(() => db.exec(sql), { code: 'SQLITE_CONSTRAINT_CHECK' }, sql)
  t.end()
})

await t.test('a log whose end was tampered with is not added to', async (t) => {
  const unlocked = (sql: string) =>
    copy((db) => {
      for (const trigger of ['gapless', 'unchanged', 'kept']) db.exec(`DROP TRIGGER events_${trigger}`)
      db.exec(sql)
    })
  const tampered = [
    "UPDATE events SET text = replace(text, 'corp#ada', 'corp#eve') WHERE seq = 1400",
    'UPDATE events SET leaf = (SELECT leaf FROM events WHERE seq = 1) WHERE seq = 1501',
    "UPDATE events SET by = 'corp#eve' WHERE seq = 1501",
    "UPDATE events SET kind = 'vote.cast' WHERE seq = 1499",
    'UPDATE events SET "grant" = NULL WHERE seq = 1499',
    'UPDATE events SET at = at + 1 WHERE seq = 502',
    'UPDATE events SET at = 9e18 WHERE seq = 502',
    'DELETE FROM events WHERE seq = 1000',
    'UPDATE events SET seq = seq + 1 WHERE seq = 1501',
    "UPDATE events SET text = 'null' WHERE seq = 700",
    `INSERT INTO events VALUES (1502, 1, 'grant.pending', 'corp#ada', NULL, '{}', '${'0'.repeat(64)}', NULL)`,
  ]
  for (const sql of tampered) {
    t.match(
      await refusal(t, unlocked(sql)),
      { code: 'store_unavailable', detail: /audit log does not verify/ },
      sql,
    )
  }
  const old = await openSqlite({
    path: unlocked("UPDATE events SET text = replace(text, 'ada', 'eve') WHERE seq = 20"),
  })
  t.teardown(() => old.close())
  t.match(
    verify(await old.events({ limit: 2_000 })),
    { ok: false, seq: 20 },
    'an older link: the whole check finds it',
  )
})

await t.test('the schema that queries are built from is the one of the migrations', (t) => {
  const db = new Database(original)
  t.teardown(() => db.close())
  for (const table of Object.values(schema)) {
    const stored = db.pragma(`table_info(${getTableName(table)})`) as {
      name: string
      type: string
      notnull: number
      pk: number
    }[]
    const described = Object.values(getTableColumns(table)).map((column) => ({
      name: column.name,
      type: column.getSQLType().toUpperCase(),
      required: column.notNull || column.primary,
    }))
    t.same(
      described,
      stored.map(({ name, type, notnull, pk }) => ({ name, type, required: notnull === 1 || pk > 0 })),
      getTableName(table),
    )
  }
  t.end()
})

await t.test('every search is found by an index', (t) => {
  const db = new Database(original)
  t.teardown(() => db.close())
  const toQuery = new SQLiteSyncDialect()
  const plan = (page: SQL) => {
    const { sql, params } = toQuery.sqlToQuery(page)
    const rows = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...params) as { detail: string }[]
    return rows.map((row) => row.detail)
  }
  const inOrder: Partial<GrantQuery>[] = [
    {},
    { from: 1, to: 9 },
    { subject: 'a', role: 'r', states: ['ended'] },
    { role: 'r', subject: 'a', states: ['pending', 'active'], visibleTo: { subject: 'me', open: true } },
    { role: 'r', account: '1', states: ['denied', 'lapsed'] },
    { account: '1', outcome: 'deny', from: 3 },
    { states: ['denied', 'pending', 'lapsed', 'ended'], outcome: 'allow' },
    { outcome: 'deny' },
    { ticketed: false, from: 3, to: 9 },
    { ticket: 'OPS-1' },
    { ticketed: true },
    { config: 'c', outcome: 'allow' },
    { costOver: 500, from: 3 },
    { activeFrom: 700_000_000, activeTo: 800_000_000 },
    { subject: 'a', activeFrom: 700_000_000, activeTo: 800_000_000 },
  ]
  const fetched: Partial<GrantQuery>[] = [
    { grant: 'g', text: 'x', role: 'r' },
    { accessKeyId: 'k', subject: 'a', from: 3 },
    { text: 'x', subject: 'a', states: ['pending'] },
    { visibleTo: { subject: 'me', open: true }, role: 'r', states: ['ended'] },
  ]
  for (const query of [...inOrder, ...fetched]) {
    const before = { id: 'x', createdAt: 7 }
    const steps = grantPages(dialect, { ...query, limit: 50, now: 5 }, before, false).flatMap(plan)
    t.notOk(
      steps.some((step) => /^SCAN (?!reasons)/.test(step)),
      `${JSON.stringify(query)}: ${steps.join('; ')}`,
    )
    if (inOrder.includes(query))
      t.notOk(
        steps.some((step) => /TEMP B-TREE/.test(step)),
        'read in order',
      )
  }
  for (const query of [
    {},
    { by: 'a', from: 1 },
    { grant: 'g' },
    { kinds: ['vote.cast', 'audit.read'] },
    { refusal: 'own_ask', from: 1 },
    { refusal: 'ticket', kinds: ['grant.denied', 'request.refused'], by: 'a' },
  ] as const) {
    const columns = getTableColumns(schema.events)
    const steps = logPages(columns, { ...query, after: 7, limit: 50 }).flatMap(plan)
    t.notOk(
      steps.some((step) => /^SCAN|TEMP B-TREE/.test(step)),
      `${JSON.stringify(query)}: ${steps.join('; ')}`,
    )
  }
  t.end()
})

await t.test('every answer of SQLite is a fault that says what to mend', (t) => {
  const meant: Record<string, readonly [string, RegExp]> = {
    SQLITE_BUSY: ['store_unavailable', /locked/],
    SQLITE_BUSY_SNAPSHOT: ['store_unavailable', /locked/],
    SQLITE_LOCKED: ['store_unavailable', /locked/],
    SQLITE_READONLY_DBMOVED: ['store_unavailable', /not written/],
    SQLITE_FULL: ['store_unavailable', /full/],
    SQLITE_CORRUPT_VTAB: ['store_unavailable', /damaged/],
    SQLITE_NOTADB: ['store_unavailable', /no database/],
    SQLITE_IOERR_FSYNC: ['store_unavailable', /Check the disk/],
    SQLITE_CANTOPEN: ['store_unavailable', /cannot be opened/],
    SQLITE_NOMEM: ['store_unavailable', /cannot be used/],
    SQLITE_PROTOCOL: ['store_unavailable', /cannot be used/],
    SQLITE_CONSTRAINT_CHECK: ['internal', /cannot keep/],
    SQLITE_ERROR: ['internal', /cannot keep/],
  }
  for (const [code, [fault, detail]] of Object.entries(meant)) {
    const error = new Database.SqliteError('near "SECRET": /var/lib', code)
    t.match(faultOf(error), { code: fault, detail }, code)
    t.notMatch(faultOf(error).detail, /SECRET|var/)
    const heard = told(tell(error))
    t.match(heard, { name: 'Fault', code: fault, detail })
    t.match(heard.cause, { message: /^SQLITE_.*SECRET/ }, 'for the log')
  }
  t.match(faultOf('thrown text'), { code: 'internal' })
  t.same(tell(new Fault('overloaded', 'Later.')), { code: 'overloaded', detail: 'Later.' })
  t.end()
})

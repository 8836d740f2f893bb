// What the questions of auditors cost as the record grows: p50 and p99 of each on SQLite, one client, first page of 50,
// and their ratio to the first size; bytes per event, and how many events are verified in a second.
//
//   npm run bench -- questions 10000 1000000 10000000
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { drizzle } from 'drizzle-orm/better-sqlite3'
import { emptyHead, link, verify } from '../src/audit/chain.js'
import type { Event, Head } from '../src/audit/event.js'
import { entryRow, grantRow, issuanceRow } from '../src/store/rows.js'
import type { Store } from '../src/grant/store.js'
import { readMigrations, shipped } from '../src/store/migrate.js'
import { databaseFile, openWriting } from '../src/store/sqlite/connection.js'
import { migrate } from '../src/store/sqlite/migrations.js'
import { events, grants, issuances } from '../src/store/sqlite/schema.js'
import { openSqlite } from '../src/store/sqlite/store.js'
import { eventOf, grantOf, idOf, issuanceOf, t0 } from '../test/contract/store-values.js'

/** Of one grant: asked, agreed to, issued (started, done), ended. */
const eventsPerGrant = 5
/** How many grants there are in a day, however long the record. */
const perDay = 1_000
const day = 86_400_000
const people = 400
const repeats = 200

const createdAt = (n: number): number => t0 + (n / perDay) * day
const subjectOf = (n: number): string => `corp#person${n % people}@example.com`
const keyOf = (n: number): string => `ASIA${String(n).padStart(16, '0')}`

/** What the n-th grant leaves behind. One in twenty was refused, one in a hundred was voted on by its own asker. */
function recorded(n: number, last: number) {
  const at = createdAt(n)
  const [id, subject] = [idOf(n), subjectOf(n)]
  const refused = n % 20 === 0
  const open = n > last - 20
  const grant = grantOf(id, {
    subject,
    state: refused ? 'denied' : open ? 'active' : 'ended',
    outcome: refused ? 'deny' : 'allow',
    createdAt: at,
    ...(!refused && { activeAt: at, endsAt: at + 900_000 }),
    ticket: n % 50 === 0 ? null : `OPS-${n}`,
    usd: n % 500 === 0 ? 900 : 12,
    config: `rules${Math.floor(n / (perDay * 7))}`,
    role: `role${n % 30}`,
  })
  const scope = { statements: grant.ask, checks: grant.decision.checks }
  const about = (kind: Event['kind'], by: string, data: Event['data']): Event =>
    eventOf({ kind, at, by, grant: id, data })
  const { asker, ask, decision } = grant
  const issuance = issuanceOf(`i${id}`, id, { state: 'done', startedAt: at, accessKeyId: keyOf(n) })
  const why = n % 100 === 0 ? { code: 'forbidden', why: 'own_ask' } : { code: 'forbidden' }
  const happened = refused
    ? [
        about('grant.denied', subject, {
          asker,
          ask,
          decision: { ...decision, checks: [{ check: 'ticket', ok: false, detail: 'needs a ticket' }] },
        }),
        ...Array.from({ length: eventsPerGrant - 1 }, () =>
          about('request.refused', subject, { operation: 'vote', caller: asker, ...why }),
        ),
      ]
    : [
        about('grant.pending', subject, { asker, ask, decision }),
        about('vote.cast', 'corp#lead@example.com', { answer: 'yes', voter: asker }),
        about('issuance.started', subject, {
          issuance: issuance.id,
          sessionName: issuance.sessionName,
          scope,
        }),
        about('issuance.done', subject, { issuance: issuance.id, accessKeyId: keyOf(n), scope }),
        about('grant.ended', subject, { role: ask.role, asker: subject }),
      ]
  return { grant, happened, ...(!refused && { issuance }) }
}

/** Writes a record of so many events as the store would, without its fsyncs. */
function build(path: string, count: number): void {
  const db = openWriting(databaseFile(path))
  migrate(db, readMigrations(shipped('sqlite')))
  db.pragma('synchronous = OFF')
  db.pragma('cache_size = -500000')
  const orm = drizzle(db)
  const insert = (table: typeof events | typeof grants | typeof issuances, row: object) => {
    const names = Object.keys(row)
    const { sql } = orm
      .insert(table)
      .values(row as never)
      .toSQL()
    // drizzle writes the columns in the table's order; the plain statement is ten times as fast.
    const columns = [...sql.slice(0, sql.indexOf('values')).matchAll(/"(\w+)"/g)]
      .slice(1)
      .map(([, name]) => name)
    const statement = db.prepare(
      `INSERT INTO ${sql.split(' ')[2]} (${columns.map((name) => `"${name}"`).join()}) VALUES (${columns.map(() => '?').join()})`,
    )
    const place = columns.map((column) => names.find((name) => snake(name) === column) ?? '')
    return (next: Readonly<Record<string, unknown>>) =>
      void statement.run(place.map((name) => (name === '' ? null : (next[name] ?? null))))
  }
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const some = recorded(1, 1)
  const writeGrant = insert(grants, grantRow(some.grant))
  const writeIssuance = insert(issuances, issuanceRow(some.issuance ?? issuanceOf('i', 'g')))
  const writeEvent = insert(events, entryRow(link(some.happened[0] ?? eventOf(), emptyHead)))
  let head: Head = emptyHead
  const last = Math.floor(count / eventsPerGrant)
  const batch = db.transaction((from: number, to: number) => {
    for (let n = from; n < to; n++) {
      const { grant, issuance, happened } = recorded(n, last)
      writeGrant(grantRow(grant))
      if (issuance) writeIssuance(issuanceRow(issuance))
      for (const event of happened) {
        const entry = link(event, head)
        writeEvent(entryRow(entry))
        head = entry
      }
    }
  })
  for (let from = 1; from <= last; from += 10_000) batch(from, Math.min(from + 10_000, last + 1))
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

type Question = readonly [
  name: string,
  ask: (store: Store, n: number, last: number) => Promise<readonly unknown[]>,
]

const limit = 50
const nowOf = (last: number): number => createdAt(last) + 1
const questions: readonly Question[] = [
  [
    'what did this person have on that day',
    (store, n, last) =>
      store.search({
        subject: subjectOf(n),
        activeFrom: createdAt(n),
        activeTo: createdAt(n) + day,
        limit,
        now: nowOf(last),
      }),
  ],
  [
    'who had anything open in this hour (what is then compared with a resource)',
    (store, n, last) =>
      store.search({ activeFrom: createdAt(n), activeTo: createdAt(n) + day / 24, limit, now: nowOf(last) }),
  ],
  [
    'which grants could cost over X',
    (store, _, last) => store.search({ costOver: 500, limit, now: nowOf(last) }),
  ],
  [
    'what was asked for without a ticket',
    (store, _, last) => store.search({ ticketed: false, limit, now: nowOf(last) }),
  ],
  ['who tried to approve their own ask', (store) => store.events({ refusal: 'own_ask', limit })],
  ['what was refused for this reason', (store) => store.events({ refusal: 'ticket', limit })],
  [
    'whose is this access key',
    (store, n, last) => store.search({ accessKeyId: keyOf(n), limit, now: nowOf(last) }),
  ],
  [
    'what is open now',
    (store, _, last) => store.search({ states: ['pending', 'active'], limit, now: nowOf(last) }),
  ],
  [
    'what was granted under these rules',
    (store, n, last) =>
      store.search({ config: `rules${Math.floor(n / (perDay * 7))}`, limit, now: nowOf(last) }),
  ],
]

interface Measured {
  readonly p50: number
  readonly p99: number
  readonly found: number
}

/** In milliseconds, of many repeats with other values each time, in no order of time. */
async function measure(store: Store, [, ask]: Question, last: number): Promise<Measured> {
  const times: number[] = []
  let found = 0
  for (let n = 0; n < repeats + 20; n++) {
    const began = performance.now()
    found = Math.max(found, (await ask(store, 1 + ((n * 7_919) % last), last)).length)
    // The first ones warm up what every later one has.
    if (n >= 20) times.push(performance.now() - began)
  }
  times.sort((a, b) => a - b)
  return { p50: times[Math.floor(repeats / 2)] ?? NaN, p99: times[Math.floor(repeats * 0.99)] ?? NaN, found }
}

const folder = mkdtempSync(join(tmpdir(), 'stint-bench-'))
try {
  const first = new Map<string, Measured>()
  for (const count of process.argv.slice(2).map(Number).filter(Number.isFinite)) {
    const path = join(folder, `${count}.db`)
    const began = performance.now()
    build(path, count)
    const built = count / ((performance.now() - began) / 1_000)
    const bytes = statSync(path).size / count
    console.log(
      `\n${count} events, ${count / eventsPerGrant} grants: ${bytes.toFixed(0)} bytes an event, all tables and indexes; built at ${built.toFixed(0)}/s`,
    )
    const store = await openSqlite({ path })
    for (const question of questions) {
      const [name] = question
      const measured = await measure(store, question, Math.floor(count / eventsPerGrant))
      const base = first.get(name) ?? measured
      first.set(name, base)
      const { p50, p99, found } = measured
      console.log(
        `  ${name.padEnd(76)} p50 ${p50.toFixed(2).padStart(7)} ms   p99 ${p99.toFixed(2).padStart(7)} ms   ${(p50 / base.p50).toFixed(2)} times the first   ${found} found`,
      )
    }
    let head: Head = emptyHead
    const from = performance.now()
    while (head.seq < Math.min(count, 100_000)) {
      const verified = verify(await store.events({ after: head.seq, limit: 1_000 }), head)
      if (!verified.ok) throw new Error(verified.detail)
      head = verified.head
    }
    console.log(
      `  read and verified at ${(head.seq / ((performance.now() - from) / 1_000)).toFixed(0)} events/s`,
    )
    await store.close()
    rmSync(path)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

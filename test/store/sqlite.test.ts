import t from 'tap'
import Database from 'better-sqlite3'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, renameSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { verify } from '../../src/audit/chain.js'
import { readMigrations } from '../../src/store/migrate.js'
import { openWriting } from '../../src/store/sqlite/connection.js'
import { migrate } from '../../src/store/sqlite/migrations.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { prepareWriter } from '../../src/store/sqlite/writer.js'
import { storeContract } from '../contract/store.js'
import { creation, eventOf, grantOf, t0 } from '../contract/store-values.js'

const folder = t.testdir()
let count = 0
const newPath = () => join(folder, `${++count}.db`)
const unavailable = (detail: RegExp) => ({ name: 'Fault', code: 'store_unavailable', detail })

await t.test('contract', (t) => storeContract(t, () => openSqlite({ path: newPath() })))

/** The transactions in a write-ahead log: sqlite.org/fileformat2.html, section 4.1 (its frames' headers). */
function transactions(wal: Buffer): number {
  const frame = 24 + wal.readUInt32BE(8)
  let commits = 0
  for (let at = 32; at + frame <= wal.length; at += frame) if (wal.readUInt32BE(at + 4) > 0) commits++
  return commits
}

await t.test('commits that come together share a transaction', async (t) => {
  const path = newPath()
  const store = await openSqlite({ path })
  t.teardown(() => store.close())
  const before = transactions(readFileSync(`${path}-wal`))
  await Promise.all(Array.from({ length: 300 }, () => store.commit({ events: [eventOf()] })))
  const made = transactions(readFileSync(`${path}-wal`)) - before
  t.ok(made >= 1 && made <= 100, `${made} transactions for 300 commits`)
})

await t.test('killed at any moment, two at once on a file: all that was acknowledged is there', async (t) => {
  const path = newPath()
  await (await openSqlite({ path })).close()
  const program = fileURLToPath(new URL('./sqlite-child.js', import.meta.url))
  const acknowledged: string[] = []
  const children = ['one', 'two'].map((name) => {
    const child = spawn(process.execPath, [program, path, name], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    const ended = once(child, 'close')
    const enough = new Promise<void>((resolve) => {
      let lines = 0
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.length > 70) acknowledged.push(line)
        if (++lines === 400) resolve()
      })
    })
    return { child, ended, enough: Promise.race([enough, ended]) }
  })
  await Promise.all(children.map(({ enough }) => enough))
  for (const { child } of children) child.kill('SIGKILL')
  await Promise.all(children.map(({ ended }) => ended))

  t.ok(acknowledged.length >= 800, `${acknowledged.length} were acknowledged`)
  const store = await openSqlite({ path })
  t.teardown(() => store.close())
  const entries = await store.events({ limit: 1_000_000 })
  t.same(verify(entries), { ok: true, head: await store.head() })
  const lost = acknowledged.filter((line) => {
    const [id, seq, leaf] = line.split(' ')
    const entry = entries[Number(seq) - 1]
    return entry?.leaf !== leaf || entry?.grant !== id
  })
  t.same(lost, [])
  const found = await store.search({ limit: 1_000_000, now: t0 })
  t.equal(found.length * 2, entries.length, 'each grant has its events, and each event its grant')
})

await t.test(
  'when the file fails, all of a batch is refused, none of it is written, and it goes on later',
  (t) => {
    const db = openWriting(newFile())
    t.teardown(() => db.close())
    migrate(db, readMigrations(fileURLToPath(new URL('../../../migrations/sqlite', import.meta.url))))
    let moved = false
    const write = prepareWriter(db, () => {
      if (moved) throw new Error('moved')
    })
    const commits = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => {
        const change = creation(grantOf(`g${from + n}`, { reason: 'x'.repeat(2_000) }))
        return { op: 'commit', change } as const
      })
    const stored = () => {
      const rows = db.prepare('SELECT seq, text, leaf FROM events ORDER BY seq').all()
      const verified = verify(rows as { seq: number; text: string; leaf: string }[])
      return [verified.ok, db.prepare('SELECT count(*) FROM grants').pluck().get(), rows.length]
    }
    t.ok(write(commits(0, 10)).every((answer) => answer.ok))
    t.same(stored(), [true, 10, 10])

    const pages = Number(db.pragma('page_count', { simple: true }))
    db.pragma(`max_page_count = ${pages + 20}`)
    const full = write([{ op: 'probe' }, ...commits(10, 200)])
    t.equal(full.length, 201)
    t.ok(full.every((answer) => !answer.ok && answer.fault.code === 'store_unavailable'))
    t.match(full[0], { fault: unavailable(/full/) })
    t.same(stored(), [true, 10, 10])

    db.pragma('max_page_count = 100000')
    db.pragma('query_only = ON')
    for (const answer of write(commits(10, 3)))
      t.match(answer, { ok: false, fault: unavailable(/not written/) })
    db.pragma('query_only = OFF')
    // A row that only COMMIT finds to be wrong.
    db.exec('CREATE TABLE doomed (g TEXT REFERENCES grants (id) DEFERRABLE INITIALLY DEFERRED)')
    db.exec("CREATE TEMP TRIGGER doom AFTER INSERT ON meta BEGIN INSERT INTO doomed VALUES ('none'); END")
    const late = write([...commits(10, 2), { op: 'probe' }, ...commits(12, 2)])
    t.match(
      late,
      Array.from({ length: 5 }, () => ({ ok: false, fault: unavailable(/did not take/) })),
    )
    db.exec('DROP TRIGGER doom')
    t.same(stored(), [true, 10, 10])
    moved = true
    t.match(write(commits(10, 1)), [{ ok: false }])
    moved = false
    t.ok(write(commits(10, 200)).every((answer) => answer.ok))
    t.same(stored(), [true, 210, 210])
    t.end()
  },
)

function newFile(): string {
  const path = newPath()
  new Database(path).close()
  return path
}

await t.test('locked by another program: refused after a while, well again afterwards', async (t) => {
  const path = newPath()
  const store = await openSqlite({ path })
  t.teardown(() => store.close())
  const other = new Database(path)
  t.teardown(() => other.close())
  other.exec('BEGIN IMMEDIATE')
  const refused = [store.probe(), store.commit({ events: [eventOf()] }).then(() => undefined)]
  const late = openSqlite({ path }).then((second) => second.close())
  // All at once: a rejection that nobody waits for yet would end the process.
  const settled = await Promise.allSettled([...refused, late])
  t.match(
    settled,
    Array.from(settled, () => ({ status: 'rejected', reason: unavailable(/locked/) })),
  )
  t.same(await store.head(), { seq: 0, leaf: (await store.head()).leaf }, 'and it can still be read')
  other.exec('COMMIT')
  await store.probe()
  t.match(await store.commit({ events: [eventOf()] }), { ok: true, head: { seq: 1 } })
})

await t.test('a file that was moved or replaced is not written any more', async (t) => {
  const path = newPath()
  const store = await openSqlite({ path })
  t.teardown(() => store.close())
  renameSync(path, `${path}.old`)
  await t.rejects(store.commit({ events: [eventOf()] }), unavailable(/moved or replaced/))
  copyFileSync(`${path}.old`, path)
  await t.rejects(store.commit({ events: [eventOf()] }), unavailable(/moved or replaced/))
  await t.rejects(store.probe(), unavailable(/moved or replaced/))
  renameSync(`${path}.old`, path)
  t.match(await store.commit({ events: [eventOf()] }), { ok: true })
})

await t.test('a worker that dies: everything is refused, nothing hangs', async (t) => {
  const workers: Worker[] = []
  const started = (worker: Worker) => void workers.push(worker)
  process.on('worker', started)
  const store = await openSqlite({ path: newPath() })
  process.off('worker', started)
  t.equal(workers.length, 3)
  const down = unavailable(/stopped working/)
  const waiting = Array.from({ length: 20 }, () => store.commit({ events: [eventOf()] }))
  const settled = Promise.allSettled(waiting)
  await workers[0]?.terminate()
  const reasons = (await settled).flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  t.match(
    reasons,
    Array.from(reasons, () => down),
  )
  await t.rejects(store.commit({ events: [] }), down)
  await t.rejects(store.probe(), down)
  t.match(await store.head(), { seq: Number }, 'what is recorded can still be read')
  await workers[1]?.terminate()
  await t.rejects(store.snapshot('x'), down)
  await workers[2]?.terminate()
  await t.rejects(store.search({ limit: 1, now: t0 }), down)
  await store.close()
})

await t.test('more than can wait is refused at once', async (t) => {
  const store = await openSqlite({ path: newPath() })
  t.teardown(() => store.close())
  const calls = Array.from({ length: 10_050 }, () => store.commit({ events: [eventOf()] }))
  const settled = await Promise.allSettled(calls)
  const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  t.equal(refused.length, 50)
  t.match(refused[0], { name: 'Fault', code: 'overloaded', retryAfter: 1 })
  t.equal((await store.head()).seq, 10_000)
})

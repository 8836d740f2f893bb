import t from 'tap'
import Database from 'better-sqlite3'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { older, refusals, wanted } from './older.js'
import { refusal } from './refusal.js'

const folder = t.testdir()
const shipped = fileURLToPath(new URL('../../../migrations/sqlite', import.meta.url))
const start = async (path: string, migrations = shipped) => (await openSqlite({ path, migrations })).close()

await t.test('migrations: applied in order, once, and never guessed at', async (t) => {
  // All that Stint comes with as one: what is opened must have the tables that it is written for.
  const spine = readdirSync(shipped)
    .sort()
    .map((name) => readFileSync(join(shipped, name), 'utf8'))
    .join('\n')
  let n = 0
  const folderOf = (files: Record<string, string>) => {
    const path = join(folder, `migrations-${++n}`)
    mkdirSync(path)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
    return path
  }
  const one = { '0001_spine.sql': spine }
  const two = { ...one, '0002_more.sql': 'CREATE TABLE more (a TEXT) STRICT; INSERT INTO more VALUES (1);' }
  const path = join(folder, 'a.db')
  await start(path, folderOf({ ...one, 'README.md': 'no migration' }))
  await start(path, folderOf(two))
  await start(path, folderOf(two))
  const db = new Database(path)
  t.equal(db.prepare('SELECT count(*) FROM more').pluck().get(), 1, 'applied once')
  db.close()

  const refused = async (files: Record<string, string>, detail: RegExp, at = path) =>
    t.match(await refusal(t, at, folderOf(files)), { code: 'invalid_config', detail }, String(detail))
  await refused(one, /newer Stint/)
  await refused({ ...two, '0002_more.sql': 'CREATE TABLE other (a TEXT)' }, /0002_more.sql" was changed/)
  await refused({ ...one, '0002_less.sql': '', '0003_x.sql': '' }, /0002_more.sql" was applied .* missing/)
  const renumbered = { ...one, '0002_before.sql': '', '0003_more.sql': two['0002_more.sql'] }
  await refused(renumbered, /missing/)
  const early = join(folder, 'early.db')
  await start(early, folderOf({ ...one, '0002_later.sql': '' }))
  const renamed = new Database(early)
  renamed.exec("UPDATE migrations SET name = '0003_later.sql' WHERE name = '0002_later.sql'")
  renamed.close()
  await refused(
    { ...two, '0003_later.sql': '' },
    /"0002_more.sql" was not applied before "0003_later.sql"/,
    early,
  )
  await refused({ ...two, '0004_gap.sql': '' }, /"0004_gap.sql" is not the next/)
  await refused({ ...two, '0002_twice.sql': '' }, /not the next/)
  await refused({ ...two, '3_name.sql': '' }, /not named like/)
  await refused({}, /there is none/)
  t.match(await refusal(t, path, join(folder, 'nowhere')), {
    code: 'invalid_config',
    detail: /cannot be read/,
  })

  const broken = {
    ...two,
    '0003_broken.sql': 'CREATE TABLE half (a TEXT) STRICT; INSERT INTO nowhere VALUES (1);',
  }
  t.match(await refusal(t, path, folderOf(broken)), {
    code: 'store_unavailable',
    detail: /"0003_broken.sql" does not fit/,
  })
  const after = new Database(path)
  t.equal(after.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get(), 0)
  t.equal(after.prepare('SELECT count(*) FROM migrations').pluck().get(), 2)
  after.close()

  const foreign = join(folder, 'foreign.db')
  new Database(foreign).exec('CREATE TABLE grants (a TEXT)').close()
  t.match(await refusal(t, foreign), { code: 'store_unavailable', detail: /0001_spine.sql" does not fit/ })

  const shared = join(folder, 'shared.db')
  await Promise.all([start(shared), start(shared), start(shared)])
  await start(shared)
})

await t.test('what auditors ask by is filled in for grants from before', (t) => {
  const db = new Database(join(folder, 'older.db'))
  t.teardown(() => db.close())
  for (const sql of older('sqlite')) db.exec(sql)
  t.same(db.prepare('SELECT id, config, bound FROM grants ORDER BY id').all(), wanted)
  t.same(db.prepare('SELECT reason, seq FROM refusals ORDER BY reason, seq').all(), refusals)
  t.throws(() => db.exec('UPDATE events SET refusal = NULL'), /never changed/)
  t.end()
})

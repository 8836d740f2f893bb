import '../support/loopback-only.js'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { makeSigner, parseSigner } from '../../src/audit/note.js'
import { rootsOf } from '../../src/audit/tiles.js'
import { auditArchive, auditDrop } from '../../src/cli/local/retention.js'
import { checkRecord } from '../../src/cli/remote/verify.js'
import { archiveLines } from '../../src/grant/retention.js'
import { holds } from '../../src/grant/restored.js'
import { checkpoint } from '../../src/jobs/checkpoints.js'
import { headOf, storeCopy, storeHead, storeRestored } from '../../src/cli/local/store.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { creation, eventOf, grantOf } from '../contract/store-values.js'
import { startStint, usualRules } from '../support/stint.js'

/** What an operator does with the store itself: move it, note its head, bring back an older copy. */

const folder = mkdtempSync(join(tmpdir(), 'stint-store-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
const world = { clock: Date.now, random: randomBytes }
const issuers =
  'issuers: [{ issuer: "https://login.example.com", audience: stint, claims: { groups: groups, keep: [repository] } }]\n'
const at = (path: string) => ({ file: issuers + usualRules, env: { STINT_STORE: path } })

const nothing = { size: 0, at: 0, note: '' }

async function all(lines: AsyncIterable<string>): Promise<readonly string[]> {
  const found: string[] = []
  for await (const line of lines) found.push(line)
  return found
}

await t.test('copy: all of it, into what is empty, and says so', async (t) => {
  const [from, to] = [join(folder, 'from.db'), join(folder, 'to.db')]
  const store = await openSqlite({ path: from })
  await store.commit(creation(grantOf('g1')))
  await store.commit({ events: [eventOf()] })
  const { leaf } = await store.head()
  await store.close()
  t.same(await storeCopy(`sqlite:${from}`, to), {
    exit: 0,
    out: `copied and verified: grants 1, votes 0, issuances 0, keys 0, persons 0, slackUsers 0, blocks 0, denials 0, outbox 0, posts 0, leaves 0, events 2, tree 0, checkpoints 0, positions 0\nhead 2:${leaf}\n`,
    err: '',
  })
  t.same(await storeHead('stint.yaml', at(to)), { exit: 0, out: `2:${leaf}\n`, err: '' })
  // A store that is not new, and of which nobody has said yet what schema it has.
  const env = { STINT_STORE: to }
  for (const start of ['first', 'second']) {
    const stint = await startStint({ change: (same) => ({ ...same, env: { ...same.env, ...env } }) })
    const { body } = await stint.call('GET', '/v1/audit/events?kind=log.migrated', { as: 'cy' })
    t.match(body, { events: [{ by: 'stint', text: /"data":\{"schema":"\d{4}_\w+\.sql"\}\}$/ }] }, start)
    t.equal((body['events'] as unknown as readonly unknown[]).length, 1)
    await stint.close()
  }
  t.match(await storeCopy(from, to), { exit: 6, out: '', err: /not empty/ })
  t.match(await storeCopy(join(folder, 'no.db'), to), { exit: 8, out: '', err: /no database at .*no\.db/ })
  t.match(await storeCopy(from, 'mysql://root:hunter2@db/x'), {
    exit: 2,
    err: /A store must be the path of a file/,
  })
  t.notMatch((await storeCopy(from, 'mysql://root:hunter2@db/x')).err, /hunter2/)
  t.match(await storeCopy(from, 'postgres://u:hunter2@db.example.com/x'), { exit: 2, err: /sslmode/ })
  t.match(await storeHead('stint.yaml', at(join(folder, 'no.db'))), { exit: 8, out: '' })
  t.match(await storeHead('stint.yaml', { file: 'roles: {}', env: {} }), { exit: 9, err: /issuers/ })
  t.throws(() => headOf('7'), { code: 'invalid_request', detail: /64 hex digits/ })
})

await t.test(
  'a record older than the noted head issues nothing until somebody says that it is the one',
  async (t) => {
    const early = join(folder, 'early.db')
    const first = await startStint()
    const path = join(first.folder, 'stint.db')
    t.match(await first.ask('ana', { role: 'orders-debug', reason: 'an order is stuck' }), { status: 201 })
    t.match(await storeCopy(path, early), { exit: 0 })
    t.match(await first.ask('ana', { role: 'orders-debug', reason: 'an order is stuck' }), { status: 201 })
    const noted = (await storeHead('stint.yaml', at(path))).out.trim()
    const open = await first.ask('ana', { role: 'orders-debug', reason: 'still the whole record' })
    t.equal(open.status, 201)
    const whole = join(folder, 'whole.db')
    t.match(await storeCopy(path, whole), { exit: 0 })
    await first.close()

    const later = (file: string) =>
      startStint({
        change: (same) => ({
          ...same,
          env: { ...same.env, STINT_STORE: file },
          expectHead: headOf(noted),
        }),
      })
    const same = await later(whole)
    t.match(await same.ask('ana', { role: 'orders-debug', reason: 'the head is there' }), { status: 201 })
    await same.close()

    const old = await later(early)
    t.teardown(() => old.close())
    const asked = () => old.ask('ana', { role: 'orders-debug', reason: 'an order is stuck' })
    const behind = { status: 503, body: { code: 'record_behind', detail: /stint store restored/ } }
    t.match(await asked(), behind)
    const grants = await old.call('GET', '/v1/grants', { as: 'cy' })
    const id = grants.body['grants']?.[0]?.['id']
    t.match(await old.call('POST', `/v1/grants/${id}/credentials`, { as: 'ana' }), behind)
    t.equal(grants.status, 200, 'it can be looked at')
    t.match(await old.call('GET', '/readyz'), {
      status: 503,
      body: { code: 'record_behind', parts: { record: 'behind' } },
    })
    t.equal(old.sts.calls.length, 0)

    const say = (expectHead: string, reason: string) =>
      storeRestored('stint.yaml', at(early), { expectHead, reason }, world)
    t.match(await say(noted, ' '), { exit: 2, err: /Say why/ })
    t.match(await say('9:x', 'lost'), { exit: 2, err: /64 hex digits/ })
    t.match(await say((await storeHead('stint.yaml', at(early))).out.trim(), 'a slip'), {
      exit: 6,
      err: /holds this head/,
    })
    t.match(await say(`99:${'a'.repeat(64)}`, 'about another one'), { exit: 0 })
    t.match(await asked(), behind, 'said of another head')
    t.match(await say(noted, 'disk lost'), { exit: 0, out: /^recorded: log.restored at \d+:/ })
    t.match(await asked(), { status: 201 }, 'without a restart')
    const events = await old.call('GET', '/v1/audit/events?kind=log.restored', { as: 'cy' })
    t.match(JSON.parse(String(events.body['events']?.[1]?.['text'])), {
      data: { expected: noted, found: String, reason: 'disk lost' },
    })
  },
)

await t.test(
  'old events go in two steps, and everything that proves the record holds as before',
  async (t) => {
    const origin = 'stint.example.com/record'
    const made = makeSigner(origin, Buffer.alloc(32, 5))
    const signer = parseSigner(made?.secret ?? '')
    if (!made || !signer) throw new Error('no key')
    const day = 86_400_000
    const now = Date.now()
    const path = join(folder, 'old.db')
    const source = at(path)
    const own = { clock: () => now, random: randomBytes, progress: () => {} }
    const store = await openSqlite({ path })
    t.teardown(() => store.close())
    let n = 0
    const sign = (age = 0) =>
      checkpoint({ store, signers: [signer], outlets: [], every: 1, events: 1, clock: () => now - age * day })
    const add = async (count: number, age: number, grant?: string) => {
      await store.commit({
        events: Array.from({ length: count }, () =>
          eventOf({ at: now - age * day, data: { n: n++ }, ...(grant !== undefined && { grant }) }),
        ),
      })
      await sign(age)
    }
    await add(300, 700)
    await add(200, 600)
    await store.commit(
      creation(
        grantOf('open', { state: 'active', createdAt: now - 1, activeAt: now - 1, endsAt: now + day }),
      ),
    )
    await add(50, 500, 'open')
    await add(20, 1)
    const noted = await store.head()
    const kept = await store.checkpoints(0, 99)
    const before = await Promise.all(kept.map(({ size }) => rootsOf(size, store.hashes)(0, size)))
    const [first, second, wrong] = ['1.ndjson', '2.ndjson', '3.ndjson'].map((name) => join(folder, name))
    if (!first || !second || !wrong) throw new Error('no names')

    const archive = (until: number, to: string, key = made.verifier) =>
      auditArchive(
        'stint.yaml',
        source,
        { before: new Date(now - until * day).toISOString(), to, key: [key] },
        own,
      )
    const drop = (file: string, key = made.verifier) =>
      auditDrop('stint.yaml', source, { archive: file, key: [key] }, own)
    const check = (files: readonly string[], checkpoint?: readonly string[]) =>
      checkRecord(files, { key: [made.verifier], ...(checkpoint && { checkpoint }) }, () => {})

    t.match(await archive(900, first), { exit: 2, err: /No signed checkpoint/ })
    t.match(await archive(-1, first), { exit: 2, err: /has passed/ })
    const stranger = makeSigner(origin, Buffer.alloc(32, 6))?.verifier ?? ''
    t.match(await archive(650, first, stranger), { exit: 9, err: /not signed by a key that was given/ })
    t.notOk(existsSync(first), 'what does not verify is not there')
    t.match(await archive(650, first), {
      exit: 0,
      out: /^archived and verified: events 1 to 301, \d+ bytes, sha256 /,
    })
    t.match(await archive(650, first), { exit: 6, err: /is there already/ })
    t.match(await archive(650, join(folder, 'no', 'x')), { exit: 2, err: /cannot be written \(ENOENT\)/ })
    t.equal(statSync(first).mode & 0o777, 0o600)
    t.match(await check([first]), { exit: 0, out: /events 1 to 301 / })
    t.match(await archive(550, second), { exit: 0, out: /events 1 to 501/ }, 'nothing was dropped yet')
    t.match(
      (await store.events({ kinds: ['log.archived'], limit: 1 }))[0]?.text,
      /"first":1,"last":301,.*"sha256":/,
    )

    writeFileSync(wrong, readFileSync(first, 'utf8').replace('"n":7}', '"n":8}'))
    t.match(await drop(wrong), { exit: 9, err: /does not verify/ }, 'an archive that was changed')
    writeFileSync(wrong, readFileSync(first, 'utf8').split('\n').slice(0, -2).join('\n'))
    t.match(await drop(wrong), { exit: 9, err: /does not end at a checkpoint/ }, 'or cut')
    writeFileSync(wrong, (await all(archiveLines(store, kept[2] ?? nothing))).join(''))
    t.match(
      await drop(wrong),
      { exit: 6, err: /does not say that it was archived/ },
      'or that nobody has recorded',
    )
    t.equal(await store.dropped(), 0)

    t.match(await drop(first), { exit: 0, out: /^dropped: events 1 to 301/, err: /Keep the archive/ })
    t.equal(await store.dropped(), 301)
    t.equal((await store.events({ limit: 1 }))[0]?.seq, 302)
    t.match(await drop(second), { exit: 6, err: /begins at event 302, and the archive at 1/ })
    t.match(await drop(first), { exit: 0 }, 'said again, it is done already')
    t.equal((await store.events({ kinds: ['log.dropped'], limit: 9 })).length, 1)
    rmSync(second)

    t.match(await archive(0.5, second), { exit: 0, out: /events 302 to 501,/ }, 'what is open stays')
    const opened = creation(
      grantOf('late', { state: 'active', createdAt: now, activeAt: now, endsAt: now + day }),
    )
    await store.commit({
      ...opened,
      events: opened.events.map((event) => ({ ...event, at: now - 600 * day })),
    })

    // As where it dies between saying so and the last event.
    await store.commit({ seal: { position: { name: 'dropped', value: 501 } }, events: [] })
    t.equal(await store.prune(50), 50)
    t.match(await drop(second), { exit: 0 })
    t.equal(await store.dropped(), 501)
    await sign()

    t.same(
      await Promise.all(kept.map(({ size }) => rootsOf(size, store.hashes)(0, size))),
      before,
      'every root is the same',
    )
    t.ok(await holds(store, noted))
    t.ok(
      await holds(store, { seq: 7, leaf: (await store.hashes(0, 6, 7))[0] ?? '' }),
      'also of what was dropped',
    )
    t.notOk(await holds(store, { seq: 7, leaf: noted.leaf }))
    const newest = await store.checkpoint()
    const rest = join(folder, 'rest.ndjson')
    writeFileSync(rest, (await all(archiveLines(store, newest ?? nothing))).join(''))
    const worm = join(folder, 'worm')
    mkdirSync(worm)
    for (const { size, note } of [...kept, ...(newest ? [newest] : [])])
      writeFileSync(join(worm, String(size)), note)
    t.match(await check([first, second, rest], [worm]), {
      exit: 0,
      out: /events 1 to [^]* 5 of them kept elsewhere/,
      err: [],
    })
    t.match(await check([rest], [worm]), {
      exit: 0,
      out: /^before: 501 events.*\nchain: events 502 to [^]* 4 of them kept elsewhere/,
      err: [/^The clock went back/, /^Not compared: 1 checkpoints of events before event 502/],
    })
    t.match(await check([first, rest], [worm]), {
      exit: 9,
      err: [/event 302: Entries 302 to 501 are missing/],
    })

    const again = await openSqlite({ path })
    t.match(await again.commit({ events: [eventOf()] }), { ok: true }, 'it starts, and goes on')
    await again.close()
    const copied = join(folder, 'copied.db')
    t.match(await storeCopy(path, copied), { exit: 0, out: /leaves 501,/ })
    const copy = await openSqlite({ path: copied })
    t.match(await copy.commit({ events: [eventOf()] }), { ok: true })
    t.same(await rootsOf(501, copy.hashes)(0, 501), before[1])
    await copy.close()
  },
)

import '../support/loopback-only.js'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
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

await t.test('copy: all of it, into what is empty, and says so', async (t) => {
  const [from, to] = [join(folder, 'from.db'), join(folder, 'to.db')]
  const store = await openSqlite({ path: from })
  await store.commit(creation(grantOf('g1')))
  await store.commit({ events: [eventOf()] })
  const { leaf } = await store.head()
  await store.close()
  t.same(await storeCopy(`sqlite:${from}`, to), {
    exit: 0,
    out: `copied and verified: grants 1, votes 0, issuances 0, keys 0, persons 0, slackUsers 0, blocks 0, denials 0, outbox 0, posts 0, events 2, tree 0, checkpoints 0, positions 0\nhead 2:${leaf}\n`,
    err: '',
  })
  t.same(await storeHead('stint.yaml', at(to)), { exit: 0, out: `2:${leaf}\n`, err: '' })
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

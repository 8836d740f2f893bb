import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { EventKind } from '../../src/audit/event.js'
import { loadConfig } from '../../src/config/load.js'
import { judge } from '../../src/decision/judge.js'
import type { Broker, Call } from '../../src/grant/broker.js'
import { ask } from '../../src/grant/ask.js'
import { close } from '../../src/grant/close.js'
import { issue } from '../../src/grant/issue.js'
import type { Mint, Minted, Order } from '../../src/grant/mint.js'
import { read } from '../../src/grant/search.js'
import { sweep } from '../../src/grant/sweep.js'
import { ulids } from '../../src/grant/ulid.js'
import { repeat } from '../../src/jobs/repeat.js'
import { openSqlite } from '../../src/store/sqlite/store.js'
import { handClock, startStint, usualRules } from '../support/stint.js'

/** What time alone does to grants and issuances, on the real store; only AWS is a value here. */

const minute = 60_000

async function world(t: Test, rules = usualRules) {
  const clock = handClock(Date.UTC(2026, 10, 22, 10))
  const file = `issuers: [{ issuer: "https://login.example.com", directory: corp, audience: stint, claims: { groups: groups, keep: [repository] } }]\n${rules}`
  const { catalog } = loadConfig({ file, env: {} })
  const store = await openSqlite({ path: `${t.testdir()}/stint.db` })
  t.teardown(() => store.close())
  const orders: Order[] = []
  const state = { answer: minted, longest: undefined as number | undefined }
  function minted(order: Order): Minted | Promise<Minted> {
    return {
      ok: true,
      attempts: 1,
      credentials: {
        accessKeyId: `ASIA${order.sessionName.slice(-16)}`,
        secretAccessKey: 'secret',
        sessionToken: 'token',
        expiresAt: clock() + order.durationSeconds * 1_000,
      },
      assumedRoleId: `AROAEXAMPLE:${order.sessionName}`,
    }
  }
  const mint: Mint = {
    async assume(order) {
      orders.push(order)
      return state.answer(order)
    },
    longest: async () => state.longest,
    lastSeen: () => undefined,
  }
  const broker: Broker = {
    store,
    mint,
    catalog: () => catalog,
    clock,
    newId: ulids(randomBytes),
    changed: () => undefined,
    recordHolds: async () => undefined,
    rulesMoved: async () => undefined,
  }
  const call = (subject: string, groups: readonly string[]): Call => ({
    request: 'a request',
    caller: {
      subject,
      issuer: 'https://login.example.com',
      kind: 'person',
      groups,
      claims: {},
      address: '203.0.113.7',
      issuedAt: clock(),
      expiresAt: clock() + 60 * minute,
    },
  })
  const kinds = async (): Promise<readonly EventKind[]> =>
    (await store.events({ limit: 100 })).map(({ kind }) => kind)
  return {
    broker,
    clock,
    store,
    state,
    orders,
    kinds,
    ana: call('corp#ana', ['engineers']),
    bo: call('corp#bo', ['leads']),
  }
}

const reason = 'an order is stuck in checkout'
const debug = { role: 'orders-debug', reason }
const repair = { role: 'orders-repair', reason, ticket: 'OPS-1' }

t.test('lapsing and ending are true at once, and written down once', async (t) => {
  const { broker, clock, kinds, ana } = await world(t)
  const pending = await ask(broker, ana, repair, undefined, () => '')
  const active = await ask(broker, ana, debug, undefined, () => '')
  if (pending.kind !== 'pending' || active.kind !== 'active') throw new Error('one waits, one is active')
  const id = pending.snapshot.grant.id
  t.equal(await sweep(broker), 0, 'nothing is due')

  clock.advance(30 * minute)
  t.equal((await read(broker, ana, id)).grant.state, 'lapsed', 'on every read, before anybody wrote it')
  await t.rejects(close(broker, ana, id, 'cancel'), { code: 'conflict' })
  clock.advance(30 * minute)
  t.equal((await read(broker, ana, active.id)).grant.state, 'ended')
  await t.rejects(
    issue(broker, ana, active.id, () => ''),
    { code: 'conflict' },
  )

  const written = await Promise.all([sweep(broker), sweep(broker), sweep(broker)])
  t.equal(
    written.reduce((sum, count) => sum + count),
    2,
    'three sweeps at once write each transition once',
  )
  const log = await kinds()
  t.equal(log.filter((kind) => kind === 'grant.lapsed').length, 1)
  t.equal(log.filter((kind) => kind === 'grant.ended').length, 1)
  t.equal(await sweep(broker), 0)
  t.match((await read(broker, ana, id)).grant, { state: 'lapsed', closedAt: clock() - 30 * minute })
})

t.test('an issuance whose answer is lost becomes unknown, and not a moment early', async (t) => {
  const { broker, clock, state, kinds, ana } = await world(t)
  let answer: (minted: Minted) => void = () => undefined
  const given = state.answer
  state.answer = () => new Promise((resolve) => (answer = resolve))
  const asking = ask(broker, ana, debug, undefined, () => 'the credentials')
  while (!(await kinds()).includes('issuance.started')) await new Promise(setImmediate)

  clock.advance(70_000)
  t.equal(await sweep(broker), 0, 'somebody may be waiting for it still')
  clock.advance(1)
  t.equal(await sweep(broker), 1)
  t.equal((await kinds()).at(-1), 'issuance.unknown')

  answer(await given({ sessionName: 'ana-0123456789012345', durationSeconds: 900 } as Order))
  await t.rejects(
    asking,
    { code: 'conflict', detail: /withheld/ },
    'what was given up for lost is not handed out',
  )
  t.equal((await kinds()).at(-1), 'issuance.withheld', 'and the record knows what became of it')
})

t.test('a window that closes while STS answers has its credentials withheld', async (t) => {
  const { broker, clock, state, kinds, ana } = await world(t)
  const given = state.answer
  state.answer = (order) => {
    clock.advance(61 * minute)
    return given(order)
  }
  await t.rejects(
    ask(broker, ana, debug, undefined, () => 'the credentials'),
    { code: 'conflict' },
  )
  t.equal((await kinds()).at(-1), 'issuance.withheld')
})

t.test('an answer that cannot be made is not recorded as given', async (t) => {
  const { broker, kinds, ana } = await world(t)
  const present = () => {
    throw new Error('no such form')
  }
  await t.rejects(ask(broker, ana, debug, undefined, present), { message: 'no such form' })
  t.equal((await kinds()).at(-1), 'issuance.withheld')
})

t.test('a credential lives for the shortest of all that applies', async (t) => {
  const { broker, clock, state, orders, ana } = await world(t)
  const lives = async (window: number) => {
    const asked = await ask(
      broker,
      ana,
      { ...debug, window },
      undefined,
      (_, { expiresAt }) => expiresAt - clock(),
    )
    if (asked.kind !== 'active') throw new Error('was not allowed')
    return { id: asked.id, lives: asked.answer }
  }
  t.equal((await lives(60 * minute)).lives, 15 * minute, 'the role’s lifetime')
  t.equal((await lives(5 * minute)).lives, 5 * minute, 'the window')
  t.equal(orders.at(-1)!.durationSeconds, 900, 'though STS gives no less')
  const { id } = await lives(20 * minute)
  clock.advance(13 * minute)
  t.equal(
    await issue(broker, ana, id, (_, { expiresAt }) => expiresAt - clock()),
    7 * minute,
    'what is left of the window',
  )
  state.longest = 3 * minute
  t.equal((await lives(60 * minute)).lives, 3 * minute, 'what AWS gives a broker like this')
})

t.test('sign-in must be recent when asked and when collected', async (t) => {
  const { broker, clock, ana } = await world(
    t,
    usualRules.replace('from: [office]', '$&\n    signIn: { maxAge: 30m, amr: [mfa] }'),
  )
  const as = (authTime: number | undefined, amr: readonly string[]): Call => ({
    ...ana,
    caller: { ...ana.caller, ...(authTime !== undefined && { authTime }), amr },
  })
  const failed = (call: Call) =>
    judge({ catalog: broker.catalog(), asker: call.caller, ask: debug, asOf: clock(), now: clock() })
      .decision.checks.filter(({ ok }) => !ok)
      .map(({ check }) => check)
  t.strictSame(failed(as(undefined, ['mfa'])), ['sign_in'])
  t.strictSame(failed(as(clock() - 31 * minute, ['mfa'])), ['sign_in'])
  t.strictSame(failed(as(clock(), ['pwd'])), ['sign_in'])
  const signedIn = as(clock(), ['pwd', 'mfa'])
  t.strictSame(failed(signedIn), [])
  const asked = await ask(broker, signedIn, debug, undefined, () => '')
  if (asked.kind !== 'active') throw new Error('was not allowed')
  clock.advance(31 * minute)
  await t.rejects(
    issue(broker, signedIn, asked.id, () => ''),
    { code: 'denied' },
  )
  t.equal(await issue(broker, as(clock(), ['mfa']), asked.id, () => 'fresh'), 'fresh')
})

t.test('a job runs again after it failed, and not once it is stopped', async (t) => {
  const failures: unknown[] = []
  let runs = 0
  let third: () => void = () => undefined
  const ran = new Promise<void>((resolve) => (third = resolve))
  const job = async () => {
    runs += 1
    if (runs === 3) third()
    if (runs < 3) throw new Error(`run ${runs}`)
  }
  const repeating = repeat(1, job, (error) => failures.push(error))
  const alive = setInterval(() => undefined, 1_000)
  await ran
  await repeating.stop()
  clearInterval(alive)
  const then = runs
  await new Promise(setImmediate)
  t.equal(runs, then)
  t.equal(failures.length, 2)
})

t.test('a finding whose exception has ended is told, and stops nobody', async (t) => {
  const day = (at: number) => new Date(at).toISOString().slice(0, 10)
  const rules = (
    until: string,
  ) => `${usualRules.replace('[dynamodb:PutItem]', '[dynamodb:PutItem, dynamodb:PutResourcePolicy]')}
exceptions:
  - { rule: outlives-session, roles: [orders-repair], because: Sharing the table is the job., until: "${until}" }
`
  const said = async (until: string) => {
    const stint = await startStint({ rules: rules(until) })
    t.teardown(() => stint.close())
    return stint.log.filter((line) => line.includes('finding in a ceiling'))
  }
  t.strictSame(await said(day(Date.now() + 2 * 86_400_000)), [])
  const [line = '', ...others] = await said(day(Date.now() - 2 * 86_400_000))
  t.strictSame(others, [])
  t.match(JSON.parse(line), {
    level: 'warn',
    role: 'orders-repair',
    code: 'outlives-session',
    detail: String,
  })
})

import '../support/loopback-only.js'
import { createServer, type AddressInfo } from 'node:net'
import pg from 'pg'
import t, { type Test } from 'tap'
import { verify } from '../../src/audit/chain.js'
import type { Committed, Store } from '../../src/grant/store.js'
import { openPostgres } from '../../src/store/postgres/store.js'
import { storeContract } from '../contract/store.js'
import { creation, eventOf, grantOf, idOf, logOf } from '../contract/store-values.js'
import { startCluster } from '../support/cluster.js'
import { startCuttingProxy } from '../support/cutting-proxy.js'

/** What only a real server can show: several connections at once, and what happens when they go. */

const cluster = await startCluster()
t.teardown(() => cluster?.close())
const real = { skip: cluster ? false : 'PostgreSQL is not installed here; `.ci/run` installs it' }

let count = 0
const fresh = async () => (await cluster?.fresh()) ?? ''
const open = async (url?: string) =>
  openPostgres({ url: url ?? (await fresh()), replica: `r${++count}`, clock: Date.now })

/** Several stores on one database, closed with the test. */
async function replicas(t: Test, many: number, url?: string): Promise<Store[]> {
  const at = url ?? (await fresh())
  const stores = await Promise.all(Array.from({ length: many }, () => open(at)))
  t.teardown(() => Promise.all(stores.map((store) => store.close())))
  return stores
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows as Record<string, unknown>[]
  } finally {
    await client.end()
  }
}

const won = (outcomes: readonly Committed[]) => outcomes.filter((outcome) => outcome.ok).length

await t.test('contract', real, (t) => storeContract(t, () => open()))

await t.test('replicas that start together: each migration once, one chain from all', real, async (t) => {
  const stores = await replicas(t, 3)
  const commits = stores.flatMap((store, at) =>
    Array.from({ length: 100 }, (_, n) =>
      store.commit({ events: [eventOf({ by: `corp#${at}`, data: { n } }), eventOf({ by: `corp#${at}` })] }),
    ),
  )
  const heads = (await Promise.all(commits)).map((done) => (done.ok ? done.head : undefined))
  const [store] = stores as [Store]
  const entries = await logOf(store)
  t.same(verify(entries), { ok: true, head: await store.head() })
  t.equal(entries.length, 600)
  t.ok(
    heads.every((head) => head && entries[head.seq - 1]?.leaf === head.leaf),
    'each was told its own head',
  )
  t.equal(new Set(heads.map((head) => head?.seq)).size, 300)
})

await t.test('of many on several replicas who saw the same version, exactly one commits', real, async (t) => {
  const stores = await replicas(t, 3)
  for (let round = 0; round < 20; round++) {
    const grant = grantOf(idOf(round))
    t.equal(won(await Promise.all(stores.map((store) => store.commit(creation(grant))))), 1)
    const moves = stores.flatMap((store, at) =>
      Array.from({ length: 5 }, (_, n) =>
        store.commit({
          expect: [{ grant: grant.id, version: 1 }],
          grant: { ...grant, version: 2, state: 'cancelled', closedBy: `corp#${at}-${n}` },
          events: [eventOf({ kind: 'grant.cancelled', grant: grant.id })],
        }),
      ),
    )
    t.equal(won(await Promise.all(moves)), 1)
    t.equal((await stores[round % 3]?.snapshot(grant.id))?.grant.version, 2)
  }
})

await t.test('a connection that is cut at the commit: written once, and said so', real, async (t) => {
  const url = await fresh()
  const proxy = await startCuttingProxy(url)
  t.teardown(() => proxy.close())
  const [store] = (await replicas(t, 1, proxy.url)) as [Store]
  const [other] = (await replicas(t, 1, url)) as [Store]
  const rounds = { before: 5, after: 5, terminated: 5, silent: 1 } as const
  for (const how of ['before', 'after', 'terminated', 'silent'] as const) {
    for (let n = 0; n < rounds[how]; n++) {
      proxy.cut(how)
      const id = `${how}-${n}`
      const [done] = await Promise.all([
        store.commit(creation(grantOf(id))),
        other.commit({ events: [eventOf()] }),
      ])
      t.match(done, { ok: true }, how)
      t.equal((await other.events({ grant: id, limit: 9 })).length, 1)
    }
  }
  t.equal(proxy.cuts(), 16)
  t.same(verify(await logOf(other)), { ok: true, head: await store.head() })
})

await t.test(
  'whoever stops with the turn in hand holds the others up for a few seconds only',
  real,
  async (t) => {
    const url = await fresh()
    const [store] = (await replicas(t, 1, url)) as [Store]
    const frozen = new pg.Client({ connectionString: url, idle_in_transaction_session_timeout: 2_000 })
    const ended = new Promise((resolve) => frozen.on('error', resolve))
    await frozen.connect()
    await frozen.query("BEGIN; UPDATE meta SET value = value + 1 WHERE name = 'turn'")
    const waiting = Array.from({ length: 20 }, () => store.commit({ events: [eventOf()] }))
    t.equal(won(await Promise.all(waiting)), 20, 'they go on once the server has ended it')
    t.match(await ended, { code: '25P03' })
  },
)

await t.test('a server that crashes and comes back: nothing acknowledged is lost', real, async (t) => {
  const url = await fresh()
  const stores = await replicas(t, 2, url)
  const acknowledged: string[] = []
  let running = true
  const work = async (store: Store, name: string) => {
    for (let n = 0; running; n++) {
      const id = `${name}-${n}`
      const done = await store.commit(creation(grantOf(id))).catch((error: unknown) => {
        t.match(error, { name: 'Fault', code: 'store_unavailable' })
        return undefined
      })
      if (done?.ok) acknowledged.push(id)
    }
  }
  const working = stores.flatMap((store, at) => [work(store, `a${at}`), work(store, `b${at}`)])
  for (let round = 0; round < 2; round++) {
    const before = acknowledged.length
    while (acknowledged.length < before + 50) await new Promise((resolve) => setTimeout(resolve, 10))
    await cluster?.crash()
    await cluster?.start()
  }
  const after = acknowledged.length
  while (acknowledged.length < after + 50) await new Promise((resolve) => setTimeout(resolve, 10))
  running = false
  await Promise.all(working)
  const [store] = stores as [Store]
  const entries = await logOf(store)
  t.same(verify(entries), { ok: true, head: await store.head() })
  const kept = new Map(entries.map(({ grant }) => [grant, 0]))
  for (const { grant } of entries) kept.set(grant, (kept.get(grant) ?? 0) + 1)
  t.same(
    acknowledged.filter((id) => kept.get(id) !== 1),
    [],
    'each is there, once',
  )
})

await t.test('servers and sessions that are set otherwise', real, async (t) => {
  const url = await fresh()
  const name = new URL(url).pathname.slice(1)
  await query(url, `ALTER DATABASE ${name} SET default_transaction_isolation = 'repeatable read'`)
  await query(url, `ALTER DATABASE ${name} SET synchronous_commit = off`)
  const stores = await replicas(t, 2, url)
  const commits = stores.flatMap((store) =>
    Array.from({ length: 60 }, async (_, n) => {
      await new Promise((done) => setTimeout(done, n * 3))
      return store.commit({ events: [eventOf()] })
    }),
  )
  t.equal(won(await Promise.all(commits)), 120)
  await Promise.all(stores.map((store) => store.shared?.announce('a')))
  t.match(await stores[0]?.shared?.announce('a'), { inForce: 'a' })
})

await t.test('a server that takes connections and never answers: said in bounded time', async (t) => {
  const mute = createServer(() => undefined)
  await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done))
  t.teardown(() => mute.close())
  const { port } = mute.address() as AddressInfo
  const url = `postgres://postgres@127.0.0.1:${port}/x`
  await t.rejects(open(url), { code: 'store_unavailable', detail: /cannot be reached/ })
})

await t.test(
  'word of every change; where the line was cut, that something may be missed',
  real,
  async (t) => {
    const url = await fresh()
    const [one, two] = (await replicas(t, 2, url)) as [Store, Store]
    const heard: (string | undefined)[] = []
    two.shared?.watch((grant) => void heard.push(grant))
    const until = async (condition: () => boolean) => {
      for (let tries = 0; !condition() && tries < 1_000; tries++)
        await new Promise((done) => setTimeout(done, 10))
      t.ok(condition())
    }
    await until(() => heard.includes(undefined))
    const ids = Array.from({ length: 450 }, (_, n) => idOf(n))
    await Promise.all(ids.map((id) => one.commit(creation(grantOf(id)))))
    await until(() => ids.every((id) => heard.includes(id)))

    heard.length = 0
    await query(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
    await until(() => heard.filter((grant) => grant === undefined).length >= 2)
    await one.commit(creation(grantOf('after')))
    await until(() => heard.includes('after'))
  },
)

await t.test('a new configuration comes into force once every replica has it', real, async (t) => {
  const [one, two] = (await replicas(t, 2)) as [Store, Store]
  const announce = (store: Store, config: string) => store.shared?.announce(config)
  const decided = (store: Store, id: string, config: string) =>
    store.commit({ ...creation(grantOf(id)), config })
  t.same(await announce(one, 'a'), { inForce: 'a', loaded: ['a'] }, 'the first has nobody to wait for')
  t.match(await announce(two, 'a'), { inForce: 'a', loaded: ['a', 'a'] })
  t.match(await announce(one, 'b'), { inForce: 'a' })
  t.same(await decided(one, 'g1', 'b'), { ok: false, conflict: 'config' })
  t.match(await decided(one, 'g2', 'a'), { ok: true })
  t.match(await announce(two, 'b'), { inForce: 'b', loaded: ['b', 'b'] })
  t.same(await decided(one, 'g3', 'a'), { ok: false, conflict: 'config' })
  t.match(await decided(one, 'g4', 'b'), { ok: true })
  t.match(await announce(two, 'c'), { inForce: 'b' })
  await one.close()
  t.match(await announce(two, 'c'), { inForce: 'c', loaded: ['c'] }, 'who has left is not waited for')
})

await t.test('one clock, one count, and a job for one at a time', real, async (t) => {
  const url = await fresh()
  const slow = await openPostgres({ url, replica: 'slow', clock: () => Date.now() - 3_600_000 })
  const [right] = (await replicas(t, 1, url)) as [Store]
  t.teardown(() => slow.close())
  await Promise.all([slow.shared?.announce('a'), right.shared?.announce('a')])
  t.ok(Math.abs((slow.shared?.clock() ?? 0) - (right.shared?.clock() ?? 0)) < 1_000, "the server's")

  const counts = await Promise.all(
    [slow, right, slow, right].map((store) => store.shared?.tally('asks corp#ada', 60_000)),
  )
  t.same(counts.map((counted) => counted?.count).sort(), [1, 2, 3, 4])
  t.equal(new Set(counts.map((counted) => counted?.until)).size, 1)
  t.match(await slow.shared?.tally('asks corp#bob', 60_000), { count: 1 })
  await slow.shared?.tally('short', 1)
  await new Promise((done) => setTimeout(done, 5))
  t.match(await slow.shared?.tally('short', 1), { count: 1 }, 'it begins anew')

  await right.commit(creation(grantOf('late', { decideBy: 5 })))
  const found = async (store: Store) => (await store.due(10, 10, 10)).grants.length
  t.equal((await found(slow)) + (await found(right)), 1, 'one of them sweeps')
  t.equal(await found(slow), 1, 'and goes on')
  const taken = await Promise.all([slow.shared?.take('feed'), right.shared?.take('feed')])
  t.same(taken.toSorted(), [false, true], 'a job that nobody had before')
  t.equal(await right.shared?.take('feed'), taken[1])
  await slow.close()
  t.equal(await found(right), 1, 'until it leaves')
  t.equal(await right.shared?.take('feed'), true)
})

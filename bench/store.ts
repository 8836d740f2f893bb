// What one record costs over one and two processes: commits of an ask (grant, issuance, two events), 64 in
// flight, on SQLite, and on a private PostgreSQL on this machine with one replica and with two. And how long
// the others wait when one dies, or freezes, with the turn in hand.
//
//   npm run bench -- store
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type { Store } from '../src/grant/store.js'
import { openStore, type Place } from '../src/store/open.js'
import { creation, eventOf, grantOf, issuanceOf } from '../test/contract/store-values.js'
import { startCluster } from '../test/support/cluster.js'

const seconds = 5
const warmUp = 2
const inFlight = 64

let made = 0
const commitAsk = (store: Store, name: string) => {
  const id = `${name}-${made++}`
  const change = creation(grantOf(id))
  return store.commit({
    ...change,
    issuance: { from: 'none', row: issuanceOf(id, id) },
    events: [...change.events, eventOf({ kind: 'issuance.started', grant: id })],
  })
}

/** Commits in a second, by this process alone, and the times they took in milliseconds. */
async function measure(
  place: Place,
  name: string,
  flight: number,
): Promise<{ rate: number; times: number[] }> {
  const store = await openStore(place, { replica: name, clock: Date.now })
  const times: number[] = []
  const [begin, end] = [performance.now() + warmUp * 1_000, performance.now() + (warmUp + seconds) * 1_000]
  const work = async () => {
    while (performance.now() < end) {
      const started = performance.now()
      await commitAsk(store, name)
      if (started >= begin) times.push(performance.now() - started)
    }
  }
  await Promise.all(Array.from({ length: flight }, work))
  await store.close()
  return { rate: times.length / seconds, times }
}

const quantile = (times: readonly number[], q: number) =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length * q)] ?? NaN

function report(name: string, results: readonly { rate: number; times: number[] }[]): number {
  const rate = results.reduce((sum, result) => sum + result.rate, 0)
  const times = results.flatMap((result) => result.times)
  const [p50, p99] = [0.5, 0.99].map((q) => quantile(times, q).toFixed(1))
  console.log(`${name.padEnd(34)} ${rate.toFixed(0).padStart(6)} commits/s   p50 ${p50} ms   p99 ${p99} ms`)
  return rate
}

const self = fileURLToPath(import.meta.url)

/** The same in a process of its own. */
async function apart(place: Place, name: string, flight: number) {
  const child = fork(self, [JSON.stringify(place), name, String(flight)])
  const [result] = (await once(child, 'message')) as [{ rate: number; times: number[] }]
  return result
}

async function takeOver(url: string, end: (child: ChildProcess) => void): Promise<number> {
  const store = await openStore({ url }, { replica: 'left', clock: Date.now })
  const child = fork(self, [JSON.stringify({ url }), 'turn', '0'])
  await once(child, 'message')
  end(child)
  const began = performance.now()
  await store.commit({ events: [eventOf()] })
  const waited = performance.now() - began
  child.kill('SIGKILL')
  await store.close()
  return waited
}

/** Takes the turn and keeps it, with the settings of a replica. */
async function holdTurn(url: string): Promise<never> {
  const client = new pg.Client({ connectionString: url, idle_in_transaction_session_timeout: 5_000 })
  client.on('error', () => undefined)
  await client.connect()
  await client.query("BEGIN; UPDATE meta SET value = value + 1 WHERE name = 'turn'")
  process.send?.('held')
  return new Promise(() => setInterval(() => undefined, 1_000))
}

async function main(): Promise<void> {
  const cluster = await startCluster()
  if (!cluster) throw new Error('PostgreSQL is not installed')
  const folder = mkdtempSync(join(tmpdir(), 'stint-bench-'))
  try {
    console.log(
      `PostgreSQL ${cluster.version}, Node ${process.version}, ${inFlight} in flight, ${seconds} s each`,
    )
    const sqlite = report('SQLite', [await apart({ path: join(folder, 'stint.db') }, 'a', inFlight)])
    const one = report('PostgreSQL, one replica', [
      await apart({ url: await cluster.fresh() }, 'a', inFlight),
    ])
    const url = await cluster.fresh()
    const two = report(
      'PostgreSQL, two replicas',
      await Promise.all(['a', 'b'].map((name) => apart({ url }, name, inFlight / 2))),
    )
    console.log(`one replica / SQLite ${(one / sqlite).toFixed(2)}   two / one ${(two / one).toFixed(2)}`)
    const killed = await takeOver(url, (child) => void child.kill('SIGKILL'))
    const frozen = await takeOver(url, (child) => void child.kill('SIGSTOP'))
    console.log(
      `next commit after a replica with the turn is killed: ${killed.toFixed(0)} ms; frozen: ${frozen.toFixed(0)} ms`,
    )
  } finally {
    await cluster.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

const [place, name = '', flight = ''] = process.argv.slice(2)
if (place === undefined) await main()
else if (name === 'turn') await holdTurn((JSON.parse(place) as { url: string }).url)
else {
  const result = await measure(JSON.parse(place) as Place, name, Number(flight))
  process.send?.(result, () => process.disconnect())
}

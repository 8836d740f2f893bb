import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { loadConfig } from '../src/config/load.js'
import type { Broker } from '../src/grant/broker.js'
import { current } from '../src/grant/states.js'
import type { Store } from '../src/grant/store.js'
import { sweep } from '../src/grant/sweep.js'
import { ulids } from '../src/grant/ulid.js'
import { openStore } from '../src/store/open.js'
import { filesOf, mustHoldNoSecret } from '../test/support/canary.js'
import type { Judge } from './judge.js'
import type { Told } from './told.js'
import type { World } from './world.js'

/** Past STS's deadline and the minute more, by which nobody can be waiting for an answer. */
const later = 120_000

const page = 1_000

/**
 * The store once everybody has gone, read through its own port by a clock that is two minutes on: a sweep gives up
 * what is lost, and then nothing may be started still, every grant must be in the one state that its record leads
 * to, and no secret may stand anywhere. Returns everything that is wrong.
 */
export async function lastReading(
  world: World,
  judge: Judge,
  told: readonly Told[],
): Promise<readonly string[]> {
  const clock = () => Date.now() + later
  const { store: place, catalog } = loadConfig({ file: await readFile(world.config, 'utf8'), env: world.env })
  const store = await openStore(place, { replica: 'the last reading', clock })
  try {
    const broker: Broker = {
      store,
      mint: noMint,
      catalog: () => catalog,
      clock,
      newId: ulids(randomBytes),
      changed: () => undefined,
      recordHolds: async () => undefined,
      rulesMoved: async () => undefined,
    }
    while ((await sweep(broker)) > 0);
    return [
      ...(await readToTheEnd(store, judge, told)),
      ...(await compare(store, judge, clock())),
      ...leaks(world),
    ]
  } finally {
    await store.close()
  }
}

/** Sweeping mints nothing. */
const noMint: Broker['mint'] = {
  assume: () => Promise.reject(new Error('Nothing is minted any more.')),
  longest: async () => undefined,
  lastSeen: () => undefined,
}

async function readToTheEnd(store: Store, judge: Judge, told: readonly Told[]): Promise<readonly string[]> {
  const wrong: string[] = []
  for (;;) {
    const entries = await store.events({ after: judge.record.head().seq, limit: page })
    wrong.push(...judge.take(entries.map(({ text }) => text)))
    if (entries.length < page) return [...wrong, ...judge.hold(told)]
  }
}

/** The state in the store beside the one that its record leads to, grant by grant and issuance by issuance. */
async function compare(store: Store, { record }: Judge, now: number): Promise<readonly string[]> {
  const wrong: string[] = []
  const say = (what: string, stored: unknown, recorded: unknown) => {
    if (stored !== recorded) wrong.push(`${what} is ${stored} in the store and ${recorded} on the record`)
  }
  for (const [id, { state }] of record.issuances)
    if (state === 'started') wrong.push(`issuance ${id} is started for ever`)
  for (const [id, { states }] of record.grants) {
    const stored = await store.snapshot(id)
    say(`grant ${id}`, stored && current(stored.grant, now).state, states.at(-1))
    for (const row of stored?.issuances ?? [])
      say(`issuance ${row.id}`, row.state, record.issuances.get(row.id)?.state)
  }
  return wrong
}

/** Whether a secret stands in what was written: a database is searched when it is closed. */
function leaks({ ground, logged, slack }: World): readonly string[] {
  const files = ground.kind === 'sqlite' ? filesOf(ground.store) : {}
  try {
    mustHoldNoSecret({
      ...files,
      'the log': logged().join('\n'),
      Slack: JSON.stringify([slack.calls, slack.answers]),
    })
    return []
  } catch (error) {
    return [String(error)]
  }
}

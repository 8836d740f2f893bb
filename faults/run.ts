import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { IssuanceState } from '../src/grant/grant.js'
import type { FaultKind } from './fault-kind.js'
import { contradictions, createJudge } from './judge.js'
import { lastReading } from './last-reading.js'
import { startLoad } from './load.js'
import type { Random } from './random.js'
import type { World } from './world.js'

/** What came of one fault on one store, so far. */
export interface Row {
  readonly fault: string
  readonly store: string
  readonly rounds: number
  /** Sessions that STS made meanwhile. */
  readonly sessions: number
  /** Answers meanwhile that must be found on the record. */
  readonly acknowledged: number
  /** Milliseconds until every broker gave credentials again: the longest of all rounds. */
  readonly back: number
  /** Everything that was not as it must be. */
  readonly wrong: readonly string[]
}

/** How a whole run ended, once all was told. */
export interface End {
  readonly entries: number
  /** Issuances by their state on the record. */
  readonly issuances: ReadonlyMap<IssuanceState, number>
  readonly statuses: ReadonlyMap<number, number>
  /** Everything that was wrong, in the rounds or at the end. */
  readonly wrong: readonly string[]
}

/** How long the service may take to come back by itself. */
const bound = 90_000

/** Of a run of many rounds, this often there is word of how it goes. */
const roundsAWord = 50

/**
 * Runs faults one after the other on one world, each so many rounds, under one load that never stops; what is wrong
 * ends it. After each round the record is held against all that happened, and in the end once more.
 */
export async function runFaults(
  world: World,
  faults: readonly FaultKind[],
  rounds: number,
  random: Random,
  report: (row: Row) => void,
): Promise<End> {
  const judge = createJudge(world)
  await world.up()
  const load = startLoad(world, random.branch('load'))
  const wrong: string[] = []
  for (const fault of faults) {
    const choices = random.branch(fault.name)
    const [sessions, acknowledged] = [world.sts.sessions.length, load.told.length]
    let back = 0
    for (let round = 1; round <= rounds && wrong.length === 0; round++) {
      const healed = await fault.strike(world, choices)
      await comeBack(world, `${fault.name} ${round}`)
      back = Math.max(back, performance.now() - healed)
      wrong.push(...(await judge.judge(load.told)), ...load.wrong, ...world.deserters())
      if (round < rounds && round % roundsAWord > 0 && wrong.length === 0) continue
      report({
        fault: fault.name,
        store: world.ground.kind,
        rounds: round,
        sessions: world.sts.sessions.length - sessions,
        acknowledged: load.told.length - acknowledged,
        back,
        wrong,
      })
    }
  }
  await load.stop()
  await Promise.all(world.brokers().map((broker) => world.end(broker, 'SIGTERM')))
  if (wrong.length === 0) {
    wrong.push(...(await lastReading(world, judge, load.told)), ...contradictions(judge.record, world.sts))
    wrong.push(...load.wrong, ...world.deserters())
  }
  const issuances = new Map<IssuanceState, number>()
  for (const { state } of judge.record.issuances.values())
    issuances.set(state, (issuances.get(state) ?? 0) + 1)
  return { entries: judge.record.head().seq, issuances, statuses: load.statuses, wrong }
}

/** Resolves once every broker gives credentials. Rejects where one does not within the bound. */
async function comeBack(world: World, name: string): Promise<void> {
  const until = performance.now() + bound
  await Promise.all(
    world.urls().map(async (url, at) => {
      for (let tries = 0; ; tries++) {
        const asker = world.token(`back after ${name} at ${at}.${Math.floor(tries / 50)}`, ['engineers'])
        const answer = await fetch(`${url}/v1/grants`, {
          method: 'POST',
          headers: { authorization: `Bearer ${asker}`, 'content-type': 'application/json' },
          body: JSON.stringify({ role: 'orders-debug', reason: `back after ${name} at ${at}, ${tries}` }),
          signal: AbortSignal.timeout(30_000),
        }).then(
          async (response) => `${response.status} ${response.status === 201 ? '' : await response.text()}`,
          (error: unknown) => String(error),
        )
        if (answer.startsWith('201')) return
        if (performance.now() > until)
          throw new Error(`After ${name} it did not come back: ${[answer, ...world.deserters()].join('; ')}`)
        await sleep(25)
      }
    }),
  )
}

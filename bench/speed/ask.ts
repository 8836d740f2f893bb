import type { BareMessage } from './bare.js'
import { startChild } from './child.js'
import { median, ms, perSecond, quantile, rateOf, ratios, type Figure } from './figures.js'
import type { Loaded } from './load.js'
import { startRig } from './rig.js'

/** The cells in which something is promised. */
const targets: Readonly<Record<string, string>> = {
  '0 ms, 16': 'at least 0.9 x',
  '0 ms, 128': 'at least 0.9 x',
  '100 ms, 128': 'at least 0.9 x of 128 / 0.1 s',
}

interface Round {
  readonly ours: Loaded
  readonly bare: Loaded
  /** Processor time of the broker, in milliseconds. */
  readonly cpu: number
}

/**
 * Asking and being issued, against the same AssumeRole through the SDK alone with as many in flight, for each time
 * that STS takes.
 */
export async function measureAsk({ rounds = 3, length = 1_500, connections = [1, 16, 128] } = {}): Promise<
  Figure[]
> {
  const rig = await startRig()
  const bare = startChild('bare')
  const requests = rig.asks('/v1/grants')
  const { url } = await rig.sts()

  async function round(flight: number, time: number): Promise<Round> {
    const { last: parameters } = await rig.sts()
    const floor: BareMessage = { url, parameters, connections: flight, ms: time }
    const alone = await bare.ask<Loaded>(floor)
    const before = await rig.broker()
    const ours = await rig.load({ requests, status: 201, connections: flight, ms: time })
    return { ours, bare: alone, cpu: (await rig.broker()).cpu - before.cpu }
  }

  try {
    // Code that has run is faster code; and the first ask tells what is sent to STS.
    await rig.load({ requests, status: 201, connections: 4, ms: 500 })
    for (let warm = 0; warm < 2; warm += 1) await round(32, 1_500)
    const figures: Figure[] = []
    for (const delay of [0, 30, 100]) {
      await rig.sts({ delay })
      for (const flight of connections) {
        const done: Round[] = []
        for (let n = 0; n < rounds; n += 1) done.push(await round(flight, length))
        figures.push(...figuresOf(delay, flight, done))
      }
    }
    return figures
  } finally {
    await bare.close()
    await rig.close()
  }
}

function figuresOf(delay: number, flight: number, rounds: readonly Round[]): Figure[] {
  const cell = `${delay} ms, ${flight}`
  const ours = rounds.map((round) => rateOf(round.ours))
  const floor = rounds.map((round) => rateOf(round.bare))
  const perAsk = Math.min(...rounds.map(({ cpu, ours: { times } }) => cpu / times.length))
  const perCall = Math.min(...rounds.map(({ bare: { cpu, times } }) => cpu / times.length))
  const best = Math.max(...ours)
  const ideal = delay === 100 && flight === 128 ? `; ${(best / 1_280).toFixed(2)} x of 1280/s` : ''
  const throughput: Figure = {
    what: `ask and issue, STS ${delay} ms, ${flight} ${flight === 1 ? 'connection' : 'connections'}`,
    floor: `${perSecond(Math.max(...floor))}, ${ms(perCall)} of processor a call`,
    ours: `${perSecond(best)}, ${ms(perAsk)} of processor an ask${ideal}`,
    ...ratios(ours, floor),
    ...(targets[cell] !== undefined && { target: targets[cell] }),
  }
  /** Of each round by itself, the least and the median: one pause of the machine is not all rounds'. */
  const added = (of: (round: Round) => Loaded, q: number) => {
    const each = rounds.map((round) => quantile(of(round).added, q))
    return `${ms(Math.min(...each))} (${ms(median(each))})`
  }
  const latency: Figure = {
    what: `added to STS's own time, STS ${delay} ms, ${flight}: p50, p99; best round (median round)`,
    floor: `${added(({ bare }) => bare, 0.5)}, ${added(({ bare }) => bare, 0.99)}`,
    ours: `${added(({ ours: all }) => all, 0.5)}, ${added(({ ours: all }) => all, 0.99)}`,
    ...(cell === '30 ms, 16' && { target: 'p50 at most 2.5 ms, p99 at most 8 ms' }),
  }
  return [throughput, latency]
}

import { startChild } from './child.js'
import { perSecond, quantile, ms, rateOf, ratios, type Figure } from './figures.js'
import { startRig } from './rig.js'

/** The dry run, against an empty Fastify route. */
export async function measureDecide({ rounds = 5, length = 1_000 } = {}): Promise<Figure[]> {
  const rig = await startRig()
  const empty = startChild('empty')
  const requests = rig.asks('/v1/decisions')
  try {
    const { url } = await empty.ask<{ readonly url: string }>({})
    const burst = (time: number, where?: string) =>
      rig.load({
        requests,
        status: 200,
        connections: 16,
        ms: time,
        ...(where !== undefined && { urls: [where] }),
      })
    await burst(1_000, url)
    for (let warm = 0; warm < 2; warm += 1) await burst(1_000)
    const [floor, ours] = [[], []] as [number[], number[]]
    const p99: number[] = []
    for (let round = 0; round < rounds; round += 1) {
      floor.push(rateOf(await burst(length, url)))
      const done = await burst(length)
      ours.push(rateOf(done))
      p99.push(quantile(done.times, 0.99))
    }
    return [
      {
        what: 'decision only, 16 connections',
        floor: `${perSecond(Math.max(...floor))}, an empty Fastify route`,
        ours: `${perSecond(Math.max(...ours))}, p99 ${ms(Math.min(...p99))}`,
        ...ratios(ours, floor),
        target: 'at least 0.35 x',
      },
    ]
  } finally {
    await empty.close()
    await rig.close()
  }
}

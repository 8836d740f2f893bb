import { startChild } from './child.js'
import { ms, perSecond, quantile, rateOf, ratios, type Figure } from './figures.js'
import { startRig } from './rig.js'

const queries = {
  'the newest 50, by an auditor': ['/v1/grants?limit=50', 'auditor'],
  'by a word of the reason, by an auditor': ['/v1/grants?limit=50&text=checkout', 'auditor'],
  'of one role and outcome, by an auditor': [
    '/v1/grants?limit=50&role=orders-debug&outcome=allow',
    'auditor',
  ],
  'their own, by a person': ['/v1/grants?limit=50', undefined],
} as const

/** Lists and searches over what was asked before, against an empty Fastify route. */
export async function measureLists({ rounds = 3, length = 700, filling = 4_000 } = {}): Promise<Figure[]> {
  const rig = await startRig()
  const empty = startChild('empty')
  try {
    const filled = await rig.load({
      requests: rig.asks('/v1/grants'),
      status: 201,
      connections: 64,
      ms: filling,
    })
    const { url } = await empty.ask<{ readonly url: string }>({})
    const burst = (requests: readonly string[], where?: string) =>
      rig.load({
        requests,
        status: 200,
        connections: 16,
        ms: length,
        ...(where !== undefined && { urls: [where] }),
      })
    const figures: Figure[] = []
    for (const [what, [path, as]] of Object.entries(queries)) {
      const requests = rig.gets(path, as)
      await burst(requests, url)
      await burst(requests)
      const [floor, ours, p99] = [[], [], []] as [number[], number[], number[]]
      for (let round = 0; round < rounds; round += 1) {
        floor.push(rateOf(await burst(requests, url)))
        const done = await burst(requests)
        ours.push(rateOf(done))
        p99.push(quantile(done.times, 0.99))
      }
      figures.push({
        what: `of ${filled.times.length} grants ${what}`,
        floor: `${perSecond(Math.max(...floor))}, an empty Fastify route`,
        ours: `${perSecond(Math.max(...ours))}, p99 ${ms(Math.min(...p99))}`,
        ...ratios(ours, floor),
      })
    }
    return figures
  } finally {
    await empty.close()
    await rig.close()
  }
}

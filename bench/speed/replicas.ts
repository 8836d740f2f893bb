import { startCluster } from '../../test/support/cluster.js'
import { ms, perSecond, quantile, rateOf, ratios, type Figure } from './figures.js'
import { startRig } from './rig.js'

/** Asking one replica, against asking two that share a PostgreSQL, with as many in flight in all. */
export async function measureReplicas({ rounds = 4, length = 2_000 } = {}): Promise<Figure[]> {
  const cluster = await startCluster()
  if (!cluster) throw new Error('PostgreSQL is not installed.')
  try {
    const rig = await startRig({ store: await cluster.fresh() })
    try {
      await rig.sts({ delay: 30 })
      const requests = rig.asks('/v1/grants')
      const burst = (urls: readonly string[], time: number) =>
        rig.load({ requests, status: 201, connections: 32, ms: time, urls })
      const other = await rig.another()
      const both = [rig.url, other.url]
      await burst(both, 3_000)
      const [one, two, late] = [[], [], []] as [number[], number[], number[]]
      for (let round = 0; round < rounds; round += 1) {
        one.push(rateOf(await burst([rig.url], length)))
        const done = await burst(both, length)
        two.push(rateOf(done))
        late.push(quantile(done.times, 0.99))
      }
      return [
        {
          what: 'ask and issue on PostgreSQL, STS 30 ms, 32 connections: two replicas against one',
          floor: `${perSecond(Math.max(...one))}, one replica`,
          ours: `${perSecond(Math.max(...two))}, two replicas; p99 ${ms(Math.min(...late))}`,
          ...ratios(two, one),
        },
      ]
    } finally {
      await rig.close()
    }
  } finally {
    await cluster.close()
  }
}

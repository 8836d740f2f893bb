import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Cluster } from '../../test/support/cluster.js'
import type { FaultKind } from '../fault-kind.js'
import type { Random } from '../random.js'
import type { World } from '../world.js'

const onPostgres = (
  name: string,
  harm: (cluster: Cluster, random: Random, world: World) => Promise<unknown>,
  long?: { readonly long: true },
): FaultKind => ({
  name,
  ...long,
  store: 'postgres',
  async strike(world, random) {
    const { cluster } = world.ground
    if (!cluster) throw new Error('There is no PostgreSQL.')
    await sleep(random.between(0, 600))
    await harm(cluster, random, world)
    const over = performance.now()
    await cluster.start()
    return over
  },
})

/** All connections but this one, from within. */
async function dropConnections(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    )
  } finally {
    await client.end()
  }
}

export const postgresFaults: readonly FaultKind[] = [
  onPostgres('PostgreSQL kill -9', (cluster) => cluster.signal('SIGKILL')),
  onPostgres('PostgreSQL crash', (cluster) => cluster.crash(), { long: true }),
  onPostgres('PostgreSQL stands still', async (cluster, random) => {
    await cluster.signal('SIGSTOP')
    await sleep(random.between(300, 4_000))
    await cluster.signal('SIGCONT')
  }),
  onPostgres('connections dropped', (_cluster, _random, { ground }) => dropConnections(ground.store)),
]

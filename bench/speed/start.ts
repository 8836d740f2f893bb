import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { startIdentityProvider } from '../../test/support/identity-provider.js'
import { startReplica } from '../../test/support/replica.js'
import { median, ms, type Figure } from './figures.js'
import { fileOf } from './rig.js'

/** From the start of `stint serve` until it says that it is ready, with a store that is there; against `node -e 0`. */
export async function measureStart({ rounds = 7 } = {}): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'stint-bench-'))
  const idp = await startIdentityProvider()
  try {
    const config = join(folder, 'stint.yaml')
    writeFileSync(config, fileOf(idp))
    const start = async () => {
      const began = performance.now()
      const replica = await startReplica(['--config', config], {
        STINT_STORE: join(folder, 'stint.db'),
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'AKIABROKERBROKERBROK',
        AWS_SECRET_ACCESS_KEY: 'bench',
      })
      while ((await fetch(`${replica.url}/readyz`)).status !== 200) await sleep(5)
      const took = performance.now() - began
      replica.child.kill('SIGTERM')
      await replica.ended
      return took
    }
    const bare = () => {
      const began = performance.now()
      spawnSync(process.execPath, ['-e', '0'])
      return performance.now() - began
    }
    await start()
    const [floor, ours] = [[], []] as [number[], number[]]
    for (let round = 0; round < rounds; round += 1) {
      floor.push(bare())
      ours.push(await start())
    }
    return [
      {
        what: 'from `stint serve` to ready; fastest (median)',
        floor: `${ms(Math.min(...floor))} (${ms(median(floor))}), \`node -e 0\``,
        ours: `${ms(Math.min(...ours))} (${ms(median(ours))})`,
        fastest: Math.min(...ours) / Math.min(...floor),
        median: median(ours.map((time, round) => time / (floor[round] ?? NaN))),
        target: 'at most 0.8 s',
      },
    ]
  } finally {
    await idp.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

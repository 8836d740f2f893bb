import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { diskOf, type FaultKind } from '../fault-kind.js'
import type { World } from '../world.js'

/** Nothing can be written; then there is room again, and PostgreSQL, which gives up then, is started again. */
const full: FaultKind = {
  name: 'disk full',
  onDisk: true,
  async strike(world, random) {
    const disk = diskOf(world)
    await disk.fill(random.between(0, 200_000))
    await sleep(random.between(500, 1_500))
    disk.free()
    const over = performance.now()
    await world.ground.cluster?.start()
    return over
  },
}

/** Writes and fsyncs hang again and again, for a while each. */
const slow: FaultKind = {
  name: 'slow fsync',
  onDisk: true,
  async strike(world, random) {
    for (let times = random.between(2, 6); times > 0; times--) {
      await diskOf(world).hang(random.between(50, 500))
      await sleep(random.between(10, 100))
    }
    return performance.now()
  },
}

/** Everybody who has a file open there ends, the file system is mounted again, and all are started again. */
async function startAgain(world: World): Promise<number> {
  const { cluster } = world.ground
  if (cluster) await cluster.signal('SIGKILL')
  else await Promise.all(world.brokers().map((broker) => world.end(broker, 'SIGKILL')))
  await diskOf(world).mend()
  const over = performance.now()
  await cluster?.start()
  await world.up()
  return over
}

/** The file system has met an error, and lets nobody write any more. */
const readOnly: FaultKind = {
  name: 'disk read-only',
  onDisk: true,
  long: true,
  async strike(world, random) {
    await sleep(random.between(0, 500))
    await diskOf(world).abort()
    await sleep(random.between(200, 1_000))
    return startAgain(world)
  },
}

/** The power goes: what was not synced is not there any more. Whoever was answered must be, for ever. */
const powerCut: FaultKind = {
  name: 'power cut',
  onDisk: true,
  async strike(world, random) {
    await sleep(random.between(100, 1_000))
    await diskOf(world).cutPower()
    return startAgain(world)
  },
}

export const diskFaults: readonly FaultKind[] = [full, slow, readOnly, powerCut]

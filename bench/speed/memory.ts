import { setTimeout as sleep } from 'node:timers/promises'
import type { Figure } from './figures.js'
import { startRig } from './rig.js'

const mega = (bytes: number): string => `${(bytes / 1_048_576).toFixed(0)} MB`

/**
 * Memory of the broker: idle, at its most under load, and whether it grows: what is left on the heap when all garbage
 * is collected, in the middle of the soak and at its end.
 */
export async function measureMemory({ soak = 45_000, slices = 15 } = {}): Promise<Figure[]> {
  const rig = await startRig({ flags: ['--expose-gc'] })
  const requests = rig.asks('/v1/grants')
  try {
    await sleep(2_000)
    const idle = await rig.broker()
    const residents: number[] = []
    const slice = async (times: number) => {
      let asks = 0
      for (let n = 0; n < times; n += 1) {
        const done = await rig.load({ requests, status: 201, connections: 16, ms: soak / slices })
        asks += done.times.length
        residents.push((await rig.broker()).resident)
      }
      return asks
    }
    const before = await slice(Math.ceil(slices / 3))
    const middle = await rig.broker({ collect: true })
    const asks = await slice(Math.floor((2 * slices) / 3))
    const end = await rig.broker({ collect: true })
    const grown = (end.heap - middle.heap) / asks
    return [
      {
        what: 'memory, resident',
        floor: `${mega(idle.resident)} idle`,
        ours: `${mega(Math.max(...residents))} at most under load, 16 connections, ${before + asks} asks`,
        target: 'at most 200 MB',
      },
      {
        what: 'memory, heap after collection',
        floor: `${mega(middle.heap)} after ${before} asks`,
        ours: `${mega(end.heap)} after ${asks} more: ${grown.toFixed(0)} bytes an ask`,
        target: 'flat',
      },
    ]
  } finally {
    await rig.close()
  }
}

// A broker in a process of its own: the whole of Stint, with limits that a load generator does not meet.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startApp, type App } from '../../src/app.js'
import { serveParent } from './child.js'

/** The first message starts it; each one is answered with how it is. */
export interface BrokerMessage {
  readonly start?: { readonly config: string; readonly env: Readonly<Record<string, string>> }
  /** Whether to collect what is garbage before memory is looked at. */
  readonly collect?: boolean
}

export interface BrokerState {
  readonly url: string
  /** Processor time of all its threads since it started, in milliseconds. */
  readonly cpu: number
  /** Bytes. */
  readonly resident: number
  readonly heap: number
}

const perMinute = { address: 1e9, asks: 1e9, votes: 1e9, searches: 1e9, reads: 1e9 }
let app: App | undefined

serveParent<BrokerMessage, BrokerState>(
  async ({ start, collect }) => {
    if (start)
      app = await startApp({
        readConfig: async () => start.config,
        env: start.env,
        clock: Date.now,
        random: randomBytes,
        fetch,
        sleep: (ms) => sleep(ms),
        stdout: process.stdout,
        credentials: { accessKeyId: 'AKIABROKERBROKERBROK', secretAccessKey: 'bench' },
        limits: { perMinute, waits: { caller: 20, total: 100 } },
      })
    if (collect) globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    const { rss, heapUsed } = process.memoryUsage()
    return { url: app?.url ?? '', cpu: (user + system) / 1_000, resident: rss, heap: heapUsed }
  },
  () => void app?.close(),
)

import { SocketModeReceiver, type App, type Receiver } from '@slack/bolt'
import type { Duration } from '../time.js'
import { quiet } from './quiet.js'

interface SocketOptions {
  readonly appToken: string
  /** Where Slack's Web API is, with a slash at the end. */
  readonly apiUrl: string
  readonly fetch: typeof fetch
  readonly sleep: (ms: Duration) => Promise<void>
  readonly failed: (error: unknown, what: string) => void
}

export interface SocketReceiver extends Receiver {
  readonly connected: () => boolean
}

/** Waits between two tries to connect, ever longer. */
const waits: readonly Duration[] = [0, 1_000, 2_000, 5_000, 10_000, 30_000]
/** At a time, so that nobody who stops it waits for longer. */
const nap: Duration = 1_000

/**
 * Takes what Slack sends over a WebSocket that Stint opens, so that Slack need not reach it. It is opened again
 * whenever it goes, here and not by the client: that one gives up at the first failed request, and where it had tried
 * again by itself its rejection would be nobody's, which ends the process. `start` waits for no connection: without
 * Slack, votes go on by HTTP.
 */
export function createSocket({ appToken, apiUrl, fetch, sleep, failed }: SocketOptions): SocketReceiver {
  const clientOptions = { slackApiUrl: apiUrl, allowAbsoluteUrls: false, fetch, retryConfig: { retries: 0 } }
  let bolt: App | undefined
  let current: SocketModeReceiver | undefined
  let running = false
  let connected = false
  let kept: Promise<void> | undefined

  /** One connection, from its beginning to its end. */
  async function once(): Promise<void> {
    const receiver = new SocketModeReceiver({
      appToken,
      logger: quiet,
      autoReconnectEnabled: false,
      installerOptions: { clientOptions: { ...clientOptions } },
      processEventErrorHandler: async ({ error }) => {
        failed(error, 'what came by the socket failed')
        return false
      },
    })
    if (bolt) receiver.init(bolt)
    const ended = new Promise<void>((resolve) => receiver.client.once('disconnected', () => resolve()))
    current = receiver
    await receiver.start()
    connected = true
    await ended
  }

  async function keep(): Promise<void> {
    for (let tries = 0; running;) {
      const wait = waits[Math.min(tries, waits.length - 1)] ?? 0
      for (let slept = 0; running && slept < wait; slept += nap) await sleep(nap)
      if (!running) return
      await once().catch((error: unknown) => failed(error, 'the socket to Slack could not be opened'))
      tries = connected ? 0 : tries + 1
      connected = false
    }
  }

  return {
    connected: () => connected,
    init: (app) => void (bolt = app),
    async start() {
      running = true
      kept ??= keep()
    },
    async stop() {
      running = false
      await current?.stop()
      await kept
    },
  }
}

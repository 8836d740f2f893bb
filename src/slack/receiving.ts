import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Clock, Duration } from '../time.js'
import type { Fetch } from '../identity/fetch-json.js'
import { onlySlack } from './only-slack.js'
import { createBolt } from './bolt.js'
import type { SlackFace } from './face.js'
import { createReceiver } from './receiver.js'
import { createSocket } from './socket.js'

interface ReceivingOptions {
  readonly botToken: string
  /** Where Slack's Web API is, with a slash at the end. */
  readonly apiUrl: string
  /** What is sent over HTTP is signed with it; without one nothing is taken there. */
  readonly signingSecret?: string
  /** For a socket; without one none is opened. */
  readonly appToken?: string
  readonly fetch: Fetch
  readonly sleep: (ms: Duration) => Promise<void>
  readonly clock: Clock
  readonly face: SlackFace
}

export interface Receiving {
  /** Adds the route that Slack sends to; nothing without a signing secret. */
  readonly register: (
    app: FastifyInstance,
    first: readonly ((request: FastifyRequest) => Promise<void>)[],
  ) => Promise<void>
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
  /** Whether the socket is open; undefined where none is kept. */
  readonly connected: () => boolean | undefined
}

/** Both ways in which Slack's payloads come, with the same handlers behind them. */
export function createReceiving(options: ReceivingOptions): Receiving {
  const { botToken, apiUrl, signingSecret, appToken, clock, face, sleep } = options
  const fetch = onlySlack(options.fetch, apiUrl)
  const http = signingSecret === undefined ? undefined : createReceiver({ signingSecret, clock })
  const socket =
    appToken === undefined ? undefined : createSocket({ appToken, apiUrl, fetch, sleep, failed: face.failed })
  const receivers = [http, socket].filter((receiver) => receiver !== undefined)
  const bolt = createBolt({ botToken, apiUrl, fetch, receivers, face })
  return {
    register: async (app, first) => http?.register(app, first),
    start: async () => void (await bolt.start()),
    stop: async () => void (await bolt.stop()),
    connected: () => socket?.connected(),
  }
}

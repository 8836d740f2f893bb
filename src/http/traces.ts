import type { FastifyInstance } from 'fastify'
import type { TracesWiring } from '../config/traces.js'
import { Fault } from '../fault.js'
import type { Deny } from '../grant/deny.js'
import type { Mint } from '../grant/mint.js'
import type { Store } from '../grant/store.js'
import type { Fetch } from '../identity/fetch-json.js'
import type { Clock } from '../time.js'
import type { Verbs } from './verbs.js'

/** The same things, with a span for each use of them. */
export interface Ports {
  /** Reads and writes within a request; what the jobs read by themselves all day long is no news. */
  store(store: Store): Store
  mint(mint: Mint): Mint
  deny(deny: Deny): Deny
  fetch(fetch: Fetch): Fetch
  verbs(verbs: Verbs): Verbs
}

export interface Traces extends Ports {
  /** Adds a span for each request; to be called before anything else is added. */
  register(app: FastifyInstance): Promise<void>
  /** Sends what waits, for so long as one batch may take. Never rejects. */
  close(): Promise<void>
}

export interface TracesOptions {
  readonly clock: Clock
  /** Tells this process from others. */
  readonly replica: string
  /** How the store is called in OpenTelemetry's conventions. */
  readonly system: 'sqlite' | 'postgresql'
  /** Counts spans by what became of them. */
  readonly count: (outcome: 'sent' | 'lost', spans: number) => void
  /** Hears of it when spans are not taken, once a minute at most. */
  readonly failed: (error: unknown, what: string) => void
}

const same = <T>(one: T): T => one

/** Where no spans are to be made. */
const none: Traces = {
  store: same,
  mint: same,
  deny: same,
  fetch: same,
  verbs: same,
  register: async () => undefined,
  close: async () => undefined,
}

/**
 * Spans for OpenTelemetry, sent by OTLP over HTTP. Its packages are loaded here alone, and need not be installed where
 * nobody asks for spans. Rejects with the fault `invalid_config` where they are missing.
 */
export async function openTraces(wiring: TracesWiring | undefined, options: TracesOptions): Promise<Traces> {
  if (!wiring) return none
  const { createTraces } = await import('./tracing.js').catch(notInstalled)
  return createTraces(wiring.url, options)
}

function notInstalled(cause: unknown): never {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause
  const packages = [
    '@fastify/otel',
    '@opentelemetry/api@1.9',
    ...['context-async-hooks', 'exporter-trace-otlp-http', 'resources', 'sdk-trace-base'].map(
      (name) => `@opentelemetry/${name}`,
    ),
  ]
  throw new Fault(
    'invalid_config',
    `An OpenTelemetry endpoint is set, and the packages for it are missing: npm install ${packages.join(' ')}`,
    { cause },
  )
}

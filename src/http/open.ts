import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'
import type { Broker } from '../grant/broker.js'
import type { SinkName } from '../grant/feed-lag.js'
import type { SealingTrouble } from '../grant/seal.js'
import type { Standing } from '../grant/store.js'
import { createReadiness } from './health.js'
import type { Metrics } from './metrics.js'
import type { Tokens } from './tokens.js'

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

interface OpenOptions {
  readonly broker: Broker
  readonly tokens: Pick<Tokens, 'keyStates'>
  readonly metrics: Metrics
  readonly contract: string
  readonly loaded: () => string
  readonly standing: () => Standing | undefined
  readonly socketOpen: () => boolean | undefined
  readonly sealingTrouble: () => SealingTrouble | undefined
  readonly sinks: readonly SinkName[]
  readonly draining: () => boolean
}

/** The operations that anyone who reaches the port may call. */
export function openOperations(options: OpenOptions): Readonly<Record<string, Handler>> {
  const { metrics, contract, draining } = options
  const ready = createReadiness(options)
  return {
    health: async (_request, reply) => reply.send({ status: 'alive' }),
    readiness: async (_request, reply) => {
      if (draining()) throw shuttingDown()
      return reply.send(await ready())
    },
    metrics: async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    contract: async (_request, reply) => reply.type('application/yaml; charset=utf-8').send(contract),
  }
}

/** What new work is told from the first moment of a shutdown on. */
export const shuttingDown = () =>
  new Fault('shutting_down', 'This Stint is shutting down. Try again in a moment.', { retryAfter: 2 })

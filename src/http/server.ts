import type { FastifyInstance, RouteOptions } from 'fastify'
import openapiGlue from 'fastify-openapi-glue'
import type { Broker } from '../grant/broker.js'
import type { SinkName } from '../grant/feed-lag.js'
import type { SealingTrouble } from '../grant/seal.js'
import type { Standing } from '../grant/store.js'
import type { Fetch } from '../identity/fetch-json.js'
import type { Issuer } from '../identity/issuer.js'
import type { Range } from '../identity/network.js'
import { authenticate, locate, locateAnybody, type Recognise, type Step } from './authenticate.js'
import { createFramework } from './framework.js'
import { registerGauges } from './gauges.js'
import { operations } from './handlers.js'
import { registerLimits, type HttpLimits } from './limits.js'
import type { LogOptions } from './log.js'
import { collectMethods, refuseOtherMethods, refuseOtherPaths } from './methods.js'
import type { Metrics } from './metrics.js'
import { openOperations, shuttingDown } from './open.js'
import { routesOf } from './specification.js'
import type { Traces } from './traces.js'
import { registerTokens, type Tokens } from './tokens.js'
import { closeRoute } from './validators.js'
import type { Verbs } from './verbs.js'
import type { Waits } from './waits.js'

interface ServerOptions {
  readonly broker: Broker
  readonly verbs: Verbs
  readonly issuers: readonly Issuer[]
  readonly trustedProxies: readonly Range[]
  readonly limits: HttpLimits
  readonly fetch: Fetch
  readonly recognise: Recognise
  /** Text of openapi.yaml: the routes are built from it. */
  readonly contract: string
  readonly log: LogOptions
  /** Woken by the broker's `changed`. */
  readonly waits: Waits
  readonly metrics: Metrics
  readonly traces: Pick<Traces, 'register'>
  /** Hash of the newest rules that this process has loaded. */
  readonly loaded: () => string
  /** Each adds routes that read their bodies themselves; `first` is done before. */
  readonly others: readonly ((app: FastifyInstance, first: readonly Step[]) => Promise<void>)[]
  /** Which rules are in force, where several processes share the store. */
  readonly standing: () => Standing | undefined
  /** Whether the socket is open that clicks come by; undefined where there is to be none. */
  readonly socketOpen: () => boolean | undefined
  /** Since when the record was not signed, or what was signed not put out, and why. */
  readonly sealingTrouble: () => SealingTrouble | undefined
  /** Where events are sent on to. */
  readonly sinks: readonly SinkName[]
}

export interface Server {
  readonly app: FastifyInstance
  readonly tokens: Tokens
  /** From now on nothing is begun, readiness says so, and long polls are answered. `app.close()` does it too. */
  drain(): void
}

/** The HTTP face, built and not yet listening. Rejects when the contract is not one, or nothing handles an operation. */
export async function buildServer(options: ServerOptions): Promise<Server> {
  const { broker, waits, contract } = options
  let draining = false
  const newId = () => broker.newId(broker.clock())
  const app = await createFramework({ ...options, newId })
  app.decorateRequest('origin', null)
  app.addHook('preClose', async () => drain())
  // A connection that stayed open after its answer would hold the closing up until it is idle for long.
  app.addHook('onSend', async (_request, reply) => {
    if (draining) reply.header('Connection', 'close')
  })
  // Not waited for: an issuer that is down must not keep Stint from starting.
  app.addHook('onListen', async () => void tokens.refreshKeys())

  const limiters = await registerLimits(app, options.limits, broker.store.shared)
  const tokens = registerTokens(app, { issuers: options.issuers, fetch: options.fetch, clock: broker.clock })
  registerGauges({ ...options, tokens, clock: broker.clock })
  const open = openOperations({ ...options, tokens, draining: () => draining })
  const closed = operations(options)
  const known = [
    locate(options.trustedProxies),
    authenticate(tokens.authenticate, options.recognise, limiters.failed),
  ]
  const located = locateAnybody(options.trustedProxies)
  const counted = [located, limiters.anybody]

  refuseOtherPaths(app, counted)
  const methods = collectMethods(app)
  app.addHook('onRoute', closeRoute)
  await app.register(openapiGlue, {
    specification: routesOf(contract),
    // The rest of the route comes from the contract.
    operationResolver: (operationId) => resolve(operationId) as RouteOptions,
  })
  for (const add of options.others) await add(app, counted)
  refuseOtherMethods(app, methods, counted)
  return { app, tokens, drain }

  function resolve(operation: string): Partial<RouteOptions> {
    const handler = open[operation]
    if (handler)
      return {
        handler,
        config: { operation, pressureHandler: () => undefined },
        // Nothing that others do may make Stint look dead or unready; readiness looks once in two seconds at most.
        onRequest: probes.includes(operation) ? located : counted,
      }
    const found = closed[operation]
    if (!found) throw new Error(`The contract has an operation that nothing handles: ${operation}.`)
    const { bucket, begins, shell } = found
    const drained = async () => {
      if (begins && draining) throw shuttingDown()
    }
    return {
      handler: found.handler,
      config: { operation, shell },
      onRequest: [...known, limiters.caller[bucket], drained],
    }
  }

  function drain() {
    draining = true
    waits.close()
  }
}

const probes: readonly string[] = ['health', 'readiness']

import helmet from '@fastify/helmet'
import underPressure from '@fastify/under-pressure'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Fault } from '../fault.js'
import { parseBody } from './body.js'
import { checkContent, checkRequest } from './headers.js'
import { logAnswer, logController, loggerOptions, type LogOptions } from './log.js'
import type { Metrics } from './metrics.js'
import { refuse, refuseConnection, toFault } from './problems.js'
import { checkQuery } from './target.js'
import type { Traces } from './traces.js'
import { compileValidator } from './validators.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation of the contract that a route serves. */
    operation?: string
    /** Whether its refusals come for a shell too. */
    shell?: true | undefined
    /** Whether the body stays the bytes that came, whatever their type. */
    raw?: true
    /** Replaces the refusal under pressure (@fastify/under-pressure). */
    pressureHandler?: () => void
  }
}

interface FrameworkOptions {
  /** A fresh id for each request; never the client's. */
  readonly newId: () => string
  readonly log: LogOptions
  readonly metrics: Metrics
  readonly traces: Pick<Traces, 'register'>
}

/** The most that a body may have; its refusal says so in words. */
const bodyLimit = 64 * 1_024

/**
 * Fastify as Stint uses it, without routes: strict JSON bodies, every failure a problem, bounds on time and
 * size, one log line and one count per answer.
 */
export async function createFramework(options: FrameworkOptions): Promise<FastifyInstance> {
  const { newId, log, metrics, traces } = options
  const app = Fastify({
    logger: loggerOptions(log),
    logController,
    genReqId: newId,
    requestIdHeader: false,
    bodyLimit,
    exposeHeadRoutes: false,
    // Requests that come while the connections close are answered like any other; what begins is refused.
    return503OnClosing: false,
    // A request must arrive within this; an idle connection outlives a load balancer's 60 seconds.
    requestTimeout: 15_000,
    connectionTimeout: 75_000,
    keepAliveTimeout: 65_000,
    // A missing Host is refused by `checkRequest`: Node's own refusal is empty.
    http: {
      maxHeaderSize: 32 * 1_024,
      headersTimeout: 10_000,
      // How often both times are looked at: Node's own half a minute would let a slow one go on for three times as long.
      connectionsCheckingInterval: 3_000,
      requireHostHeader: false,
    },
    clientErrorHandler: (error, socket) => refuseConnection(error, socket, newId()),
    frameworkErrors: (error, request, reply) => void fail(error, request, reply),
  })
  await traces.register(app)
  app.setErrorHandler(fail)
  // Node's own refusal of an odd `Expect` is empty too.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response))
  app.setValidatorCompiler(compileValidator)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => parseBody(body),
  )
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'Request-Id': request.id, 'Cache-Control': 'no-store' })
  })
  app.addHook('onResponse', async (request, reply) => {
    logAnswer(request, reply)
    const operation = request.routeOptions.config?.operation ?? 'none'
    metrics.answered(operation, reply.statusCode, reply.elapsedTime / 1_000)
  })
  await app.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } })
  app.addHook('onRequest', async (request) => checkRequest(request))
  // After a route's own onRequest, where callers are known and counted, and before the body is read.
  app.addHook('preParsing', async (request) => {
    checkQuery(request)
    if (!request.routeOptions.config?.raw) checkContent(request)
  })
  // The mean over five seconds: one long pause, as when everything is loaded at the start, is no overload.
  await app.register(underPressure, {
    maxEventLoopDelay: 1_000,
    sampleInterval: 5_000,
    pressureHandler: overloaded,
  })
  return app
}

function fail(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const fault = toFault(error)
  const told = { code: fault.code, detail: fault.detail, err: fault.cause }
  if (fault.status >= 500) request.log.error(told, 'failed')
  else request.log.debug(told, 'refused')
  return refuse(request, reply, fault)
}

/** Infinity stands for a time in which nothing could be measured, as after one long pause: no sign of load. */
async function overloaded(_request: unknown, _reply: unknown, _what: string, value?: number): Promise<void> {
  if (value === Infinity) return
  throw new Fault('overloaded', 'Stint is too busy just now. Try again in a moment.', { retryAfter: 5 })
}

import { LogController, type FastifyReply, type FastifyRequest } from 'fastify'
import type { LogLevel } from '../config/environment.js'
import { pathOf } from './target.js'

export interface LogOptions {
  readonly level: LogLevel
  /** Where lines go; standard output when left out. */
  readonly stream?: { write(line: string): void }
}

/** Names under which a secret could ever be logged by mistake. */
const secret = [
  'authorization',
  'token',
  'secretAccessKey',
  'sessionToken',
  'credentials',
  'cookie',
  'headers',
  'body',
]

/**
 * Structured lines without headers, bodies and tokens. Nothing here logs them on purpose; the redaction is for
 * the day that somebody logs an object that holds one.
 */
export const loggerOptions = ({ level, stream }: LogOptions) => ({
  level,
  base: null,
  ...(stream && { stream }),
  redact: { paths: secret.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '[redacted]' },
  serializers: {
    req: (request: FastifyRequest) => ({ method: request.method, path: shortPath(request) }),
    res: (reply: Partial<FastifyReply>) => ({ status: reply.statusCode }),
  },
})

/** Fastify's own line per request is replaced by `answered`. */
export const logController = new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' })

/** One line for each request that was answered: who, from where, what, with which result. */
export function logAnswer(request: FastifyRequest, reply: FastifyReply): void {
  request.log.info(
    {
      method: request.method,
      path: shortPath(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      address: request.origin?.address,
      subject: request.origin?.caller?.subject,
    },
    'answered',
  )
}

/** Without the query, which may hold what somebody searched for. */
const shortPath = (request: FastifyRequest): string => pathOf(request).slice(0, 256)

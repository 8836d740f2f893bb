import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Leavers } from '../config/leavers.js'
import { Fault } from '../fault.js'
import type { Broker, Call } from '../grant/broker.js'
import { offboard } from '../grant/revoke.js'
import { isPrintable } from '../identity/printable.js'
import { isSame, isSigned } from '../identity/signed-bytes.js'
import { canonicalEmail } from '../identity/subject.js'
import type { Instant } from '../time.js'
import { addressOf, type Step } from './authenticate.js'
import { parseBody } from './body.js'
import { leaversIn } from './okta.js'

/** Somebody who has left, as the directory calls them. */
export interface Leaver {
  /** Any of these is who it is. */
  readonly names: readonly string[]
  readonly reason: string
  readonly saidAt: Instant
}

/**
 * What tells of leavers with no token: the directory itself. Nothing is read before the signature over the raw bytes
 * holds, or the key is Okta's. It may revoke persons of its own directory, and nothing else.
 */
export function leaversRoutes(broker: Broker, leavers: Leavers) {
  const { secret, oktaKey, directory } = leavers

  /** Rejects with `unauthenticated` where neither is so. */
  function read({ headers, body }: FastifyRequest): readonly Leaver[] {
    const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
    const { 'stint-signature': signature, 'stint-timestamp': timestamp, authorization } = headers
    if (secret !== undefined && isSigned(secret, 'v1', { signature, timestamp }, bytes, broker.clock()))
      return [signed(parseBody(bytes), Number(timestamp) * 1_000)]
    if (oktaKey !== undefined && authorization !== undefined && isSame(authorization, oktaKey))
      return leaversIn(parseBody(bytes), broker.clock())
    throw new Fault('unauthenticated', 'This is not signed with our secret within five minutes of now.')
  }

  function subjectsOf({ names }: Leaver): readonly string[] {
    const spelt = names.map((name) => (leavers.email ? canonicalEmail(name) : name))
    const subjects = spelt.flatMap((name) => (name === undefined ? [] : [`${directory}#${name}`]))
    if (subjects.length > 0) return subjects
    throw new Fault('invalid_request', `People in ${directory} are known by e-mail address; this names none.`)
  }

  async function receive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const told = read(request)
    const call = callOf(request, directory, broker.clock())
    const revocations: string[] = []
    for (const leaver of told)
      for (const subject of subjectsOf(leaver))
        revocations.push((await offboard(broker, call, { ...leaver, subject })).id)
    return reply.send({ revocations })
  }

  /** Okta asks once whether the address is ours, by sending back what it says (Okta, "Event hooks", one-time verification). */
  async function verify({ headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const verification = headers['x-okta-verification-challenge']
    if (oktaKey === undefined || typeof verification !== 'string' || !isPrintable(verification))
      throw new Fault('not_found', 'There is nothing to be read here.')
    return reply.send({ verification })
  }

  return async (app: FastifyInstance, first: readonly Step[]): Promise<void> => {
    await app.register(async (scope) => {
      scope.removeAllContentTypeParsers()
      scope.addContentTypeParser(
        '*',
        { parseAs: 'buffer' },
        async (_: FastifyRequest, bytes: Buffer) => bytes,
      )
      const onRequest = [...first]
      scope.post('/v1/leavers', { config: { operation: 'leavers', raw: true }, onRequest, handler: receive })
      scope.get('/v1/leavers', { config: { operation: 'verifyLeavers' }, onRequest, handler: verify })
    })
  }
}

function signed(body: unknown, saidAt: Instant): Leaver {
  const { name, reason = 'Left, as the directory says.', ...more } = body as Record<string, unknown>
  const whole = typeof name === 'string' && isPrintable(name) && typeof reason === 'string'
  if (!whole || !isPrintable(reason, 1_000) || Object.keys(more).length > 0)
    throw new Fault(
      'invalid_request',
      'The body is { "name": … }, as the directory spells it, and perhaps a "reason" of one line.',
    )
  return { names: [name], reason, saidAt }
}

/** No person's subject has a space in it. */
const callOf = (request: FastifyRequest, directory: string, now: Instant): Call => ({
  request: request.id,
  caller: {
    subject: `directory ${directory}`,
    issuer: directory,
    kind: 'workload',
    groups: [],
    claims: {},
    address: addressOf(request),
    issuedAt: now,
    expiresAt: now,
  },
})

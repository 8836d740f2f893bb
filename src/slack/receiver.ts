import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Receiver } from '@slack/bolt'
import { Fault } from '../fault.js'
import type { Clock } from '../time.js'
import { readPayload, unreadable } from './payload.js'
import { isSigned } from '../identity/signed-bytes.js'

type Processor = Parameters<Receiver['init']>[0]

interface ReceiverOptions {
  readonly signingSecret: string
  readonly clock: Clock
}

/** Done with a request before its body is read. */
type Step = (request: FastifyRequest) => Promise<void>

export interface HttpReceiver extends Receiver {
  /** Adds `POST /slack/events` in a scope of its own, in which a body stays the bytes that came. */
  readonly register: (app: FastifyInstance, first: readonly Step[]) => Promise<void>
}

/**
 * Takes what Slack sends over HTTP. Nothing is looked at before the signature over the raw bytes holds, whatever the
 * request calls itself: neither a challenge nor a check of Slack's own is an exception. The answer goes out as soon
 * as a handler acknowledges, and the work goes on.
 */
export function createReceiver({ signingSecret, clock }: ReceiverOptions): HttpReceiver {
  let bolt: Processor | undefined

  async function receive(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const body = bytesOf(request.body)
    const { 'x-slack-signature': signature, 'x-slack-request-timestamp': timestamp } = request.headers
    if (!isSigned(signingSecret, 'v0', { signature, timestamp }, body, clock())) throw notSlack()
    const payload = readPayload(request.headers['content-type'], body)
    if (payload['type'] === 'url_verification') return reply.send({ challenge: payload['challenge'] })
    if (payload['ssl_check'] !== undefined) return reply.send()
    const answer = await new Promise<unknown>((resolve, reject) => {
      const event = { body: { ...payload }, ack: async (said?: unknown) => resolve(said) }
      // What nobody acknowledged is none of ours; Slack is told that it arrived.
      // What a handler throws goes another way: this is Bolt, which found no user, view or action where it looked.
      bolt?.processEvent(event).then(
        () => resolve(undefined),
        () => reject(unreadable()),
      )
    })
    return reply.send(answer === undefined || answer === '' ? undefined : answer)
  }

  return {
    init: (app) => void (bolt = app),
    start: async () => undefined,
    stop: async () => undefined,
    register: async (app, first) =>
      void (await app.register(async (scope) => {
        scope.removeAllContentTypeParsers()
        scope.addContentTypeParser(
          '*',
          { parseAs: 'buffer' },
          async (_: FastifyRequest, bytes: Buffer) => bytes,
        )
        scope.post('/slack/events', {
          config: { operation: 'slack', raw: true },
          onRequest: [...first],
          handler: receive,
        })
      })),
  }
}

function bytesOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0)
  if (Buffer.isBuffer(body)) return body
  throw new Fault('internal', 'A body was parsed before its signature was verified.')
}

const notSlack = () =>
  new Fault(
    'unauthenticated',
    'This is not signed by Slack with our secret, or not within five minutes of now.',
  )

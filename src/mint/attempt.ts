import { isSafeUrl } from '../identity/fetch-json.js'
import { AssumeRoleCommand, type AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import type { Order } from '../grant/mint.js'
import type { Clock, Duration } from '../time.js'
import { readAnswer, type Answer } from './answer.js'
import type { Clients } from './clients.js'
import { refusal, type Refusal } from './refusal.js'
import { within } from './within.js'

type Attempt = { readonly answer: Answer } | { readonly refusal: Refusal; readonly sent: boolean }

/** Exactly what the order says, and nothing that it does not. */
function input(order: Order): AssumeRoleCommandInput {
  const tags = Object.entries(order.tags ?? {}).map(([Key, Value]) => ({ Key, Value }))
  return {
    RoleArn: order.roleArn,
    RoleSessionName: order.sessionName,
    SourceIdentity: order.sourceIdentity,
    DurationSeconds: order.durationSeconds,
    Policy: order.policy,
    ...(order.policyArns && { PolicyArns: order.policyArns.map((arn) => ({ arn })) }),
    ...(order.externalId === undefined ? {} : { ExternalId: order.externalId }),
    ...(tags.length > 0 ? { Tags: tags } : {}),
  }
}

/** The answer has secret keys in it: only this machine may hear it unencrypted. */
function assertPrivate(request: unknown): void {
  const { protocol, hostname } = request as { protocol?: unknown; hostname?: unknown }
  if (!isSafeUrl(`${protocol}//${hostname}/`)) throw new Error('endpoint is not private')
}

/**
 * Calls AssumeRole once and waits for at most `limit` milliseconds, the SDK's own look-up of credentials
 * included. Never throws.
 */
export async function attempt(
  send: Clients['send'],
  order: Order,
  limit: Duration,
  clock: Clock,
): Promise<Attempt> {
  let sent = false
  try {
    const output = await within(limit, (signal) => {
      const leaving = (request: unknown) => {
        assertPrivate(request)
        signal.throwIfAborted()
        sent = true
      }
      return send(order.region, new AssumeRoleCommand(input(order)), { signal, leaving })
    })
    return { answer: readAnswer(output, order, clock()) }
  } catch (error) {
    return { refusal: refusal(error, { sent, region: order.region }), sent }
  }
}

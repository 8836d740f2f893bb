import type { AssumeRoleCommandOutput } from '@aws-sdk/client-sts'
import type { Credentials, Order } from '../grant/mint.js'
import type { Duration, Instant } from '../time.js'

export interface Answer {
  readonly credentials: Credentials
  readonly assumedRoleId: string
  readonly packedPolicySize?: number
  readonly requestId?: string
}

/** How far the broker's clock and AWS's may be apart: a signature stands for no longer either. */
const skew: Duration = 15 * 60_000

/** Credentials go into headers and shells: nothing but visible ASCII is taken for one. */
const visible = (value: unknown): value is string =>
  typeof value === 'string' && /^[\x21-\x7e]{1,65536}$/.test(value)

/** An AWS request id, or nothing: it is shown and recorded, so a made-up one may not carry text. */
export const requestIdOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[0-9A-Za-z-]{1,64}$/.test(value) ? value : undefined

/**
 * Reads the answer to an order as if an attacker had sent it: every part there, in its alphabet, for the
 * session that was ordered, and ending no later than ordered.
 * Throws an Error, with nothing of the answer in it, for any other.
 */
export function readAnswer(output: AssumeRoleCommandOutput, order: Order, now: Instant): Answer {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = output.Credentials ?? {}
  const assumedRoleId: unknown = output.AssumedRoleUser?.AssumedRoleId
  const size: unknown = output.PackedPolicySize
  const requestId = requestIdOf(output.$metadata.requestId)

  if (!visible(AccessKeyId) || !/^[A-Z0-9]{16,128}$/.test(AccessKeyId)) throw new Error('no access key id')
  if (!visible(SecretAccessKey) || !visible(SessionToken)) throw new Error('no secret')
  const expiresAt = Expiration instanceof Date ? Expiration.getTime() : NaN
  const latest = now + order.durationSeconds * 1_000 + skew
  if (!(expiresAt > now && expiresAt <= latest)) throw new Error('no sane expiration')
  if (!visible(assumedRoleId)) throw new Error('no assumed role id')
  const [roleId = '', sessionName, ...rest] = assumedRoleId.split(':')
  const ordered = sessionName === order.sessionName && rest.length === 0
  if (!/^[A-Z0-9]{16,128}$/.test(roleId) || !ordered) throw new Error('not the session that was ordered')

  return {
    credentials: {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiresAt,
    },
    assumedRoleId,
    ...(Number.isInteger(size) && Number(size) >= 0 && Number(size) <= 100
      ? { packedPolicySize: Number(size) }
      : {}),
    ...(requestId === undefined ? {} : { requestId }),
  }
}

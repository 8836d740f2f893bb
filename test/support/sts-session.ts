import { createHash, randomBytes } from 'node:crypto'
import type { Instant } from '../../src/time.js'
import { canary } from './canary.js'
import type { Keys } from './sigv4.js'
import type { AssumeRole } from './sts-parameters.js'

export interface StsSession extends Required<Keys> {
  readonly roleArn: string
  /** `arn:aws:sts::<account>:assumed-role/<role>/<session name>`. */
  readonly arn: string
  readonly assumedRoleId: string
  readonly sessionName: string
  /** The session policy, as it was sent. */
  readonly policy: string | undefined
  /** Managed session policies. */
  readonly policyArns: readonly string[]
  readonly sourceIdentity: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly issuedAt: Instant
  readonly expiresAt: Instant
}

const base32 = (bytes: Buffer) =>
  [...bytes].map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte % 32]).join('')

/** Made-up credentials that look like AWS's, for an order that was checked. */
export function makeSession(order: AssumeRole, now: Instant): StsSession {
  const { roleArn, sessionName, policy, policyArns, sourceIdentity, tags } = order
  const roleId = `AROA${base32(createHash('sha256').update(roleArn).digest().subarray(0, 17))}`
  const name = roleArn.split('/').at(-1)
  return {
    accessKeyId: `ASIA${base32(randomBytes(16))}`,
    secretAccessKey: `${canary}${randomBytes(18).toString('base64')}`,
    sessionToken: `IQoJb3JpZ2luX2Vj${canary}${randomBytes(486).toString('base64')}${canary}`,
    roleArn,
    arn: `${roleArn.split(':role/')[0]?.replace(':iam:', ':sts:')}:assumed-role/${name}/${sessionName}`,
    assumedRoleId: `${roleId}:${sessionName}`,
    sessionName,
    policy,
    policyArns,
    sourceIdentity,
    tags,
    issuedAt: now,
    expiresAt: Math.floor(now / 1_000) * 1_000 + order.durationSeconds * 1_000,
  }
}

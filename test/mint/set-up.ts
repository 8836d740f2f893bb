import type { Test } from 'tap'
import type { FaultCode } from '../../src/fault.js'
import type { Minted, Order } from '../../src/grant/mint.js'
import { createSts, type StsOptions } from '../../src/mint/sts.js'
import { startSts, stsActions, type StsBroker, type StsRole } from '../support/sts.js'

export const now = Date.now()
export const roleArn = 'arn:aws:iam::123456789012:role/path/orders-debug'
export const user = { accessKeyId: 'AKIAEXAMPLEBROKER000', secretAccessKey: 'broker+secret/key' }
export const policy = (condition = 'orders') =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'dynamodb:GetItem',
        Resource: `arn:aws:dynamodb:eu-west-1:123456789012:table/${condition}`,
      },
    ],
  })

export const order: Order = {
  roleArn,
  sessionName: 'ann@example.com-01JD',
  sourceIdentity: 'ann@example.com',
  durationSeconds: 900,
  policy: policy(),
  region: 'eu-west-1',
}

export const role: StsRole = {
  trust: { principals: ['*'], allow: stsActions },
  maxSessionSeconds: 7200,
  policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
}

interface Setup {
  readonly role?: StsRole
  readonly broker?: Partial<StsBroker>
  readonly mint?: Partial<StsOptions>
}

/** The real client against the loopback STS; sleeps are recorded and take no time. */
export async function setUp(t: Test, setup: Setup = {}) {
  const broker: StsBroker = {
    arn: 'arn:aws:iam::999999999999:user/stint-broker',
    allow: stsActions,
    ...user,
    ...setup.broker,
  }
  const sts = await startSts({ clock: () => now, roles: { [roleArn]: setup.role ?? role }, broker })
  const slept: number[] = []
  const mint = createSts({
    endpoint: sts.url,
    credentials: broker,
    clock: () => now,
    sleep: async (ms) => void slept.push(ms),
    random: () => 0.5,
    ...setup.mint,
  })
  t.teardown(async () => {
    mint.close()
    await sts.close()
  })
  return { sts, mint, slept }
}

/** The fault of an order that must have been refused so, and told nothing of the broker. */
export function refused(t: Test, minted: Minted, code: FaultCode, certain = true) {
  if (minted.ok) throw new Error('a session was made')
  t.equal(minted.fault.code, code)
  t.equal(minted.certain, certain, 'certain')
  t.notMatch(minted.fault.detail, /arn:|stint-broker|AKIA|undefined/)
  return minted
}

/** The session of an order that must have been granted. */
export function granted(minted: Minted) {
  if (!minted.ok) throw minted.fault
  return minted
}

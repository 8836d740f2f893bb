import { onlyOn, type Revoker } from '../catalog/revoking.js'
import type { Denied, DenyOrder } from '../grant/deny.js'
import type { Mint } from '../grant/mint.js'
import { parseArn } from '../iam/arn.js'

/** A session for one write: the least that STS gives. */
const seconds = 900

/**
 * Keys for one order: a session of the revoker's role in the account, by its session policy fit for the
 * policies of that one role and nothing else. Rejects with a `Denied` that says what to mend.
 */
export const keysOfRevoker =
  (mint: Pick<Mint, 'assume'>, { arn, externalId }: Revoker) =>
  async (order: DenyOrder) => {
    const roleArn = arn.replaceAll('{account}', order.account)
    const minted = await mint.assume({
      roleArn,
      sessionName: `stint-revoke-${order.id}`,
      sourceIdentity: 'stint',
      durationSeconds: seconds,
      policy: JSON.stringify(onlyOn(order)),
      region: regionOf(roleArn),
      ...(externalId !== undefined && { externalId }),
    })
    if (minted.ok) return minted.credentials
    const denied: Denied = {
      ok: false,
      fault: minted.fault.code === 'sts_throttled' ? 'iam_throttled' : 'iam_denied',
      detail: `The revoker ${roleArn} could not be assumed: ${minted.fault.detail}`,
    }
    throw denied
  }

const regionOf = (arn: string): string =>
  ({ 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' })[parseArn(arn)?.partition ?? ''] ?? 'us-east-1'

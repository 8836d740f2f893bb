import type { Denied, DenyOrder, Revoker } from '../grant/deny.js'
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

/** What one write needs; `iam:PolicyARN` holds attaching to AWS's deny-all policy (Service Authorization Reference, IAM). */
export const onlyOn = ({ arn, how }: Pick<DenyOrder, 'arn' | 'how'>) => ({
  Version: '2012-10-17',
  Statement:
    how === 'inline'
      ? [
          {
            Effect: 'Allow',
            Action: [
              'iam:ListRolePolicies',
              'iam:GetRolePolicy',
              'iam:PutRolePolicy',
              'iam:DeleteRolePolicy',
            ],
            Resource: arn,
          },
        ]
      : [
          {
            Effect: 'Allow',
            Action: ['iam:AttachRolePolicy', 'iam:DetachRolePolicy'],
            Resource: arn,
            Condition: { ArnEquals: { 'iam:PolicyARN': denyAll(arn) } },
          },
        ],
})

const denyAll = (arn: string) => `arn:${parseArn(arn)?.partition ?? 'aws'}:iam::aws:policy/AWSDenyAll`

const regionOf = (arn: string): string =>
  ({ 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' })[parseArn(arn)?.partition ?? ''] ?? 'us-east-1'

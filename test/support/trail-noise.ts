import { account, assumeRole, call, type Caller, type CloudTrailEvent } from './trail-events.js'

const user: Caller = {
  type: 'IAMUser',
  principalId: 'AIDACKCEVSQ6C2EXAMPLE',
  arn: `arn:aws:iam::${account}:user/legacy`,
  accountId: account,
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  userName: 'legacy',
}

/** A call that says nothing but that the trail was there. */
export const idle = (at: number): CloudTrailEvent => call('ec2:DescribeInstances', at, user)

/** Everything else that an account does in a day, refusals and other regions among it: none of it is Stint's. */
export function somebodyElse(n: number, at: number, roll: (n: number) => number): CloudTrailEvent {
  const other = {
    ...user,
    type: 'AssumedRole',
    principalId: 'AROAOTHER:i-0abc',
    sessionContext: { sessionIssuer: { arn: `arn:aws:iam::${account}:role/web` } },
  }
  return [
    () => call('s3:PutObject', at, other, { eventCategory: 'Data', managementEvent: false, readOnly: false }),
    () => call('rds:DeleteDBInstance', at, user, { errorCode: 'AccessDenied', errorMessage: 'no' }),
    () => call('ec2:RunInstances', at, other, { awsRegion: 'ap-south-1', readOnly: false }),
    () => call('signin:ConsoleLogin', at, user, { eventType: 'AwsConsoleSignIn' }),
    () =>
      call(
        'kms:RotateKey',
        at,
        { type: 'AWSService', invokedBy: 'kms.amazonaws.com' },
        { eventType: 'AwsServiceEvent' },
      ),
    () =>
      assumeRole({
        stint: { role: 'web', session: `i-${n}`, key: `ASIAOTHER${n}`, subject: 'corp#x', at },
        at,
        requestId: `ec2-${n}`,
        by: 'ec2.amazonaws.com',
      })[0] ?? idle(at),
  ][roll(6)]!()
}

/** The same in another order. */
export function shuffled<T>(items: readonly T[], roll: (n: number) => number): readonly T[] {
  const mixed = [...items]
  for (let at = mixed.length - 1; at > 0; at--) {
    const other = roll(at + 1)
    ;[mixed[at], mixed[other]] = [mixed[other] as T, mixed[at] as T]
  }
  return mixed
}

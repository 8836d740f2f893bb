import { parseArn } from '../iam/arn.js'
import { fill, templateFault } from './ceiling.js'
import type { Path, Report } from './fault.js'
import type { RoleEntry } from './file.js'

const partitions = ['aws', 'aws-cn', 'aws-us-gov']

/** Names and paths: IAM API reference, CreateRole and CreatePolicy. */
const kinds = {
  role: {
    resource: /^role\/([\x21-\x7e]{1,510}\/)?[A-Za-z0-9_+=,.@-]{1,64}$/,
    such: 'an IAM role, such as arn:aws:iam::{account}:role/stint-orders-debug',
  },
  policy: {
    resource: /^policy\/([\x21-\x7e]{1,510}\/)?[A-Za-z0-9_+=,.@-]{1,128}$/,
    such: "a managed policy in the role's own account, such as arn:aws:iam::{account}:policy/stint-deploy",
  },
} as const

/** Reports what is wrong with the template of an ARN of a role or a policy, in the accounts of `row`. */
export function checkIamArn(
  template: string,
  kind: keyof typeof kinds,
  { accounts = [] }: RoleEntry,
  path: Path,
  report: Report,
): void {
  const fault = templateFault(template)
  if (fault !== undefined) return report(path, fault)
  const { resource, such } = kinds[kind]
  const arn = parseArn(fill(template, '000000000000'))
  if (!arn || !partitions.includes(arn.partition) || arn.service !== 'iam' || arn.region !== '')
    return report(path, `must be the ARN of ${such}`)
  if (!resource.test(arn.resource) || /[*?{}]/.test(arn.resource))
    return report(path, `names ${arn.resource}, which is no ${kind}: it must end in ${kind}/name`)
  const written = template.split(':')[4] ?? ''
  if (written === '{account}') return
  if (accounts.length !== 1 || (accounts[0] !== undefined && accounts[0] !== written))
    report(path, 'must have {account} for its account, or the one account that the role is in')
}

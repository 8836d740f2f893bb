import { ceilingHash, ceilingPolicy, type Managed } from '../catalog/ceiling-policy.js'
import { parseArn } from '../iam/arn.js'
import type { Statement } from '../iam/statement.js'
import { fill, fillCeiling } from './ceiling.js'
import type { Path, Report } from './fault.js'
import type { RoleEntry } from './file.js'
import { checkIamArn } from './iam-arn.js'

/** Characters of a managed policy, spaces and line breaks not counted (IAM quotas). */
const limit = 6_144

/** The hash of a role's ceiling: one for all of its accounts. */
const hashOf = (row: RoleEntry): string => ceilingHash(fillCeiling(row.ceiling, '{account}'))

/** What would help a ceiling that fits into no inline session policy. */
export const managedHint = (row: RoleEntry): string =>
  `Or name a managed policy under managed, for asks that narrow nothing, with sha256: ${hashOf(row)}.`

/** Reports a managed policy that cannot be, or that holds another ceiling than today's. */
export function checkManaged(row: RoleEntry, path: Path, report: Report): void {
  const { arn, sha256 } = row.managed ?? {}
  if (arn !== undefined) {
    checkIamArn(arn, 'policy', row, [...path, 'arn'], report)
    const [own, other] = [row.arn ?? arn, arn].map((template) => parseArn(template)?.partition)
    if (own !== other) report([...path, 'arn'], `must be in the partition of the role, ${own}`)
  }
  const hash = hashOf(row)
  if (sha256 !== undefined && sha256 !== hash)
    report(
      [...path, 'sha256'],
      `must be ${hash}, which the ceiling has today: renew the policy too, as stint roles init prints it`,
    )
}

/** The managed policy of a role in one account. */
export function managedIn(
  row: RoleEntry,
  ceiling: readonly Statement[],
  account: string,
  path: Path,
  report: Report,
): Managed | undefined {
  const { arn, sha256 } = row.managed ?? {}
  if (arn === undefined || sha256 === undefined) return undefined
  const length = JSON.stringify(ceilingPolicy(ceiling)).replace(/\s/g, '').length
  if (length > limit)
    report(
      path,
      `would have ${length} characters in account ${account}; IAM takes ${limit} in a managed policy`,
    )
  return { arn: fill(arn, account), sha256 }
}

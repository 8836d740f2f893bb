import type { Target } from '../catalog/catalog.js'
import { parseArn } from '../iam/arn.js'
import { worstCase } from '../iam/session-policy.js'
import { checkCeiling, fill, fillCeiling, templateFault } from './ceiling.js'
import type { Path, Report } from './fault.js'
import { present } from './fault.js'
import type { RoleEntry } from './file.js'
import { listed, type Known } from './known.js'
import type { Account } from './places.js'

/**
 * What a role comes to in each of its accounts. Every ceiling is compiled with its worst-case bounds, so
 * that one which does not fit into a session policy is a fault now and not at the first ask.
 */
export function compileTargets(
  row: RoleEntry,
  egress: readonly string[] | undefined,
  accounts: ReadonlyMap<string, Account>,
  known: Known,
  path: Path,
  report: Report,
): ReadonlyMap<string, Target> {
  let sound = true
  const note: Report = (at, message, key) => {
    sound = false
    report(at, message, key)
  }
  if (row.arn !== undefined) checkArn(row.arn, row, [...path, 'arn'], note)
  checkCeiling(row.ceiling, [...path, 'ceiling'], note)

  const targets = new Map<string, Target>()
  for (const [at, id] of present(row.accounts)) {
    const account = accounts.get(id)
    if (!account) {
      if (!known.accounts.includes(id)) {
        report([...path, 'accounts', at], `is not among accounts; there are ${listed(known.accounts)}`)
      }
      continue
    }
    const ceiling = fillCeiling(row.ceiling, id)
    if (sound && ceiling.length > 0 && account.regions.length > 0) {
      const policy = worstCase(ceiling, { regions: account.regions, ...(egress && { egress }) })
      if (!policy.ok) report([...path, 'ceiling'], `does not fit account ${id}: ${policy.detail}`)
    }
    const arn = fill(row.arn ?? '', id)
    targets.set(id, { account: id, accountName: account.name, arn, ceiling, regions: account.regions })
  }
  return targets
}

/** IAM role names and paths: IAM API reference, CreateRole. */
const roleResource = /^role\/([\x21-\x7e]{1,510}\/)?[A-Za-z0-9_+=,.@-]{1,64}$/

function checkArn(template: string, row: RoleEntry, path: Path, report: Report): void {
  const fault = templateFault(template)
  if (fault !== undefined) return report(path, fault)
  const arn = parseArn(fill(template, '000000000000'))
  const partitions = ['aws', 'aws-cn', 'aws-us-gov']
  if (!arn || !partitions.includes(arn.partition) || arn.service !== 'iam' || arn.region !== '') {
    return report(
      path,
      'must be the ARN of an IAM role, such as arn:aws:iam::{account}:role/stint-orders-debug',
    )
  }
  if (!roleResource.test(arn.resource) || /[*?{}]/.test(arn.resource)) {
    return report(path, `names ${arn.resource}, which is no role: it must end in role/name`)
  }
  const written = template.split(':')[4] ?? ''
  if (written === '{account}') return
  const listedAccounts = row.accounts ?? []
  if (listedAccounts.length !== 1 || (listedAccounts[0] !== undefined && listedAccounts[0] !== written)) {
    report(path, 'must have {account} for its account, or the one account that the role is in')
  }
}

import type { Target } from '../catalog/catalog.js'
import { worstBounds, worstCase } from '../iam/session-policy.js'
import { checkCeiling, fill, fillCeiling } from './ceiling.js'
import type { Path, Report } from './fault.js'
import { present } from './fault.js'
import type { RoleEntry } from './file.js'
import { checkIamArn } from './iam-arn.js'
import { listed, type Known } from './known.js'
import { checkManaged, managedHint, managedIn } from './managed.js'
import type { Account } from './places.js'

/**
 * What a role comes to in each of its accounts. Every ceiling is compiled with its worst-case bounds, so
 * that one which fits into no session policy, and has no managed one, is a fault now and not at the first ask.
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
  if (row.arn !== undefined) checkIamArn(row.arn, 'role', row, [...path, 'arn'], note)
  checkCeiling(row.ceiling, [...path, 'ceiling'], note)
  if (sound && row.managed) checkManaged(row, [...path, 'managed'], report)

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
    const managed = managedIn(row, ceiling, id, [...path, 'managed'], report)
    if (sound && ceiling.length > 0 && account.regions.length > 0) {
      const bounds = { regions: account.regions, ...(egress && { egress }) }
      const inline = worstCase(ceiling, bounds)
      const policy = !inline.ok && inline.tooLong && managed ? worstBounds(ceiling, bounds) : inline
      if (!policy.ok) {
        const hint = policy.tooLong ? ` ${managedHint(row)}` : ''
        report([...path, 'ceiling'], `does not fit account ${id}: ${policy.detail}${hint}`)
      }
    }
    targets.set(id, {
      account: id,
      accountName: account.name,
      arn: fill(row.arn ?? '', id),
      ceiling,
      ...(managed && { managed }),
      regions: account.regions,
    })
  }
  return targets
}

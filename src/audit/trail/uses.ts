import type { Statement } from '../../iam/statement.js'
import type { Instant } from '../../time.js'
import type { Guarded, Options, Recorded } from './compared.js'
import type { Coverage } from './coverage.js'
import type { RoleUse } from './findings.js'
import { narrower } from './narrower.js'
import { unshown } from './shown.js'
import type { Usage, Usages } from './usage.js'

/** So much of the time that was asked for has to be covered: a trail of a day has its first event minutes after midnight. */
const enough = 0.9

/** Per role that was granted at all: what of it was used, and what could go. */
export function roleUses(
  { histories }: Recorded,
  { roles, ceilings }: Guarded,
  usages: Usages,
  coverage: Coverage,
  { unusedFor, recorded }: Options,
): readonly RoleUse[] {
  const names = [...new Set(roles.values())].sort()
  return names.flatMap((role): readonly RoleUse[] => {
    const arns = [...roles].flatMap(([arn, name]) => (name === role ? [arn] : []))
    const spans = arns.map((arn) => coverage.accounts.get(arn.split(':')[4] ?? ''))
    const to = Math.min(...spans.map((span) => span?.to ?? -Infinity))
    const from = Math.max(to - unusedFor, ...spans.map((span) => span?.from ?? Infinity))
    const grants = histories.filter(
      (grant) =>
        grant.role === role && grant.activeAt !== undefined && grant.activeAt >= from && grant.activeAt <= to,
    )
    if (grants.length === 0) return []
    const used = arns.flatMap((arn) => usages.of(arn) ?? [])
    const since = (pick: (usage: Usage) => ReadonlyMap<string, Instant>): ReadonlySet<string> =>
      new Set(
        used.flatMap((usage) => [...pick(usage)].flatMap(([name, last]) => (last >= from ? [name] : []))),
      )
    const [actions, regions] = [since((usage) => usage.actions), since((usage) => usage.regions)]
    const isEnough = to - from >= enough * unusedFor
    const granted = grants.flatMap(({ scope }) => scope?.regions ?? [])
    return [
      {
        role,
        arns,
        grants: grants.length,
        from,
        to,
        enough: isEnough,
        unusedRegions: [...new Set(granted)].filter((region) => !regions.has(region)).sort(),
        unmapped: [...since((usage) => usage.unmapped)].sort(),
        narrower: isEnough
          ? narrower(ceilings.get(role) ?? grantedOf(grants.flatMap(({ scope }) => scope ?? [])), {
              isUsed: (action) => actions.has(action.toLowerCase()),
              unshown: (action) => unshown(action, coverage, recorded),
            })
          : undefined,
      },
    ]
  })
}

interface Agreed {
  readonly account: string | undefined
  readonly statements: readonly Statement[]
}

/** All that was granted, each statement once, with account ids as an entry of the catalogue has them. */
export function grantedOf(scopes: readonly Agreed[]): readonly Statement[] {
  const texts = scopes.flatMap(({ account, statements }) =>
    statements.map((statement) => {
      const text = JSON.stringify(statement)
      return account === undefined ? text : text.replaceAll(account, '{account}')
    }),
  )
  return [...new Set(texts)].map((text) => JSON.parse(text) as Statement)
}

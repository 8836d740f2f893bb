import { stringify } from 'yaml'
import type { RoleUse } from '../../audit/trail/findings.js'
import { formatDuration, isoSeconds } from '../../time.js'

/** What nobody used of one role, and the ceiling without it as stint.yaml has it. */
export function roleLines(use: RoleUse): readonly string[] {
  const { role, grants, from, to, enough, unusedRegions, unmapped, narrower } = use
  const head = `Role ${role}: ${grants} ${grants === 1 ? 'grant' : 'grants'} from ${isoSeconds(from)} to ${isoSeconds(to)}`
  if (!enough || !narrower)
    return [
      '',
      head,
      `  The trail covers ${formatDuration(Math.max(0, to - from))} of its accounts: too little to propose anything by. Give more of it, or fewer --days.`,
    ]
  const { unused, unknown, statements } = narrower
  return [
    '',
    head,
    ...(unusedRegions.length > 0 ? [`  regions granted and never used: ${unusedRegions.join(', ')}`] : []),
    `  actions granted and never used: ${unused.length > 0 ? unused.join(', ') : 'none that the trail shows'}`,
    ...because(unknown).map((line) => `  kept, for the trail does not show whether they are used: ${line}`),
    ...(unmapped.length > 0
      ? [`  events of which nobody knows which action they need: ${unmapped.slice(0, 30).join(', ')}`]
      : []),
    ...(unused.length > 0 ? ['  a ceiling without what was not used:', ...proposal(role, statements)] : []),
  ]
}

/** A reason a line, with what it is of: there may be hundreds of either. */
function because(unknown: NonNullable<RoleUse['narrower']>['unknown']): readonly string[] {
  const byReason = new Map<string, string[]>()
  for (const { action, because } of unknown) byReason.set(because, [...(byReason.get(because) ?? []), action])
  return [...byReason].map(([reason, actions]) => {
    const shown = actions.slice(0, 30).join(', ')
    return `${shown}${actions.length > 30 ? ` and ${actions.length - 30} more` : ''} (${reason})`
  })
}

function proposal(
  role: string,
  statements: NonNullable<RoleUse['narrower']>['statements'],
): readonly string[] {
  if (statements.length === 0) return ['    # nothing of it was used: does anybody need the role?']
  const text = stringify({ roles: { [role]: { ceiling: statements } } }, { lineWidth: 0 })
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`)
}
